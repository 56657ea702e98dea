"""A tenant with many customers, a long timeline and orders, made inside the server; shared by several benchmarks.

The proportions are a shop's: ten events a customer over two years (views, messages, opens, orders), half of the people
ever bought, a few buy often. The same sizes give the same rows (the seed is fixed), apart from the keys of events.
"""

import contextlib
import sys
import time
from collections.abc import Iterator

from django.db import connection

from cxm import tenancy
from cxm.tenancy.models import Tenant

COUNTRIES = ["SA", "AE", "EG", "GB", "DE", "US", "FR", "JO"]
EVENTS = {"Product Viewed": 50, "Email Delivered": 18, "Email Opened": 14, "Page Viewed": 10, "Email Clicked": 3,
          "Order Completed": 5}  # fmt: skip
TABLES = ["customers_customer", "customers_event", "customers_order", "customers_traits"]

_CUSTOMERS = """
INSERT INTO customers_customer
  (tenant_id, external_id, name, first_name, last_name, name_key, search, email, email_key, phone, language, timezone,
   country, city, attributes, lifecycle, created_at, updated_at, source)
SELECT %(tenant)s, 'c' || i, n.name, n.first, n.last, lower(n.name),
       lower(n.name) || ' c' || i || '@example.com c' || i,
       'c' || i || '@example.com', 'c' || i || '@example.com', '+9665' || lpad(i::text, 8, '0'),
       CASE WHEN i %% 3 = 0 THEN 'ar' ELSE 'en' END, '', (%(countries)s::text[])[1 + i %% 8], '',
       jsonb_build_object('tier', i %% 4), 'prospect', at.t, at.t, 'bench'
FROM generate_series(1, %(customers)s) i,
     LATERAL (SELECT now() - (i %% 730) * interval '1 day' - (i %% 86400) * interval '1 second' AS t) at,
     LATERAL (SELECT (ARRAY['Amal','Zoe','Omar','Lena','Yusuf','Mona','Peter','Sara'])[1 + i %% 8] AS first,
                     (ARRAY['Smith','Haddad','Weber','Khan','Mansour','Brown','Nasser'])[1 + (i / 8) %% 7] || i AS last
             ) parts,
     LATERAL (SELECT parts.first, parts.last, parts.first || ' ' || parts.last AS name) n
"""
# Customers 1, 2, 3 … get fewer and fewer: power() makes the busy few. Spread over two years, more of late.
_EVENTS = """
INSERT INTO customers_event
  (id, tenant_id, customer_id, name, occurred_at, received_at, channel, source, message_id, properties)
SELECT uuidv7(e.at - now()), %(tenant)s, %(first)s + e.who, e.name, e.at, e.at, 'web', 'bench', NULL,
       CASE e.name WHEN 'Order Completed' THEN jsonb_build_object('order_id', 'o' || e.i, 'revenue', 5 + e.i %% 400)
                   ELSE jsonb_build_object('sku', 'sku-' || e.i %% 1000) END
FROM (SELECT i, floor(power(random(), 1.5) * %(customers)s)::bigint AS who,
             (%(names)s::text[])[1 + floor(random() * 100)::int] AS name,
             date_trunc('second', now() - power(random(), 1.3) * interval '730 days') AS at
      FROM generate_series(1, %(events)s) i) e
"""
_ORDERS = """
INSERT INTO customers_order
  (tenant_id, order_id, customer_id, kind, placed_at, revenue, currency, channel, coupon, source, created_at)
SELECT tenant_id, properties->>'order_id', customer_id, 'order', occurred_at, (properties->>'revenue')::numeric, 'USD',
       'web', '', 'bench', occurred_at
FROM customers_event WHERE tenant_id = %(tenant)s AND name = 'Order Completed'
"""
_TRAITS = """
INSERT INTO customers_traits (customer_id, tenant_id, orders_count, returns_count, revenue, first_order_at,
                              last_order_at, last_seen_at, last_open_at, last_click_at, scores)
SELECT e.customer_id, %(tenant)s, coalesce(o.orders, 0), 0, coalesce(o.revenue, 0), o.first, o.last,
       e.seen, e.opened, e.clicked, '{}'
FROM (SELECT customer_id, max(occurred_at) AS seen,
             max(occurred_at) FILTER (WHERE name = 'Email Opened') AS opened,
             max(occurred_at) FILTER (WHERE name = 'Email Clicked') AS clicked
      FROM customers_event WHERE tenant_id = %(tenant)s GROUP BY 1) e
LEFT JOIN (SELECT customer_id, count(*) AS orders, sum(revenue) AS revenue, min(placed_at) AS first,
                  max(placed_at) AS last
           FROM customers_order WHERE tenant_id = %(tenant)s GROUP BY 1) o USING (customer_id)
"""
_CLASSES = """
UPDATE customers_customer c SET lifecycle = CASE
  WHEN t.last_order_at > now() - interval '90 days' THEN CASE WHEN t.orders_count > 1 THEN 'active' ELSE 'new' END
  WHEN t.last_order_at > now() - interval '365 days' THEN 'lapsed' ELSE 'lost' END
FROM customers_traits t WHERE t.customer_id = c.id AND t.orders_count > 0 AND c.tenant_id = %(tenant)s
"""


