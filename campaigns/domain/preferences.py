"""The preference centre: what a recipient wants to hear about, in their own hand."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from customers.domain import consents
from customers.models import Consent, Customer, Topic
from cxm.audit.actors import Actor
from cxm.tenancy import scopes
from cxm.tenancy.models import Tenant

CHANNEL = "email"


@dataclass(frozen=True)
class Choice:
    """A topic and whether they hear of it now."""

    topic: Topic
    wanted: bool


@dataclass(frozen=True)
class Choices:
    """What the page shows."""

    topics: list[Choice]
    none: bool
    language: str
    languages: list[tuple[str, str]]


def topic_name(*, slug: str, language: str) -> str:
    """Return what readers of a language call the topic of a message, "" for mail without one."""
    found = Topic.objects.filter(slug=slug).first() if slug else None
    return found.name_in(language) if found else ""


def declined(*, customer: Customer, topic: str) -> bool:
    """Return whether a person has said no to a topic, or to all email."""
    said_no = Consent.objects.filter(customer=customer, channel=CHANNEL, granted=False)
    return said_no.filter(topic__in={"", topic}).exists()


def choices(*, customer: Customer) -> Choices:
    """Return what a person chose so far; an unanswered topic counts as the tenant's rule has it."""
    unanswered = scopes.current().consent_model == Tenant.ConsentModel.OPT_OUT
    state = dict(Consent.objects.filter(customer=customer, channel=CHANNEL).values_list("topic", "granted"))
    none = state.get("") is False
    return Choices(
        topics=[
            Choice(found, not none and state.get(found.slug, state.get("", unanswered)))
            for found in Topic.objects.filter(public=True)
        ],
        none=none,
        language=customer.language,
        languages=settings.LANGUAGES,
    )


@transaction.atomic
def save(
    *, customer: Customer, topics: set[str], none: bool, language: str, by: Actor, evidence: dict, now: datetime
) -> None:
    """Keep a recipient's choices: only what differs from before is written to the ledger.

    Whoever had said no to all email and now ticks a topic comes back for that topic, whether or not they also unticked
    the no: the channel is opened again, and every other topic, also those the page does not show, is declined.

    Args:
        topics: slugs they want; unknown ones are ignored.
        none: no email at all.
        language: in which to write to them, "" to leave it.
    """
    known = {"customer": customer, "channel": CHANNEL, "source": "page", "by": by, "evidence": evidence, "now": now}
    before = choices(customer=customer)
    wanted = topics & {choice.topic.slug for choice in before.topics}
    if before.none and (wanted or not none):
        _come_back(wanted=wanted, known=known)
    elif none and not before.none:
        consents.withdraw(topic="", **known)
    elif not none:
        for choice in before.topics:
            if (choice.topic.slug in wanted) != choice.wanted:
                _say(choice.topic.slug in wanted, topic=choice.topic.slug, known=known)
    if language in dict(settings.LANGUAGES) and language != customer.language:
        Customer.objects.filter(pk=customer.pk).update(language=language, updated_at=now)


def _come_back(*, wanted: set[str], known: dict) -> None:
    consents.grant(topic="", **known)
    for slug in Topic.objects.values_list("slug", flat=True):
        _say(slug in wanted, topic=slug, known=known)


def _say(granted: bool, *, topic: str, known: dict) -> None:
    (consents.grant if granted else consents.withdraw)(topic=topic, **known)
