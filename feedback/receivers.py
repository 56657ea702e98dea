"""What feedback hears of the timeline."""

from customers.models import Event
from feedback.domain import score_rules


def happenings_were_recorded(sender: type, events: list[Event], **kwargs) -> None:
    """Open cases for bad scores, in the transaction that stores the answers."""
    score_rules.hear(events)
