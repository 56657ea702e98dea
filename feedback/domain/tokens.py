"""Addresses of a survey: whose answer it is stands in a signed token, which nobody can make, change or move."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import translation

from cxm import tenancy
from cxm.lib import signing
from cxm.tenancy import links
from cxm.tenancy.models import Tenant
from feedback import questions
from feedback.domain import versions
from feedback.models import Question, Survey

INVITATION, LINK, RESPONSE = "survey-invitation", "survey-link", "survey-response"


@dataclass(frozen=True)
class Read:
    """What a token says: its kind, the tenant, and the numbers after it."""

    kind: str
    tenant_id: int
    numbers: tuple[int, ...]


def invitation(number: int) -> str:
    """Return the token of an invitation: one person's one occasion."""
    return signing.sign(INVITATION, tenancy.current_id(), number)


def link(survey: Survey) -> str:
    """Return the token of a survey's open link."""
    return signing.sign(LINK, tenancy.current_id(), survey.pk, survey.link_number)


def response(number: int) -> str:
    """Return the token of a response begun by the open link: it goes on there and nowhere else."""
    return signing.sign(RESPONSE, tenancy.current_id(), number)


def read(token: str) -> Read | None:
    """Return what a token says, None for anything that we did not sign."""
    for kind, length in ((INVITATION, 2), (RESPONSE, 2), (LINK, 3)):
        numbers = signing.unsign(kind, token)
        if numbers is not None and len(numbers) == length:
            return Read(kind, numbers[0], numbers[1:])
    return None


def tenant_of(said: Read) -> Tenant | None:
    """Return the tenant a token names; whether the rest of it is that tenant's, its scope decides."""
    return Tenant.objects.filter(pk=said.tenant_id).first()


def address(token: str) -> str:
    """Return the address of a survey's page for people outside."""
    return links.absolute(f"/s/{token}")


def fields(survey: Survey, asked: Sequence[Question], token: str, language: str) -> dict[str, Any]:
    """Return what a template may say of a survey: its address, its first scored question, a link for each step."""
    url = address(token)
    question = versions.headline(asked)
    said: dict[str, Any] = {"name": survey.name, "url": url, "scale": [], "question": "", "low": "", "high": ""}
    if question is None:
        first = asked[0] if asked else None
        return said | {"question": first.words(language[:2]).get("title", "") if first else ""}
    with translation.override(language[:2]):
        shown = questions.of(question.kind).shown(question, language[:2])
    # Only the first question can be answered from the message: what comes before it must be asked before it.
    direct = asked[0].key == question.key
    steps = [
        {"label": str(step["value"]), "value": step["value"], "url": f"{url}?a={step['value']}"}
        for step in shown["steps"]
    ]
    return said | {
        "question": question.words(language[:2]).get("title", ""),
        "scale": steps if direct else [],
        "low": shown["low"],
        "high": shown["high"],
    }
