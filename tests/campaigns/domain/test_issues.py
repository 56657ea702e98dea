"""Codes on their way: held when a lease is claimed, given when its messages were accepted, put back otherwise."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from campaigns.domain import (
    campaigns,
    codes,
    issues,
    leases,
    messages,
    offer_words,
    rendering,
    report,
    sending,
    specimens,
)
from campaigns.domain.leases import Outcome
from campaigns.models import Issue, Message, SendUnit
from customers.domain import erasure
from customers.models import Consent, Customer, Event, SegmentMember
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.jobs.models import Job
from tests.campaigns.factories import LeaseFactory, MessageFactory, OfferFactory, SenderFactory, VersionFactory
from tests.factories import CustomerFactory, SegmentFactory

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = NOW + leases.ALIVE + timedelta(seconds=1)
BODY = "<p>{{ offer.title }}: {{ offer.code }} until {{ offer.expires }}</p>"


@pytest.fixture
def offer(tenant):
    with tenancy.scope(tenant):
        return OfferFactory(pool=5, valid_days=7)


@pytest.fixture
def lease(tenant, offer):
    """A lease with three messages that carry a code."""
    with tenancy.scope(tenant):
        lease = LeaseFactory(unit__offer=offer)
        for _n in range(3):
            MessageFactory(unit=lease.unit, lease=lease)
        return lease


def _claim(tenant, now=NOW):
    return leases.claim(tenant=tenant, worker="w", now=now)


def _codes(tenant) -> dict[int, tuple[str, str]]:
    with tenancy.scope(tenant):
        return {found.message_id: (found.code, found.state) for found in Issue.objects.order_by("message_id")}


def _free(tenant, offer) -> int:
    with tenancy.scope(tenant):
        return codes.pool(offer=offer).free


def _finish(lease, going, *states, now=NOW):
    outcomes = [Outcome(found.message_id, state) for found, state in zip(going, states, strict=True) if state]
    leases.finish(lease=lease, outcomes=outcomes, now=now)


def test_a_claim_holds_a_code_for_each_message(tenant, offer, lease):
    _lease, _unit, going = _claim(tenant)

    held = _codes(tenant)
    assert [(found.code, found.code_expires_at) for found in going] == [
        (held[found.message_id][0], NOW + timedelta(days=7)) for found in going]  # fmt: skip
    assert {state for _code, state in held.values()} == {"held"}
    assert (len(set(held.values())), _free(tenant, offer)) == (3, 2)


def test_what_becomes_of_a_message_becomes_of_its_code(tenant, offer, lease):
    claimed, _unit, going = _claim(tenant)
    first = _codes(tenant)

    _finish(claimed, going, "accepted", "failed", "unknown")

    ids = [found.message_id for found in going]
    assert _codes(tenant) == {ids[0]: (first[ids[0]][0], "issued"), ids[2]: (first[ids[2]][0], "held")}
    assert _free(tenant, offer) == 3
    with tenancy.scope(tenant):
        event = Event.objects.get(name="Offer Issued")
        assert (event.customer_id, event.properties["code"]) == (going[0].customer_id, first[ids[0]][0])


def test_a_retry_carries_the_same_code(tenant, offer, lease):
    claimed, _unit, going = _claim(tenant)
    first = _codes(tenant)
    now = NOW
    for wait in leases.RETRY_AFTER:
        _finish(claimed, going, *["deferred"] * 3, now=now)
        now += wait
        assert leases.requeue_deferred(tenant=tenant, now=now) == 3
        claimed, _unit, going = _claim(tenant, now)
        assert _codes(tenant) == first
    _finish(claimed, going, "accepted", "deferred", "accepted", now=now)  # given up: it has failed

    assert list(_codes(tenant)) == [going[0].message_id, going[2].message_id]
    assert _free(tenant, offer) == 3


def test_a_dead_worker_s_codes_are_those_of_the_next(tenant, offer, lease):
    claimed, _unit, going = _claim(tenant)
    ids = [found.message_id for found in going]
    leases.on_wire(lease=claimed, upto=0, answered={}, ids=ids[:1], now=NOW)
    leases.on_wire(lease=claimed, upto=ids[0], answered={}, ids=ids[1:2], now=NOW)
    first = _codes(tenant)

    leases.recover(tenant=tenant, now=LATER)

    assert [state for _code, state in _codes(tenant).values()] == ["issued", "held", "held"]
    again = _claim(tenant, LATER)[2]
    assert [found.code for found in again] == [first[ids[2]][0]]
    _finish(claimed, going, "accepted", "accepted", None, now=LATER)  # the slow one: now it is known
    assert [state for _code, state in _codes(tenant).values()] == ["issued", "issued", "held"]
    assert _free(tenant, offer) == 2


def test_who_comes_after_the_last_code_is_left_out_and_told_why(tenant, offer, lease):
    with tenancy.scope(tenant):
        offer.pool.order_by("id")[0].delete()
        offer.pool.filter(pk__in=list(offer.pool.values_list("pk", flat=True)[:2])).delete()

    _lease, _unit, going = _claim(tenant)

    assert len(going) == 2
    with tenancy.scope(tenant):
        assert Message.objects.get(state="skipped").reason == "no_code"


@pytest.mark.parametrize("fields", [{"state": "ended"}, {"ends_at": NOW}])
def test_when_the_offer_is_over_nobody_gets_a_code(tenant, offer, lease, fields):
    with tenancy.scope(tenant):
        for name, value in fields.items():
            setattr(offer, name, value)
        offer.save()

    assert _claim(tenant)[2] == []
    assert _codes(tenant) == {}


@pytest.mark.parametrize("fields", [{"state": "ended"}, {"ends_at": LATER}])
def test_codes_held_while_the_offer_ended_are_put_back_and_their_messages_left_out(tenant, offer, lease, fields):
    claimed, _unit, going = _claim(tenant)
    _finish(claimed, going, "accepted", "deferred", "deferred")
    with tenancy.scope(tenant):
        type(offer).objects.update(**fields)
    later = NOW + leases.RETRY_AFTER[0]
    leases.requeue_deferred(tenant=tenant, now=later)

    assert _claim(tenant, later)[2] == []
    assert (list(_codes(tenant)), _free(tenant, offer)) == ([going[0].message_id], 4)
    with tenancy.scope(tenant):
        assert list(Message.objects.order_by("pk").values_list("state", "reason")) == [
            ("accepted", ""), ("skipped", "no_code"), ("skipped", "no_code")]  # fmt: skip


def test_the_days_of_a_code_count_from_when_its_message_goes(tenant, offer, lease):
    claimed, _unit, going = _claim(tenant)
    first = _codes(tenant)
    _finish(claimed, going, "accepted", "deferred", "deferred")
    later = NOW + timedelta(days=10)
    leases.requeue_deferred(tenant=tenant, now=later)

    again = _claim(tenant, later)[2]

    ends = later + timedelta(days=7)
    assert [(found.code, found.code_expires_at) for found in again] == [
        (first[found.message_id][0], ends) for found in going[1:]]  # fmt: skip
    with tenancy.scope(tenant):
        assert list(Issue.objects.order_by("message_id").values_list("expires_at", flat=True)) == [
            NOW + timedelta(days=7), ends, ends]  # fmt: skip


def test_days_beyond_every_calendar_end_after_a_hundred_years(tenant, offer, lease):
    with tenancy.scope(tenant):
        offer.valid_days = 1_000_000_000
        offer.save()
        offer.refresh_from_db()
        assert offer_words.of(offer, tenant=tenant, language="en", now=NOW)["expires"] == "8 May 2126"

    assert {found.code_expires_at for found in _claim(tenant)[2]} == {NOW + timedelta(days=36_500)}


def test_who_is_refused_at_the_retry_gives_the_code_back(tenant, offer, lease):
    claimed, _unit, going = _claim(tenant)
    _finish(claimed, going, "accepted", "deferred", "accepted")
    with tenancy.scope(tenant):
        Consent.objects.create(customer_id=going[1].customer_id, channel="email", topic="", granted=False, at=NOW)
    later = NOW + leases.RETRY_AFTER[0]
    leases.requeue_deferred(tenant=tenant, now=later)

    assert _claim(tenant, later)[2] == []
    assert _free(tenant, offer) == 3


def test_a_cancelled_unit_gives_its_codes_back(tenant, offer, lease):
    claimed, _unit, going = _claim(tenant)
    _finish(claimed, going, "accepted", "deferred", "deferred")

    with tenancy.scope(tenant):
        assert leases.cancel(unit=SendUnit.objects.get()) == 2

    assert _free(tenant, offer) == 4


def test_one_code_for_all_is_held_like_any_other(tenant):
    with tenancy.scope(tenant):
        offer = OfferFactory(codes="single", pool=["ALL"])
        lease = LeaseFactory(unit__offer=offer)
        people = [MessageFactory(unit=lease.unit, lease=lease).customer_id for _n in range(2)]
        MessageFactory(unit=lease.unit, lease=lease, customer=None, address="x@example.com")
    claimed, _unit, going = _claim(tenant)

    assert [found.code for found in going] == ["ALL"] * 3
    _finish(claimed, going, "accepted", "failed", "accepted")
    with tenancy.scope(tenant):
        assert list(Issue.objects.order_by("id").values_list("customer_id", "state")) == [
            (people[0], "issued"), (None, "issued")]  # fmt: skip


@pytest.mark.parametrize("people", [1, 3])
def test_a_lease_holds_its_codes_in_two_queries(tenant, offer, people, django_assert_num_queries):
    with tenancy.scope(tenant):
        lease = LeaseFactory(unit__offer=offer)
        told = {
            found.pk: found.customer_id
            for found in [MessageFactory(unit=lease.unit, lease=lease) for _n in range(people)]
        }
        with django_assert_num_queries(2):
            issues.hold(offer=offer, lease=lease, people=told, now=NOW)


def test_erased_people_leave_their_codes_used(tenant, offer, lease):
    claimed, _unit, going = _claim(tenant)
    _finish(claimed, going, *["accepted"] * 3)
    with tenancy.scope(tenant):
        for found in going[:2]:
            erasure.erase(customer=Customer.objects.get(pk=found.customer_id), by=SYSTEM)
        assert Issue.objects.filter(customer=None).count() == 2
    assert _free(tenant, offer) == 2


# --- whole campaigns ----------------------------------------------------------------------------


@pytest.fixture
def launched(tenant, offer):
    """A launched campaign to two people, one of whom reads Arabic."""
    with tenancy.scope(tenant):
        SenderFactory(is_default=True)
        segment = SegmentFactory()
        for language in ("en", "ar"):
            person = CustomerFactory(language=language, email=f"{language}@example.com")
            SegmentMember.objects.create(segment=segment, customer=person, entered_at=NOW)
        template = VersionFactory(subject="Hi", body=BODY).template
        VersionFactory(template=template, language="ar", subject="Hi", body=BODY)
        campaign = campaigns.create(name="June", by=SYSTEM, template=template, segment=segment, offer=offer)
        campaigns.launch(campaign=campaign, by=SYSTEM, now=NOW)
    campaigns.prepare(Job.objects.get(kind="campaigns.prepare"))
    return campaign


def _work(tenant):
    sending.work(tenant=tenant, worker="test", clock=timezone.now, until=time.monotonic() + 30)


def test_each_gets_a_code_of_their_own_in_their_language(tenant, offer, launched, mailbox):
    _work(tenant)

    texts = {to: message.get_body(("html",)).get_content() for to, message in mailbox.received}
    with tenancy.scope(tenant):
        given = dict(Issue.objects.filter(state="issued").values_list("customer__email", "code"))
        message = Message.objects.get(customer__email="en@example.com")
        shown = rendering.html_of(message=message, now=NOW)
    assert len(set(given.values())) == 2
    assert all(given[to] in text for to, text in texts.items())
    assert "15% off" in texts["en@example.com"]
    assert given["en@example.com"] in shown


def test_a_campaign_asks_for_an_offer_that_is_on(tenant, offer):
    with tenancy.scope(tenant):
        template = VersionFactory().template
        draft = OfferFactory(state="draft")
        campaign = campaigns.create(name="J", by=SYSTEM, template=template, segment=SegmentFactory(), offer=draft)
        with pytest.raises(campaigns.NotReady) as refusal:
            campaigns.launch(campaign=campaign, by=SYSTEM, now=NOW)
    assert list(refusal.value.fields) == ["offer"]


def test_tests_and_specimens_burn_no_code(tenant, offer, mailbox):
    with tenancy.scope(tenant):
        SenderFactory(is_default=True)
        template = VersionFactory(body=BODY).template
        person = CustomerFactory()
        for _n in range(3):
            messages.send_test(template=template, to="me@shop.example", language="en", as_customer=person, by=SYSTEM)
        specimens.make(template=template, customer=person, now=NOW)
    _work(tenant)

    assert len(mailbox.received) == 3
    assert _free(tenant, offer) == 5


def test_the_report_says_who_got_none(tenant, offer, launched, mailbox):
    with tenancy.scope(tenant):
        offer.pool.all().delete()
    _work(tenant)

    with tenancy.scope(tenant):
        found = report.of_campaign(campaign=campaigns.get(campaign_id=launched.pk))
    assert (found["sent"], found["skipped"]) == (0, {"no_code": 2})
