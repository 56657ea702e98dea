import base64
import datetime
import json

import pytest
from django.db import connection
from django.db.models import F
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from customers.models import Customer
from cxm import tenancy
from cxm.lib import pagination
from cxm.tenancy.models import Tenant

NOW = datetime.datetime(2026, 11, 22, 8, 26, 0, 123_456, tzinfo=datetime.UTC)


def make(**fields):
    fields.setdefault("name_key", fields.get("name", ""))
    return Customer(**{"created_at": NOW, "updated_at": NOW, **fields})


def walk(queryset, order, limit):
    """Every page after another."""
    pages, cursor = [], None
    while True:
        page = pagination.page(queryset, order=order, cursor=cursor, limit=limit)
        pages.append(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return pages


@pytest.mark.parametrize("order", ["name_key", "-name_key", "birthday", "-birthday", "pk", "-id", "-created_at"])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_every_row_once_in_order(scoped, order, limit):
    Customer.objects.bulk_create(
        make(name=name, birthday=day and datetime.date(2000, 1, day), created_at=NOW - datetime.timedelta(days=age))
        for name, day, age in [
            ("a", None, 1), ("b", 2, 1), ("b", 2, 2), ("", 1, 2), ("ب", None, 3), ("'\\\"", 2, 3), ("z%s", None, 1),
        ]
    )  # fmt: skip

    pages = walk(Customer.objects.all(), order, limit)

    by = order.replace("pk", "id")
    expected = list(Customer.objects.order_by(by, "-id" if by.startswith("-") else "id"))
    assert [row for page in pages for row in page] == expected
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert pages[-1] or not expected


class TestAnyRows(TestCase):
    @settings(max_examples=25)
    @given(
        days=st.lists(st.none() | st.dates(datetime.date(1900, 1, 1), datetime.date(2020, 1, 1)), max_size=9),
        order=st.sampled_from(["birthday", "-birthday"]),
        limit=st.integers(1, 4),
    )
    def test_every_row_once(self, days, order, limit):
        tenant = Tenant.objects.create(slug="paged", name="Paged", timezone="UTC", currency="USD")
        with tenancy.scope(tenant):
            Customer.objects.bulk_create(make(birthday=day) for day in days)

            pages = walk(Customer.objects.all(), order, limit)

            expected = Customer.objects.order_by(order, "-id" if order.startswith("-") else "id")
            assert [row.pk for page in pages for row in page] == list(expected.values_list("pk", flat=True))


def test_annotations_can_be_an_order(scoped):
    Customer.objects.bulk_create(make(name=name) for name in "cab")

    pages = walk(Customer.objects.annotate(called=F("name")), "-called", 2)

    assert [[row.called for row in page] for page in pages] == [["c", "b"], ["a"]]


def test_one_query_a_page(scoped, django_assert_num_queries):
    Customer.objects.bulk_create(make(name=str(n)) for n in range(5))
    cursor = pagination.page(Customer.objects.all(), order="-name_key", limit=2).next_cursor

    with django_assert_num_queries(1):
        pagination.page(Customer.objects.all(), order="-name_key", limit=2)
    with django_assert_num_queries(1):
        pagination.page(Customer.objects.all(), order="-name_key", cursor=cursor, limit=2)


@pytest.mark.parametrize(
    ("order", "index"),
    [("name_key", "customer_name"), ("-name_key", "customer_name"), ("-created_at", "customer_recent")],
)
def test_a_deep_page_is_a_range_of_the_index_under_row_level_security(scoped, order, index):
    Customer.objects.bulk_create(make(name=f"{n:05}") for n in range(20))
    first = pagination.page(Customer.objects.all(), order=order, limit=2)
    name = order.removeprefix("-")
    fields = [Customer._meta.get_field(name), Customer._meta.pk]
    after = pagination._read(first.next_cursor, order, fields)
    descending = order.startswith("-")
    ordered = Customer.objects.order_by(order, "-id" if descending else "id")
    (queryset,) = pagination._parts(ordered, [name, "id"], fields, after, descending)
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off; set local enable_bitmapscan = off; set local enable_sort = off")

    plan = queryset[:3].explain()

    condition = next(line for line in plan.splitlines() if "Index Cond" in line)
    assert index in plan
    assert "tenant_id" in condition and "(ROW(" in condition and name in condition


def forged(*content):
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "cursor",
    ["rubbish", "é", "AAAA", "=", "a" * 5000, forged(), forged("name_key"), forged("name_key", "a"),
     forged("name_key", "a", None), forged("name_key", None, 1), forged("name_key", "a\0", 1),
     forged("name_key", "a", "x"), forged("name_key", ["a"], 1), forged("name_key", {"a": 1}, 1),
     forged("name_key", "a", 1e400), forged("name_key", "a", 2**70), forged("name_key", "a", "1; drop table x"),
     forged("-name_key", "a", 1), forged("created_at", NOW.isoformat(), 1), forged("name_key", "a", 1, 2),
     forged("name_key", "a" * 500, 1), forged("name_key", "\ud800", 1), "[" * 2000],
)  # fmt: skip
def test_what_is_no_cursor_is_refused(scoped, cursor):
    with pytest.raises(pagination.BadCursor):
        pagination.page(Customer.objects.all(), order="name_key", cursor=cursor, limit=2)


@pytest.mark.parametrize("moment", ["2026-11-22", "2026-11-22T08:26:00", "yesterday", 5])
def test_a_moment_without_zone_is_refused(scoped, moment):
    with pytest.raises(pagination.BadCursor):
        pagination.page(Customer.objects.all(), order="created_at", cursor=forged("created_at", moment, 1))


def test_limit_of():
    assert pagination.limit_of(None) == 50
    assert pagination.limit_of("200") == 200
    for written in ("0", "-1", "201", "x", "٥", "1e2", "9" * 50):
        with pytest.raises(pagination.BadLimit):
            pagination.limit_of(written)
