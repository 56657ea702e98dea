"""Stored sums equal a count of the rows, whatever comes late."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.core.cache import cache
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.domain import rollups
from analytics.domain.measures import Sum
from analytics.models import DailyFigure, StaleDay
from customers import signals
from customers.domain import events, imports, orders
from customers.models import Event, Import
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.lib import time
from tests.customers.importing import bring, work
from tests.factories import CustomerFactory, OrderFactory

NOW = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
TODAY = NOW.date()
DAYS = [TODAY - timedelta(days=n) for n in range(5)]


def _happen(customer, name, at):
    events.record([events.Happening(customer_id=customer.pk, name=name, occurred_at=at)])


def _by_day(tenant):
    return rollups.by_day(tenant=tenant, periods=[time.between(DAYS[-1], TODAY, UTC)], now=NOW)


def test_days_are_the_same_before_and_after_they_are_stored(scoped):
    person = CustomerFactory(created_at=NOW - timedelta(days=3))
    _happen(person, "Email Sent", NOW - timedelta(days=2))
    _happen(person, "Email Opened", NOW - timedelta(days=1))
    OrderFactory(customer=person, placed_at=NOW - timedelta(days=1), revenue=Decimal("12.50"))
    OrderFactory(customer=person, placed_at=NOW, revenue=Decimal(-2), kind="return")

    live = _by_day(scoped)
    assert rollups.refresh(tenant=scoped, now=NOW) == rollups.HISTORY
    stored = _by_day(scoped)

    assert stored == live
    assert live[DAYS[2]] == {"sent": Sum(1)}
    assert live[DAYS[1]] == {"opened": Sum(1), "orders": Sum(1, Decimal("12.50"))}
    assert live[TODAY] == {"returns": Sum(1, Decimal(-2))}
    assert live[DAYS[3]] == {"customers": Sum(1)}


def test_a_late_happening_marks_its_day_and_is_counted_at_once(scoped):
    person = CustomerFactory()
    rollups.refresh(tenant=scoped, now=NOW)

    _happen(person, "Email Sent", NOW - timedelta(days=2))

    assert list(StaleDay.objects.values_list("day", flat=True)) == [DAYS[2]]
    assert _by_day(scoped)[DAYS[2]] == {"sent": Sum(1)}
    assert rollups.refresh(tenant=scoped, now=NOW) == 1
    assert _by_day(scoped)[DAYS[2]]["sent"] == Sum(1)
    assert StaleDay.objects.count() == 0


def test_an_opening_told_by_a_program_is_no_opening_of_ours(scoped):
    person = CustomerFactory(created_at=NOW - timedelta(days=9))
    opened = [
        events.Happening(person.pk, "Email Opened", NOW - timedelta(days=days), source=source)
        for source in ("api", "tracking")
        for days in (0, 1)
    ]
    events.record(opened)
    rollups.refresh(tenant=scoped, now=NOW)

    assert (_by_day(scoped)[TODAY], _by_day(scoped)[DAYS[1]]) == ({"opened": Sum(1)}, {"opened": Sum(1)})


def test_a_happening_of_today_marks_nothing(scoped):
    _happen(CustomerFactory(), "Email Sent", datetime.now(UTC))

    assert StaleDay.objects.count() == 0


def test_a_busy_today_is_counted_once_in_a_moment(scoped):
    person = CustomerFactory(created_at=NOW - timedelta(days=9))
    events.record([events.Happening(person.pk, "Email Sent", NOW)] * rollups.BUSY)
    rollups.refresh(tenant=scoped, now=NOW)
    counted = _by_day(scoped)
    _happen(person, "Email Sent", NOW)

    assert counted[TODAY] == {"sent": Sum(rollups.BUSY)}
    assert _by_day(scoped)[TODAY] == counted[TODAY]
    cache.clear()
    assert _by_day(scoped)[TODAY] == {"sent": Sum(rollups.BUSY + 1)}


def test_of_a_day_in_which_a_period_ends_only_what_came_before_is_counted(scoped):
    """Stored whole, it is counted from the rows; the day itself stays stored as it is."""
    cut = NOW - timedelta(days=3)
    for moment in (cut - timedelta(hours=1), cut, cut + timedelta(hours=1), NOW - timedelta(hours=1)):
        OrderFactory(placed_at=moment, revenue=Decimal(5), kind="order", customer=CustomerFactory(created_at=moment))
    rollups.refresh(tenant=scoped, now=NOW)
    before, period = time.between(DAYS[4], DAYS[3], UTC)._replace(end=cut), time.between(DAYS[1], TODAY, UTC)

    days = rollups.by_day(tenant=scoped, periods=[before, period], now=NOW)

    one = {"orders": Sum(1, Decimal(5)), "customers": Sum(1)}
    assert days == {DAYS[4]: {}, DAYS[3]: one, DAYS[1]: {}, TODAY: one}
    assert _by_day(scoped)[DAYS[3]] == {"orders": Sum(3, Decimal(15)), "customers": Sum(3)}


def test_nothing_stored_is_believed_after_history_was_rewritten(scoped):
    person = CustomerFactory()
    _happen(person, "Email Sent", NOW - timedelta(days=2))
    rollups.refresh(tenant=scoped, now=NOW)

    Event.objects.all().delete()
    signals.history_rewritten.send(sender=None)

    assert _by_day(scoped)[DAYS[2]] == {}
    assert rollups.refresh(tenant=scoped, now=NOW) == rollups.HISTORY
    assert not DailyFigure.objects.filter(measure="sent").exists()


def test_an_old_day_is_not_believed_again_after_history_was_rewritten(scoped):
    person = CustomerFactory(created_at=NOW - timedelta(days=900))
    long_ago, still_longer = (NOW - timedelta(days=rollups.HISTORY + n) for n in (10, 20))
    _happen(person, "Email Sent", long_ago)
    rollups.refresh(tenant=scoped, now=NOW)
    _happen(person, "Email Sent", still_longer)  # has its mark when everything is marked

    Event.objects.filter(occurred_at=long_ago).delete()
    signals.history_rewritten.send(sender=None)

    assert rollups.refresh(tenant=scoped, now=NOW) == rollups.HISTORY + 1
    first, last = still_longer.date(), long_ago.date()
    days = rollups.by_day(tenant=scoped, periods=[time.between(first, last, UTC)], now=NOW)
    assert {day: found for day, found in days.items() if found} == {first: {"sent": Sum(1)}}
    assert set(DailyFigure.objects.filter(day__lte=last).values_list("day", "measure")) == {
        (first, "sent"),
        (first, rollups.DONE + scoped.timezone),
    }


def _from_rows(tenant):
    """What the days are when nothing stored is believed."""
    with transaction.atomic():
        DailyFigure.objects.all().delete()
        counted = _by_day(tenant)
        transaction.set_rollback(True)
    return counted


def test_a_corrected_order_changes_the_day_it_was_on_and_the_day_it_is_on(scoped):
    person = CustomerFactory(created_at=NOW - timedelta(days=9))
    order = orders.NewOrder("o1", person.pk, NOW - timedelta(days=3), revenue=Decimal(10))
    orders.record([order], source="api", now=NOW)
    rollups.refresh(tenant=scoped, now=NOW)

    moved = orders.NewOrder("o1", person.pk, NOW - timedelta(days=1), revenue=Decimal("12.34"))
    orders.store([moved], source="shop", now=NOW)  # as the intake does: its event is another
    assert set(StaleDay.objects.values_list("day", flat=True)) == {DAYS[3], DAYS[1]}
    assert _by_day(scoped) == _from_rows(scoped)
    assert rollups.refresh(tenant=scoped, now=NOW) == 2
    stored = _by_day(scoped)

    assert stored == _from_rows(scoped)
    assert (stored[DAYS[3]], stored[DAYS[1]]) == ({}, {"orders": Sum(1, Decimal("12.34"))})


def test_orders_imported_again_and_taken_back_are_counted_as_they_are_now(tenant, media):
    def told() -> dict:
        with tenancy.scope(tenant):
            assert _by_day(tenant) == _from_rows(tenant)
            rollups.refresh(tenant=tenant, now=NOW)
            assert StaleDay.objects.count() == 0
            stored = _by_day(tenant)
            assert stored == _from_rows(tenant)
        return {day: found["orders"] for day, found in stored.items() if "orders" in found}

    head = "order_id,customer,placed_at,revenue\n"
    bring(tenant, head + f"a,c1,{DAYS[3]},10.10\nb,c1,{DAYS[3]},5\n", kind="orders")
    assert told() == {DAYS[3]: Sum(2, Decimal("15.10"))}
    again = bring(tenant, head + f"a,c1,{DAYS[1]},11.11\nc,c1,{DAYS[2]},7\n", kind="orders")
    assert told() == {DAYS[3]: Sum(1, Decimal(5)), DAYS[2]: Sum(1, Decimal(7)), DAYS[1]: Sum(1, Decimal("11.11"))}

    with tenancy.scope(tenant):
        imports.undo(found=again, by=SYSTEM)
    work()

    with tenancy.scope(tenant):
        assert Import.objects.get(pk=again.pk).state == "undone"
    assert told() == {DAYS[3]: Sum(2, Decimal("15.10"))}


def test_days_are_those_of_the_tenants_zone(scoped):
    scoped.timezone = "Asia/Riyadh"  # UTC+3
    scoped.save()
    person = CustomerFactory()
    _happen(person, "Email Sent", datetime(2026, 3, 1, 22, tzinfo=UTC))

    period = time.between(date(2026, 3, 1), date(2026, 3, 2), time.zone("Asia/Riyadh"))
    days = rollups.by_day(tenant=scoped, periods=[period], now=NOW)

    assert days == {date(2026, 3, 1): {}, date(2026, 3, 2): {"sent": Sum(1)}}


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.tuples(st.sampled_from([*rollups.EVENTS, "refresh"]), st.integers(0, 4)), min_size=1, max_size=12)
)
def test_stored_and_counted_agree_after_anything(scoped, steps):
    Event.objects.all().delete()
    signals.history_rewritten.send(sender=None)
    person = CustomerFactory()
    expected = {day: {} for day in DAYS}
    for name, ago in steps:
        if name == "refresh":
            rollups.refresh(tenant=scoped, now=NOW)
            continue
        _happen(person, name, NOW - timedelta(days=ago))
        measure = rollups.EVENTS[name]
        expected[DAYS[ago]][measure] = expected[DAYS[ago]].get(measure, Sum()) + Sum(1)

    found = {
        day: {name: value for name, value in measures.items() if name != "customers"}
        for day, measures in _by_day(scoped).items()
    }
    assert found == expected
