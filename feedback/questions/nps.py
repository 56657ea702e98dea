"""Net promoter score: would you recommend us, from 0 to 10."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from cxm.lib.proportions import net_share
from feedback.questions import scale
from feedback.questions.answers import Asked, Found, Given, Result

LABEL = _("Recommendation (NPS, 0–10)")
SHORT = "NPS"
ICON = "gauge"
TEMPLATE = "public/questions/scale.html"
SCALE = range(11)
ENDS = (_("Not at all likely"), _("Extremely likely"))
EXPLAINED = _("Share of 9 and 10 minus share of 0 to 6, from −100 to 100. The interval is the adjusted Wald one.")


def check(question: Asked) -> dict[str, str]:
    """Nothing to set."""
    return {}


def read(question: Asked, given: Mapping[str, Any]) -> Given:
    """Return a number from 0 to 10."""
    return scale.read(question, given, SCALE)


def shown(question: Asked, language: str, answer: Given | None = None) -> dict[str, Any]:
    """Return the eleven steps."""
    return scale.shown(question, language, answer, scale=SCALE, ends=ENDS)


def aggregate(question: Asked | None, found: Found) -> Result:
    """Return promoters (9, 10) minus detractors (0 to 6); the difference is rounded by whoever shows it."""
    promoters = sum(found.counts.get(step, 0) for step in (9, 10))
    passives = sum(found.counts.get(step, 0) for step in (7, 8))
    detractors = found.n - promoters - passives
    net = net_share(promoters, detractors, found.n)
    return Result(
        n=found.n,
        score=net.score if net else None,
        low=net.low if net else None,
        high=net.high if net else None,
        unit="points",
        mean=scale.mean(found),
        bars=scale.bars(found, SCALE, tone),
        parts={"promoters": promoters, "passives": passives, "detractors": detractors},
    )


def tone(step: int) -> str:
    """Return whether a step is good, bad or in between."""
    return "good" if step >= 9 else "warn" if step >= 7 else "bad"
