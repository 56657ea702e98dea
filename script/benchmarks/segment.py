"""A full refresh of a segment over events and profile, against the same set inserted by hand."""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from benchmarks import _data, frame
from customers.domain import memberships
from customers.models import Segment, SegmentMember
from cxm import tenancy
from cxm.tenancy.models import Tenant

TITLE = "full refresh of “≥ 2 orders in 90 days, country in (…), no open in 30 days”, 10 events a customer"
FLOOR = "the same as one hand-written INSERT … SELECT into a table with the same indexes and keys"
UNIT = "customers"
SIZE = 1_000_000
TARGET = frame.at_least(0.50, goal=0.90)
RULE = {
    "all": [
        {"event": "Order Completed", "count": {"gte": 2}, "within": "P90D"},
        {"attribute": "country", "in": ["SA", "AE", "GB"]},
        {"not": {"event": "Email Opened", "within": "P30D"}},
    ]
}
_FLOOR = """
INSERT INTO bench_member (tenant_id, segment_id, customer_id, entered_at)
SELECT %(tenant)s, %(segment)s, o.customer_id, %(now)s
FROM (SELECT customer_id FROM customers_event
      WHERE tenant_id = %(tenant)s AND name = 'Order Completed' AND occurred_at > %(orders)s AND occurred_at <= %(now)s
      GROUP BY customer_id HAVING count(*) >= 2) o
JOIN customers_customer c ON c.id = o.customer_id AND c.tenant_id = %(tenant)s AND c.country IN ('SA', 'AE', 'GB')
WHERE NOT EXISTS (SELECT FROM customers_event e
                  WHERE e.tenant_id = %(tenant)s AND e.customer_id = o.customer_id AND e.name = 'Email Opened'
                    AND e.occurred_at > %(opens)s AND e.occurred_at <= %(now)s)
"""


def run(bench: frame.Bench) -> frame.Result:
    tenant = _data.ensure(customers=bench.size, events=bench.size * 10)
    segment, now = prepare(tenant), timezone.now()

    def by_hand() -> None:
        with connection.cursor() as cursor:
            cursor.execute(_FLOOR, by_hand_values(tenant, segment, now))
            bench.facts["members_by_hand"] = cursor.rowcount

    def refresh() -> None:
        with tenancy.scope(tenant):
            bench.facts["members"] = memberships.refresh_now(segment=segment, tenant=tenant, now=now).entered

    result = bench.measure(floor=by_hand, figure=refresh, before=lambda kind: empty(segment))
    if bench.facts["members"] != bench.facts["members_by_hand"]:
        raise RuntimeError("The refresh found other people than the statement by hand.")
    return result


def prepare(tenant: Tenant) -> Segment:
    """Make the segment, and a table for the floor that is the membership's twin."""
    with tenancy.scope(tenant):
        segment, _made = Segment.objects.get_or_create(slug="bench", defaults={"name": "Bench", "rule": RULE})
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_member")
        cursor.execute("CREATE TABLE bench_member (LIKE customers_segmentmember INCLUDING ALL)")
        cursor.execute(
            """SELECT pg_get_constraintdef(oid) FROM pg_constraint
               WHERE conrelid = 'customers_segmentmember'::regclass AND contype = 'f'"""
        )
        for (definition,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE bench_member ADD {definition}")
    return segment


def empty(segment: Segment) -> None:
    """Take everybody out, and leave both tables as they were before anybody came in."""
    SegmentMember.objects.filter(segment=segment)._raw_delete("default")
    Segment.objects.filter(pk=segment.pk).update(refreshed_at=None, refreshed_version=0, member_count=0)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE bench_member")
        cursor.execute("VACUUM customers_segmentmember")


def by_hand_values(tenant: Tenant, segment: Segment, now: datetime) -> dict:
    days = {"orders": now - timedelta(days=90), "opens": now - timedelta(days=30)}
    return {"tenant": tenant.pk, "segment": segment.pk, "now": now, **days}
