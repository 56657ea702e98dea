"""A personal campaign: 25 fields, two loops, three conditions, from launch to the last row of the ledger."""

from pathlib import Path

from benchmarks import _campaign, frame

TITLE = "A campaign of 25 fields, 2 loops, 3 conditions, launch to last row accepted, 2 workers"
FLOOR = "smtp-source to smtp-sink, 8 kept connections, the same size"
UNIT = "messages"
SIZE = 20_000
TARGET = frame.at_least(0.25, goal=0.60)

DATA = {
    "campaign": {"name": "Lap", "subject": "News", "preheader": "What is new", "end": "30 June"},
    "store": {"count": 4, "address": "1 High Street", "phone": "+44 20 7946 0000"},
    "products": [
        {"title": f"Product {n}", "blurb": "Soft, warm and made to last.", "price": f"£{n}9", "image": f"https://cdn.example.com/{n}.jpg",
         "url": f"https://shop.example.com/p/{n}"} for n in range(1, 5)
    ],
    "orders": [{"date": f"2026-05-0{n}", "title": "Order", "total": f"£{n}0"} for n in range(1, 4)],
}  # fmt: skip


def run(bench: frame.Bench) -> frame.Result:
    return _campaign.run(bench, body=(Path(__file__).parent / "promo.mjml").read_text(), data=DATA)
