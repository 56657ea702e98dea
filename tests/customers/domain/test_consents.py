"""The ledger of consent, its state, and who may be written to."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.domain import consents, topics
from customers.models import Consent, ConsentEntry, Customer, Event
from cxm.audit.actors import SYSTEM
from tests.factories import CustomerFactory, TopicFactory

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BEFORE = NOW - timedelta(days=1)


def _choice(customer, granted, at=NOW, topic="", channel="email") -> consents.Choice:
    return consents.Choice(customer.pk, channel, granted, at, topic)


def _granted(customer) -> dict:
    return {key: consent.granted for key, consent in consents.state(customer).items()}


def test_state_is_the_newest_entry_and_the_ledger_keeps_all(scoped):
    ada = CustomerFactory()
    consents.grant(customer=ada, channel="email", source="page", by=SYSTEM, now=NOW, evidence={"ip": "192.0.2.1"})
    consents.record([_choice(ada, False, BEFORE)], source="api", by=SYSTEM, now=NOW)
    assert _granted(ada) == {("email", ""): True}
    consents.withdraw(customer=ada, channel="email", source="one_click", by=SYSTEM, now=NOW)
    assert _granted(ada) == {("email", ""): False}
    assert [(entry.granted, entry.source) for entry in consents.history(ada)] == [
        (False, "one_click"), (True, "page"), (False, "api"),
    ]  # fmt: skip
    assert list(Event.objects.order_by("occurred_at", "id").values_list("name", flat=True)) == [
        consents.WITHDRAWN, consents.GRANTED, consents.WITHDRAWN,
    ]  # fmt: skip


def test_a_yes_from_the_future_can_be_taken_back_today(scoped):
    ada = CustomerFactory()
    consents.record([_choice(ada, True, NOW + timedelta(days=4000))], source="api", by=SYSTEM, now=NOW)
    consents.withdraw(customer=ada, channel="email", source="page", by=SYSTEM, now=NOW + timedelta(seconds=1))
    assert _granted(ada) == {("email", ""): False}


def test_an_import_never_turns_a_no_back_on(scoped):
    TopicFactory(slug="offers")
    said_no, fresh, no_to_channel = CustomerFactory.create_batch(3)
    consents.record(
        [_choice(said_no, False, BEFORE, "offers"), _choice(no_to_channel, False, BEFORE)],
        source="page", by=SYSTEM, now=NOW,
    )  # fmt: skip
    people = (said_no, fresh, no_to_channel)
    passed = consents.record_imported([_choice(person, True, NOW, "offers") for person in people], by=SYSTEM, now=NOW)
    assert passed == 2
    assert [_granted(person) for person in people] == [
        {("email", "offers"): False}, {("email", "offers"): True}, {("email", ""): False},
    ]  # fmt: skip
    assert consents.record_imported([_choice(fresh, False, NOW, "offers")], by=SYSTEM, now=NOW) == 0
    assert _granted(fresh) == {("email", "offers"): False}


@pytest.mark.parametrize("choice", [{"channel": "smoke"}, {"channel": "email", "topic": "nothing"}])
def test_unknown_channels_and_topics_are_refused(scoped, choice):
    ada = CustomerFactory()
    with pytest.raises(consents.ConsentRefused):
        consents.record([consents.Choice(ada.pk, granted=True, at=NOW, **choice)], source="api", by=SYSTEM, now=NOW)
    assert ConsentEntry.objects.count() == 0


@pytest.mark.parametrize(
    ("channel", "topic", "opt_out", "opt_in"),
    [
        (None, None, True, False),
        (True, None, True, True),
        (False, None, False, False),
        (None, True, True, True),
        (None, False, False, False),
        (True, True, True, True),
        (True, False, False, False),
        (False, True, False, False),
        (False, False, False, False),
    ],
)
def test_who_may_be_written_to(scoped, channel, topic, opt_out, opt_in):
    ada = CustomerFactory()
    CustomerFactory()
    for slug, granted in (("", channel), ("offers", topic), ("news", False)):
        if granted is not None:
            Consent.objects.create(customer=ada, channel="email", topic=slug, granted=granted, at=NOW)
    for model, expected in (("opt_out", opt_out), ("opt_in", opt_in)):
        assert consents.is_allowed(customer=ada, channel="email", topic="offers", model=model) == expected
        assert (ada.pk in _by_sql(model)) == expected


def _by_sql(model: str) -> set[int]:
    condition = consents.allowed_sql(tenant="c.tenant_id", customer="c.id", model=model)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT c.id FROM customers_customer c WHERE {condition}", {"channel": "email", "topic": "offers"}
        )
        return {found for (found,) in cursor.fetchall()}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.sampled_from(["email", "sms"])), max_size=12))
def test_state_follows_from_the_ledger_in_any_order(scoped, said):
    ada = CustomerFactory()
    for granted, hours, channel in said:
        consents.record(
            [_choice(ada, granted, BEFORE + timedelta(hours=hours), channel=channel)], source="api", by=SYSTEM, now=NOW
        )
    expected: dict = {}
    for granted, hours, channel in said:
        if hours >= expected.get(channel, (False, -1))[1]:
            expected[channel] = (granted, hours)
    assert _granted(ada) == {(channel, ""): granted for channel, (granted, _hours) in expected.items()}
    Customer.objects.all().delete()


def test_a_topic_somebody_answered_to_stays(scoped):
    topic = topics.create(name="Offers", by=SYSTEM)
    ada = CustomerFactory()
    consents.grant(customer=ada, channel="email", topic=topic.slug, source="page", by=SYSTEM, now=NOW)
    with pytest.raises(topics.TopicInUse):
        topics.delete(topic=topic, by=SYSTEM)
    with pytest.raises(topics.TopicRefused):
        topics.create(name="offers", by=SYSTEM)
