"""What is computed of people from their orders, in one statement for any number of them."""

from collections.abc import Sequence

from django.db import connection

from cxm import tenancy

_REFRESH = """
INSERT INTO customers_traits AS t
       (tenant_id, customer_id, orders_count, returns_count, revenue, first_order_at, last_order_at, scores)
SELECT c.tenant_id, c.id,
       count(o.id) FILTER (WHERE o.kind = 'order'), count(o.id) FILTER (WHERE o.kind = 'return'),
       coalesce(sum(o.revenue), 0),
       min(o.placed_at) FILTER (WHERE o.kind = 'order'), max(o.placed_at) FILTER (WHERE o.kind = 'order'), '{{}}'
FROM customers_customer c LEFT JOIN customers_order o ON o.tenant_id = c.tenant_id AND o.customer_id = c.id
WHERE c.tenant_id = %(tenant)s AND {chosen}
GROUP BY c.tenant_id, c.id ORDER BY c.id
ON CONFLICT (customer_id) DO UPDATE SET
       orders_count = EXCLUDED.orders_count, returns_count = EXCLUDED.returns_count, revenue = EXCLUDED.revenue,
       first_order_at = EXCLUDED.first_order_at, last_order_at = EXCLUDED.last_order_at
WHERE (t.orders_count, t.returns_count, t.revenue, t.first_order_at, t.last_order_at) IS DISTINCT FROM
      (EXCLUDED.orders_count, EXCLUDED.returns_count, EXCLUDED.revenue, EXCLUDED.first_order_at,
       EXCLUDED.last_order_at)
"""


def refresh_orders(customer_ids: Sequence[int]) -> int:
    """Recompute counts, revenue, first and last order of these people; returns how many rows moved."""
    return _run("c.id = ANY(%(ids)s::bigint[])", ids=sorted(set(customer_ids)))


def refresh_for_import(*, import_id: int) -> int:
    """Recompute them for everybody an import brought orders of; returns how many rows moved."""
    return _run(
        """c.id IN (SELECT customer_id FROM customers_order
                    WHERE tenant_id = %(tenant)s AND import_id = %(import_id)s)""",
        import_id=import_id,
    )


def refresh_all() -> int:
    """Recompute them for the whole tenant: after an import was undone, or when in doubt."""
    return _run("true")


def _run(chosen: str, **parameters: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_REFRESH.format(chosen=chosen), {"tenant": tenancy.current_id(), **parameters})
        return cursor.rowcount
