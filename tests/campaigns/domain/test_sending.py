"""From a launched campaign to messages in mailboxes, and what the ledger says of each."""

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from campaigns.domain import campaigns, leases, messages, report, sending
from campaigns.models import Campaign, Message, SendUnit
from customers.models import Consent, SegmentMember, Suppression
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.jobs.models import Job
from tests.campaigns.factories import SenderFactory, TemplateFactory, VersionFactory
from tests.factories import CustomerFactory, SegmentFactory

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def segment(tenant):
    with tenancy.scope(tenant):
        SenderFactory(is_default=True)
        return SegmentFactory()


def _member(segment, **fields):
    person = CustomerFactory(**fields)
    SegmentMember.objects.create(segment=segment, customer=person, entered_at=NOW)
    return person


def _launched(tenant, segment, **fields) -> Campaign:
    with tenancy.scope(tenant):
        template = TemplateFactory(kind=fields.get("kind", "newsletter"))
        VersionFactory(template=template)
        VersionFactory(template=template, language="ar", subject="مرحبا {{ customer.name }}", body="<p>أهلا</p>")
        campaign = campaigns.create(name="June", by=SYSTEM, template=template, segment=segment, **fields)
        campaigns.launch(campaign=campaign, by=SYSTEM, now=NOW)
        job = Job.objects.get(kind="campaigns.prepare")
    campaigns.prepare(job)
    with tenancy.scope(tenant):
        return campaigns.get(campaign_id=campaign.pk)


def _work(tenant) -> bool:
    return sending.work(tenant=tenant, worker="test", clock=timezone.now, until=time.monotonic() + 30)


def _report(tenant, campaign) -> dict:
    with tenancy.scope(tenant):
        return report.of_campaign(campaign=campaigns.get(campaign_id=campaign.pk))


def test_a_campaign_reaches_each_member_in_their_language(tenant, segment, mailbox):
    with tenancy.scope(tenant):
        _member(segment, email="zoe@example.com", name="Zoe", first_name="Zoe")
        _member(segment, email="layla@example.com", name="ليلى", language="ar")
    campaign = _launched(tenant, segment)

    assert _work(tenant) is False
    campaigns.close_finished(now=NOW)

    received = {to: message["Subject"] for to, message in mailbox.received}
    assert received == {"zoe@example.com": "Hello Zoe", "layla@example.com": "مرحبا ليلى"}
    with tenancy.scope(tenant):
        assert Campaign.objects.get().state == "done"
    found = _report(tenant, campaign)
    assert (found["audience"], found["sent"], found["delivered"], found["queued"]) == (2, 2, 2, 0)


def test_a_test_shows_the_person_of_the_preview_and_a_bare_address_is_greeted_as_nobody(tenant, mailbox):
    greeting = "{% if customer.first_name != blank %}Dear {{ customer.first_name }}{% else %}Hello{% endif %}"
    with tenancy.scope(tenant):
        template = VersionFactory(subject=greeting).template
        VersionFactory(template=template, subject=greeting, language="ar")
        for language in ("en", "ar"):
            messages.send_test(template=template, to=f"{language}@shop.example", language=language, as_customer=None,
                               by=SYSTEM)  # fmt: skip
        messages.send(to="who@example.com", template=template, data={}, by=SYSTEM)

    _work(tenant)

    assert {to: message["Subject"] for to, message in mailbox.received} == {
        "en@shop.example": "Dear Sara", "ar@shop.example": "Dear سارة", "who@example.com": "Hello",
    }  # fmt: skip


def test_a_message_carries_one_click_unsubscribe(tenant, segment, mailbox):
    with tenancy.scope(tenant):
        _member(segment)
    _launched(tenant, segment)

    _work(tenant)

    message = mailbox.received[0][1]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(r"<http://127\.0\.0\.1:8000/u/[\w-]+>", message["List-Unsubscribe"])


def test_each_is_in_exactly_one_state_with_its_reason(tenant, segment, mailbox):
    mailbox.answers = {"gone@example.com": "550 5.1.1 unknown", "full@example.com": "452 4.2.2 full"}
    with tenancy.scope(tenant):
        for address in ("ok@example.com", "gone@example.com", "full@example.com"):
            _member(segment, email=address)
        _member(segment, email="", email_key="")
        unwilling = _member(segment, email="no@example.com")
        Consent.objects.create(customer=unwilling, channel="email", topic="", granted=False, at=NOW)
    campaign = _launched(tenant, segment)

    _work(tenant)

    found = _report(tenant, campaign)
    assert (found["sent"], found["failed"], found["deferred"]) == (1, 1, 1)
    assert found["skipped"] == {"no_address": 1, "unsubscribed": 1}
    with tenancy.scope(tenant):
        failed = Message.objects.get(state="failed")
        assert (failed.reply, failed.reason) == ("550 5.1.1 unknown", "mailbox_unknown")
        assert Message.objects.get(state="deferred").reason == "mailbox_full"


def test_an_address_that_does_not_exist_is_never_written_to_again(tenant, segment, mailbox):
    mailbox.answers = {"gone@example.com": "550 5.1.1 unknown", "away@example.com": "550 no", "spam@example.com":
                       "554 5.7.1 refused", "stop@example.com": "421 5.1.1 later"}  # fmt: skip
    with tenancy.scope(tenant):
        for address in mailbox.answers:
            _member(segment, email=address)
    _launched(tenant, segment)

    _work(tenant)

    with tenancy.scope(tenant):
        assert list(Suppression.objects.values_list("channel", "address_key", "reason")) == [
            ("email", "gone@example.com", "bounced")
        ]


