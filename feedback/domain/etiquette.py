"""How often one person may be asked: two clocks, one over all surveys and one for each, and which of them said no."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, QuerySet
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib.errors import Refusal
from feedback.models import AskingRule, Invitation, Survey

SAME_SURVEY = "survey_asked_before"
ANY_SURVEY = "survey_asked_recently"
CLOSED = "survey_closed"
REASONS = {
    SAME_SURVEY: _("Was asked the same not long ago"),
    ANY_SURVEY: _("Was asked something else not long ago"),
    CLOSED: _("The survey was closed"),
}
MOST_DAYS = 3650


class BadRule(Refusal):
    """A rule of asking that cannot be kept."""

    code = "asking_rule_invalid"
    message = _("From 0 to 3,650 days.")


@dataclass(frozen=True)
class Held:
    """Why somebody is left alone for now.

    Args:
        reason: code, one of REASONS.
        until: from when on they may be asked.
        since: when they were asked before.
    """

    reason: str
    until: datetime
    since: datetime


def rule() -> AskingRule:
    """Return the tenant's rule, made when there is none yet."""
    return AskingRule.objects.get_or_create()[0]


def save(*, any_days: int, survey_days: int, by: Actor) -> AskingRule:
    """Change the rule.

    Raises:
        BadRule: not a number of days.
    """
    said = {"any_days": any_days, "survey_days": survey_days}
    if wrong := {name: str(BadRule.message) for name, days in said.items() if not 0 <= days <= MOST_DAYS}:
        raise BadRule(fields=wrong)
    found = rule()
    before = {name: getattr(found, name) for name in said}
    found.any_days, found.survey_days = any_days, survey_days
    found.save()
    audit.record(by=by, action="asking_rule.changed", on=found, before=before)
    return found


def hold(customer_ids: Collection[int]) -> list[int]:
    """Keep others from asking these people until the transaction ends; returns those who exist.

    Rows are taken in the order of their ids, as everybody else takes them, so that nobody waits in a circle.
    """
    people = Customer.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=customer_ids)
    return list(people.order_by("pk").values_list("pk", flat=True))


def judge(*, survey: Survey, customer_ids: Collection[int], now: datetime) -> dict[int, Held]:
    """Return who is to be left alone, and why; the longer of two reasons where both hold.

    Two queries, whatever the number of people. Race-safe after ``hold``.
    """
    days = rule()
    same_days = days.survey_days if survey.rest_days is None else survey.rest_days
    asked = Invitation.objects.filter(customer_id__in=customer_ids).exclude(state=Invitation.State.SKIPPED)
    found = _held(asked, ANY_SURVEY, days.any_days, now)
    for customer, held in _held(asked.filter(survey=survey), SAME_SURVEY, same_days, now).items():
        if customer not in found or held.until >= found[customer].until:
            found[customer] = held
    return found


def _held(asked: QuerySet[Invitation], reason: str, days: int, now: datetime) -> dict[int, Held]:
    rest = timedelta(days=days)
    last = asked.filter(created_at__gt=now - rest).values_list("customer_id").annotate(last=Max("created_at"))
    return {customer: Held(reason, at + rest, at) for customer, at in last}
