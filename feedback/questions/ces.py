"""Customer effort (CES 2.0): was it easy, from 1 to 7; the score is the share of 5 to 7. Never pooled with 1 to 5."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from feedback.questions import scale
from feedback.questions.answers import Asked, Found, Given, Result

LABEL = _("Effort (CES, 1–7)")
SHORT = "CES"
ICON = "feather"
TEMPLATE = "public/questions/scale.html"
SCALE = range(1, 8)
ENDS = (_("Strongly disagree"), _("Strongly agree"))
EXPLAINED = _("Share of those who chose 5, 6 or 7, with Wilson’s interval.")


def check(question: Asked) -> dict[str, str]:
    """Nothing to set."""
    return {}


def read(question: Asked, given: Mapping[str, Any]) -> Given:
    """Return a number from 1 to 7."""
    return scale.read(question, given, SCALE)


def shown(question: Asked, language: str, answer: Given | None = None) -> dict[str, Any]:
    """Return the seven steps."""
    return scale.shown(question, language, answer, scale=SCALE, ends=ENDS)


def aggregate(question: Asked | None, found: Found) -> Result:
    """Return the share of 5, 6 and 7 among those who answered."""
    return scale.share_of_best(found, scale=SCALE, best=range(5, 8), middle=range(4, 5), name="easy")


def tone(step: int) -> str:
    """Return whether a step is good, bad or in between."""
    return "good" if step >= 5 else "warn" if step == 4 else "bad"
