"""Orders brought in from files."""

import csv
import gzip
import os
from collections import defaultdict
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models import Count, Sum

from customers.domain import identities, imports
from customers.models import Customer, Event, Import, ImportReject, Order, OrderLine, StagedLine, StagedOrder, Traits
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from tests.customers.importing import bring, counts, now, work
from tests.factories import CustomerFactory

HEAD = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
REAL = Path(os.environ.get("CXM_REALDATA") or settings.BASE_DIR.parent / "shared/data")
RETAIL = REAL / "online_retail/online_retail.csv.gz"
REAL_LINES = 40_000


def orders_of(tenant) -> dict[str, tuple]:
    with tenancy.scope(tenant):
        return {
            order.order_id: (order.customer.external_id, order.kind, order.revenue, order.lines.count())
            for order in Order.objects.select_related("customer")
        }


def test_lines_with_one_number_are_one_order_wherever_they_stand(tenant, media):
    found = bring(
        tenant,
        HEAD
        + "1,A,Apple,2,2026-01-02 10:00,1.255,17,United Kingdom\n"
        + "2,B,Bread,1,2026-01-03 10:00,3,18,France\n"
        + "1,C,Cake,1,2026-01-02 10:01,10,17,United Kingdom\n"
        + "C3,A,Apple,-1,2026-01-05,1.255,17,United Kingdom\n"
        + "4,A,Apple,1,2026-01-05,1,,Nowhere\n"
        + "2,B,Bread,x,2026-01-03 10:00,3,18,France\n"
        + "5,B,Bread,1,never,3,18,France\n",
        kind="orders",
    )
    assert counts(found) == (7, 3, 0, 3)
    assert {reason: facts["rows"] for reason, facts in found.summary["reasons"].items()} == {
        "no_customer": 1,
        "number": 1,
        "date": 1,
    }
    summary = {name: found.summary[name] for name in ("lines", "returns", "customers_created", "orders_rejected")}
    assert summary == {"lines": 4, "returns": 1, "customers_created": 2, "orders_rejected": 2}
    assert orders_of(tenant) == {
        "1": ("17", "order", Decimal("12.51"), 2),
        "2": ("18", "order", Decimal("3.00"), 1),
        "C3": ("17", "return", Decimal("-1.26"), 1),
    }
    with tenancy.scope(tenant):
        one = Order.objects.get(order_id="1")
        assert (one.placed_at.isoformat(), one.currency) == ("2026-01-02T10:00:00+00:00", "GBP")
        assert list(one.lines.order_by("position").values_list("sku", "title", "quantity", "unit_price", "amount")) == [
            ("A", "Apple", Decimal(2), Decimal("1.255"), Decimal("2.51")),
            ("C", "Cake", Decimal(1), Decimal(10), Decimal(10)),
        ]
        customer = Customer.objects.get(external_id="17")
        assert (customer.country, customer.created_at, customer.search) == ("GB", one.placed_at, "17")
        assert customer.lifecycle != "prospect"
        traits = Traits.objects.get(customer=customer)
        assert (traits.orders_count, traits.returns_count, traits.revenue) == (1, 1, Decimal("11.25"))
        assert list(Event.objects.order_by("occurred_at").values_list("name", "message_id")) == [
            ("Order Completed", "order:1"),
            ("Order Completed", "order:2"),
            ("Order Refunded", "order:C3"),
        ]
        assert StagedLine.objects.count() + StagedOrder.objects.count() == 0


def test_an_order_told_again_is_replaced_not_doubled(tenant, media):
    first = HEAD + "1,A,Apple,2,2026-01-02,5,17,\n1,B,Bread,1,2026-01-02,1,17,\n2,A,Apple,1,2026-01-02,5,17,\n"
    bring(tenant, first, kind="orders")
    found = bring(tenant, first, kind="orders")
    assert counts(found) == (3, 0, 2, 0)
    assert orders_of(tenant)["1"] == ("17", "order", Decimal("11.00"), 2)
    bring(tenant, HEAD + "1,A,Apple,3,2026-01-04,5,18,\n", kind="orders")
    assert orders_of(tenant)["1"] == ("18", "order", Decimal("15.00"), 1)
    with tenancy.scope(tenant):
        assert dict(Traits.objects.values_list("customer__external_id", "revenue")) == {
            "17": Decimal("5.00"),
            "18": Decimal("15.00"),
        }
        event = Event.objects.get(message_id="order:1")
        assert (event.customer.external_id, event.properties["revenue"]) == ("18", 15.0)
        assert Event.objects.count() == 2


