"""The way back of somebody who had said no to all email: to what they choose, and to nothing else."""

from datetime import UTC, datetime

import pytest

from campaigns.domain import gate, preferences
from campaigns.models import Message
from customers.domain import consents
from customers.models import ConsentEntry, Customer, Topic
from cxm.audit.actors import SYSTEM
from tests.campaigns.factories import LeaseFactory, MessageFactory
from tests.factories import CustomerFactory

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def ada(scoped) -> Customer:
    """Somebody who gets no email, of a business with three topics, one of which the page does not show."""
    for slug in ("news", "offers"):
        Topic.objects.create(slug=slug, name=slug)
    Topic.objects.create(slug="inner", name="inner", public=False)
    person = CustomerFactory()
    consents.withdraw(customer=person, channel="email", source="one_click", by=SYSTEM, now=NOW)
    return person


def _save(person: Customer, *topics: str, none: bool = False) -> None:
    said = {"topics": set(topics), "none": none, "language": ""}
    preferences.save(customer=person, by=SYSTEM, evidence={}, now=NOW, **said)


def _reached(person: Customer, opt_in: bool = False) -> set[str]:
    """The topics of which mail would pass the gate for somebody."""
    found = set()
    for slug in ("news", "offers", "inner"):
        lease = LeaseFactory(unit__topic=slug)
        MessageFactory(unit=lease.unit, lease=lease, customer=person)
        found |= {slug for one in gate.judge(lease=lease, unit=lease.unit, opt_in=opt_in) if not one.reason}
    Message.objects.all().delete()
    return found


@pytest.mark.parametrize("none", [True, False], ids=["the no left ticked", "the no unticked"])
@pytest.mark.parametrize("opt_in", [True, False])
def test_a_topic_alone_leads_to_mail_of_that_topic_alone(ada, none, opt_in):
    before = _reached(ada, opt_in)
    _save(ada, "news", none=none)

    assert (before, _reached(ada, opt_in)) == (set(), {"news"})
    shown = preferences.choices(customer=ada)
    assert ({choice.topic.slug: choice.wanted for choice in shown.topics}, shown.none) == (
        {"news": True, "offers": False},
        False,
    )


def test_who_leaves_the_no_as_it_is_writes_nothing(ada):
    before = ConsentEntry.objects.count()
    _save(ada, none=True)
    _save(ada, "nothing-we-know", none=True)

    assert (ConsentEntry.objects.count(), _reached(ada)) == (before, set())


def test_a_no_to_all_wins_over_topics_that_were_ticked_before(ada):
    _save(ada, "news")
    _save(ada, "news", none=True)

    assert _reached(ada) == set()
    assert preferences.choices(customer=ada).none


def test_who_takes_the_no_back_without_a_topic_gets_mail_of_no_topic(ada):
    _save(ada)

    assert _reached(ada) == set()
    assert consents.is_allowed(customer=ada, channel="email", topic="", model="opt_out")
