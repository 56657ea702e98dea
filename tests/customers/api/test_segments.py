"""Segments over the API."""

import pytest

from customers.domain import memberships
from customers.models import Segment
from cxm import tenancy
from cxm.jobs.models import Job
from tests.customers.domain.rule_people import NOW
from tests.factories import CustomerFactory, SegmentFactory

URL = "/api/v1/segments/"
SAUDI = {"attribute": "country", "is": "SA"}


@pytest.fixture
def people(tenant):
    with tenancy.scope(tenant):
        return [CustomerFactory(country=country) for country in ("SA", "SA", "GB")]


def test_a_segment_is_made_changed_and_put_away(api, tenant):
    made = api.post(URL, {"name": "Saudi", "rule": SAUDI})
    assert made.status_code == 201
    number = made.json()["id"]
    assert {key: made.json()[key] for key in ("slug", "name", "rule", "version", "count", "problem")} == {
        "slug": "saudi", "name": "Saudi", "rule": SAUDI, "version": 1, "count": 0, "problem": ""}  # fmt: skip
    changed = api.patch(f"{URL}{number}/", {"rule": {"all": []}, "description": "All"})
    assert (changed.status_code, changed.json()["version"], changed.json()["slug"]) == (200, 2, "saudi")
    assert Job.objects.filter(kind="segments.refresh").count() == 2
    assert [row["id"] for row in api.get(URL).json()["results"]] == [number]
    assert api.delete(f"{URL}{number}/").status_code == 204
    assert api.get(f"{URL}{number}/").status_code == 404


@pytest.mark.parametrize("call", ["post", "patch"])
def test_a_wrong_rule_is_refused_with_its_path_and_nothing_is_stored(api, tenant, call):
    with tenancy.scope(tenant):
        segment = SegmentFactory()
    url = URL if call == "post" else f"{URL}{segment.pk}/"
    answer = getattr(api, call)(url, {"name": "X", "rule": {"all": [{"event": "A", "count": {"gt3": 1}}]}})
    assert answer.status_code == 400
    assert (answer.json()["error"]["code"], list(answer.json()["error"]["fields"])) == (
        "invalid_rule", ["all[0].event.count.gt3"])  # fmt: skip
    assert list(Segment.objects.values_list("rule", "version")) == [({"all": []}, 1)]


def test_ten_thousand_levels_are_refused(api):
    body = '{"rule": ' + '{"not": ' * 10_000 + '{"tag": "x"}' + "}" * 10_001
    answer = api.post(f"{URL}preview/", body, content_type="application/json")
    assert answer.status_code == 400


def test_a_preview_counts_and_stores_nothing(api, people):
    answer = api.post(f"{URL}preview/", {"rule": SAUDI})
    assert answer.status_code == 200
    assert (answer.json()["count"], [row["id"] for row in answer.json()["sample"]]) == (2, [people[1].pk, people[0].pk])
    assert not Segment.objects.exists()


def test_members_come_in_pages(api, tenant, people):
    with tenancy.scope(tenant):
        segment = SegmentFactory(rule={"all": []})
        memberships.refresh_now(segment=segment, tenant=tenant, now=NOW)
    first = api.get(f"{URL}{segment.pk}/members/?limit=2").json()
    rest = api.get(first["next"]).json()
    assert [row["id"] for row in first["results"] + rest["results"]] == [person.pk for person in people]
    assert (rest["next"], first["results"][0]["entered_at"]) == (None, "2026-03-31T12:00:00Z")


def test_explain_says_why(api, tenant, people):
    with tenancy.scope(tenant):
        segment = SegmentFactory(rule={"all": [SAUDI]})
    answer = api.get(f"{URL}{segment.pk}/explain/{people[2].pk}/").json()
    assert answer["holds"] is False
    assert answer["items"][0]["found"].strip("\u2068\u2069") == "United Kingdom"


def test_a_strangers_segments_and_people_are_not_there(api, tenant, other_tenant, people):
    with tenancy.scope(other_tenant):
        theirs, stranger = SegmentFactory(slug="theirs"), CustomerFactory()
    with tenancy.scope(tenant):
        ours = SegmentFactory()
    assert api.get(f"{URL}{theirs.pk}/").status_code == 404
    assert api.get(f"{URL}{theirs.pk}/members/").status_code == 404
    assert api.patch(f"{URL}{theirs.pk}/", {"name": "Mine"}).status_code == 404
    assert api.get(f"{URL}{ours.pk}/explain/{stranger.pk}/").status_code == 404
    for named in ("theirs", theirs.pk, str(theirs.pk)):
        answer = api.post(f"{URL}preview/", {"rule": {"segment": named}})
        assert list(answer.json()["error"]["fields"]) == ["segment"]


def test_a_segment_in_use_is_not_put_away(api, tenant):
    with tenancy.scope(tenant):
        base = SegmentFactory(slug="base")
        SegmentFactory(name="Above", rule={"segment": "base"})
    answer = api.delete(f"{URL}{base.pk}/")
    assert (answer.status_code, answer.json()["error"]["message"]) == (409, "It is part of other segments: Above.")
