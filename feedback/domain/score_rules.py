"""Bad scores open cases: heard from the timeline, in the transaction that stores the answer."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from django.utils import timezone, translation
from django.utils.translation import gettext as __

from customers.models import Customer, Event
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from feedback.domain import opening
from feedback.models import CaseChannel, ScoreRule

ANSWERED = "Survey Answered"
KEY = "survey:"  # how the keys of these cases begin


def hear(events: Sequence[Event]) -> None:
    """Open a case for each answer whose score a rule calls bad; an answer told twice opens one."""
    answers = [event for event in events if event.name == ANSWERED]
    if not answers:
        return
    rules = list(ScoreRule.objects.filter(active=True, type__archived_at=None).select_related("type"))
    bad = [(event, rule) for event in answers if (rule := _first(rules, event.properties))]
    if not bad:
        return
    people = Customer.objects.in_bulk({event.customer_id for event, _rule in bad})
    known = [(event, rule, people[event.customer_id]) for event, rule in bad if event.customer_id in people]
    with translation.override(tenancy.current().language):  # colleagues read it, whatever the customer answered in
        openings = [_opening(event, rule, person) for event, rule, person in known]
    opening.open_many(openings=openings, by=SYSTEM, now=timezone.now())


def _first(rules: Sequence[ScoreRule], said: dict) -> ScoreRule | None:
    try:
        score = Decimal(str(said.get("score")))
    except InvalidOperation:
        return None
    if not score.is_finite():  # programs may say anything
        return None
    return next(
        (
            rule
            for rule in rules
            if rule.kind == said.get("kind") and rule.survey in ("", said.get("slug")) and score <= rule.at_most
        ),
        None,
    )


def _opening(event: Event, rule: ScoreRule, customer: Customer) -> opening.Opening:
    said = event.properties
    words = {"score": said.get("score"), "survey": said.get("survey") or said.get("slug") or said.get("kind")}
    comment = str(said.get("comment") or "").strip()
    return opening.Opening(
        type=rule.type,
        customer=customer,
        subject=__("Score %(score)s in “%(survey)s”") % words,
        body=comment[: opening.LONGEST_BODY],
        channel=CaseChannel.SURVEY,
        key=f"{KEY}{response if isinstance(response := said.get('response'), int) else event.pk}",
        properties={"score": said.get("score"), "response": said.get("response")},
    )
