"""Automations over the API."""

from datetime import UTC, datetime

import pytest

from cxm import tenancy
from cxm.accounts.domain import keys
from cxm.audit.actors import SYSTEM
from cxm.jobs.models import Job
from journeys.models import Automation, Enrolment
from tests.factories import CustomerFactory, SegmentFactory
from tests.journeys.factories import run, tag, wait

URL = "/api/v1/automations/"
DEFINITION = {"trigger": {"kind": "api"}, "again": {"rule": "always"}, "steps": [wait("P1D"), tag("late")]}


@pytest.fixture
def number(api) -> int:
    response = api.post(URL, {"name": "From a program", "definition": DEFINITION}, format="json")
    assert response.status_code == 201, response.content
    return response.json()["id"]


def post(api, number, verb, **said):
    return api.post(f"{URL}{number}/{verb}/", said, format="json")


def test_drafted_read_changed_published_and_deleted(api, tenant, number):
    found = api.get(f"{URL}{number}/").json()
    assert (found["state"], found["version"], found["revision"]) == ("draft", None, 1)
    assert [step["id"] for step in found["definition"]["steps"]] == ["s1", "s2"]
    said = {"name": "New", "definition": {"steps": [tag("x")]}, "revision": 1}
    changed = api.patch(f"{URL}{number}/", said, format="json")
    assert (changed.status_code, changed.json()["name"], changed.json()["revision"]) == (200, "New", 2)
    late = api.patch(f"{URL}{number}/", {"definition": {"steps": []}, "revision": 1}, format="json")
    assert (late.status_code, late.json()["error"]["code"]) == (409, "draft_overtaken")
    assert post(api, number, "publish").json()["version"] == 1
    assert [row["id"] for row in api.get(f"{URL}?state=live").json()["results"]] == [number]
    refused = api.delete(f"{URL}{number}/")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "wrong_state")
    draft = api.post(URL, {"name": "x"}, format="json").json()["id"]
    assert api.delete(f"{URL}{draft}/").status_code == 204
    with tenancy.scope(tenant):
        assert Automation.objects.count() == 1


def test_what_is_wrong_has_its_place(api, number):
    bad = api.post(URL, {"name": "x", "definition": {"steps": [{"kind": "sleep"}]}}, format="json")
    assert (bad.status_code, bad.json()["error"]["code"]) == (400, "invalid_definition")
    assert list(bad.json()["error"]["fields"]) == ["steps[0]"]
    api.patch(f"{URL}{number}/", {"definition": {"steps": [tag("")]}}, format="json")
    response = post(api, number, "publish")
    assert (response.status_code, list(response.json()["error"]["fields"])) == (400, ["s1.tag"])
    assert post(api, number, "enrol", customers=[]).json()["error"]["code"] == "automation_not_live"


def test_people_are_let_in_once_for_a_key_and_seen(api, tenant, number):
    post(api, number, "publish")
    with tenancy.scope(tenant):
        customer, other = CustomerFactory(external_id="zoe"), CustomerFactory()
    assert post(api, number, "enrol", customers=["zoe", other.pk], key="a").json() == {"entered": 2, "job": None}
    assert post(api, number, "enrol", customers=["zoe"], key="a").json()["entered"] == 0
    assert post(api, number, "enrol", customers=["nobody"]).status_code == 404
    people = api.get(f"{URL}{number}/people/?state=active").json()["results"]
    assert {row["customer"] for row in people} == {customer.pk, other.pk}
    figures = api.get(f"{URL}{number}/figures/").json()
    assert (figures["entered"], figures["steps"]["s1"]["waiting"]) == (2, 2)
    assert post(api, number, "pause").json()["state"] == "paused"
    assert post(api, number, "resume").json()["state"] == "live"
    assert post(api, number, "stop").json()["state"] == "stopped"
    with tenancy.scope(tenant):
        assert set(Enrolment.objects.values_list("state", "reason")) == {("left", "stopped")}


def test_calls_without_a_key_are_each_a_new_one(api, tenant, number):
    again = DEFINITION | {"steps": [tag("x")], "again": {"rule": "always"}}
    api.patch(f"{URL}{number}/", {"definition": again}, format="json")
    post(api, number, "publish")
    with tenancy.scope(tenant):
        zoe = CustomerFactory()
    for _call in range(2):
        assert post(api, number, "enrol", customers=[zoe.pk]).json()["entered"] == 1
        run(tenant, datetime.now(UTC))
    assert [post(api, number, "enrol", customers=[zoe.pk], key="k").json()["entered"] for _call in range(2)] == [1, 0]


def test_a_segment_is_let_in_by_a_job(api, tenant, number):
    post(api, number, "publish")
    with tenancy.scope(tenant):
        segment = SegmentFactory()
    response = post(api, number, "enrol", segment=segment.slug, key="monday")
    assert (response.status_code, response.json()["entered"], response.json()["job"] > 0) == (200, None, True)
    with tenancy.scope(tenant):
        assert Job.objects.get().payload["key"] == "api:monday"


def test_a_simulation_changes_nothing(api, tenant, number):
    todo = {"kind": "todo", "settings": {"title": "Call", "days": 1}}
    api.patch(f"{URL}{number}/", {"definition": DEFINITION | {"steps": [todo]}}, format="json")
    with tenancy.scope(tenant):
        customer = CustomerFactory()
    found = post(api, number, "simulate", customers=[customer.pk]).json()
    assert (found["entered"], found["done"], found["more"], found["refused"]) == (1, 1, False, {})
    assert [(row["customer"], row["kind"], row["what"]) for row in found["would_get"]] == [
        (customer.pk, "todo", "To-do: Call")
    ]
    refused = post(api, number, "simulate", since="2024-01-01T00:00:00Z")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "bad_period")
    with tenancy.scope(tenant):
        assert Enrolment.objects.count() == 0


def test_scopes(api, tenant, number):
    with tenancy.scope(tenant):
        key = keys.create(name="Reader", scopes=["journeys.view", "journeys.change"], by=SYSTEM)[1]
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    assert api.get(f"{URL}{number}/").status_code == 200
    assert post(api, number, "publish").status_code == 403


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_replay_far_from_any_calendar_is_refused(api, number, at):
    for said in ({"since": at}, {"since": "2026-01-01T00:00:00Z", "until": at}):
        answer = post(api, number, "simulate", **said)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid")
