"""Surveys and responses over the API."""

import pytest

from cxm import tenancy
from feedback.models import Response
from tests.campaigns.factories import VersionFactory
from tests.factories import CustomerFactory
from tests.feedback.factories import CHOICES, TITLE, WHY, make_survey

URL = "/api/v1/surveys/"
ANSWERS = "/api/v1/responses/"


def test_written_published_asked_and_read(api, tenant):
    questions = [
        {"kind": "nps", "required": True, "texts": TITLE},
        {"kind": "choice", "key": "liked", "texts": WHY, "settings": CHOICES},
        {"kind": "text", "texts": WHY, "condition": {"question": "nps", "operator": "lte", "value": 6}},
    ]
    made = api.post(URL, {"name": "After a visit", "slug": "visit", "wave": "each", "questions": questions})
    assert made.status_code == 201, made.content
    found = made.json()
    assert (found["slug"], found["state"], found["published"], len(found["questions"])) == ("visit", "draft", None, 3)
    url = f"{URL}{found['id']}/"
    live = api.post(f"{url}publish/").json()
    assert (live["state"], live["kind"], live["published"]) == ("live", "nps", 1)
    assert api.post(f"{url}publish/").json()["error"]["code"] == "survey_not_ready"

    with tenancy.scope(tenant):
        VersionFactory(template__kind="feedback")
        customer = CustomerFactory(external_id="C-1")
    asked = api.post(f"{url}invite/", {"customer": "C-1", "key": "visit:1"}).json()
    again = api.post(f"{url}invite/", {"customer": "C-1", "key": "visit:2"}).json()
    assert (asked["state"], again["state"], again["reason"]) == ("waiting", "skipped", "survey_asked_before")

    said = {"survey": "visit", "customer": "C-1", "language": "ar", "answers": {"nps": 3, "liked": ["staff"]}}
    answered = api.post(ANSWERS, said)
    assert answered.status_code == 201, answered.content
    assert (answered.json()["score"], answered.json()["customer"]) == (3, customer.pk)
    assert answered.json()["answers"] == {"nps": 3, "liked": ["staff"]}
    rows = api.get(ANSWERS, {"survey": "visit"}).json()["results"]
    assert [row["id"] for row in rows] == [answered.json()["id"]]
    assert api.get(f"{ANSWERS}{rows[0]['id']}/").json()["answers"] == {"nps": 3, "liked": ["staff"]}

    report = api.get(f"{url}results/", {"language": "ar"}).json()
    assert (report["score"]["score"], report["score"]["n"], report["score"]["unit"]) == (-100.0, 1, "points")
    assert report["questions"][1]["counts"] == {"price": 0, "staff": 1}
    assert api.get(f"{url}results/", {"language": "en"}).json()["score"]["score"] is None


def test_a_change_goes_to_a_draft(api, tenant):
    with tenancy.scope(tenant):
        survey = make_survey()
    url = f"{URL}{survey.pk}/"
    changed = api.patch(url, {"name": "New name", "questions": [{"kind": "csat", "texts": TITLE}]}).json()
    assert (changed["name"], changed["version"], changed["published"]) == ("New name", 2, 1)
    assert [question["kind"] for question in changed["questions"]] == ["csat"]
    assert api.post(f"{url}close/").json()["state"] == "closed"
    assert api.post(ANSWERS, {"survey": "nps", "answers": {"nps": 1}}).json()["error"]["code"] == "survey_not_live"
    assert api.post(f"{url}reopen/").json()["state"] == "live"
    assert api.delete(url).status_code == 204
    assert api.get(URL).json()["results"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": " "}, 400),
        ({"name": "x", "languages": ["de"]}, 400),
        ({"name": "x", "answer_days": 0}, 400),
        ({"name": "x", "questions": [{"kind": "stars", "texts": {}}]}, 400),
        ({"name": "x", "questions": [{"kind": "nps", "key": "Not one", "texts": {}}]}, 400),
        ({"name": "x", "questions": [{"kind": "nps", "texts": {"en": "flat"}}]}, 400),
        ({"name": "x", "questions": [{"kind": "nps", "texts": {}}] * 31}, 400),
    ],
)
def test_what_cannot_be_kept_is_refused_whole(api, tenant, body, status):
    assert api.post(URL, body).status_code == status
    assert api.get(URL).json()["results"] == []


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"nps": 11}, "bad_answer"),
        ({"nps": {"a": 1}}, "bad_answer"),
        ({"nps": 9, "text": ["x"]}, "bad_answer"),
        ({"nothing": 1}, "not_found"),
        ({}, "bad_answer"),
    ],
)
def test_wrong_answers_store_nothing(api, tenant, answers, code):
    with tenancy.scope(tenant):
        make_survey()
    assert api.post(ANSWERS, {"survey": "nps", "answers": answers}).json()["error"]["code"] == code
    assert Response.objects.count() == 0


def test_a_list_of_responses_needs_the_same_queries(api, tenant, django_assert_num_queries):
    with tenancy.scope(tenant):
        make_survey("nps")
    api.post(ANSWERS, {"survey": "nps", "answers": {"nps": 9}})
    with django_assert_num_queries(8):
        api.get(ANSWERS)
    for _time in range(2):
        api.post(ANSWERS, {"survey": "nps", "answers": {"nps": 9}})
    with django_assert_num_queries(8):
        assert len(api.get(ANSWERS).json()["results"]) == 3


@pytest.mark.parametrize("at", ["0001-01-01", "9999-12-31"])
def test_results_of_days_far_from_any_calendar_are_refused(api, tenant, at):
    with tenancy.scope(tenant):
        survey = make_survey()
    for name in ("since", "until"):
        assert api.get(f"/api/v1/surveys/{survey.pk}/results/?{name}={at}").status_code == 400
