"""What campaigns hear of the timeline."""

from campaigns.domain import conversions
from customers.models import Event


def orders_were_placed(sender: type, events: list[Event], **kwargs) -> None:
    """Credit new orders to the messages that led to them, in the transaction that stores them."""
    numbers = [
        str(event.properties["order_id"])
        for event in events
        if event.name == "Order Completed" and event.properties.get("order_id")
    ]
    conversions.credit(order_ids=numbers)
