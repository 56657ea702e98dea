"""Orders, traits and classes."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.domain import classes, orders, traits
from customers.models import Customer, Event, Order, OrderLine, SegmentDirty, Traits
from cxm import tenancy
from tests.factories import CustomerFactory, OrderFactory

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _new(customer, order_id="o1", days_ago=1, **fields) -> orders.NewOrder:
    return orders.NewOrder(
        order_id=order_id, customer_id=customer.pk, placed_at=NOW - timedelta(days=days_ago), **fields
    )


def _line(quantity, price, sku="a") -> orders.NewLine:
    return orders.NewLine(quantity=Decimal(quantity), unit_price=Decimal(price), sku=sku, title=sku.upper())


def _record(*new):
    return orders.record(new, source="test", now=NOW)


def _traits(customer) -> tuple:
    row = Traits.objects.get(customer=customer)
    return row.orders_count, row.returns_count, row.revenue, row.first_order_at, row.last_order_at


def test_revenue_kind_and_currency_follow_from_the_lines(scoped):
    ada = CustomerFactory()
    stored = _record(
        _new(ada, "o1", 3, lines=(_line("2", "1.25"), _line("1", "0.335", "b"))),
        _new(ada, "C2", 2, lines=(_line("-1", "1.25"),)),
    )
    assert {(row.order_id, row.kind, row.revenue, row.currency) for row in stored.created} == {
        ("o1", "order", Decimal("2.84"), "GBP"), ("C2", "return", Decimal("-1.25"), "GBP"),
    }  # fmt: skip
    assert list(OrderLine.objects.order_by("order__order_id", "position").values_list("position", "sku", "amount")) == [
        (1, "a", Decimal("-1.25")), (1, "a", Decimal("2.50")), (2, "b", Decimal("0.34")),
    ]  # fmt: skip
    bought = NOW - timedelta(days=3)
    assert _traits(ada) == (1, 1, Decimal("1.59"), bought, bought)
    assert list(Event.objects.order_by("occurred_at").values_list("name", "message_id", "properties")) == [
        ("Order Completed", "order:o1", {"order_id": "o1", "revenue": 2.84, "currency": "GBP"}),
        ("Order Refunded", "order:C2", {"order_id": "C2", "revenue": -1.25, "currency": "GBP"}),
    ]


def test_telling_twice_is_telling_once(scoped):
    ada = CustomerFactory()
    for _again in range(2):
        _record(_new(ada, lines=(_line("1", "5"),)))
    assert (Order.objects.count(), OrderLine.objects.count(), Event.objects.count()) == (1, 1, 1)
    assert _traits(ada)[:3] == (1, 0, Decimal("5.00"))


def test_a_correction_moves_people_traits_and_event(scoped):
    ada, eve = CustomerFactory.create_batch(2)
    _record(_new(ada, revenue=Decimal(5), lines=(_line("1", "5"),)))
    stored = _record(_new(eve, revenue=Decimal(7), currency="eur"))
    assert ([row.order_id for row in stored.created], [row.order_id for row in stored.updated]) == ([], ["o1"])
    assert (_traits(ada)[:3], _traits(eve)[:3]) == ((0, 0, Decimal(0)), (1, 0, Decimal("7.00")))
    assert OrderLine.objects.count() == 1  # lines not said stay
    event = Event.objects.get()
    assert (event.customer_id, event.properties["revenue"], event.properties["currency"]) == (eve.pk, 7, "EUR")


def test_of_two_orders_with_one_number_the_last_counts(scoped):
    ada = CustomerFactory()
    _record(_new(ada, revenue=Decimal(5)), _new(ada, revenue=Decimal(6)))
    assert Order.objects.get().revenue == Decimal(6)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, "orders[0].revenue"),
        ({"revenue": Decimal("1e14")}, "orders[0].revenue"),
        ({"revenue": Decimal("NaN")}, "orders[0].revenue"),
        ({"revenue": Decimal(1), "currency": "£"}, "orders[0].currency"),
        ({"revenue": Decimal(1), "order_id": ""}, "orders[0].order_id"),
        ({"lines": (orders.NewLine(quantity=Decimal("1e12"), unit_price=Decimal("1e12")),)}, "orders[0].lines"),
        ({"lines": (orders.NewLine(quantity=Decimal("1e10"), unit_price=Decimal(1)),)}, "orders[0].lines"),
        ({"lines": (orders.NewLine(quantity=Decimal(1), unit_price=Decimal("1e10")),)}, "orders[0].lines"),
        ({"lines": (orders.NewLine(quantity=Decimal(10), unit_price=Decimal("9e999999")),)}, "orders[0].lines"),
        ({"revenue": Decimal("1e11")}, "orders[0].revenue"),
    ],
)
def test_orders_that_cannot_be_kept_are_refused(scoped, fields, wrong):
    with pytest.raises(orders.OrderRefused) as refused:
        _record(_new(CustomerFactory(), **fields))
    assert list(refused.value.fields) == [wrong]
    assert Order.objects.count() == 0


def test_an_order_of_another_tenants_customer_is_refused(other_tenant, scoped):
    with tenancy.scope(other_tenant):
        theirs = CustomerFactory()
    with pytest.raises(orders.OrderRefused):
        _record(_new(theirs, revenue=Decimal(1)))


def test_orders_are_stored_in_a_fixed_number_of_queries(scoped, django_assert_num_queries):
    people = CustomerFactory.create_batch(20)
    with django_assert_num_queries(10):
        orders.store(
            [_new(person, f"o{person.pk}", lines=(_line("1", "5"),)) for person in people], source="test", now=NOW
        )


A, L = 90, 365


@pytest.mark.parametrize(
    ("days_ago", "expected"),
    [
        ([], "prospect"),
        ([0], "new"),
        ([A], "new"),
        ([A + 1], "lapsed"),
        ([L], "lapsed"),
        ([L + 1], "lost"),
        ([1, 1], "active"),
        ([1, A + 1], "active"),
        ([1, A + 2], "returning"),
        ([1, 2, 400], "active"),
        ([A + 1, 400], "lapsed"),
        ([L + 1, L + 2], "lost"),
    ],
)
def test_classes(scoped, days_ago, expected):
    person = CustomerFactory()
    for days in days_ago:
        OrderFactory(customer=person, placed_at=NOW - timedelta(days=days))
    OrderFactory(customer=person, kind="return", revenue=-1, placed_at=NOW)
    traits.refresh_all()
    classes.refresh_all(tenant=scoped, now=NOW)
    assert Customer.objects.get().lifecycle == expected


def test_only_those_who_move_are_marked(scoped):
    mover, _stays = CustomerFactory.create_batch(2)
    OrderFactory(customer=mover, placed_at=NOW)
    traits.refresh_orders([mover.pk])
    assert classes.refresh_all(tenant=scoped, now=NOW) == 1
    assert classes.refresh_all(tenant=scoped, now=NOW) == 0
    assert list(SegmentDirty.objects.values_list("customer_id", flat=True)) == [mover.pk]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(-500, 500), st.integers(0, 800)), max_size=15))
def test_traits_are_the_sums_of_what_was_told_last(scoped, told):
    ada = CustomerFactory()
    last: dict[int, tuple[int, int]] = {}
    for number, cents, days in told:
        _record(_new(ada, f"o{number}", days, revenue=Decimal(cents) / 100))
        last[number] = (cents, days)
    bought = [days for cents, days in last.values() if cents >= 0]
    expected = (
        len(bought),
        len(last) - len(bought),
        Decimal(sum(cents for cents, _days in last.values())) / 100,
        NOW - timedelta(days=max(bought)) if bought else None,
        NOW - timedelta(days=min(bought)) if bought else None,
    )
    traits.refresh_orders([ada.pk])
    assert _traits(ada) == expected
    Customer.objects.all().delete()


def test_traits_of_an_import_reach_its_people_alone(scoped):
    ada, eve = CustomerFactory.create_batch(2)
    OrderFactory(customer=ada, import_id=5)
    OrderFactory(customer=eve)
    assert traits.refresh_for_import(import_id=5) == 1
    assert _traits(ada)[0] == 1


def test_no_number_of_orders_keeps_the_next_from_being_stored(scoped):
    ada = CustomerFactory()
    _record(*(_new(ada, f"o{number}", revenue=Decimal("99999999999.99")) for number in range(1001)))
    assert _traits(ada)[:3] == (1001, 0, Decimal("99999999999999.99"))
