"""Campaigns over the API: drafted, launched, held, ended, reported."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from campaigns.domain import campaigns
from campaigns.models import Campaign, Lease, Message
from cxm import tenancy
from cxm.accounts.domain import keys
from cxm.audit.actors import SYSTEM
from cxm.jobs.models import Job
from tests.campaigns.factories import (
    LeaseFactory,
    MessageFactory,
    OfferFactory,
    SenderFactory,
    UnitFactory,
    VersionFactory,
)
from tests.factories import CustomerFactory, SegmentFactory

URL = "/api/v1/campaigns/"


@pytest.fixture
def words(tenant):
    with tenancy.scope(tenant):
        return {"template": VersionFactory().template.pk, "segment": SegmentFactory(slug="vip").pk}


def test_drafted_changed_and_thrown_away(api, words):
    made = api.post(URL, {"name": "Sale", "kind": "discount", "template": words["template"], "segment": "vip"})
    assert made.status_code == 201, made.content
    found = made.json()
    assert (found["name"], found["kind"], found["state"]) == ("Sale", "discount", "draft")
    assert (found["template"], found["segment"], found["audience"]) == (words["template"], words["segment"], 0)
    url = f"{URL}{found['id']}/"
    changed = api.patch(url, {"name": "Big sale", "send_at": "2030-01-01T09:00:00Z", "segment": words["segment"]})
    assert (changed.json()["name"], changed.json()["send_at"]) == ("Big sale", "2030-01-01T09:00:00Z")
    assert [row["id"] for row in api.get(f"{URL}?state=draft").json()["results"]] == [found["id"]]
    assert api.get(f"{URL}?state=done").json()["results"] == []
    assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404


def test_launched_paused_resumed_cancelled(api, words, tenant):
    url = f"{URL}{api.post(URL, {'name': 'Sale', **words}).json()['id']}/"
    assert api.post(f"{url}launch/").json()["state"] == "running"
    with tenancy.scope(tenant):
        assert Job.objects.get().kind == "campaigns.prepare"
    again = api.post(f"{url}launch/")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "wrong_state")
    assert api.post(f"{url}pause/").json()["state"] == "paused"
    assert api.post(f"{url}resume/").json()["state"] == "running"
    assert api.post(f"{url}cancel/").json()["state"] == "cancelled"
    assert api.post(f"{url}resume/").status_code == 409
    assert api.patch(url, {"name": "x"}).status_code == 409
    assert api.delete(url).status_code == 409


def test_a_campaign_carries_an_offer(api, words, tenant, other_tenant):
    with tenancy.scope(other_tenant):
        theirs = OfferFactory().pk
    with tenancy.scope(tenant):
        offer = OfferFactory().pk
    made = api.post(URL, {"name": "Sale", "offer": offer, **words}).json()
    assert made["offer"] == offer
    url = f"{URL}{made['id']}/"
    assert api.patch(url, {"offer": theirs}).status_code == 404
    assert api.patch(url, {"offer": None}).json()["offer"] is None


def test_scheduled_for_later(api, words):
    at = (timezone.now() + timedelta(days=1)).isoformat()
    url = f"{URL}{api.post(URL, {'name': 'Sale', 'send_at': at, **words}).json()['id']}/"
    assert api.post(f"{url}launch/").json()["state"] == "scheduled"


def test_what_a_launch_misses_is_named(api):
    url = f"{URL}{api.post(URL, {'name': 'Sale'}).json()['id']}/"
    refused = api.post(f"{url}launch/")
    assert refused.status_code == 400
    assert set(refused.json()["error"]["fields"]) == {"template", "segment"}


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": "a\r\nBcc: b"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "x", "kind": "spam"}, "kind"),
        ({"name": "x", "topic": "none"}, "topic"),
        ({"name": "x", "send_at": "tomorrow"}, "send_at"),
        ({"name": "x", "template": "one"}, "template"),
        ({"name": "x", "segment": {"id": 1}}, "segment"),
    ],
)
def test_what_cannot_be_kept_stores_nothing(api, tenant, said, field):
    refused = api.post(URL, said)
    assert refused.status_code == 400
    assert field in refused.json()["error"]["fields"]
    with tenancy.scope(tenant):
        assert not Campaign.objects.exists()


def test_report_and_who_got_it(api, tenant):
    at = datetime(2026, 3, 1, tzinfo=UTC)
    with tenancy.scope(tenant):
        unit = UnitFactory()
        campaign = campaigns.create(name="Sale", by=SYSTEM)
        Campaign.objects.update(unit=unit, audience=3, state="done")
        got = MessageFactory(unit=unit, state="accepted", sent_at=at, opened_at=at, revenue="12.50", converted_at=at)
        MessageFactory(unit=unit, state="skipped", reason="unsubscribed")
        MessageFactory(unit=unit, state="failed", reply="550 no")
        MessageFactory()
    url = f"{URL}{campaign.pk}/"
    report = api.get(f"{url}report/").json()
    assert report == {
        "audience": 3, "queued": 0, "claimed": 0, "sent": 1, "delivered": 1, "deferred": 0, "failed": 1, "unknown": 0,
        "bounced": 0, "complained": 0, "skipped": {"unsubscribed": 1}, "opened": 1, "opened_machine": 0, "clicked": 0,
        "clicked_machine": 0, "unsubscribed": 0, "converted": 1, "revenue": "12.50",
    }  # fmt: skip
    pages, next_url = [], f"{url}messages/?limit=2"
    while next_url:
        answer = api.get(next_url).json()
        pages, next_url = [*pages, *answer["results"]], answer["next"]
    assert [row["state"] for row in pages] == ["accepted", "skipped", "failed"]
    assert (pages[0]["id"], pages[0]["customer"], pages[0]["external_id"]) == (
        got.pk, got.customer_id, got.customer.external_id
    )  # fmt: skip
    assert [row["reply"] for row in api.get(f"{url}messages/?state=failed").json()["results"]] == ["550 no"]
    assert len(api.get(f"{url}messages/?reason=unsubscribed").json()["results"]) == 1


def test_an_unlaunched_campaign_has_no_messages(api, tenant):
    with tenancy.scope(tenant):
        MessageFactory()
        campaign = campaigns.create(name="Sale", by=SYSTEM)
    assert api.get(f"{URL}{campaign.pk}/messages/").json()["results"] == []


def test_sending_needs_its_own_scope(client, tenant, words):
    with tenancy.scope(tenant):
        secret = keys.create(name="Writer", scopes=["campaigns.view", "campaigns.change"], by=SYSTEM)[1]
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {secret}", "content_type": "application/json"}
    made = client.post(URL, {"name": "Sale", **words}, **bearer)
    assert made.status_code == 201
    for verb in ("launch", "pause", "resume", "cancel"):
        assert client.post(f"{URL}{made.json()['id']}/{verb}/", {}, **bearer).status_code == 403


def test_another_tenants_ids_are_not_found(api, other_tenant, words):
    with tenancy.scope(other_tenant):
        theirs = campaigns.create(name="Theirs", by=SYSTEM)
        template, segment, sender = VersionFactory().template, SegmentFactory(slug="secret"), SenderFactory()
        unit = UnitFactory()
        MessageFactory(unit=unit, customer=CustomerFactory())
    url = f"{URL}{theirs.pk}/"
    for path in ("", "report/", "messages/"):
        assert api.get(url + path).status_code == 404
    for verb in ("launch", "pause", "resume", "cancel"):
        assert api.post(f"{url}{verb}/").status_code == 404
    assert api.patch(url, {"name": "Mine"}).status_code == api.delete(url).status_code == 404
    for said in ({"template": template.pk}, {"segment": segment.pk}, {"segment": "secret"}, {"sender": sender.pk}):
        assert api.post(URL, {"name": "x", **said}).status_code == 404
    assert api.get(URL).json()["results"] == []
    with tenancy.scope(other_tenant):
        assert Campaign.objects.get().name == "Theirs"
        assert Message.objects.get().state == "queued"


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_the_same_whatever_it_holds(api, tenant, words, rows, django_assert_num_queries):
    for row in range(rows):
        api.post(URL, {"name": f"Sale {row}", **words})
    with django_assert_num_queries(6):
        assert len(api.get(URL).json()["results"]) == rows


def test_while_a_lease_is_being_sent_its_messages_are_claimed_and_nobody_is_in_two_states(api, tenant):
    with tenancy.scope(tenant):
        unit = UnitFactory()
        campaign = campaigns.create(name="Sale", by=SYSTEM)
        Campaign.objects.update(unit=unit, audience=5, state="running")
        for state in ("claimed", "queued"):
            lease = LeaseFactory(unit=unit, state=state)
            MessageFactory.create_batch(2, unit=unit, lease=lease)
        MessageFactory(unit=unit, lease=Lease.objects.get(state="claimed"), state="skipped", reason="suppressed")
    url = f"{URL}{campaign.pk}/"
    report = api.get(f"{url}report/").json()
    shown = [row["state"] for row in api.get(f"{url}messages/").json()["results"]]
    by_state = {
        state: [row["state"] for row in api.get(f"{url}messages/?state={state}").json()["results"]]
        for state in ("queued", "claimed", "skipped")
    }

    assert (report["queued"], report["claimed"], report["skipped"], report["sent"]) == (4, 2, {"suppressed": 1}, 0)
    assert shown == ["claimed", "claimed", "queued", "queued", "skipped"]
    assert by_state == {"queued": ["queued"] * 2, "claimed": ["claimed"] * 2, "skipped": ["skipped"]}
    with tenancy.scope(tenant):
        assert set(Message.objects.values_list("state", flat=True)) == {"queued", "skipped"}
