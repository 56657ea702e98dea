"""Two browsers, one person, one moment."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection

from customers.domain import identities
from customers.domain.intake import storing
from customers.models import Customer, Event, Identity, Order, Traits
from cxm import tenancy
from cxm.audit.actors import SYSTEM

NOW = datetime(2026, 6, 1, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


def at_once(tenant, *batches: list[dict]) -> None:
    """Store each batch in a thread and a connection of its own, all started together."""
    gate, faults = threading.Barrier(len(batches)), []

    def work(batch: list[dict]) -> None:
        try:
            gate.wait()
            with tenancy.scope(tenant):
                assert storing.store(batch, size=1, by=SYSTEM, now=NOW) == []
        except BaseException as error:
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[batch]) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert faults == []


def track(event="A", **who):
    return {"type": "track", "event": event, **who}


@pytest.mark.parametrize("_again", range(3))
def test_new_user_in_four_batches_is_one_customer(tenant, _again):
    users = [f"u{n}" for n in range(20)]
    at_once(tenant, *([track(userId=user) for user in order] for order in (users, users[::-1], users, users[::-1])))
    with tenancy.scope(tenant):
        assert Customer.objects.count() == 20
        assert Event.objects.count() == 80


@pytest.mark.parametrize("_again", range(3))
def test_new_browser_in_four_batches_is_one_customer(tenant, _again):
    names = [f"a{n}" for n in range(20)]
    at_once(
        tenant, *([track(anonymousId=name) for name in order] for order in (names, names[::-1], names, names[::-1]))
    )
    with tenancy.scope(tenant):
        assert (Customer.objects.count(), Identity.objects.count()) == (20, 20)
        assert Event.objects.count() == 80


@pytest.mark.parametrize("_again", range(5))
def test_two_identifies_of_one_new_user_with_two_browsers(tenant, _again):
    with tenancy.scope(tenant):
        identities.resolve(anonymous_ids={"a1", "a2"}, now=NOW, source="api")
    at_once(
        tenant,
        [track(anonymousId="a1"), {"type": "identify", "userId": "u1", "anonymousId": "a1"}],
        [track(anonymousId="a2"), {"type": "identify", "userId": "u1", "anonymousId": "a2"}],
    )
    with tenancy.scope(tenant):
        customer = Customer.objects.get()
        assert customer.external_id == "u1"
        assert set(Event.objects.values_list("customer_id", flat=True)) == {customer.pk}
        assert Event.objects.count() == 4


@pytest.mark.parametrize("_again", range(5))
def test_events_come_in_while_their_person_is_merged_away(tenant, _again):
    with tenancy.scope(tenant):
        identities.resolve(user_ids={"u1"}, anonymous_ids={"a1"}, now=NOW, source="api")
    at_once(
        tenant,
        *([track(anonymousId="a1") for _step in range(30)] for _thread in range(3)),
        [{"type": "identify", "userId": "u1", "anonymousId": "a1"}],
    )
    with tenancy.scope(tenant):
        customer = Customer.objects.get()
        assert Event.objects.filter(customer=customer).count() == 91
        assert Traits.objects.count() == 1


def test_one_order_told_four_times_at_once(tenant):
    order = {"order_id": "o1", "revenue": 5, "currency": "USD"}
    at_once(tenant, *([track("Order Completed", userId="u1", properties=order)] for _thread in range(4)))
    with tenancy.scope(tenant):
        assert (Order.objects.count(), Event.objects.count()) == (1, 1)
        assert Traits.objects.get().orders_count == 1


def test_retries_with_one_message_id_at_once(tenant):
    at_once(tenant, *([track(userId="u1", messageId="m1")] for _thread in range(4)))
    with tenancy.scope(tenant):
        assert Event.objects.count() == 1
