"""What the apps above may hear."""

from django.dispatch import Signal

# events: list[Event], stored in the same transaction. Receivers only insert rows of their own, set-based.
events_recorded = Signal()
