"""Figures: their arithmetic, their intervals, and nothing made of nothing."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from analytics.domain import kpis
from analytics.domain.catalogue import BY_KEY
from analytics.domain.declarations import NOTHING, Figure, Value
from analytics.domain.measures import Spread, Sum
from customers.models import Traits
from cxm import tenancy
from cxm.lib import proportions, time
from tests.factories import CustomerFactory, OrderFactory


def _of(key, **sums):

    return BY_KEY[key].of(defaultdict(Sum, {name: Sum(*value) for name, value in sums.items()}))


def test_shares_carry_n_and_interval():
    assert _of("click_rate", sent=(148,), clicked=(15,)) == Value(15 / 148, 148, *proportions.wilson(15, 148))


@pytest.mark.parametrize(
    "key", ["delivery_rate", "open_rate", "click_rate", "conversion_rate", "unsubscribe_rate", "average_order"]
)
def test_a_rate_of_nothing_is_not_known(key):
    assert _of(key) == Value(None, 0)


def test_revenue_takes_returns_off_and_average_leaves_them_out():
    sums = {"orders": (2, Decimal(30)), "returns": (1, Decimal(-10))}

    assert _of("revenue", **sums) == Value(Decimal(20), 2)
    assert _of("average_order", **sums) == Value(Decimal(15), 2)


def test_delivery_counts_what_was_refused_for_good():
    assert _of("delivery_rate", sent=(9,), bounced=(1,)).value == 0.9


def test_lifetime_value_is_of_those_who_bought(scoped):
    for revenue, orders in ((Decimal(30), 1), (Decimal(10), 2), (Decimal(0), 0)):
        Traits.objects.create(customer=CustomerFactory(), revenue=revenue, orders_count=orders)

    found = kpis.standing()

    assert (found.customers, found.buyers, found.clv) == (3, 2, Decimal(20))


def test_change_has_nothing_to_compare_with_before_there_was_something():
    kpi = BY_KEY["orders"]

    assert Figure(kpi, Value(3, 3), Value(0, 0)).change is None
    assert Figure(kpi, Value(3, 3), Value(2, 2)).change == 0.5


def test_the_median_counts_those_who_still_wait():
    """Freireich's patients in remission (1963): the textbook's median of 23 weeks, 12 of 21 still waiting."""
    ended = Spread({6: 3, 7: 1, 10: 1, 13: 1, 16: 1, 22: 1, 23: 1})
    waiting = Spread({6: 1, 9: 1, 10: 1, 11: 1, 17: 1, 19: 1, 20: 1, 25: 1, 32: 2, 34: 1, 35: 1})
    found = BY_KEY["response_time"].of(defaultdict(Sum, {"response": ended, "response.waiting": waiting}))
    assert (found.value, found.n, found.waiting, found.p90) == (23.0, 21, 12, None)
    assert found.mean == sum(6 * [3] + [7, 10, 13, 16, 22, 23]) / 9
    assert (found.low, found.high) == (13.0, None)


def test_what_ended_without_an_answer_weighs_as_what_waits_but_waits_no_more():
    ended, waiting, unanswered = Spread({6: 3, 7: 1, 10: 1}), Spread({6: 1, 9: 1}), Spread({9: 1, 10: 2})
    sums = {"response": ended, "response.waiting": waiting, "response.unanswered": unanswered}
    found = BY_KEY["response_time"].of(defaultdict(Sum, sums))
    alike = BY_KEY["response_time"].of(defaultdict(Sum, {"response": ended, "response.waiting": waiting + unanswered}))
    assert (found.n, found.waiting) == (10, 2)
    assert found == replace(alike, waiting=2)


def test_what_nobody_answered_has_no_median_and_is_not_nought():
    found = BY_KEY["response_time"].of(defaultdict(Sum, {"response.waiting": Spread({60: 2})}))
    assert (found.value, found.n, found.mean, found.waiting) == (None, 2, None, 2)


@pytest.mark.parametrize(
    ("counts", "score"), [({10: 50, 8: 30, 2: 20}, 30.0), ({9: 16, 7: 9, 0: 11}, 13.888888888888888), ({8: 5}, 0.0)]
)
def test_recommendation_is_the_one_of_the_surveys(counts, score):
    found = BY_KEY["nps"].of(defaultdict(Sum, {"nps": Spread(counts)}))
    assert (found.value, found.n) == (pytest.approx(score), sum(counts.values()))
    assert found.low < score < found.high


def test_satisfaction_and_ease_are_shares_with_their_intervals():
    found = BY_KEY["csat"].of(defaultdict(Sum, {"csat": Spread({5: 5, 4: 3, 1: 2})}))
    assert (found.value, found.n) == (0.8, 10)
    assert (round(found.low, 6), round(found.high, 6)) == (0.490162, 0.943318)
    assert BY_KEY["ces"].of(defaultdict(Sum)) == NOTHING


def test_actions_per_conversation_are_the_ratio_of_sums():
    assert _of("actions_per_engagement", actions=(9,), engagements=(4,)) == Value(2.25, 4)


def test_every_figure_says_what_it_is():
    assert len(BY_KEY) == len(kpis.CATALOGUE)
    for kpi in kpis.CATALOGUE:
        assert (kpi.of is None) != (kpi.ask is None), kpi.key
        assert str(kpi.definition).endswith("."), kpi.key
        assert kpi.unit in {"count", "share", "money", "time", "ratio", "points"}
        assert kpi.good in {"up", "down", "either"}


def test_until_a_period_is_over_the_one_before_ends_at_the_same_time_of_day(tenant):
    now = datetime(2026, 6, 9, 9, tzinfo=UTC)
    hours = {"today": (1,), "yesterday": (25, 26, 12), "week": (7 * 24 + 1, 7 * 24 - 1, 7 * 24 - 2)}
    with tenancy.scope(tenant):
        for ago in sum(hours.values(), ()):
            OrderFactory(placed_at=now - timedelta(hours=ago), revenue=Decimal(30), kind="order")
        found = {
            name: kpis.everything(tenant=tenant, period=time.period(name, now.date(), UTC), now=now)
            for name in ("today", "yesterday", "last_7_days")
        }

    counted = {name: (figures["orders"].now.value, figures["orders"].before.value) for name, figures in found.items()}
    assert counted == {"today": (1, 2), "yesterday": (3, 0), "last_7_days": (4, 1)}
    people = {name: (figures["repeat_rate"].now.n, figures["repeat_rate"].before.n) for name, figures in found.items()}
    assert people == counted
    assert found["today"]["orders"].change == -0.5


def test_before_a_period_has_begun_there_is_nothing_to_compare_it_with(tenant):
    now = datetime(2026, 6, 9, 9, tzinfo=UTC)
    period = time.between(date(2026, 6, 12), date(2026, 6, 14), UTC)
    with tenancy.scope(tenant):
        OrderFactory(placed_at=now - timedelta(hours=1), revenue=Decimal(30), kind="order")
        found = kpis.everything(tenant=tenant, period=period, now=now)

    assert {figure.before for figure in found.values()} == {NOTHING}