def test_amounts_may_stand_as_revenue_with_currency_and_coupon(tenant, media):
    with tenancy.scope(tenant):
        CustomerFactory(external_id="c1", name="Known")
    content = "order_id,customer,placed_at,revenue,currency,coupon,channel\n"
    content += 'a,c1,2026-01-02,"1,200.50",sar,SAVE10,web\nb,c1,2026-01-03,-5,,,\nb2,c1,2026-01-03,(3.00),XYZ,,\n'
    found = bring(tenant, content, kind="orders")
    assert counts(found) == (3, 2, 0, 1)
    with tenancy.scope(tenant):
        rows = Order.objects.order_by("order_id").values_list("kind", "revenue", "currency", "coupon", "channel")
        assert list(rows) == [
            ("order", Decimal("1200.50"), "SAR", "SAVE10", "web"),
            ("return", Decimal("-5.00"), "GBP", "", ""),
        ]
        assert list(OrderLine.objects.order_by("order__order_id").values_list("quantity", "unit_price", "amount")) == [
            (Decimal(1), Decimal("1200.50"), Decimal("1200.50")),
            (Decimal(-1), Decimal(5), Decimal(-5)),
        ]
        assert Customer.objects.get().name == "Known"


def test_an_order_belongs_to_one_customer(tenant, media):
    found = bring(tenant, HEAD + "1,A,,1,2026-01-02,5,17,\n1,B,,1,2026-01-02,5,18,\n", kind="orders")
    assert counts(found) == (2, 1, 0, 1)
    with tenancy.scope(tenant):
        reject = ImportReject.objects.get()
        assert (reject.number, reject.reason, reject.cells[6]) == (3, "other_customer", "18")


def test_orders_by_an_id_that_an_alias_took_away_are_of_the_same_person(tenant, media):
    with tenancy.scope(tenant):
        CustomerFactory(external_id="old")
        identities.alias(previous_id="old", user_id="new", by=SYSTEM, now=now(), source="test")
    line = ",A,Apple,1,2026-01-02 10:00,2,"
    found = bring(tenant, HEAD + f"1{line}old,\n2{line}new,\n2{line}old,\n3{line}other,\n", kind="orders")
    assert counts(found) == (4, 3, 0, 0)
    assert {number: facts[0] for number, facts in orders_of(tenant).items()} == {"1": "new", "2": "new", "3": "other"}


def test_an_order_beyond_all_numbers_takes_nothing_from_its_file(tenant, media):
    large, line = "999999999", ",A,,{},2026-01-02 10:00,{},17,\n"
    lines = ["1" + line.format(large, large), "2" + line.format(1, 5), *["3" + line.format(900, 99999999)] * 2]
    found = bring(tenant, HEAD + "".join(lines), kind="orders")
    assert (counts(found), list(orders_of(tenant))) == ((4, 1, 0, 3), ["2"])
    assert {reason: facts["rows"] for reason, facts in found.summary["reasons"].items()} == {"number": 3}


def test_dry_run_foresees(tenant, media):
    bring(tenant, HEAD + "1,A,,1,2026-01-02,5,17,\n", kind="orders")
    found = bring(tenant, HEAD + "1,A,,2,2026-01-02,5,17,\n2,A,,-2,2026-01-02,5,18,\n", kind="orders", dry_run=True)
    assert (counts(found), found.summary["returns"], found.summary["customers_created"]) == ((2, 1, 1, 0), 1, 1)
    assert orders_of(tenant) == {"1": ("17", "order", Decimal("5.00"), 1)}


