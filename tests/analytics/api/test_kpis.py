"""KPIs for programs."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from analytics.domain.catalogue import CATALOGUE
from cxm import tenancy
from tests.factories import OrderFactory


def test_one_figure_by_day(api, tenant):
    with tenancy.scope(tenant):
        OrderFactory(placed_at=datetime(2026, 3, 2, 10, tzinfo=UTC), revenue=Decimal("12.50"))

    found = api.get("/api/v1/kpis/revenue/?from=2026-03-01&to=2026-03-02&by=day").json()

    assert (found["value"], found["n"], found["before"], found["unit"]) == ("12.50", 1, "0", "money")
    assert [(day["day"], day["value"]) for day in found["days"]] == [("2026-03-01", "0"), ("2026-03-02", "12.50")]


def test_the_catalogue_and_its_refusals(api):
    assert len(api.get("/api/v1/kpis/").json()["results"]) == len(CATALOGUE)
    assert api.get("/api/v1/kpis/nonsense/").status_code == 404
    assert api.get("/api/v1/kpis/?from=2026-03-02&to=2026-03-01").status_code == 400
    assert api.get("/api/v1/kpis/?from=yesterday").json()["error"]["fields"].keys() == {"from"}


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("from=9999-12-01&to=9999-12-31", "to"),
        ("to=0001-01-01", "to"),
        ("to=2201-01-01", "to"),
        ("from=0001-01-01&to=2026-01-01", "from"),
        ("from=1989-12-31&to=1990-01-02", "from"),
    ],
)
def test_days_that_nobody_reckons_with_are_refused(api, asked, field):
    for address in ("/api/v1/kpis/", "/api/v1/kpis/revenue/"):
        answer = api.get(f"{address}?{asked}")
        assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, [field])
