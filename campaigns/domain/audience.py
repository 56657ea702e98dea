"""From a segment to rows of the ledger: one statement, whatever the size."""

from django.db import connection
from django.utils.translation import gettext_lazy as _

from campaigns.models import SendUnit
from customers.models import Segment
from cxm.lib.errors import NotFound

LEASE_SIZE = 500


class UnknownSegment(NotFound):
    message = _("There is no such segment.")


_SQL = """
WITH people AS (
    SELECT customer_id, (row_number() OVER (ORDER BY customer_id) - 1) / %(size)s AS part
    FROM customers_segmentmember member
    WHERE tenant_id = %(tenant)s AND segment_id = %(segment)s AND left_at IS NULL
      AND NOT EXISTS (
          SELECT FROM campaigns_message m
          WHERE m.tenant_id = %(tenant)s AND m.unit_id = %(unit)s AND m.customer_id = member.customer_id
      )
), made AS (
    INSERT INTO campaigns_lease
        (tenant_id, unit_id, state, priority, worker, token, attempts, upto, on_wire, answered, created_at)
    SELECT %(tenant)s, %(unit)s, 'queued', %(priority)s, '', '', 0, 0, '[]', '{}', now()
    FROM (SELECT DISTINCT part FROM people) parts
    RETURNING id
), leases AS (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS part FROM made
)
INSERT INTO campaigns_message
    (tenant_id, unit_id, customer_id, channel, address, language, state, reason, lease_id, attempts, reply, created_at)
SELECT %(tenant)s, %(unit)s, people.customer_id, 'email', '', '', 'queued', '', leases.id, 0, '', now()
FROM people JOIN leases USING (part)
ORDER BY people.customer_id
ON CONFLICT DO NOTHING
"""


def segment(*, ref: int | str) -> Segment:
    """Return the segment with this id, or with this name in addresses.

    Raises:
        UnknownSegment: there is none, or it is somebody else's.
    """
    written = str(ref)
    by_id = written.isascii() and written.isdigit() and len(written) <= 18
    found = Segment.objects.filter(pk=int(written)).first() if by_id else None
    found = found or Segment.objects.filter(slug=written).first()
    if found is None:
        raise UnknownSegment(fields={"segment": str(UnknownSegment.message)})
    return found


def queue_segment(*, unit: SendUnit, segment_id: int) -> int:
    """Write a queued message for every member of a segment, in leases of some hundred each.

    Running it again adds only those who are not yet there: the unique key of the ledger holds whoever calls.

    Returns:
        How many messages were written.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL,
            {
                "tenant": unit.tenant_id,
                "unit": unit.pk,
                "segment": segment_id,
                "priority": unit.priority,
                "size": LEASE_SIZE,
            },
        )
        return cursor.rowcount
