"""The same person, order or choice told twice at the same moment."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from customers.domain import consents, customers, orders, tags
from customers.models import Consent, ConsentEntry, Customer, CustomerTag, Event, Order, OrderLine, Traits
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
THREADS = 4


def at_once(tenant, act: Callable[[int], object]) -> list[Exception]:
    """Run ``act`` in several threads, each in a scope of its own, and return what went wrong."""
    gate, wrong = threading.Barrier(THREADS), []

    def run(number: int) -> None:
        try:
            gate.wait()
            with tenancy.scope(tenant):
                act(number)
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return wrong


def test_one_external_id_is_one_person(tenant):
    def tell(number: int) -> None:
        values = {"name": f"Ada {number}", "company": "Acme", "tags": ["vip", f"t{number}"]}
        customers.upsert(external_id="1", values=values, by=SYSTEM, now=NOW)

    assert at_once(tenant, tell) == []
    with tenancy.scope(tenant):
        found = Customer.objects.get()
        assert found.search == f"{found.name_key} 1 acme"


def test_one_order_is_counted_once(tenant):
    with tenancy.scope(tenant):
        people = CustomerFactory.create_batch(2)
    line = orders.NewLine(quantity=Decimal(1), unit_price=Decimal(5))

    def tell(number: int) -> None:
        told = [orders.NewOrder(f"o{n}", people[n % 2].pk, NOW, lines=(line, line)) for n in range(6)]
        orders.record(told if number % 2 else told[::-1], source="test", now=NOW)

    assert at_once(tenant, tell) == []
    with tenancy.scope(tenant):
        assert (Order.objects.count(), OrderLine.objects.count(), Event.objects.count()) == (6, 12, 6)
        assert list(Traits.objects.values_list("orders_count", "revenue")) == [(3, Decimal(30))] * 2


def test_the_newest_choice_holds_whoever_comes_last(tenant):
    with tenancy.scope(tenant):
        ada = CustomerFactory()

    def choose(number: int) -> None:
        choice = consents.Choice(ada.pk, "email", number == THREADS - 1, NOW - timedelta(hours=THREADS - number))
        consents.record([choice], source="test", by=SYSTEM, now=NOW)

    assert at_once(tenant, choose) == []
    with tenancy.scope(tenant):
        assert Consent.objects.values_list("granted", "at").get() == (True, NOW - timedelta(hours=1))
        assert ConsentEntry.objects.count() == THREADS


def test_tags_put_on_the_same_people_meet(tenant):
    with tenancy.scope(tenant):
        ids = [person.pk for person in CustomerFactory.create_batch(20)]
    assert at_once(tenant, lambda n: tags.add(customer_ids=ids[:: 1 - 2 * (n % 2)], names=["b", "a"], by=SYSTEM)) == []
    with tenancy.scope(tenant):
        assert CustomerTag.objects.count() == 40
