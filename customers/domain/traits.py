"""What is computed of people, from their orders and by engines above, in one statement for any number of them."""

import json
from collections.abc import Mapping, Sequence

from django.db import connection, transaction

from cxm import tenancy

_REFRESH = """
INSERT INTO customers_traits AS t
       (tenant_id, customer_id, orders_count, returns_count, revenue, first_order_at, last_order_at, scores)
SELECT c.tenant_id, c.id,
       count(o.id) FILTER (WHERE o.kind = 'order'), count(o.id) FILTER (WHERE o.kind = 'return'),
       -- As far as the column goes: no number of orders may keep the next one from being stored.
       least(greatest(coalesce(sum(o.revenue), 0), -99999999999999.99), 99999999999999.99),
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

_HAVE_ROWS = """
INSERT INTO customers_traits (tenant_id, customer_id, orders_count, returns_count, revenue, scores)
SELECT c.tenant_id, c.id, 0, 0, 0, '{}' FROM customers_customer c
WHERE c.tenant_id = %(tenant)s AND c.id = ANY(%(ids)s::bigint[])
  AND NOT EXISTS (SELECT FROM customers_traits t WHERE t.tenant_id = c.tenant_id AND t.customer_id = c.id)
ORDER BY c.id
ON CONFLICT (customer_id) DO NOTHING
"""
# Rows are locked in the order of their ids, as the timeline does it, so that the two never lock each other out.
_SET_SCORES = """
WITH told AS (
  SELECT * FROM unnest(%(ids)s::bigint[], %(scores)s::text[]) AS told(customer_id, scores)
), held AS MATERIALIZED (
  SELECT customer_id FROM customers_traits
  WHERE tenant_id = %(tenant)s AND customer_id = ANY(%(ids)s::bigint[]) ORDER BY customer_id FOR UPDATE
), moved AS (
  UPDATE customers_traits t SET scores = jsonb_strip_nulls(t.scores || told.scores::jsonb)
  FROM held JOIN told USING (customer_id)
  WHERE t.tenant_id = %(tenant)s AND t.customer_id = held.customer_id
    AND t.scores <> jsonb_strip_nulls(t.scores || told.scores::jsonb)
  RETURNING t.customer_id
)
INSERT INTO customers_segmentdirty (tenant_id, customer_id) SELECT %(tenant)s, customer_id FROM moved
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


@transaction.atomic
def set_scores(scores: Mapping[int, Mapping[str, float | None]]) -> int:
    """Write scores of people beside those they have; None takes one away. Who changed is marked for the segments.

    Args:
        scores: customer id → name of the score → value. Ids that nobody has (any more) are passed over.

    Returns:
        Of how many people something changed.

    Raises:
        ValueError: a value that is no number (NaN, infinite).
    """
    if not scores:
        return 0
    parameters = {
        "tenant": tenancy.current_id(),
        "ids": list(scores),
        "scores": [json.dumps(dict(found), allow_nan=False) for found in scores.values()],
    }
    with connection.cursor() as cursor:
        cursor.execute(_HAVE_ROWS, parameters)
        cursor.execute(_SET_SCORES, parameters)
        return cursor.rowcount


def hold(customer_ids: Sequence[int]) -> None:
    """Let nobody else count or write for these people until the transaction ends; in the order the timeline does it."""
    parameters = {"tenant": tenancy.current_id(), "ids": sorted(set(customer_ids))}
    with connection.cursor() as cursor:
        cursor.execute(_HAVE_ROWS, parameters)
        cursor.execute(
            """SELECT FROM customers_traits WHERE tenant_id = %(tenant)s AND customer_id = ANY(%(ids)s::bigint[])
               ORDER BY customer_id FOR UPDATE""",
            parameters,
        )


def _run(chosen: str, **parameters: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_REFRESH.format(chosen=chosen), {"tenant": tenancy.current_id(), **parameters})
        return cursor.rowcount
