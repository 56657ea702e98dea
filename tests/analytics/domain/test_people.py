"""Figures of people, each counted once: against a plain computation of the same rows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.domain import kpis
from analytics.domain.catalogue import BY_KEY
from analytics.domain.declarations import NOTHING
from customers.models import Customer, Order, Traits
from cxm.lib import time
from tests.factories import CustomerFactory, OrderFactory

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
ZONE = time.zone("UTC")
PERIOD = time.between(datetime(2026, 9, 1).date(), datetime(2026, 9, 30).date(), ZONE)


def _of(tenant, key, period=PERIOD):
    return kpis.value(kpi=BY_KEY[key], tenant=tenant, period=period, now=NOW)


def _orders(**days) -> None:
    """Make a customer for each name, with orders so many days before the end of the period."""
    for name, ago in days.items():
        person = CustomerFactory(external_id=name)
        for number, day in enumerate(ago):
            OrderFactory(
                order_id=f"{name}{number}", customer=person, placed_at=PERIOD.end - timedelta(days=day, hours=1)
            )


def test_who_was_active_and_no_longer_is(scoped):
    scoped.lapsed_days = 90
    scoped.save()
    _orders(left=[100], stays=[100, 5], fresh=[3], long_gone=[300], still=[60])

    found = _of(scoped, "churn_rate")

    # Active on 1 September (ordered within 90 days): left, stays, still. Lost by the end: left.
    assert (found.n, found.value) == (3, 1 / 3)
    assert found.low < 1 / 3 < found.high


def test_start_and_new_minus_lost_is_the_end(scoped):
    """The identity that a churn figure stands on; whoever came back counts among the new."""
    scoped.lapsed_days = 90
    scoped.save()
    _orders(left=[100], stays=[100, 5], fresh=[3], back=[300, 10], still=[60])
    after = time.between(PERIOD.last + timedelta(days=1), PERIOD.last + timedelta(days=9), ZONE)
    start, end = _of(scoped, "churn_rate").n, _of(scoped, "churn_rate", after).n
    lost, new = 1, 2
    assert start + new - lost == end


def test_who_came_back(scoped):
    _orders(again=[40, 5], twice=[9, 2], once=[4], not_any_more=[35])
    assert (_of(scoped, "retention_rate").value, _of(scoped, "retention_rate").n) == (1 / 2, 2)
    assert (_of(scoped, "repeat_rate").value, _of(scoped, "repeat_rate").n) == (2 / 3, 3)


@pytest.mark.parametrize("key", [kpi.key for kpi in kpis.ASKED])
def test_of_nobody_nothing_is_known(scoped, key):
    assert _of(scoped, key) == kpis.NOTHING


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from("abcde"), st.lists(st.integers(0, 200), max_size=4), max_size=5))
def test_they_equal_a_plain_count(scoped, orders):
    Order.objects.all().delete()
    scoped.lapsed_days = 60
    CustomerFactory.reset_sequence(0)
    for name, ago in orders.items():
        person = CustomerFactory(external_id=None, name=name)
        for number, day in enumerate(ago):
            at = PERIOD.end - timedelta(days=day, hours=1)
            OrderFactory(order_id=f"{name}{number}", customer=person, placed_at=at)
    ages = [[timedelta(days=day, hours=1) for day in ago] for ago in orders.values()]
    month, span = PERIOD.end - PERIOD.start, timedelta(days=60)
    there = [ago for ago in ages if any(month < age <= month + span for age in ago)]
    lost = [ago for ago in there if not any(age <= span for age in ago)]
    here = [ago for ago in ages if any(age <= month for age in ago)]
    found = _of(scoped, "churn_rate")
    assert (found.n, found.value) == (len(there), len(lost) / len(there) if there else None)
    repeat = _of(scoped, "repeat_rate")
    assert (repeat.n, repeat.value) == (len(here), sum(len(a) > 1 for a in here) / len(here) if here else None)


def test_what_holds_as_of_now_has_no_value_of_the_period_before(scoped):
    _orders(once=[4], earlier=[40])
    for person in Customer.objects.all():
        Traits.objects.create(customer=person, orders_count=1, revenue=30)
    figures = kpis.asked(tenant=scoped, period=PERIOD, now=NOW)

    assert (figures["clv_historic"].now.n, figures["clv_historic"].before) == (2, NOTHING)
    assert (figures["clv_historic"].change, figures["repeat_rate"].before.n) == (None, 1)
