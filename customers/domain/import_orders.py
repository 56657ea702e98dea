"""Orders out of a file: lines with one order number are one order wherever they stand; negative quantities are returns.

Orders are numbered by customer and date, so that a chunk holds whole customers but for its edges, and somebody
who is new is known from the first order on. An order that is known already is replaced, never doubled.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from customers.domain import classes, events, keys, orders, traits
from customers.models import Import, Order
from cxm.tenancy.models import Tenant

# A line's amount, as orders.amount has it: what is said, else quantity times price, to the cent.
AMOUNT = "round(coalesce(l.revenue, l.quantity * l.unit_price), 2)"

_CHECKS = {
    # As orders.store refuses it: an order that its columns cannot hold.
    "number": f"""
        SELECT s.number FROM customers_stagedline s JOIN (
          SELECT l.order_id FROM customers_stagedline l
          WHERE {{l_mine}} GROUP BY l.order_id HAVING sum(abs({AMOUNT})) >= 1e11) large USING (order_id)
        WHERE s.tenant_id = %(tenant)s AND s.import_id = %(import)s""",
    "other_customer": """
        SELECT l.number FROM customers_stagedline l JOIN (
          SELECT order_id, (array_agg(customer ORDER BY number))[1] AS first FROM customers_stagedline
          WHERE {mine} GROUP BY order_id HAVING min(customer) <> max(customer)) several USING (order_id)
        WHERE {l_mine} AND l.customer <> several.first""",
    "other_currency": """
        SELECT l.number FROM customers_stagedline l JOIN (
          SELECT order_id, (array_agg(currency ORDER BY number))[1] AS first FROM customers_stagedline
          WHERE {mine} GROUP BY order_id HAVING min(currency) <> max(currency)) several USING (order_id)
        WHERE {l_mine} AND l.currency <> several.first""",
}

_GROUP = f"""
INSERT INTO customers_stagedorder
      (tenant_id, import_id, number, order_id, customer, placed_at, is_return, revenue, currency, channel, coupon,
       country)
SELECT %(tenant)s, %(import)s, row_number() OVER (ORDER BY customer, placed_at, order_id), order_id, customer,
       placed_at, revenue < 0 OR coalesce(all_back, false), revenue, currency, channel, coupon, country
FROM (
    SELECT l.order_id, min(l.customer) AS customer, min(l.placed_at) AS placed_at, sum({AMOUNT}) AS revenue,
           bool_and(l.quantity < 0) AS all_back, coalesce(min(l.currency), %(currency)s) AS currency,
           coalesce(min(l.channel), '') AS channel, coalesce(min(l.coupon), '') AS coupon,
           coalesce(min(l.country), '') AS country
    FROM customers_stagedline l WHERE l.tenant_id = %(tenant)s AND l.import_id = %(import)s GROUP BY l.order_id
) o"""

_CHUNK = "so.tenant_id = %(tenant)s AND so.import_id = %(import)s AND so.number > %(after)s AND so.number <= %(last)s"

_STRANGERS = f"""
SELECT so.customer, min(so.placed_at), max(so.country) FROM customers_stagedorder so
LEFT JOIN customers_customer c ON c.tenant_id = so.tenant_id AND c.external_id = so.customer
WHERE {_CHUNK} AND c.id IS NULL GROUP BY so.customer ORDER BY so.customer"""

_KNOWN = f"""
INSERT INTO customers_importchange (tenant_id, import_id, row_kind, row_id, before)
SELECT o.tenant_id, %(import)s, 'order', o.id, jsonb_build_object('order', to_jsonb(o), 'lines',
       (SELECT coalesce(jsonb_agg(to_jsonb(l) - 'id' ORDER BY l.position), '[]') FROM customers_orderline l
        WHERE l.tenant_id = o.tenant_id AND l.order_id = o.id))
FROM customers_stagedorder so
JOIN customers_order o ON o.tenant_id = so.tenant_id AND o.order_id = so.order_id
WHERE {_CHUNK} AND o.import_id IS DISTINCT FROM %(import)s ON CONFLICT DO NOTHING"""

_UPSERT = f"""
INSERT INTO customers_order AS o
      (tenant_id, order_id, customer_id, kind, placed_at, revenue, currency, channel, coupon, source, import_id,
       created_at)
SELECT so.tenant_id, so.order_id, c.id, CASE WHEN so.is_return THEN 'return' ELSE 'order' END, so.placed_at,
       so.revenue, so.currency, so.channel, so.coupon, 'import', so.import_id, %(at)s
FROM customers_stagedorder so
JOIN customers_customer c ON c.tenant_id = so.tenant_id AND c.external_id = so.customer
WHERE {_CHUNK} ORDER BY so.order_id
ON CONFLICT (tenant_id, order_id) DO UPDATE SET customer_id = EXCLUDED.customer_id, kind = EXCLUDED.kind,
   placed_at = EXCLUDED.placed_at, revenue = EXCLUDED.revenue, currency = EXCLUDED.currency,
   channel = EXCLUDED.channel, coupon = EXCLUDED.coupon, source = EXCLUDED.source
RETURNING o.id, (o.xmax = 0) AS is_new"""

_LINES = f"""
INSERT INTO customers_orderline (tenant_id, order_id, position, sku, title, quantity, unit_price, amount)
SELECT l.tenant_id, o.id, row_number() OVER (PARTITION BY l.order_id ORDER BY l.number), coalesce(l.sku, ''),
       coalesce(l.title, ''), coalesce(l.quantity, CASE WHEN l.revenue < 0 THEN -1 ELSE 1 END),
       coalesce(l.unit_price, l.revenue / nullif(l.quantity, 0), abs(l.revenue)), {AMOUNT}
