"""Customer satisfaction: how satisfied, from 1 to 5; the score is the share of 4 and 5."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from feedback.questions import scale
from feedback.questions.answers import Asked, Found, Given, Result

LABEL = _("Satisfaction (CSAT, 1–5)")
SHORT = "CSAT"
ICON = "mood-smile"
TEMPLATE = "public/questions/scale.html"
SCALE = range(1, 6)
ENDS = (_("Very dissatisfied"), _("Very satisfied"))
EXPLAINED = _("Share of those who chose 4 or 5, with Wilson’s interval.")


def check(question: Asked) -> dict[str, str]:
    """Nothing to set."""
    return {}


def read(question: Asked, given: Mapping[str, Any]) -> Given:
    """Return a number from 1 to 5."""
    return scale.read(question, given, SCALE)


def shown(question: Asked, language: str, answer: Given | None = None) -> dict[str, Any]:
    """Return the five steps."""
    return scale.shown(question, language, answer, scale=SCALE, ends=ENDS)


def aggregate(question: Asked | None, found: Found) -> Result:
    """Return the share of 4 and 5 among those who answered."""
    return scale.share_of_best(found, scale=SCALE, best=range(4, 6), middle=range(3, 4), name="satisfied")


def tone(step: int) -> str:
    """Return whether a step is good, bad or in between."""
    return "good" if step >= 4 else "warn" if step == 3 else "bad"
