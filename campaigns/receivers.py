"""What campaigns hear of the timeline."""

from django.utils import timezone

from campaigns.domain import conversions, points_orders, redemptions
from customers.domain import orders
from customers.models import Event

CHANGES_POINTS = frozenset({orders.COMPLETED, orders.REFUNDED, "Order Cancelled"})


def orders_were_placed(sender: type, events: list[Event], **kwargs) -> None:
    """Credit new orders to the messages that led to them, and use the codes they were placed with.

    In the transaction that stores them, as everything here.
    """
    numbers = _numbers(events, frozenset({orders.COMPLETED}))
    if numbers:
        conversions.credit(order_ids=numbers)
        redemptions.redeem_orders(order_ids=numbers)


def orders_were_corrected(sender: type, orders: list[int], **kwargs) -> None:
    """Put orders that were told again down to messages as they stand now."""
    conversions.correct(orders)


def orders_moved_points(sender: type, events: list[Event], **kwargs) -> None:
    """Earn points with orders, take them back with returns."""
    numbers = _numbers(events, CHANGES_POINTS)
    if numbers:
        points_orders.settle(order_ids=numbers, now=timezone.now())


def orders_were_confirmed(sender: type, order_ids: list[str], **kwargs) -> None:
    """Earn points with orders that only a page had told before."""
    points_orders.settle(order_ids=order_ids, now=timezone.now())


def _numbers(events: list[Event], names: frozenset[str]) -> list[str]:
    return [
        str(event.properties["order_id"])
        for event in events
        if event.name in names and event.properties.get("order_id")
    ]
