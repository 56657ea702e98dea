"""What journeys hear of people: rows of their own inbox, in the transaction of the fact."""

from django.utils import timezone

from customers.models import Event, Segment
from journeys.domain import inbox
from journeys.models import Listener


def events_were_recorded(sender: type, events: list[Event], **kwargs) -> None:
    """Remember events that automations listen for."""
    inbox.hear_events(events)


def members_changed(sender: type, segment: Segment, entered: list[int], left: list[int], **kwargs) -> None:
    """Remember who came into and went out of segments that automations listen for.

    A first filling, and one after the rule was changed, say nothing of people: they set nothing off.
    """
    if segment.refreshed_version != segment.version:
        return
    now = timezone.now()
    inbox.hear_segment(segment_id=segment.pk, kind=Listener.Kind.ENTERED, customer_ids=entered, now=now)
    inbox.hear_segment(segment_id=segment.pk, kind=Listener.Kind.LEFT, customer_ids=left, now=now)