FROM customers_stagedorder so
JOIN customers_order o ON o.tenant_id = so.tenant_id AND o.order_id = so.order_id
JOIN customers_stagedline l ON l.tenant_id = so.tenant_id AND l.import_id = so.import_id AND l.order_id = so.order_id
WHERE {_CHUNK}"""


def check(found: Import) -> Iterable[tuple[str, list[int]]]:
    """Yield reason and lines of the staged lines that contradict the others of their order."""
    parameters = {"tenant": found.tenant_id, "import": found.pk}
    mine = "tenant_id = %(tenant)s AND import_id = %(import)s"
    l_mine = "l.tenant_id = %(tenant)s AND l.import_id = %(import)s"
    for reason, statement in _CHECKS.items():
        if reason == "other_currency" and "currency" not in found.mapping.values():
            continue
        with connection.cursor() as cursor:
            cursor.execute(statement.format(mine=mine, l_mine=l_mine), parameters)
            yield reason, [number for (number,) in cursor.fetchall()]


def group(found: Import, *, tenant: Tenant) -> int:
    """Make orders of the staged lines; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_GROUP, {"tenant": tenant.pk, "import": found.pk, "currency": tenant.currency})
        return cursor.rowcount


def foresee(found: Import) -> Counter:
    """Count what applying would do, as things stand now."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FILTER (WHERE o.id IS NULL), count(o.id),
                      count(*) FILTER (WHERE so.is_return), count(DISTINCT so.customer) FILTER (WHERE c.id IS NULL)
               FROM customers_stagedorder so
               LEFT JOIN customers_order o ON o.tenant_id = so.tenant_id AND o.order_id = so.order_id
               LEFT JOIN customers_customer c ON c.tenant_id = so.tenant_id AND c.external_id = so.customer
               WHERE so.tenant_id = %s AND so.import_id = %s""",
            [found.tenant_id, found.pk],
        )
        created, updated, returns, strangers = cursor.fetchone()
    return Counter(created=created, updated=updated, returns=returns, customers_created=strangers)


def apply(found: Import, *, after: int, last: int, tenant: Tenant, now: datetime) -> Counter:
    """Write the orders numbered behind ``after`` up to ``last`` in the caller's transaction; returns counts."""
    chunk = {"tenant": tenant.pk, "import": found.pk, "after": after, "last": last, "at": found.applied_at}
    counts: Counter = Counter(customers_created=_introduce(chunk))
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, chunk)
        cursor.execute(
            f"""SELECT o.customer_id, o.placed_at FROM customers_stagedorder so
                JOIN customers_order o ON o.tenant_id = so.tenant_id AND o.order_id = so.order_id WHERE {_CHUNK}""",
            chunk,
        )
        before = cursor.fetchall()
        touched = {customer_id for customer_id, _placed_at in before}
        cursor.execute(_UPSERT, chunk)
        stored = dict(cursor.fetchall())
        replaced = [pk for pk, is_new in stored.items() if not is_new]
        if replaced:
            cursor.execute(
                "DELETE FROM customers_orderline WHERE tenant_id = %s AND order_id = ANY(%s::bigint[])",
                [tenant.pk, replaced],
            )
        cursor.execute(_LINES, chunk)
        counts["lines"] = cursor.rowcount
    rows = list(Order.objects.filter(pk__in=stored).order_by("id"))
    orders.write_events(rows, source="import")
    orders.tell_corrected(placed_at for _customer_id, placed_at in before)
    touched |= {row.customer_id for row in rows}
    traits.refresh_orders(sorted(touched))
    classes.refresh(customer_ids=sorted(touched), tenant=tenant, now=now)
    events.mark_dirty(sorted(touched))
    orders.tell_again(replaced)
    counts["created"], counts["updated"] = len(stored) - len(replaced), len(replaced)
    counts["returns"] = sum(row.kind == Order.Kind.RETURN for row in rows)
    return counts


def _introduce(chunk: dict) -> int:
    """Make the customers whom nobody knew; they are known by their external id and, where said, their country."""
    with connection.cursor() as cursor:
        cursor.execute(_STRANGERS, chunk)
        strangers = cursor.fetchall()
        if not strangers:
            return 0
        ids, since, countries = zip(*strangers, strict=True)
        words = [
            keys.search_text(name="", email="", phone="", external_id=external_id, company="") for external_id in ids
        ]
        cursor.execute(
            """INSERT INTO customers_customer
                 (tenant_id, external_id, name, first_name, last_name, name_key, search, email, email_key, phone,
                  language, timezone, country, city, attributes, lifecycle, created_at, updated_at, source, import_id)
               SELECT %(tenant)s, n.id, '', '', '', '', n.words, '', '', '', '', '', n.country, '', '{}', 'prospect',
                      n.since, %(at)s, 'import', %(import)s
               FROM unnest(%(ids)s::text[], %(words)s::text[], %(countries)s::text[], %(since)s::timestamptz[])
                 AS n(id, words, country, since)
               ON CONFLICT (tenant_id, external_id) DO NOTHING""",
            chunk | {"ids": list(ids), "words": words, "countries": list(countries), "since": list(since)},
        )
        return cursor.rowcount
