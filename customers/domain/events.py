"""The timeline: the one place that writes what happened to people."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils import timezone

from customers import signals
from customers.models import Event, SegmentDirty
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


# One round trip for the rows, the last time each person was seen, and whom the segments must look at again. Rows are
# read from one JSON parameter, which PostgreSQL takes in faster than arrays or lists of values. People are touched in
# the order of their ids, so that two intakes never lock each other out.
_RECORD = """
WITH stored AS (
  INSERT INTO customers_event (id, tenant_id, customer_id, name, occurred_at, received_at, channel, source, message_id,
                               properties)
  SELECT id, %(tenant)s, customer_id, name, occurred_at, %(received)s, channel, source, message_id, properties
  FROM jsonb_to_recordset(%(rows)s::jsonb) AS told(
    id uuid, customer_id bigint, name text, occurred_at timestamptz, channel text, source text, message_id text,
    properties jsonb)
  ON CONFLICT (tenant_id, message_id) DO NOTHING
  RETURNING id, customer_id, occurred_at
), people AS (
  SELECT customer_id, max(occurred_at) AS seen FROM stored GROUP BY customer_id ORDER BY customer_id
), touched AS (
  INSERT INTO customers_traits AS t (tenant_id, customer_id, last_seen_at, orders_count, returns_count, revenue, scores)
  SELECT %(tenant)s, customer_id, seen, 0, 0, 0, '{}' FROM people
  ON CONFLICT (customer_id) DO UPDATE SET last_seen_at = EXCLUDED.last_seen_at
  WHERE t.last_seen_at IS NULL OR t.last_seen_at < EXCLUDED.last_seen_at
), dirty AS (
  INSERT INTO customers_segmentdirty (tenant_id, customer_id) SELECT %(tenant)s, customer_id FROM people
)
SELECT id::text FROM stored
"""


def record(happenings: Sequence[Happening]) -> list[Event]:
    """Store happenings in the caller's scope and tell the apps above, in one transaction.

    Repeated message ids are stored once; the rest is stored. Marks the people for the next segment refresh and
    moves ``last_seen_at`` forward.

    Returns:
        The events stored now, without those already known.
    """
    with transaction.atomic():
        stored = write(happenings)
        tell(stored)
    return stored


def tell(stored: Sequence[Event]) -> None:
    """Tell the apps above of events stored in this transaction."""
    if stored:
        signals.events_recorded.send(sender=Event, events=list(stored))


def write(happenings: Sequence[Happening]) -> list[Event]:
    """Store happenings as ``record`` does, for a caller who tells of them once all that they mean is stored too.

    The event of an order is told when the order itself can be found.
    """
    if not happenings:
        return []
    tenant_id, received = tenancy.current_id(), timezone.now()
    ids = [uuid7() for _happening in happenings]
    rows = [
        {
            "id": str(event_id),
            "customer_id": happening.customer_id,
            "name": happening.name[:100],
            "occurred_at": happening.occurred_at.isoformat(),
            "channel": happening.channel,
            "source": happening.source,
            "message_id": happening.message_id,
            "properties": happening.properties,
        }
        for event_id, happening in zip(ids, happenings, strict=True)
    ]
    with connection.cursor() as cursor:  # one statement: it needs no savepoint to be whole
        told = json.dumps(rows, cls=DjangoJSONEncoder, allow_nan=False)
        cursor.execute(_RECORD, {"tenant": tenant_id, "received": received, "rows": told})
        kept = {found for (found,) in cursor.fetchall()}
    return [
        _event(event_id, happening, tenant_id, received)
        for event_id, row, happening in zip(ids, rows, happenings, strict=True)
        if row["id"] in kept
    ]


_COLUMNS = [field.attname for field in Event._meta.concrete_fields]


def _event(event_id: uuid.UUID, happening: Happening, tenant_id: int, received: datetime) -> Event:
    """Return the row as reading it would, which costs a fifth of making it by keywords."""
    values = {
        "id": event_id,
        "tenant_id": tenant_id,
        "customer_id": happening.customer_id,
        "name": happening.name[:100],
        "occurred_at": happening.occurred_at,
        "received_at": received,
        "channel": happening.channel,
        "source": happening.source,
        "message_id": happening.message_id,
        "properties": happening.properties,
    }
    return Event.from_db(connection.alias, _COLUMNS, [values[name] for name in _COLUMNS])


def retract(*, message_ids: Sequence[str]) -> None:
    """Take back happenings of ours that turned out not to have happened (a click that was a scanner's)."""
    gone = Event.objects.filter(message_id__in=message_ids)
    mark_dirty(list(gone.values_list("customer_id", flat=True)))
    gone.delete()


def mark_dirty(customer_ids: Sequence[int]) -> None:
    """Have the segments look at these people again at their next refresh."""
    SegmentDirty.objects.bulk_create([SegmentDirty(customer_id=found) for found in set(customer_ids)])


__all__ = ["Happening", "mark_dirty", "record", "retract", "tell", "write"]
