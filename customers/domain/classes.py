"""Which class a person is in, by their orders and the tenant's two spans (``active_days`` A, ``lapsed_days`` L).

Returns are no orders. Everybody is in exactly one class:

prospect   no order
new        one order, not older than A days
active     two or more orders, the last not older than A days
returning  as active, but more than A days passed between the last two orders: away, and came back
lapsed     the last order is older than A days, not older than L
lost       the last order is older than L days

Classes move by the passing of time alone, so a nightly task looks at everybody.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection

from cxm.tenancy.models import Tenant

# The order before the last is looked up (index order_of_customer) only for those it decides about.
_REFRESH = """
WITH judged AS (
    SELECT c.id, CASE
        WHEN coalesce(t.orders_count, 0) = 0 THEN 'prospect'
        WHEN t.last_order_at < %(lapsed)s::timestamptz THEN 'lost'
        WHEN t.last_order_at < %(active)s::timestamptz THEN 'lapsed'
        WHEN t.orders_count = 1 THEN 'new'
        WHEN t.last_order_at - (
            SELECT o.placed_at FROM customers_order o
            WHERE o.tenant_id = c.tenant_id AND o.customer_id = c.id AND o.kind = 'order'
            ORDER BY o.placed_at DESC OFFSET 1 LIMIT 1) > %(span)s::interval THEN 'returning'
        ELSE 'active' END AS lifecycle
    FROM customers_customer c
    LEFT JOIN customers_traits t ON t.tenant_id = c.tenant_id AND t.customer_id = c.id
    WHERE c.tenant_id = %(tenant)s AND (%(ids)s::bigint[] IS NULL OR c.id = ANY(%(ids)s::bigint[]))
), moved AS (
    UPDATE customers_customer c SET lifecycle = j.lifecycle
    FROM judged j WHERE c.tenant_id = %(tenant)s AND c.id = j.id AND c.lifecycle <> j.lifecycle
    RETURNING c.id
)
INSERT INTO customers_segmentdirty (tenant_id, customer_id) SELECT %(tenant)s, id FROM moved
"""


def refresh(*, customer_ids: Sequence[int], tenant: Tenant, now: datetime) -> int:
    """Put these people into their classes; returns how many moved. Those are marked for the segments."""
    return _run(tenant, now, sorted(set(customer_ids)))


def refresh_all(*, tenant: Tenant, now: datetime) -> int:
    """Put everybody of the tenant into their classes; returns how many moved."""
    return _run(tenant, now, None)


def _run(tenant: Tenant, now: datetime, ids: list[int] | None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            _REFRESH,
            {
                "tenant": tenant.pk,
                "ids": ids,
                "active": now - timedelta(days=tenant.active_days),
                "lapsed": now - timedelta(days=tenant.lapsed_days),
                "span": timedelta(days=tenant.active_days),
            },
        )
        return cursor.rowcount
