"""Words of their own."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from feedback.questions.answers import Asked, BadAnswer, Found, Given, Result, required

LABEL = _("Open question")
SHORT = _("Comment")
ICON = "message-2"
TEMPLATE = "public/questions/text.html"
LONGEST = 4000
EXPLAINED = _("How many wrote something; their words stand below.")


def check(question: Asked) -> dict[str, str]:
    """Nothing to set."""
    return {}


def read(question: Asked, given: Mapping[str, Any]) -> Given:
    """Return words without what no database keeps.

    Raises:
        BadAnswer: too long.
    """
    value = given.get("answer")
    if value is not None and not isinstance(value, str):
        raise BadAnswer(fields={"answer": "text"})
    words = (value or "").replace("\0", "").replace("\r\n", "\n").strip()
    words = words.encode(errors="replace").decode()  # a lone surrogate cannot be stored
    if len(words) > LONGEST:
        raise BadAnswer(_("At most 4,000 characters."), fields={"answer": "long"})
    return required(question, Given(text=words))


def shown(question: Asked, language: str, answer: Given | None = None) -> dict[str, Any]:
    """Return what was written so far."""
    return {"text": answer.text if answer else "", "longest": LONGEST}


def aggregate(question: Asked, found: Found) -> Result:
    """Return how many wrote something."""
    return Result(n=found.n)