def ensure(*, customers: int, events: int, slug: str = "bench") -> Tenant:
    """Return the tenant with that much data, made where it is not there yet (about a minute for each million events).

    Indexes and foreign keys are taken off while the rows go in and put back by their own definitions, then the tables
    are vacuumed and analysed, as they would be in a database that has been running for a while.
    """
    tenant, _created = Tenant.objects.get_or_create(
        slug=slug, defaults={"name": "Bench", "currency": "USD", "country": "SA"}
    )
    if _present(tenant, customers, events):
        return tenant
    began = time.perf_counter()
    names = [name for name, share in EVENTS.items() for _step in range(share)]
    values = {"tenant": tenant.pk, "customers": customers, "events": events, "countries": COUNTRIES, "names": names}
    with _bare_tables(), connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        for statement in (_CUSTOMERS, _EVENTS, _ORDERS, _TRAITS, _CLASSES):
            if statement is _EVENTS:
                cursor.execute("SELECT min(id) FROM customers_customer WHERE tenant_id = %s", [tenant.pk])
                values["first"] = cursor.fetchone()[0]
            cursor.execute(statement, values)
            _tell(f"{cursor.rowcount:,} rows: {statement.split()[2]}", began)
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")
    _tell("ready", began)
    return tenant


def some_ids(tenant: Tenant, count: int) -> list[int]:
    """Return ids of customers spread over the whole range."""
    with tenancy.scope(tenant), connection.cursor() as cursor:
        cursor.execute("SELECT min(id), max(id) FROM customers_customer WHERE tenant_id = %s", [tenant.pk])
        low, high = cursor.fetchone()
    return [low + (high - low) * step // count for step in range(count)]


def _present(tenant: Tenant, customers: int, events: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT (SELECT count(*) FROM customers_customer WHERE tenant_id = %(tenant)s),
                      (SELECT count(*) FROM customers_event WHERE tenant_id = %(tenant)s)""",
            {"tenant": tenant.pk},
        )
        return cursor.fetchone() == (customers, events)


@contextlib.contextmanager
def _bare_tables() -> Iterator[None]:
    """Take foreign keys and indexes (but primary keys) off the tables for the block."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), contype FROM pg_constraint
               WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('f', 'u') ORDER BY contype DESC, conname""",
            [TABLES],
        )
        constraints = cursor.fetchall()
        for table, name, _definition, _kind in constraints:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        cursor.execute(
            """SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
               WHERE indrelid = ANY(%s::regclass[]) AND NOT indisprimary""",
            [TABLES],
        )
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
    yield
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for _name, definition in indexes:
            cursor.execute(definition)
        for table, name, definition, _kind in constraints:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        cursor.execute("RESET maintenance_work_mem")
    _tell(f"{len(indexes)} indexes and {len(constraints)} constraints", began)


def _tell(line: str, began: float) -> None:
    print(f"  data: {line} ({time.perf_counter() - began:.0f} s)", file=sys.stderr, flush=True)