def test_undo_removes_orders_and_brings_replaced_ones_back(tenant, media):
    bring(tenant, HEAD + "1,A,Apple,2,2026-01-02,5,17,\n1,B,Bread,1,2026-01-02,1,17,\n", kind="orders")
    found = bring(tenant, HEAD + "1,A,Apple,9,2026-01-02,5,18,\n2,A,Apple,1,2026-01-02,5,19,\n", kind="orders")
    assert counts(found) == (2, 1, 1, 0)
    with tenancy.scope(tenant):
        imports.undo(found=found, by=SYSTEM)
    work()
    assert orders_of(tenant) == {"1": ("17", "order", Decimal("11.00"), 2)}
    with tenancy.scope(tenant):
        assert Import.objects.get(pk=found.pk).state == "undone"
        assert list(Customer.objects.values_list("external_id", "lifecycle")) != []
        assert set(Customer.objects.values_list("external_id", flat=True)) == {"17"}
        assert Traits.objects.get().revenue == Decimal("11.00")
        assert list(Event.objects.values_list("message_id", "customer__external_id", "properties__revenue")) == [
            ("order:1", "17", 11.0)
        ]


def test_ids_that_a_data_frame_made_fractions_of_are_whole_again(tenant, media):
    with tenancy.scope(tenant):
        CustomerFactory(external_id="17850")
    rows = HEAD + "\n".join(
        f"{order},A,Apple,1,2026-01-02 10:00,1,{customer},United Kingdom"
        for order, customer in (("1.0", "17850.0"), ("1", "17850"), ("2", "017.0"), ("3", "1.5"), ("4", "18.00"))
    )
    tried = bring(tenant, rows, kind="orders", dry_run=True)
    found = bring(tenant, rows, kind="orders")

    assert orders_of(tenant) == {
        "1": ("17850", "order", Decimal("2.00"), 2),
        "2": ("017.0", "order", Decimal("1.00"), 1),
        "3": ("1.5", "order", Decimal("1.00"), 1),
        "4": ("18.00", "order", Decimal("1.00"), 1),
    }
    assert (tried.summary["ids_made_whole"], found.summary["ids_made_whole"]) == (2, 2)


@pytest.mark.realdata
@pytest.mark.skipif(not RETAIL.exists(), reason="the folder of real data is not beside the checkout")
def test_real_lines_add_up(tenant, media):
    """The first of the real lines; all half a million are reckoned so in the main job of the browser's tests."""
    invoices, people, alone, revenue, known = set(), set(), defaultdict(set), Decimal(0), 0
    with gzip.open(RETAIL, "rt", encoding="utf-8", newline="") as file:
        text = "".join(islice(file, 1 + REAL_LINES))
    for line in csv.DictReader(text.splitlines()):
        invoices.add(line["InvoiceNo"])
        if line["CustomerID"]:
            known += 1
            people.add(line["CustomerID"])
            alone["taken"].add(line["InvoiceNo"])
            revenue += Decimal(line["Quantity"]) * Decimal(line["UnitPrice"])
            if line["Quantity"].startswith("-"):
                alone["back"].add(line["InvoiceNo"])
    found = bring(tenant, text.encode(), kind="orders", name="online_retail.csv")
    assert (found.total, found.rejected) == (REAL_LINES, REAL_LINES - known)
    assert {reason: facts["rows"] for reason, facts in found.summary["reasons"].items()} == {
        "no_customer": REAL_LINES - known
    }
    assert found.created == len(alone["taken"])
    assert found.created + found.summary["orders_rejected"] == len(invoices)
    with tenancy.scope(tenant):
        kinds = dict(Order.objects.values_list("kind").annotate(n=Count("id")))
        assert kinds == {"order": len(alone["taken"] - alone["back"]), "return": len(alone["back"])}
        assert Order.objects.aggregate(sum=Sum("revenue"))["sum"] == revenue.quantize(Decimal("0.01"))
        assert OrderLine.objects.aggregate(sum=Sum("amount"))["sum"] == revenue.quantize(Decimal("0.01"))
        assert (Customer.objects.count(), OrderLine.objects.count()) == (len(people), known)
        assert not Customer.objects.filter(external_id__contains=".").exists()
        assert found.summary["ids_made_whole"] == known
        assert ImportReject.objects.filter(import_id=found.pk).count() == REAL_LINES - known
