"""A day of many events added up into every figure, and every figure read from the sums."""

from datetime import UTC, datetime, timedelta

from django.db import connection

from analytics.domain import kpis, rollups
from benchmarks import frame
from cxm import tenancy
from cxm.lib import time
from cxm.tenancy.models import Tenant

TITLE = "a day of 1 M events rolled up into every KPI"
FLOOR = "one GROUP BY over the same rows"
UNIT = "events"
SIZE = 1_000_000
TARGET = frame.at_most(15, goal=3)

PEOPLE = 20_000
NAMES = ["Email Sent", "Email Sent", "Email Sent", "Email Opened", "Email Link Clicked", "Product Viewed",
         "Page Viewed", "Email Bounced", "Email Unsubscribed", "Order Completed"]  # fmt: skip

_CUSTOMERS = """
INSERT INTO customers_customer (tenant_id, external_id, name, first_name, last_name, name_key, search, email,
  email_key, phone, language, timezone, country, city, attributes, lifecycle, created_at, updated_at, source)
SELECT %(tenant)s, 'k' || i, 'K ' || i, '', '', '', '', '', '', '', 'en', '', '', '', '{}', 'prospect', %(day)s,
       %(day)s, ''
FROM generate_series(1, %(people)s) i
"""
_EVENTS = """
INSERT INTO customers_event (id, tenant_id, customer_id, name, occurred_at, received_at, channel, source, message_id,
  properties)
SELECT gen_random_uuid(), %(tenant)s, %(first)s + i %% %(people)s, (%(names)s::text[])[1 + i %% 10],
       %(day)s::timestamptz + (i %% 86400) * interval '1 second', %(day)s, 'email', 'bench', NULL, '{}'
FROM generate_series(1, %(events)s) i
"""
_ORDERS = """
INSERT INTO customers_order (tenant_id, order_id, customer_id, kind, placed_at, revenue, currency, channel, coupon,
  source, created_at)
SELECT tenant_id, 'k' || row_number() OVER (), customer_id, 'order', occurred_at, 25, 'USD', 'web', '', 'bench',
       occurred_at
FROM customers_event WHERE tenant_id = %(tenant)s AND name = 'Order Completed'
"""


def run(bench: frame.Bench) -> frame.Result:
    now = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    tenant = _day_of(now - timedelta(days=1), bench.size)
    yesterday = (now - timedelta(days=1)).date()
    start = datetime(yesterday.year, yesterday.month, yesterday.day, tzinfo=UTC)

    def group() -> None:
        with tenancy.scope(tenant), connection.cursor() as cursor:
            cursor.execute(
                """SELECT name, count(*) FROM customers_event
                   WHERE tenant_id = %s AND occurred_at >= %s AND occurred_at < %s GROUP BY name""",
                [tenant.pk, start, start + timedelta(days=1)],
            )
            cursor.fetchall()

    def roll() -> None:
        with tenancy.scope(tenant):
            rollups.mark(days=[yesterday])
            rollups.refresh(tenant=tenant, now=now)
            period = time.between(yesterday, yesterday, time.zone(tenant.timezone))
            found = kpis.everything(tenant=tenant, period=period, now=now)
            bench.facts["figures"] = len(found)
            bench.facts["sent"] = found["sent"].now.value

    return bench.measure(floor=group, figure=roll)


def _day_of(day: datetime, events: int) -> Tenant:
    tenant, made = Tenant.objects.get_or_create(slug="kpis", defaults={"name": "KPIs", "currency": "USD"})
    if not made:
        return tenant
    people = min(PEOPLE, events)
    values = {"tenant": tenant.pk, "day": day.replace(hour=0), "people": people, "events": events, "names": NAMES}
    with connection.cursor() as cursor:
        cursor.execute(_CUSTOMERS, values)
        cursor.execute("SELECT min(id) FROM customers_customer WHERE tenant_id = %s", [tenant.pk])
        values["first"] = cursor.fetchone()[0]
        cursor.execute(_EVENTS, values)
        cursor.execute(_ORDERS, values)
        for table in ("customers_customer", "customers_event", "customers_order"):
            cursor.execute(f"VACUUM ANALYZE {table}")
    with tenancy.scope(tenant):  # all other days stand already
        rollups.refresh(tenant=tenant, now=day + timedelta(days=1))
    return tenant
