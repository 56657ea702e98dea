"""Traits become profiles, e-commerce events become orders."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from customers.domain.intake import storing
from customers.models import Attribute, Customer, Event, Order, OrderLine, Traits
from cxm.audit.actors import SYSTEM
from tests.factories import CustomerFactory

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("scoped")


def store(*batch):
    return storing.store(list(batch), size=1000, by=SYSTEM, now=NOW)


def identify(user="u1", **traits):
    return {"type": "identify", "userId": user, "traits": traits}


def track(event, message_id=None, user="u1", **properties):
    return {"type": "track", "userId": user, "event": event, "messageId": message_id, "properties": properties}


# --- profiles -----------------------------------------------------------------------------------


def test_traits_reach_the_profile():
    Attribute.objects.create(key="favourite_colour", label="Colour")
    Attribute.objects.create(key="age", label="Age", kind="number")
    problems = store(
        identify(
            email="Zoe@Example.COM", phone="020 7946 0958", firstName="Zoe", lastName="Smith", birthday="1990-05-01",
            address={"city": "London", "country": "gb", "street": "x"}, company={"name": "Acme"}, locale="en-GB",
            createdAt="2025-01-01T00:00:00Z", favouriteColour="red", age="36", unknown="stays with the event",
        )
    )  # fmt: skip
    assert problems == []
    found = Customer.objects.select_related("company").get()
    assert (found.email, found.email_key, found.phone) == ("Zoe@example.com", "zoe@example.com", "+442079460958")
    assert (found.name, found.first_name, found.last_name) == ("Zoe Smith", "Zoe", "Smith")
    assert (found.city, found.country, found.company.name, found.language) == ("London", "GB", "Acme", "en-GB")
    assert (found.birthday, found.created_at) == (date(1990, 5, 1), datetime(2025, 1, 1, tzinfo=UTC))
    assert found.attributes == {"favourite_colour": "red", "age": 36}
    assert found.updated_at == NOW
    assert "zoe smith" in found.search
    assert Event.objects.get().properties["traits"]["unknown"] == "stays with the event"


def test_empty_traits_change_nothing():
    CustomerFactory(external_id="u1", name="Zoe", email="z@example.com", email_key="z@example.com", city="London")
    assert store(identify(name="", email=None, address={"city": ""}, phone="")) == []
    found = Customer.objects.get()
    assert (found.name, found.email, found.city) == ("Zoe", "z@example.com", "London")


def test_wrong_traits_are_reported_and_the_rest_is_taken():
    Attribute.objects.create(key="age", label="Age", kind="number")
    (problem,) = store(
        identify(email="not an address", name="Zoe", birthday="soon", age="old", createdAt={}, phone=7, country=[])
    )
    assert (problem.index, problem.code, problem.stored) == (0, "partly_kept", True)
    assert sorted(problem.fields) == ["age", "birthday", "country", "createdAt", "email", "phone"]
    found = Customer.objects.get()
    assert (found.name, found.email) == ("Zoe", "")
    assert Event.objects.count() == 1


def test_last_word_of_a_batch_counts():
    store(identify(name="A", city="X"), identify(name="B"), identify("u2", name="C"))
    assert sorted(Customer.objects.values_list("external_id", "name", "city")) == [("u1", "B", "X"), ("u2", "C", "")]


def test_line_breaks_in_names_are_cleaned():
    store(identify(name="Zoe\r\nBcc: evil@example.com"))
    assert Customer.objects.get().name == "Zoe Bcc: evil@example.com"


def test_seconds_since_1970():
    store(
        identify("u1", createdAt=1735689600), identify("u2", createdAt=1735689600000), identify("u3", createdAt=1e300)
    )
    when = datetime(2025, 1, 1, tzinfo=UTC)
    assert list(Customer.objects.order_by("external_id").values_list("created_at", flat=True)) == [when, when, NOW]


def test_group_names_the_company():
    store({"type": "group", "userId": "u1", "groupId": "g1", "traits": {"name": "Acme"}})
    assert Customer.objects.get().company.name == "Acme"


def test_history_of_the_batch_before_identify_is_the_users_too():
    store(
        {"type": "page", "anonymousId": "a1"},
        {"type": "identify", "userId": "u1", "anonymousId": "a1", "traits": {}},
        {"type": "page", "anonymousId": "a1"},
    )
    customer = Customer.objects.get()
    assert set(Event.objects.values_list("customer_id", flat=True)) == {customer.pk}
    assert Event.objects.count() == 3


# --- orders -------------------------------------------------------------------------------------


def completed(message_id="m1", **properties):
    return track("Order Completed", message_id, **{"order_id": "o1", "revenue": 25, "currency": "USD"} | properties)


def test_order_completed_makes_an_order():
    products = [{"product_id": "p1", "name": "Cup", "price": 5, "quantity": 2}, {"sku": "s2", "price": "15.00"}]
    assert store(completed(coupon="SPRING", products=products)) == []
    order = Order.objects.get()
    assert (order.order_id, order.kind, order.revenue, order.currency) == ("o1", "order", Decimal("25.00"), "USD")
    assert (order.placed_at, order.coupon, order.channel, order.source) == (NOW, "SPRING", "web", "api")
    lines = OrderLine.objects.order_by("position").values_list("sku", "title", "quantity", "unit_price", "amount")
    assert list(lines) == [("p1", "Cup", 2, 5, 10), ("s2", "", 1, 15, 15)]
    assert Traits.objects.get().orders_count == 1
    assert Customer.objects.get().lifecycle == "new"
    assert Event.objects.count() == 1


@pytest.mark.parametrize(
    ("properties", "revenue"),
    [
        ({"revenue": "9.99"}, "9.99"),
        ({"revenue": None, "total": 12}, "12"),
        ({"revenue": None, "subtotal": 8}, "8"),
        ({"revenue": None, "products": [{"price": 2, "quantity": 3}]}, "6"),
        ({"revenue": 0}, "0"),
    ],
)
def test_what_an_order_comes_to(properties, revenue):
    store(completed(**properties))
    assert Order.objects.get().revenue == Decimal(revenue)


def test_order_told_twice_counts_once():
    store(completed("m1"), completed("m2"))
    store(completed("m3", revenue=99))
    assert Order.objects.get().revenue == 25
    assert Event.objects.count() == 1
    assert Traits.objects.get().revenue == 25


def test_order_updated_corrects():
    store(completed())
    store(track("Order Updated", "m2", order_id="o1", revenue=30, currency="USD"))
    assert Order.objects.get().revenue == 30


def test_order_refunded_as_a_whole_counts_once():
    store(completed())
    store(track("Order Refunded", "m2", order_id="o1"))
    store(track("Order Cancelled", "m3", order_id="o1"))
    assert list(Order.objects.order_by("id").values_list("order_id", "kind", "revenue")) == [
        ("o1", "order", 25),
        ("o1:return", "return", -25),
    ]
    found = Traits.objects.get()
    assert (found.orders_count, found.returns_count, found.revenue) == (1, 1, 0)


def test_parts_refunded_count_each():
    store(
        completed(),
        track("Order Refunded", "m2", order_id="o1", total=5),
        track("Order Refunded", "m3", order_id="o1", total=-4),
    )
    store(track("Order Refunded", "m3", order_id="o1", total=-4))
    assert sorted(Order.objects.filter(kind="return").values_list("revenue", flat=True)) == [-5, -4]


def test_products_sent_back_are_lines_of_a_return():
    store(completed(), track("Order Refunded", "m2", order_id="o1", products=[{"sku": "a", "price": 3, "quantity": 2}]))
    back = Order.objects.get(kind="return")
    assert (back.revenue, back.lines.get().quantity) == (-6, -2)


@pytest.mark.parametrize(
    "event",
    [
        track("Order Completed", "m1", revenue=5),
        track("Order Completed", "m1", order_id="o1"),
        track("Order Completed", "m1", order_id="o1", revenue="a lot"),
        track("Order Completed", "m1", order_id="o1", revenue=1e300),
        track("Order Completed", "m1", order_id="o1", revenue=5, currency="dollars"),
        track("Order Completed", "m1", order_id={"a": 1}, revenue=5),
        track("Order Completed", "m1", order_id="o1", products=["x", {"price": "x"}, {}]),
        track("Order Refunded", "m1", order_id="unknown"),
    ],
)
def test_order_that_cannot_be_kept_is_reported_and_its_event_stays(event):
    (problem,) = store(event, completed("m2", order_id="good"))
    assert (problem.index, problem.code, problem.stored) == (0, "partly_kept", True)
    assert list(Order.objects.values_list("order_id", flat=True)) == ["good"]
    assert Event.objects.count() == 2
