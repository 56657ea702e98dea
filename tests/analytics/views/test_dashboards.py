"""The dashboard says what happened, in both languages, at a price that does not grow."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from analytics.domain import shares
from analytics.models import Target
from customers.domain import events
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from tests.factories import CustomerFactory, OrderFactory, SegmentFactory

PAGES = ["analytics/", "analytics/home/", "analytics/kpis/", "analytics/kpis/revenue/", "analytics/kpis/open_rate/",
         "analytics/kpis/churn_rate/", "analytics/kpis/response_time/", "analytics/?board=marketing",
         "analytics/?board=service", "analytics/cohorts/", "analytics/segments/", "analytics/targets/",
         "analytics/shares/", "analytics/asked/", "analytics/asked/?as=rows"]  # fmt: skip
PARTS = ["analytics/cohorts/", "analytics/segments/"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_pages_answer_with_and_without_data(page, tenant, path, language):
    page.cookies["cxm_language"] = language
    assert page.get(f"/app/shop/{path}").status_code == 200
    with tenancy.scope(tenant):
        OrderFactory(placed_at=timezone.now() - timedelta(days=1))
    assert page.get(f"/app/shop/{path}{'&' if '?' in path else '?'}period=last_12_months").status_code == 200


@pytest.mark.parametrize("path", PARTS)
def test_what_takes_longer_comes_after_the_page(page, tenant, path):
    for _time in range(2):
        assert page.get(f"/app/shop/{path}", headers={"HX-Request": "true"}).status_code == 200
        with tenancy.scope(tenant):
            OrderFactory(placed_at=timezone.now() - timedelta(days=70))
            SegmentFactory()


@pytest.mark.parametrize(
    ("path", "head"),
    [
        ("kpis/revenue/export/", "day,revenue,n,low"),
        ("kpis/export/", "kpi,name,value"),
        ("cohorts/export/", "month,people"),
    ],
)
def test_figures_go_out_as_csv(page, tenant, path, head):
    with tenancy.scope(tenant):
        OrderFactory(placed_at=timezone.now())
    blocks = page.get(f"/app/shop/analytics/{path}").streaming_content
    assert b"".join(blocks).decode("utf-8-sig").startswith(head)


def test_a_marketer_opens_on_marketing(client, marketer):
    client.force_login(marketer)
    assert 'board=marketing&period=last_30_days" aria-current' in client.get("/app/shop/analytics/").text


def test_targets_are_set_and_removed(page, tenant):
    said = {"kpi": "revenue", "value": "1000", "first": "2026-01-01", "last": "2026-12-31"}
    assert page.post("/app/shop/analytics/targets/new/", said).status_code == 302
    assert page.post("/app/shop/analytics/targets/new/", said).status_code == 422
    with tenancy.scope(tenant):
        target = Target.objects.get()
    assert "Revenue" in page.get("/app/shop/analytics/targets/").text
    page.post(f"/app/shop/analytics/targets/{target.pk}/remove/")
    with tenancy.scope(tenant):
        assert not Target.objects.exists()


@pytest.mark.parametrize(
    ("kpi", "said", "kept"),
    [("click_rate", "12.5", "0.1250"), ("response_time", "1.5", "5400.0000"), ("nps", "40", "40")],
)
def test_targets_are_written_as_figures_are_read(page, tenant, kpi, said, kept):
    values = {"kpi": kpi, "value": said, "first": "2026-01-01", "last": "2026-12-31"}
    assert page.post("/app/shop/analytics/targets/new/", values).status_code == 302
    with tenancy.scope(tenant):
        assert Target.objects.get().value == Decimal(kept)


def test_what_comes_of_a_count_at_this_pace_is_a_whole_number(page, tenant):
    today = timezone.now().date()
    with tenancy.scope(tenant):
        OrderFactory(placed_at=timezone.now() - timedelta(days=1))
    values = {"kpi": "orders", "value": "9", "first": today - timedelta(days=2), "last": today + timedelta(days=4)}
    page.post("/app/shop/analytics/targets/new/", values)
    found = re.search("At this pace <bdi>(.*?)</bdi>", page.get("/app/shop/analytics/targets/").text)
    assert found[1].isdigit()


def test_of_nothing_sent_no_steps_are_drawn(page, tenant):
    assert "chart-funnel" not in page.get("/app/shop/analytics/?board=marketing").text
    with tenancy.scope(tenant):
        events.record([events.Happening(CustomerFactory().pk, "Email Sent", timezone.now())])
    assert "chart-funnel" in page.get("/app/shop/analytics/?board=marketing").text


def test_an_unknown_figure_is_not_found_and_an_unknown_period_is_the_usual_one(page):
    assert page.get("/app/shop/analytics/kpis/nonsense/").status_code == 404
    assert page.get("/app/shop/analytics/?period=nonsense").status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_of_the_dashboard(page, tenant, rows, django_assert_num_queries):
    with tenancy.scope(tenant):
        for _n in range(rows):
            OrderFactory(customer=CustomerFactory(), placed_at=timezone.now())
    page.get("/app/shop/analytics/")
    with django_assert_num_queries(14):
        page.get("/app/shop/analytics/")


def test_an_agent_does_not_see_figures(client, agent):
    client.force_login(agent)

    assert client.get("/app/shop/analytics/").status_code == 403


def test_another_period_leaves_one_on_the_dashboard_chosen(page):
    assert '<input type="hidden" name="board" value="service">' in page.get("/app/shop/analytics/?board=service").text


def test_it_is_said_with_what_is_compared(page, tenant):
    with tenancy.scope(tenant):
        token = shares.token(shares.create(board="overview", period="last_7_days", by=SYSTEM, now=timezone.now()))
    for path in ("/app/shop/analytics/?period=last_7_days", "/app/shop/analytics/home/", f"/d/{token}"):
        assert ", until the same time of day" in page.get(path).text
    assert "until the same time of day" not in page.get("/app/shop/analytics/?period=last_month").text
    assert "these days have not begun" in page.get("/app/shop/analytics/?period=2199-01-01..2199-01-02").text


def test_any_days_may_be_looked_at(page, tenant):
    with tenancy.scope(tenant):
        for day in (1, 3, 4):
            OrderFactory(placed_at=datetime(2026, 3, day, 12, tzinfo=UTC), kind="order")
    said = {"from": "2026-03-03", "to": "2026-03-04"}
    for path in ("", "kpis/", "kpis/orders/"):
        answer = page.get(f"/app/shop/analytics/{path}", said)
        assert answer.context["report"].figures["orders"].now.value == 2
        assert answer.context["report"].figures["orders"].before.value == 1
        assert '<option value="2026-03-03..2026-03-04" selected>3–4 Mar 2026</option>' in answer.text
    blocks = page.get("/app/shop/analytics/kpis/orders/export/?period=2026-03-03..2026-03-04").streaming_content
    assert [line.split(",")[:2] for line in b"".join(blocks).decode("utf-8-sig").splitlines()[1:]] == [
        ["2026-03-03", "1"], ["2026-03-04", "1"]]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-03-04", "2026-03-03"),
        ("", ""),
        ("2026-03-03", "x"),
        ("2020-01-01", "2026-01-01"),
        ("0001-01-01", "0001-01-02"),
    ],
)
def test_days_that_are_no_period_are_told_of(page, first, last):
    answer = page.get("/app/shop/analytics/", {"from": first, "to": last})
    assert (answer.status_code, answer.context["chosen"]) == (200, "last_30_days")
    assert "Choose a last day after the first, at most 800 days later." in answer.text
