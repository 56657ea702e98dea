"""The timeline: the one place that writes what happened to people."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction

from customers import signals
from customers.models import Event, SegmentDirty, Traits
from cxm import tenancy
from cxm.lib.ids import uuid7


@dataclass(frozen=True)
class Happening:
    """Something that happened, on its way to the timeline.

    Args:
        customer_id: to whom.
        name: in the words of the Segment specification where it has some: ``Order Completed``, ``Email Opened``.
        occurred_at: when it happened, aware.
        properties: JSON.
        channel: web, app, email, sms, phone, store …
        source: which door it came through: ``api``, ``import``, ``tracking``, ``agent`` …
        message_id: the sender's own id; a second happening with the same one is not stored.
    """

    customer_id: int
    name: str
    occurred_at: datetime
    properties: dict = field(default_factory=dict)
    channel: str = ""
    source: str = ""
    message_id: str | None = None


@transaction.atomic
def record(happenings: Sequence[Happening]) -> list[Event]:
    """Store happenings in the caller's scope and tell the apps above, in one transaction.

    Repeated message ids are stored once; the rest is stored. Marks the people for the next segment refresh and
    moves ``last_seen_at`` forward.

    Returns:
        The events stored now, without those already known.
    """
    tenant_id = tenancy.current_id()
    events = [
        Event(
            id=uuid7(),
            tenant_id=tenant_id,
            customer_id=happening.customer_id,
            name=happening.name[:100],
            occurred_at=happening.occurred_at,
            channel=happening.channel,
            source=happening.source,
            message_id=happening.message_id,
            properties=happening.properties,
        )
        for happening in happenings
    ]
    stored = _insert(events)
    if stored:
        _touch(stored)
        signals.events_recorded.send(sender=Event, events=stored)
    return stored


def retract(*, message_ids: Sequence[str]) -> None:
    """Take back happenings of ours that turned out not to have happened (a click that was a scanner's)."""
    gone = Event.objects.filter(message_id__in=message_ids)
    mark_dirty(list(gone.values_list("customer_id", flat=True)))
    gone.delete()


def mark_dirty(customer_ids: Sequence[int]) -> None:
    """Have the segments look at these people again at their next refresh."""
    SegmentDirty.objects.bulk_create([SegmentDirty(customer_id=found) for found in set(customer_ids)])


def _insert(events: list[Event]) -> list[Event]:
    if not events:
        return []
    known = {event.id for event in events if event.message_id is None}
    named = [event for event in events if event.message_id is not None]
    Event.objects.bulk_create(events, batch_size=1000, ignore_conflicts=bool(named))
    if named:  # an id of ours came through exactly if its row was new
        known |= set(
            Event.objects.filter(message_id__in=[event.message_id for event in named]).values_list("id", flat=True)
        )
    return [event for event in events if event.id in known]


def _touch(events: list[Event]) -> None:
    latest: dict[int, datetime] = {}
    for event in events:
        latest[event.customer_id] = max(latest.get(event.customer_id, event.occurred_at), event.occurred_at)
    ids = sorted(latest)  # one order for all, so that two intakes never lock each other out
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO {Traits._meta.db_table}
                  (tenant_id, customer_id, last_seen_at, orders_count, returns_count, revenue, scores)
                SELECT %s, customer_id, seen, 0, 0, 0, '{{}}'
                FROM unnest(%s::bigint[], %s::timestamptz[]) AS t(customer_id, seen)
                ON CONFLICT (customer_id) DO UPDATE SET last_seen_at = EXCLUDED.last_seen_at
                WHERE customers_traits.last_seen_at IS NULL OR customers_traits.last_seen_at < EXCLUDED.last_seen_at""",
            [tenancy.current_id(), ids, [latest[found] for found in ids]],
        )
    mark_dirty(ids)


__all__ = ["Happening", "mark_dirty", "record", "retract"]
