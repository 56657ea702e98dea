"""The real client of that ecosystem, pointed at us by its host alone."""

from datetime import UTC, datetime

import pytest
from segment.analytics.client import Client

from customers.models import Customer, Event, Order
from cxm import tenancy
from cxm.accounts.domain import keys
from cxm.audit.actors import SYSTEM


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("packed", [False, True])
def test_segment_analytics_python(live_server, tenant, packed):
    with tenancy.scope(tenant):
        write_key = keys.create(name="Site", scopes=["events.write", "customers.change"], by=SYSTEM)[1]
    failed = []
    client = Client(
        write_key, host=live_server.url, gzip=packed, on_error=lambda *args: failed.append(args), max_retries=1,
        upload_interval=0.05,
    )  # fmt: skip
    client.track(anonymous_id="a1", event="Product Viewed", properties={"sku": "A"})
    client.identify("u1", {"email": "zoe@example.com", "name": "زينب"}, anonymous_id="a1")
    client.page("u1", "Docs", "Home", {"url": "https://example.com/"})
    client.screen("u1", "Docs", "Home")
    client.group("u1", "g1", {"name": "Acme"})
    client.track(
        "u1", "Order Completed", {"order_id": "o1", "revenue": 25.5, "currency": "GBP"},
        timestamp=datetime(2026, 1, 1, tzinfo=UTC), message_id="once",
    )  # fmt: skip
    client.track("u1", "Order Completed", {"order_id": "o1", "revenue": 25.5, "currency": "GBP"}, message_id="once")
    client.alias("u1", "u2")
    client.shutdown()
    assert failed == []
    with tenancy.scope(tenant):
        customer = Customer.objects.select_related("company").get()
        assert (customer.external_id, customer.email, customer.name) == ("u2", "zoe@example.com", "زينب")
        assert customer.company.name == "Acme"
        order = Order.objects.get()
        assert (order.customer_id, order.revenue) == (customer.pk, 25.5)
        assert abs((order.placed_at - datetime(2026, 1, 1, tzinfo=UTC)).total_seconds()) < 60
        assert sorted(Event.objects.values_list("name", flat=True)) == [
            "Aliased", "Identified", "Joined Company", "Order Completed", "Page Viewed", "Product Viewed",
            "Screen Viewed",
        ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_wrong_key_reaches_on_error(live_server, tenant):
    failed = []
    client = Client("nonsense", host=live_server.url, on_error=lambda error, batch: failed.append(error), max_retries=0)
    client.track("u1", "A")
    client.shutdown()
    assert [error.status for error in failed] == [401]
