"""Every reason against a message, and the order in which they are asked."""

import hashlib
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.domain import gate
from campaigns.models import SendUnit
from customers.models import Consent, Suppression
from tests.campaigns.factories import LeaseFactory, MessageFactory
from tests.factories import LONG_AGO, CustomerFactory

DAY = timedelta(days=1)


def _reasons(lease, opt_in=False) -> dict[int, str]:
    return {c.customer_id: c.reason for c in gate.judge(lease=lease, unit=lease.unit, opt_in=opt_in)}


@pytest.fixture
def lease(scoped):
    return LeaseFactory(unit__topic="news")


def _queue(lease, **customer):
    person = CustomerFactory(**customer)
    MessageFactory(unit=lease.unit, lease=lease, customer=person)
    return person


def _say(person, granted, topic=""):
    Consent.objects.create(customer=person, channel="email", topic=topic, granted=granted, at=LONG_AGO)


def test_who_said_nothing_may_be_written_to(lease):
    person = _queue(lease)

    assert _reasons(lease) == {person.pk: ""}


def test_who_said_nothing_is_left_out_by_a_tenant_that_asks_first(lease):
    person = _queue(lease)

    assert _reasons(lease, opt_in=True) == {person.pk: "no_consent"}


def test_a_yes_to_the_topic_is_enough_for_a_tenant_that_asks_first(lease):
    person = _queue(lease)
    _say(person, True, "news")

    assert _reasons(lease, opt_in=True) == {person.pk: ""}


def test_no_address(lease):
    person = _queue(lease, email="", email_key="")

    assert _reasons(lease) == {person.pk: "no_address"}


def test_unsubscribed_from_everything_beats_a_yes_to_the_topic(lease):
    person = _queue(lease)
    _say(person, True, "news")
    _say(person, False)

    assert _reasons(lease) == {person.pk: "unsubscribed"}


def test_a_no_to_another_topic_does_not_matter(lease):
    person = _queue(lease)
    _say(person, False, "offers")

    assert _reasons(lease) == {person.pk: ""}


def test_a_no_to_the_topic(lease):
    person = _queue(lease)
    _say(person, False, "news")

    assert _reasons(lease) == {person.pk: "topic_declined"}


def test_suppressed_address_whoever_has_it(lease):
    person = _queue(lease, email="Dead@Example.com")
    Suppression.objects.create(channel="email", address_key="dead@example.com", reason="bounced")

    assert _reasons(lease) == {person.pk: "suppressed"}


def test_erased_address_is_known_by_its_digest(lease):
    person = _queue(lease, email="gone@example.com")
    digest = hashlib.sha256(b"gone@example.com").hexdigest()
    Suppression.objects.create(channel="email", address_key=digest, reason="erased")

    assert _reasons(lease) == {person.pk: "suppressed"}


def test_one_address_gets_one_message_and_the_first_person_wins(lease):
    first = _queue(lease, email="family@example.com")
    second = _queue(lease, email="FAMILY@example.com")

    assert _reasons(lease) == {first.pk: "", second.pk: "duplicate_address"}


def test_transactional_mail_asks_for_no_consent_but_obeys_suppression(scoped):
    lease = LeaseFactory(unit__message_class=SendUnit.Class.TRANSACTIONAL)
    unwilling, dead = _queue(lease), _queue(lease, email="dead@example.com")
    _say(unwilling, False)
    Suppression.objects.create(channel="email", address_key="dead@example.com", reason="bounced")

    assert _reasons(lease, opt_in=True) == {unwilling.pk: "", dead.pk: "suppressed"}


def test_mail_to_an_address_heeds_the_no_of_everybody_who_has_it(scoped):
    lease = LeaseFactory(unit__topic="news")
    free, whole, topic, other = (f"{name}@example.com" for name in ("free", "whole", "topic", "other"))
    for address, said in ((whole, ""), (topic, "news"), (other, "offers")):
        CustomerFactory(email=address)
        _say(CustomerFactory(email=address), False, said)
    for address in (free, whole.upper(), topic, other):
        MessageFactory(unit=lease.unit, lease=lease, customer=None, address=address)

    found = gate.judge(lease=lease, unit=lease.unit, opt_in=False)
    assert [candidate.reason for candidate in found] == ["", "unsubscribed", "unsubscribed", ""]

    lease.unit.message_class = SendUnit.Class.TRANSACTIONAL
    found = gate.judge(lease=lease, unit=lease.unit, opt_in=False)
    assert [candidate.reason for candidate in found] == [""] * 4


def test_an_address_that_unsubscribed_comes_back_with_a_later_yes(lease):
    before, after, silent = (_queue(lease, email=f"{name}@example.com") for name in ("before", "after", "silent"))
    for person in (before, after, silent):
        Suppression.objects.create(channel="email", address_key=person.email_key, reason="unsubscribed")
    _say(before, True)
    Consent.objects.create(customer=after, channel="email", topic="", granted=True, at=timezone.now() + DAY)

    assert _reasons(lease) == {before.pk: "unsubscribed", after.pk: "", silent.pk: "unsubscribed"}
