"""A small shop whose customers buy and leave as the models say, for tests of what follows from them."""

from datetime import UTC, datetime, timedelta

import numpy as np

from customers.domain import traits
from customers.models import Customer, Order

END = datetime(2026, 11, 1, 12, tzinfo=UTC)


def fill(people: int = 260, *, seed: int = 3) -> list[Customer]:
    """Make people with orders until `END`, about half of whom came back, in the tenant in scope."""
    draw = np.random.default_rng(seed)
    made = Customer.objects.bulk_create(
        Customer(external_id=f"b{n}", name=f"Buyer {n}", created_at=END, updated_at=END) for n in range(people)
    )
    orders = []
    for person in made:
        day, mean, leave = float(draw.integers(60, 420)), draw.gamma(6) * 8, draw.beta(0.9, 2.0)
        pace = draw.gamma(0.9) / 60
        while day > 0:
            at = END - timedelta(days=int(day), hours=int(draw.integers(0, 6)))
            orders.append(Order(order_id=f"p{len(orders)}", customer=person, placed_at=at, currency="GBP",
                                revenue=round(float(draw.gamma(6) * mean / 6) + 1, 2)))  # fmt: skip
            if draw.random() < leave:
                break
            day -= 1 + draw.exponential(1 / max(pace, 1e-9))
    Order.objects.bulk_create(orders)
    traits.refresh_orders([person.pk for person in made])
    return made
