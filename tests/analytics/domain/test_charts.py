"""Pictures: what stands beside something is as long as it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from analytics.domain import charts, kpis
from analytics.domain.catalogue import BY_KEY
from cxm import tenancy
from cxm.lib import time
from tests.factories import OrderFactory


def _orders_of(tenant, first, last) -> dict:
    """The picture of orders over two periods in which each day has one."""
    period = time.between(first, last, UTC)
    with tenancy.scope(tenant):
        for ago in range(2 * period.days):
            moment = datetime(last.year, last.month, last.day, 12, tzinfo=UTC) - timedelta(days=ago)
            OrderFactory(placed_at=moment, revenue=Decimal(1), kind="order")
        report = kpis.report(tenant=tenant, period=period, now=datetime(2026, 6, 1, tzinfo=UTC))
        return charts.one(BY_KEY["orders"], report, tenant=tenant)


def test_up_to_a_quarter_each_day_is_a_step(tenant):
    found = _orders_of(tenant, date(2026, 1, 1), date(2026, 1, 3))

    assert (found["labels"], "ticks" in found) == (["1 Jan", "2 Jan", "3 Jan"], False)
    assert [one["values"] for one in found["series"]] == [[1, 1, 1], [1, 1, 1]]


@pytest.mark.parametrize(("days", "first"), [(98, 7), (96, 5)])
def test_weeks_of_a_longer_period_have_their_equals_in_the_one_before(tenant, days, first):
    last = date(2026, 5, 3)

    found = _orders_of(tenant, last - timedelta(days=days - 1), last)

    counted = [first, *[7] * 13]
    assert [one["values"] for one in found["series"]] == [counted, counted]
    assert found["ticks"][-2:] == ["20 Apr", "27 Apr"]
    assert found["labels"][-2:] == ["20–26 Apr 2026", "27 Apr\u2009–\u20093 May 2026"]
