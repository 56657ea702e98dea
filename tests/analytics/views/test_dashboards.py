"""The dashboard says what happened, in both languages, at a price that does not grow."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cxm import tenancy
from tests.factories import CustomerFactory, OrderFactory

PAGES = ["analytics/", "analytics/home/", "analytics/kpis/", "analytics/kpis/revenue/", "analytics/kpis/open_rate/"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_pages_answer_with_and_without_data(page, tenant, path, language):
    page.cookies["cxm_language"] = language
    assert page.get(f"/app/shop/{path}").status_code == 200
    with tenancy.scope(tenant):
        OrderFactory(placed_at=timezone.now() - timedelta(days=1))
    assert page.get(f"/app/shop/{path}?period=last_12_months").status_code == 200


def test_an_unknown_figure_is_not_found_and_an_unknown_period_is_the_usual_one(page):
    assert page.get("/app/shop/analytics/kpis/nonsense/").status_code == 404
    assert page.get("/app/shop/analytics/?period=nonsense").status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_of_the_dashboard(page, tenant, rows, django_assert_num_queries):
    with tenancy.scope(tenant):
        for _n in range(rows):
            OrderFactory(customer=CustomerFactory(), placed_at=timezone.now())
    page.get("/app/shop/analytics/")
    with django_assert_num_queries(13):
        page.get("/app/shop/analytics/")


def test_an_agent_does_not_see_figures(client, agent):
    client.force_login(agent)

    assert client.get("/app/shop/analytics/").status_code == 403
