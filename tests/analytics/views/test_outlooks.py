"""Value and risk on pages, in both languages, at a price that does not grow."""

from decimal import Decimal

import pytest
from django.utils import timezone

from analytics.models import Forecast, Outlook
from customers.models import Segment, Traits
from cxm import tenancy
from cxm.accounts.models import Role
from cxm.jobs.models import Job
from tests.conftest import make_user
from tests.factories import CustomerFactory

PAGES = ["outlook/", "outlook/rfm/", "outlook/model/"]
FOUND = {"a": 0.8, "b": 2.4, "r": 0.24, "alpha": 4.4}
CELLS = [{"r": n // 5 + 1, "f": n % 5 + 1, "people": n, "revenue": 10.0 * n} for n in range(25)]


def _known(tenant, people=1, **card) -> None:
    with tenancy.scope(tenant):
        facts = {
            "until": "2026-11-01", "computed_at": timezone.now(), "customers": 300, "repeaters": 80, "weeks": 52,
            "discount": Decimal("0.15"), "value": Decimal(1000), "warnings": ["correlated"],
            "fits": {"BG/NBD": {"parameters": FOUND, "errors": FOUND, "log_likelihood": -9582.43}},
            "check_table": [{"repeats": 0, "counted": 3, "expected": 2.5}, {"repeats": 1, "counted": 1, "expected": 1}],
            "rfm": {"recency": [1, 2, 3, 4], "frequency": [1, 1, 1, 2], "monetary": [1, 2, 3, 4], "cells": CELLS},
        }  # fmt: skip
        Forecast.objects.create(**facts | card)
        for number in range(people):
            person = CustomerFactory(name=f"Zoe {number}")
            Traits.objects.create(customer=person, orders_count=2, last_order_at=timezone.now(),
                                  first_order_at=timezone.now(), scores={"churn_risk": 0.75})  # fmt: skip
            Outlook.objects.create(customer=person, risk=0.75, value=Decimal(30), stake=Decimal(90 + number))


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_pages_answer_with_and_without_data(page, tenant, path, language):
    page.cookies["cxm_language"] = language
    assert page.get(f"/app/shop/analytics/{path}").status_code == 200
    _known(tenant)
    assert page.get(f"/app/shop/analytics/{path}").status_code == 200


def test_too_few_are_told_and_nothing_is_shown(page, tenant):
    _known(tenant, people=0, warnings=["too_few"], fits={}, value=None, customers=12)
    assert "Not enough data yet" in page.get("/app/shop/analytics/outlook/").text


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_of_the_list(page, tenant, rows, django_assert_num_queries):
    _known(tenant, people=rows)
    page.get("/app/shop/analytics/outlook/")
    with django_assert_num_queries(11):
        answer = page.get("/app/shop/analytics/outlook/")
    assert answer.text.count("75%") == rows


def test_one_click_begins_a_campaign_to_those_on_the_list(page, tenant):
    _known(tenant)
    answer = page.post("/app/shop/analytics/outlook/win-back/", {"band": "risk", "best": "0"})
    with tenancy.scope(tenant):
        segment = Segment.objects.get()
    assert segment.rule == {"all": [
        {"trait": "scores.churn_risk", "gte": 0.5}, {"trait": "scores.churn_risk", "lt": 0.9},
    ]}  # fmt: skip
    assert answer.headers["Location"] == f"/app/shop/campaigns/new/?segment={segment.pk}"
    assert f'value="{segment.pk}" selected' in page.get(answer.headers["Location"]).text


def test_a_cell_becomes_a_segment(page, tenant):
    answer = page.post("/app/shop/analytics/outlook/rfm/5/4/")
    with tenancy.scope(tenant):
        segment = Segment.objects.get()
    assert answer.headers["Location"] == f"/app/shop/customers/segments/{segment.pk}/"
    assert segment.name == "Champions (recency 5, frequency 4)"
    assert page.post("/app/shop/analytics/outlook/rfm/7/4/").status_code == 404


def test_the_list_goes_out_as_csv(page, tenant):
    _known(tenant, people=2)
    lines = b"".join(page.get("/app/shop/analytics/outlook/export/?band=risk").streaming_content).decode("utf-8-sig")
    rows = lines.splitlines()
    assert rows[0] == "external_id,name,email,risk,predicted_value,at_stake,last_order_at,reasons"
    assert [row.split(",")[1] for row in rows[1:]] == ["Zoe 1", "Zoe 0"]


@pytest.mark.parametrize(("role", "may"), [(Role.MARKETER, True), (Role.ANALYST, False)])
def test_names_and_addresses_go_out_only_with_those_who_may_take_people_out(client, tenant, role, may):
    _known(tenant)
    client.force_login(make_user(tenant, role))
    address = "/app/shop/analytics/outlook/export/?band=risk"

    assert (f'href="{address}' in client.get("/app/shop/analytics/outlook/").text) == may
    assert client.get(address).status_code == (200 if may else 403)


def test_computing_is_queued_once(page, tenant):
    for _time in range(2):
        assert page.post("/app/shop/analytics/outlook/compute/").status_code == 302
    with tenancy.scope(tenant):
        assert Job.objects.count() == 1


def test_assumptions_are_kept_within_their_bounds(page, tenant):
    said = {"discount": "0.1", "margin": "0.4", "email_cost": "", "risk_from": "0.6"}
    assert page.post("/app/shop/analytics/outlook/assumptions/", said).status_code == 302
    _known(tenant)
    answer = page.post("/app/shop/analytics/outlook/assumptions/", said | {"margin": "7"})
    assert (answer.status_code, "chart-fit" in answer.text) == (422, True)


def test_a_marketer_may_not_change_assumptions(client, marketer):
    client.force_login(marketer)
    assert client.get("/app/shop/analytics/outlook/model/").status_code == 200
    assert client.post("/app/shop/analytics/outlook/assumptions/", {}).status_code == 403
