"""Figures: their arithmetic, their intervals, and nothing made of nothing."""

from collections import defaultdict
from decimal import Decimal

import pytest

from analytics.domain import kpis
from analytics.domain.rollups import Sum
from customers.models import Traits
from cxm.lib import proportions
from tests.factories import CustomerFactory


def _of(key, **sums):

    return kpis.BY_KEY[key].of(defaultdict(Sum, {name: Sum(*value) for name, value in sums.items()}))


def test_shares_carry_n_and_interval():
    assert _of("click_rate", sent=(148,), clicked=(15,)) == kpis.Value(15 / 148, 148, *proportions.wilson(15, 148))


@pytest.mark.parametrize(
    "key", ["delivery_rate", "open_rate", "click_rate", "conversion_rate", "drop_rate", "average_order"]
)
def test_a_rate_of_nothing_is_not_known(key):
    assert _of(key) == kpis.Value(None, 0)


def test_revenue_takes_returns_off_and_average_leaves_them_out():
    sums = {"orders": (2, Decimal(30)), "returns": (1, Decimal(-10))}

    assert _of("revenue", **sums) == kpis.Value(Decimal(20), 2)
    assert _of("average_order", **sums) == kpis.Value(Decimal(15), 2)


def test_delivery_counts_what_was_refused_for_good():
    assert _of("delivery_rate", sent=(9,), bounced=(1,)).value == 0.9


def test_lifetime_value_is_of_those_who_bought(scoped):
    for revenue, orders in ((Decimal(30), 1), (Decimal(10), 2), (Decimal(0), 0)):
        Traits.objects.create(customer=CustomerFactory(), revenue=revenue, orders_count=orders)

    found = kpis.standing()

    assert (found.customers, found.buyers, found.clv) == (3, 2, Decimal(20))


def test_change_has_nothing_to_compare_with_before_there_was_something():
    kpi = kpis.BY_KEY["orders"]

    assert kpis.Figure(kpi, kpis.Value(3, 3), kpis.Value(0, 0)).change is None
    assert kpis.Figure(kpi, kpis.Value(3, 3), kpis.Value(2, 2)).change == 0.5
