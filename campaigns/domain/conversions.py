"""Orders put down to messages.

An order is credited to the last message its customer opened or clicked, as a person, in the five days before it was
placed. One order counts once, as it was told last; a return takes its revenue off nothing (it is no order).
"""

from collections.abc import Sequence

from django.db import connection, transaction

from cxm import tenancy

WINDOW = "5 days"

_CREDIT = """
WITH credited AS (
    INSERT INTO campaigns_conversion (tenant_id, order_id, message_id, at, revenue)
    SELECT o.tenant_id, o.id, m.id, o.placed_at, o.revenue
    FROM customers_order o
    JOIN LATERAL (
        SELECT id FROM campaigns_message
        WHERE tenant_id = o.tenant_id AND customer_id = o.customer_id
          AND sent_at <= o.placed_at AND opened_at <= o.placed_at
          AND coalesce(clicked_at, opened_at) > o.placed_at - %(window)s::interval
        ORDER BY greatest(opened_at, CASE WHEN clicked_at <= o.placed_at THEN clicked_at END) DESC, id DESC
        LIMIT 1
    ) m ON true
    WHERE o.tenant_id = %(tenant)s AND o.order_id = ANY(%(orders)s) AND o.kind = 'order'
    ON CONFLICT (order_id) DO NOTHING
    RETURNING message_id, at, revenue
), sums AS (
    SELECT message_id, min(at) AS at, sum(revenue) AS revenue FROM credited GROUP BY message_id
)
UPDATE campaigns_message m
SET converted_at = least(m.converted_at, sums.at), revenue = coalesce(m.revenue, 0) + sums.revenue
FROM sums WHERE m.tenant_id = %(tenant)s AND m.id = sums.message_id
"""

# Credited as they stood before: another amount or day, another buyer, or a return by now.
_CHANGED = """
SELECT o.id, o.order_id FROM customers_order o
JOIN campaigns_conversion v ON v.tenant_id = o.tenant_id AND v.order_id = o.id
JOIN campaigns_message m ON m.tenant_id = v.tenant_id AND m.id = v.message_id
WHERE o.tenant_id = %(tenant)s AND o.id = ANY(%(orders)s::bigint[])
  AND ((v.revenue, v.at, m.customer_id) IS DISTINCT FROM (o.revenue, o.placed_at, o.customer_id) OR o.kind <> 'order')
"""

# Held before anything goes: a credit given meanwhile waits, and one given just before is seen by what is added up.
_HOLD = """
SELECT m.id FROM campaigns_message m
WHERE m.tenant_id = %(tenant)s
  AND m.id IN (SELECT message_id FROM campaigns_conversion
               WHERE tenant_id = %(tenant)s AND order_id = ANY(%(orders)s::bigint[]))
ORDER BY m.id FOR UPDATE
"""

_TAKE_BACK = """
DELETE FROM campaigns_conversion WHERE tenant_id = %(tenant)s AND order_id = ANY(%(orders)s::bigint[]);
UPDATE campaigns_message m
SET converted_at = kept.at, revenue = kept.revenue
FROM unnest(%(messages)s::bigint[]) AS told(id)
LEFT JOIN (
    SELECT message_id, min(at) AS at, sum(revenue) AS revenue FROM campaigns_conversion
    WHERE tenant_id = %(tenant)s AND message_id = ANY(%(messages)s::bigint[]) GROUP BY message_id
) kept ON kept.message_id = told.id
WHERE m.tenant_id = %(tenant)s AND m.id = told.id
"""


def credit(*, order_ids: Sequence[str]) -> int:
    """Credit orders of the tenant in scope to the messages that led to them; safe to repeat.

    Args:
        order_ids: the shop's own numbers.

    Returns:
        How many messages were credited.
    """
    if not order_ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_CREDIT, {"tenant": tenancy.current_id(), "orders": list(order_ids), "window": WINDOW})
        return cursor.rowcount


@transaction.atomic
def correct(orders: Sequence[int]) -> None:
    """Credit orders that were told again, by their row's id, as they stand now."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, {"tenant": tenancy.current_id(), "orders": list(orders)})
        changed = dict(cursor.fetchall())
    if changed:
        take_back(list(changed))
        credit(order_ids=list(changed.values()))


@transaction.atomic
def take_back(orders: Sequence[int]) -> None:
    """Take orders that are about to be removed, by their row's id, off the messages they were credited to."""
    parameters = {"tenant": tenancy.current_id(), "orders": list(orders)}
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, parameters)
        parameters["messages"] = [found for (found,) in cursor.fetchall()]
        if parameters["messages"]:
            cursor.execute(_TAKE_BACK, parameters)
