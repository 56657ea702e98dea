"""Targets: whether the pace is enough, for figures that grow and figures that do not."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from analytics.domain import kpis, targets
from cxm.audit.actors import SYSTEM
from tests.factories import OrderFactory

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 10)
NOW = datetime(2026, 11, 6, tzinfo=UTC)  # half of it has passed


def _target(kpi="revenue", value="100", first=FIRST, last=LAST):
    return targets.create(kpi=kpi, value=Decimal(value), first=first, last=last, by=SYSTEM)


def _state(tenant, target, now=NOW) -> tuple:
    found = targets.progress(target=target, tenant=tenant, now=now)
    return found.state, found.projected


@pytest.mark.parametrize(
    ("revenue", "state"), [(50, "on_course"), (49, "behind"), (100, "reached"), (0, "unknown_or_behind")]
)
def test_what_grows_is_measured_by_its_pace(scoped, revenue, state):
    if revenue:
        OrderFactory(placed_at=NOW - timedelta(days=2), revenue=revenue)
    target = _target()
    expected = "behind" if not revenue else state
    assert _state(scoped, target) == (expected, revenue * 2.0)


def test_when_it_is_over_it_is_reached_or_missed(scoped):
    OrderFactory(placed_at=NOW - timedelta(days=2), revenue=99)
    after = datetime(2026, 11, 20, tzinfo=UTC)
    assert _state(scoped, _target(), after) == ("missed", 99.0)
    assert _state(scoped, _target(value="98", last=date(2026, 11, 9)), after) == ("reached", 99.0)


def test_a_rate_does_not_grow_and_is_not_known_of_nothing(scoped):
    target = _target("repeat_rate", "0.4")
    assert _state(scoped, target) == ("unknown", None)
    OrderFactory(placed_at=NOW - timedelta(days=2))
    assert _state(scoped, target) == ("behind", 0.0)


def test_less_is_better_where_down_is_good(scoped):
    scoped.lapsed_days = 90
    OrderFactory(placed_at=NOW - timedelta(days=20))
    assert _state(scoped, _target("churn_rate", "0.1")) == ("on_course", 0.0)


def test_what_has_not_begun_is_not_judged(scoped):
    assert _state(scoped, _target(), datetime(2026, 10, 1, tzinfo=UTC)) == ("ahead", None)


@pytest.mark.parametrize("day", [date(9999, 12, 31), date(1, 1, 1), date(1989, 12, 31), date(2201, 1, 1)])
def test_days_that_nobody_reckons_with_are_refused(scoped, day):
    with pytest.raises(targets.TargetRefused) as refused:
        _target(first=day, last=day)
    assert refused.value.fields == {"last": "Choose days of the years 1990 to 2200."}


def test_targets_that_make_no_sense_are_refused(scoped):
    _target()
    for wrong in ({"first": LAST, "last": FIRST}, {"kpi": "click_rate", "value": "25"}, {}):
        with pytest.raises(targets.TargetRefused):
            _target(**wrong)
    with pytest.raises(kpis.UnknownKpi):
        _target("nonsense")
    with pytest.raises(targets.TargetNotFound):
        targets.get(target_id=7)
