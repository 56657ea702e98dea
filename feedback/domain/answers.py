"""Answers kept ready: words with placeholders, filled for a case before a person reads and sends them."""

import re

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from cxm import tenancy
from cxm.accounts.models import User
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import text
from cxm.lib.errors import NotFound, Refusal
from feedback.models import CannedAnswer, Case

PLACEHOLDERS = {
    "customer.name": _("Name of the customer"),
    "customer.first_name": _("First name of the customer"),
    "case.number": _("Number of the case"),
    "case.subject": _("What the case is about"),
    "agent.name": _("Your name"),
    "tenant.name": _("Name of the business"),
}
_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]{0,60}?)\s*\}\}")


class UnknownAnswer(NotFound):
    message = _("There is no such canned answer.")


class InvalidAnswer(Refusal):
    code = "invalid_answer"
    message = _("Some fields are not right.")


def get(answer_id: int) -> CannedAnswer:
    """Return a canned answer of the tenant in scope, or refuse with 404."""
    found = CannedAnswer.objects.filter(pk=answer_id).first()
    if found is None:
        raise UnknownAnswer
    return found


def listed() -> QuerySet[CannedAnswer]:
    """Return all of them by name."""
    return CannedAnswer.objects.order_by("name", "id")


def for_case(case: Case) -> list[CannedAnswer]:
    """Return those in the customer's language and those in any, the most used first."""
    language = (case.customer.language if case.customer else "") or tenancy.current().language
    return list(CannedAnswer.objects.filter(language__in=["", language[:2]]).order_by("-uses", "name")[:100])


@transaction.atomic
def save(*, found: CannedAnswer | None, name: str, language: str, body: str, by: Actor) -> CannedAnswer:
    """Add a canned answer, or change one.

    Raises:
        InvalidAnswer: a name that is missing or taken, no words, or a placeholder that nothing fills.
    """
    line = text.clean_line(name)
    wrong: dict[str, str] = {}
    if not line or CannedAnswer.objects.filter(name=line).exclude(pk=found.pk if found else None).exists():
        wrong["name"] = __("Give it a name that no other has.")
    if not body.strip():
        wrong["body"] = __("Write something first.")
    if unknown := sorted(set(_PLACEHOLDER.findall(body)) - set(PLACEHOLDERS)):
        wrong["body"] = __("Nothing fills {{ %(name)s }}.") % {"name": unknown[0]}
    if wrong:
        raise InvalidAnswer(fields=wrong)
    row = found or CannedAnswer()
    row.name, row.language, row.body = line[:100], language, body.replace("\0", "").strip()
    row.save()
    audit.record(by=by, action="canned_answer.saved", on=row)
    return row


def delete(*, found: CannedAnswer, by: Actor) -> None:
    """Remove a canned answer."""
    audit.record(by=by, action="canned_answer.deleted", on=found)
    found.delete()


def fill(*, answer: CannedAnswer, case: Case, agent: User) -> str:
    """Return the words for a case, every placeholder filled."""
    CannedAnswer.objects.filter(pk=answer.pk).update(uses=F("uses") + 1)
    person = case.customer
    first = (person.first_name or person.name.partition(" ")[0]) if person else ""
    values = {
        "customer.name": str(person or ""),
        "customer.first_name": first,
        "case.number": str(case.number),
        "case.subject": case.subject,
        "agent.name": str(agent),
        "tenant.name": tenancy.current().name,
    }
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), answer.body)