def test_who_unsubscribes_after_the_launch_is_left_out(tenant, segment, mailbox):
    with tenancy.scope(tenant):
        person = _member(segment)
    campaign = _launched(tenant, segment)
    with tenancy.scope(tenant):
        Consent.objects.create(customer=person, channel="email", topic="", granted=False, at=NOW)

    _work(tenant)

    assert mailbox.received == []
    assert _report(tenant, campaign)["skipped"] == {"unsubscribed": 1}


def test_launching_twice_and_preparing_twice_sends_once(tenant, segment, mailbox):
    with tenancy.scope(tenant):
        _member(segment)
    campaign = _launched(tenant, segment)
    with tenancy.scope(tenant), pytest.raises(campaigns.WrongState):
        campaigns.launch(campaign=campaign, by=SYSTEM, now=NOW)
    campaigns.prepare(Job.objects.get(kind="campaigns.prepare"))

    _work(tenant)
    _work(tenant)

    assert len(mailbox.received) == 1


def test_pause_resume_cancel(tenant, segment, mailbox):
    with tenancy.scope(tenant):
        _member(segment)
    campaign = _launched(tenant, segment)
    with tenancy.scope(tenant):
        campaigns.pause(campaign=campaign, by=SYSTEM)
    _work(tenant)
    assert mailbox.received == []
    with tenancy.scope(tenant):
        campaigns.resume(campaign=campaign, by=SYSTEM)
        campaigns.cancel(campaign=campaign, by=SYSTEM, now=NOW)
    _work(tenant)

    assert mailbox.received == []
    assert _report(tenant, campaign)["skipped"] == {"cancelled": 1}


def test_a_server_that_cannot_be_reached_loses_nothing(tenant, segment, settings):
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with tenancy.scope(tenant):
        _member(segment)
    _launched(tenant, segment)

    assert _work(tenant) is False

    with tenancy.scope(tenant):
        assert Message.objects.get().state == "queued"
    assert leases.tenants_with_work(now=timezone.now()) == []
    assert leases.tenants_with_work(now=timezone.now() + timedelta(seconds=30)) == [(tenant.pk, 1, 0)]


def test_a_scheduled_campaign_waits_for_its_hour(tenant, segment):
    hour = NOW + timedelta(hours=1)
    with tenancy.scope(tenant):
        template = VersionFactory().template
        campaign = campaigns.create(name="Later", by=SYSTEM, template=template, segment=segment, send_at=hour)
        campaigns.launch(campaign=campaign, by=SYSTEM, now=NOW)
    assert campaigns.due(now=NOW) == []
    assert campaigns.due(now=hour) == [(tenant.pk, campaign.pk)]
    with tenancy.scope(tenant):
        campaigns.launch_due(campaign_id=campaign.pk, now=hour)
        campaigns.launch_due(campaign_id=campaign.pk, now=hour)
        assert SendUnit.objects.count() == 1


def test_a_launch_says_what_is_missing(scoped):
    campaign = campaigns.create(name="Empty", by=SYSTEM)

    with pytest.raises(campaigns.NotReady) as refusal:
        campaigns.launch(campaign=campaign, by=SYSTEM, now=NOW)

    assert sorted(refusal.value.fields) == ["segment", "template"]


def test_a_program_sends_one_message(tenant, segment, mailbox):
    with tenancy.scope(tenant):
        template = VersionFactory(
            template__kind="confirmation", subject="Order {{ data.number }}", body="<p>{{ data.number }}</p>"
        ).template
        messages.send(to="new@example.com", template=template, data={"number": "A<1"}, by=SYSTEM)

    _work(tenant)

    to, message = mailbox.received[0]
    assert (to, message["Subject"], message["List-Unsubscribe"]) == ("new@example.com", "Order A<1", None)
    assert "A&lt;1" in message.get_body(("html",)).get_content()


def test_a_lease_that_cannot_be_prepared_is_put_off_and_the_next_one_sent(tenant, mailbox):
    with tenancy.scope(tenant):
        SenderFactory(is_default=True)
        template = VersionFactory(template__kind="confirmation").template
        odd, _good = (
            messages.send(to=f"{name}@example.com", template=template, data={}, by=SYSTEM) for name in ("odd", "good")
        )
        Message.objects.filter(pk=odd.pk).update(data=["not what a message carries"])

    assert _work(tenant) is False

    assert [to for to, _message in mailbox.received] == ["good@example.com"]
    with tenancy.scope(tenant):
        odd.refresh_from_db()
        assert (odd.state, odd.reason, odd.address, odd.attempts) == (
            "deferred", "internal_error", "odd@example.com", 1)  # fmt: skip


def test_a_message_that_cannot_be_put_together_fails_alone(tenant, mailbox):
    with tenancy.scope(tenant):
        SenderFactory(is_default=True)
        template = VersionFactory(template__kind="confirmation").template
        odd = messages.send(to="odd@example.com", template=template, data={}, by=SYSTEM)
        Message.objects.filter(pk=odd.pk).update(data={"headers": {"unheard": "of"}})
        good = messages.send(to="good@example.com", template=template, data={}, by=SYSTEM)

    assert _work(tenant) is False

    assert [to for to, _message in mailbox.received] == ["good@example.com"]
    with tenancy.scope(tenant):
        found = dict(Message.objects.values_list("pk", "state")), Message.objects.get(pk=odd.pk).reason
        assert found == ({odd.pk: "failed", good.pk: "accepted"}, "internal_error")
