"""The made-up business of the demo: its words, its people, what they bought, and what was sent to them."""
