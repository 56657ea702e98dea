"""Telephone systems and programs that tell of contacts."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from customers.models import Call, Interaction
from cxm import tenancy
from cxm.accounts.domain import keys
from cxm.accounts.models import Todo
from cxm.audit.actors import SYSTEM
from tests.factories import CustomerFactory

CALLS, INTERACTIONS = "/api/v1/calls/", "/api/v1/interactions/"


@pytest.fixture
def ada(tenant):
    with tenancy.scope(tenant):
        return CustomerFactory(external_id="ada", phone="+447400123456")


def test_a_call_is_told_in_any_order_as_often_as_one_likes(api, ada):
    said = {"call_id": "pbx-7", "number": "07400 123456", "queue": "sales"}
    words = [
        said | {"state": "ended", "at": "2026-11-25T12:01:00Z"},
        said | {"state": "ringing", "at": "2026-11-25T12:00:00Z"},
        said | {"state": "answered", "at": "2026-11-25T12:00:05Z"},
    ]
    answers = [api.post(CALLS, word, format="json") for word in (*words, *words)]
    assert {answer.status_code for answer in answers} == {200}
    last = answers[-1].json()
    assert {name: last[name] for name in ("call_id", "state", "number", "match", "customer", "answered_at")} == {
        "call_id": "pbx-7", "state": "ended", "number": "+447400123456", "match": "known", "customer": ada.pk,
        "answered_at": "2026-11-25T12:00:05Z",
    }  # fmt: skip
    assert [row["id"] for row in api.get(CALLS).json()["results"]] == [last["id"]]
    assert api.get(f"{CALLS}{last['id']}/").json() == last


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [({}, {"call_id", "state"}), ({"call_id": "1", "state": "busy"}, {"state"}),
     ({"call_id": "1", "state": "ringing", "at": "soon"}, {"at"})],
)  # fmt: skip
def test_what_is_no_word_of_a_call_gets_400(api, tenant, wrong, fields):
    answer = api.post(CALLS, wrong, format="json")
    assert (answer.status_code, set(answer.json()["error"]["fields"])) == (400, fields)
    with tenancy.scope(tenant):
        assert Call.objects.count() == 0


def test_a_telephone_systems_key_tells_of_calls_and_reads_nothing(tenant, db):
    with tenancy.scope(tenant):
        secret = keys.create(name="Telephone", scopes=["calls.write"], by=SYSTEM)[1]
    program = APIClient()
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert program.post(CALLS, {"call_id": "1", "state": "ringing"}, format="json").status_code == 200
    assert program.get(CALLS).status_code == 403
    assert program.get("/api/v1/customers/").status_code == 403


def test_an_interaction_is_written_down_once_under_its_key(api, tenant, ada):
    said = {
        "external_id": "ada", "channel": "store", "outcome": "sale", "sentiment": "good", "duration": 600,
        "subject": "Fitting", "note": "Took two", "key": "till-3:88", "follow_up": {"title": "Send the catalogue"},
        "occurred_at": "2024-11-25T10:00:00Z",
    }  # fmt: skip
    first, again = (api.post(INTERACTIONS, said, format="json") for _time in range(2))
    assert (first.status_code, first.json()) == (201, again.json())
    row = first.json()
    assert {name: row[name] for name in ("customer", "channel", "direction", "duration", "by")} == {
        "customer": ada.pk, "channel": "store", "direction": "in", "duration": 600, "by": row["by"],
    }  # fmt: skip
    with tenancy.scope(tenant):
        assert (Interaction.objects.count(), Todo.objects.get().title) == (1, "Send the catalogue")
    assert [found["id"] for found in api.get(INTERACTIONS, {"customer": ada.pk}).json()["results"]] == [row["id"]]
    assert api.get(INTERACTIONS, {"customer": "0"}).json()["results"] == []
    events = api.get(f"/api/v1/customers/{ada.pk}/timeline/", {"kind": "contact"}).json()["results"]
    assert [event["name"] for event in events] == ["Interaction Logged"]


def test_an_interaction_lies_in_the_past(api, tenant, ada):
    said = {"external_id": "ada", "channel": "chat"}
    ahead = api.post(INTERACTIONS, said | {"occurred_at": timezone.now() + timedelta(hours=2)}, format="json")
    assert ahead.status_code == 201
    assert datetime.fromisoformat(ahead.json()["occurred_at"]) <= timezone.now()
    later = api.post(INTERACTIONS, said | {"occurred_at": timezone.now() + timedelta(days=2)}, format="json")
    assert (later.status_code, set(later.json()["error"]["fields"])) == (400, {"occurred_at"})


def test_an_interaction_needs_somebody_it_was_with(api, tenant):
    assert api.post(INTERACTIONS, {"channel": "chat"}, format="json").status_code == 404
    assert api.post(INTERACTIONS, {"channel": "fax", "customer": 1}, format="json").status_code == 400


@pytest.mark.parametrize("rows", [1, 3])
def test_lists_ask_the_same_questions_for_any_number_of_rows(api, tenant, ada, django_assert_num_queries, rows):
    for number in range(rows):
        api.post(CALLS, {"call_id": str(number), "state": "ringing", "number": "07400123456"}, format="json")
        api.post(INTERACTIONS, {"customer": ada.pk, "channel": "chat"}, format="json")
    for address in (CALLS, INTERACTIONS):
        api.get(address)
        with django_assert_num_queries(6):
            assert len(api.get(address).json()["results"]) == rows
