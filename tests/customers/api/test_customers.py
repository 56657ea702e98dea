"""Customers over the API: contract names, errors, keyset pages, erasure."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from customers.domain import attributes, events
from customers.models import Customer, SegmentMember
from cxm import tenancy
from cxm.accounts.domain import keys
from cxm.audit.actors import SYSTEM
from cxm.audit.models import Entry
from tests.factories import CustomerFactory, SegmentFactory, TopicFactory

URL = "/api/v1/customers/"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def points(tenant):
    with tenancy.scope(tenant):
        return attributes.define(key="points", label="Points", kind="number", by=SYSTEM)


def test_created_read_changed_erased(api, tenant, points):
    said = {"external_id": "C-1", "name": "Ada King", "email": "Ada@Example.com", "phone": "020 7946 0958",
            "language": "en", "timezone": "Europe/London", "country": "GB", "city": "London", "birthday": "1990-12-10",
            "company": "Acme", "tags": ["vip"], "attributes": {"points": 7},
            "created_at": "2020-01-02T03:04:05Z"}  # fmt: skip
    made = api.post(URL, said)
    assert made.status_code == 201, made.content
    found = made.json()
    assert {name: found[name] for name in said} == said | {"email": "Ada@example.com", "phone": "+442079460958"}
    assert (found["first_name"], found["last_name"], found["class"]) == ("Ada", "King", "prospect")
    assert found["traits"] == {"orders_count": 0, "returns_count": 0, "revenue": "0.00", "first_order_at": None,
                               "last_order_at": None, "last_seen_at": None}  # fmt: skip
    url = f"{URL}{found['id']}/"
    changed = api.patch(url, {"city": "Leeds", "attributes": {"points": None}, "tags": []})
    assert (changed.json()["city"], changed.json()["attributes"], changed.json()["tags"]) == ("Leeds", {}, [])
    assert changed.json()["email"] == "Ada@example.com"
    assert api.get(url).json() == changed.json()
    assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404
    with tenancy.scope(tenant):
        labels = list(Entry.objects.filter(action__startswith="customer.").values_list("actor_kind", flat=True))
        assert set(labels) == {"key"}


def test_wrong_fields_are_named_and_nothing_is_stored(api, tenant):
    answer = api.post(URL, {"email": "x", "nickname": "A", "attributes": {"hat": 1}, "tags": "vip"})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "invalid_customer"
    assert set(error["fields"]) == {"email", "nickname", "attributes.hat", "tags"}
    assert api.post(URL, ["Ada"]).status_code == 400
    assert api.post(URL, {}).status_code == 400
    with tenancy.scope(tenant):
        assert Customer.objects.count() == 0


def test_put_by_external_id_creates_then_changes(api):
    url = f"{URL}by/{quote('shop 7#é', safe='')}/"
    first = api.put(url, {"name": "Ada"})
    second = api.put(url, {"city": "Leeds"})
    assert (first.status_code, second.status_code) == (201, 200)
    assert (second.json()["id"], second.json()["external_id"]) == (first.json()["id"], "shop 7#é")
    assert (second.json()["name"], second.json()["city"]) == ("Ada", "Leeds")


def test_taken_external_id_is_a_conflict(api):
    api.post(URL, {"external_id": "1"})
    answer = api.post(URL, {"external_id": "1"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "external_id_taken")


def test_a_call_repeated_with_its_key_makes_one_customer(api, tenant):
    answers = [api.post(URL, {"name": "Ada"}, headers={"Idempotency-Key": "k1"}).json()["id"] for _call in range(2)]
    assert answers[0] == answers[1]
    with tenancy.scope(tenant):
        assert Customer.objects.count() == 1


def test_list_goes_on_and_filters(api, tenant):
    with tenancy.scope(tenant):
        made = CustomerFactory.create_batch(5)
        special = CustomerFactory(name="Zoë", name_key="zoe", search="zoe", updated_at=NOW)
        segment = SegmentFactory(slug="vip")
        SegmentMember.objects.create(segment=segment, customer=made[0], entered_at=NOW)
    seen, url = [], f"{URL}?limit=2"
    while url:
        page = api.get(url).json()
        seen += [row["id"] for row in page["results"]]
        url = page["next"]
    assert seen == [special.pk, *[person.pk for person in reversed(made)]]
    ids = lambda query: [row["id"] for row in api.get(f"{URL}?{query}").json()["results"]]  # noqa: E731
    assert ids("search=ZOE") == [special.pk]
    assert ids("segment=vip") == ids(f"segment={segment.pk}") == [made[0].pk]
    assert ids("updated_since=2026-11-22T12:00:00Z") == [special.pk]
    assert ids("updated_since=2026-11-22T12:00:00%2B03:00") == [special.pk]
    assert len(ids("updated_since=2025-01-01T00:00:00Z")) == 6
    assert api.get(f"{URL}?segment=nothing").status_code == 400
    assert api.get(f"{URL}?updated_since=yesterday").status_code == 400


def test_list_costs_the_same_for_one_and_for_three(api, tenant, django_assert_num_queries):
    api.get(URL)
    for size in (1, 2):
        with tenancy.scope(tenant):
            CustomerFactory.create_batch(size)
        with django_assert_num_queries(7):
            api.get(URL)


def test_timeline(api, tenant):
    with tenancy.scope(tenant):
        ada = CustomerFactory()
        events.record(
            [events.Happening(ada.pk, "Page Viewed", NOW - timedelta(hours=n), {"path": f"/{n}"}) for n in range(3)]
            + [events.Happening(ada.pk, "Order Completed", NOW, {"order_id": "1"})]
        )
    page = api.get(f"{URL}{ada.pk}/timeline/?kind=web&limit=2").json()
    assert [row["properties"] for row in page["results"]] == [{"path": "/0"}, {"path": "/1"}]
    assert [row["properties"] for row in api.get(page["next"]).json()["results"]] == [{"path": "/2"}]
    assert len(api.get(f"{URL}{ada.pk}/timeline/").json()["results"]) == 4


def test_consents(api, tenant):
    with tenancy.scope(tenant):
        ada = CustomerFactory()
        TopicFactory(slug="offers")
    url = f"{URL}{ada.pk}/consents/"
    said = {"channel": "email", "topic": "offers", "granted": False, "evidence": {"form": "checkout"}}
    assert api.post(url, said).status_code == 201
    row = api.get(url).json()["results"][0]
    assert {name: row[name] for name in said} == said
    assert api.post(url, said | {"topic": "nothing"}).json()["error"]["fields"] == {
        "topic": "There is no topic nothing."
    }


def test_a_yes_to_a_topic_says_when_the_no_to_the_channel_still_holds(api, tenant):
    with tenancy.scope(tenant):
        ada = CustomerFactory()
        TopicFactory(slug="offers")
    url = f"{URL}{ada.pk}/consents/"
    said = {"channel": "email", "topic": "", "granted": False}
    answers = [
        api.post(url, said | change).json()["allowed"]
        for change in ({}, {"topic": "offers", "granted": True}, {"granted": True})
    ]
    assert answers == [False, False, True]


def test_a_key_without_the_scope_is_refused(client, tenant):
    with tenancy.scope(tenant):
        secret = keys.create(name="Reader", scopes=["customers.view"], by=SYSTEM)[1]
        ada = CustomerFactory()
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get(URL, headers=headers).status_code == 200
    assert client.post(URL, {"name": "A"}, content_type="application/json", headers=headers).status_code == 403
    assert client.delete(f"{URL}{ada.pk}/", headers=headers).status_code == 403


@pytest.mark.parametrize("pk", ["0", "999999999999999999", "x"])
def test_ids_of_nobody_are_404(api, pk):
    assert api.get(f"{URL}{pk}/").status_code == 404


@pytest.mark.parametrize("zone", ["Asia/Riyadh", "America/New_York"])
@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1900-01-01T00:00:00+14:00"]
)
def test_times_that_cannot_be_shown_are_refused_by_every_door(api, tenant, at, zone):
    tenant.timezone = zone
    tenant.save()
    with tenancy.scope(tenant):
        number = CustomerFactory(external_id="1").pk
    met = {"external_id": "1", "channel": "phone"}
    for path, said, field in (
        ("customers", {"external_id": "2", "created_at": at}, {"created_at"}),
        (f"customers/{number}/consents", {"channel": "email", "granted": True, "at": at}, {"at"}),
        ("interactions", met | {"occurred_at": at}, {"occurred_at"}),
        ("interactions", met | {"follow_up": {"title": "Ring back", "due_at": at}}, {"follow_up.due_at"}),
        ("calls", {"call_id": "1", "state": "ringing", "at": at}, {"at"}),
    ):
        answer = api.post(f"/api/v1/{path}/", said, format="json")
        assert (answer.status_code, set(answer.json()["error"]["fields"])) == (400, field), path
