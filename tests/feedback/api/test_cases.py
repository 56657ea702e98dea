"""Cases over the API."""

import pytest

from cxm import tenancy
from cxm.accounts.domain import keys
from cxm.audit.actors import SYSTEM
from feedback.domain import attachments, desk
from feedback.domain.mail_files import Attachment
from feedback.models import CaseMessage
from tests.factories import CustomerFactory

URL = "/api/v1/cases/"


@pytest.fixture
def person(tenant):
    with tenancy.scope(tenant):
        desk.begin(by=SYSTEM)
        return CustomerFactory(external_id="42x", email="")


def opened(api, **said):
    body = {"type": "complaint", "customer": "42x", "subject": "Broken", "body": "In pieces."}
    return api.post(URL, body | said)


def test_open_read_and_list(api, person):
    made = opened(api, key="k1")
    assert made.status_code == 201, made.content
    case = made.json()
    assert (case["number"], case["state"], case["type"], case["customer"]) == (1, "new", "complaint", person.pk)
    assert case["due_at"] == case["first_due_at"]
    assert opened(api, key="k1").json()["id"] == case["id"]
    assert api.get(f"{URL}{case['id']}/").json() == case
    for found in ({"state": "new"}, {"type": "complaint"}, {"customer": person.pk}, {}):
        assert len(api.get(URL, found).json()["results"]) == 1
    assert api.get(URL, {"state": "closed"}).json()["results"] == []


@pytest.mark.parametrize(
    ("said", "status"),
    [({"type": "none"}, 404), ({"customer": "nobody"}, 404), ({"subject": ""}, 400), ({"channel": "x"}, 400),
     ({"priority": "x"}, 400), ({"body": "x" * 50_001}, 400)],
)  # fmt: skip
def test_what_is_wrong_is_refused(api, person, said, status):
    assert opened(api, **said).status_code == status


def test_work_on_it(api, tenant, person):
    case = f"{URL}{opened(api).json()['id']}/"
    assert api.post(f"{case}answer/", {"body": "Sorry", "then": "waiting"}).status_code == 201
    assert api.get(case).json()["due_at"] is None
    assert api.post(f"{case}wait/").json()["state"] == "waiting"
    assert api.post(f"{case}resume/").json()["state"] == "open"
    assert api.post(f"{case}note/", {"body": "Careful"}).json()["public"] is False
    assert api.post(f"{case}solve/", {}).json()["state"] == "solved"
    assert api.post(f"{case}solve/", {}).status_code == 409
    refused = api.post(f"{case}close/", {"root_cause": "Packing"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "cause_missing")
    assert list(refused.json()["error"]["fields"]) == ["action"]
    assert api.post(f"{case}close/", {"root_cause": "Packing", "action": "Boxes"}).json()["state"] == "closed"
    assert api.post(f"{case}reopen/").json()["reopened"] == 1
    said = api.get(f"{case}messages/").json()["results"]
    assert [(row["direction"], row["body"]) for row in said] == [
        ("in", "In pieces."), ("out", "Sorry"), ("internal", "Careful"),
    ]  # fmt: skip
    with tenancy.scope(tenant):
        assert set(CaseMessage.objects.values_list("author", flat=True)) == {"customer", "human"}


@pytest.mark.parametrize("count", [1, 3])
def test_list_asks_as_often_for_three_as_for_one(api, person, count, django_assert_max_num_queries):
    for _each in range(count):
        opened(api)
    with django_assert_max_num_queries(12):
        api.get(URL)


def test_messages_list_their_files_whose_bytes_are_answered(api, tenant, person):
    case, beside = opened(api).json()["id"], opened(api).json()["id"]
    with tenancy.scope(tenant):
        said = CaseMessage.objects.get(case=case)
        attachments.keep(files=[Attachment("page.html", "text/html", b"<p>Hi</p>")], message=said)
        number = said.attachments.get().pk
    (listed,) = api.get(f"{URL}{case}/messages/").json()["results"]
    assert listed["attachments"] == [{"id": number, "name": "page.html", "content_type": "text/html", "size": 9}]
    answer = api.get(f"{URL}{case}/files/{number}/")
    assert (answer.status_code, answer.content) == (200, b"<p>Hi</p>")
    assert (answer["Content-Type"], answer["Content-Disposition"]) == (
        "application/octet-stream", 'attachment; filename="page.html"',
    )  # fmt: skip
    for wrong in (f"{beside}/files/{number}/", f"{case}/files/{number + 1}/", f"{case}/files/x/"):
        assert api.get(f"{URL}{wrong}").status_code == 404
    with tenancy.scope(tenant):
        _key, secret = keys.create(name="Blind", scopes=["customers.view"], by=SYSTEM)
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert api.get(f"{URL}{case}/files/{number}/").status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_messages_ask_as_often_for_three_as_for_one(api, tenant, person, count, django_assert_num_queries):
    case = opened(api).json()["id"]
    for _each in range(count - 1):
        api.post(f"{URL}{case}/note/", {"body": "Careful"})
    api.get(f"{URL}{case}/messages/")
    with django_assert_num_queries(8):
        api.get(f"{URL}{case}/messages/")
