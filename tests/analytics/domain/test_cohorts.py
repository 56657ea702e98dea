"""Cohorts: fixed denominators, months of the tenant's zone, blank where a month is not over."""

from datetime import UTC, date, datetime

from analytics.domain import cohorts
from tests.factories import CustomerFactory, OrderFactory

NOW = datetime(2026, 11, 15, tzinfo=UTC)


def _buys(*moments) -> None:
    person = CustomerFactory()
    for moment in moments:
        OrderFactory(customer=person, placed_at=moment)


def _told(found) -> dict:
    return {cohort.month: (cohort.size, [cell.people for cell in cohort.cells]) for cohort in found}


def test_of_those_who_came_in_a_month(scoped):
    _buys(datetime(2026, 8, 3, tzinfo=UTC), datetime(2026, 8, 9, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC))
    _buys(datetime(2026, 8, 20, tzinfo=UTC), datetime(2026, 9, 2, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))
    _buys(datetime(2026, 11, 3, tzinfo=UTC))

    found = cohorts.grid(tenant=scoped, now=NOW)

    # November is not over: blank, though somebody of August ordered in it.
    assert _told(found) == {date(2026, 8, 1): (2, [2, 1, 1, None]), date(2026, 11, 1): (1, [None])}
    assert [cell.share for cell in found[0].cells] == [1.0, 0.5, 0.5, None]
    assert [cell.people for cell in cohorts.mean(found)] == [2, 1, 1, None]


def test_months_are_those_of_the_tenant(scoped):
    scoped.timezone = "Asia/Riyadh"
    _buys(datetime(2026, 8, 31, 22, tzinfo=UTC))  # 1 September there
    assert list(_told(cohorts.grid(tenant=scoped, now=NOW))) == [date(2026, 9, 1)]


def test_nobody_is_no_cohort(scoped):
    assert cohorts.grid(tenant=scoped, now=NOW) == []
    assert cohorts.mean([]) == []
