"""Figures of what customers say when they are asked."""

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from analytics.domain.declarations import NOTHING, Kpi, Sums, Value, spread
from feedback import questions


def _score(kind: str) -> Callable[[Sums], Value]:
    """Return the score by the same function that the survey's own page uses."""

    def of(sums: Sums) -> Value:
        found = spread(sums, kind)
        if not found.n:
            return NOTHING
        counts = dict(found.counts)
        result = questions.of(kind).aggregate(None, questions.Found(counts=counts, n=found.n))
        return Value(result.score, result.n, result.low, result.high, mean=result.mean)

    return of


KPIS = (
    Kpi("nps", _("Recommendation (NPS)"),
        _("Share of those who gave 9 or 10 minus share of those who gave 0 to 6, from −100 to 100, with the adjusted "
          "Wald interval. Of each person the last answer in a wave counts."), "points", "up", _score("nps")),
    Kpi("csat", _("Satisfaction (CSAT)"),
        _("Share of those who chose 4 or 5 of 5 among those who answered."), "share", "up", _score("csat")),
    Kpi("ces", _("Ease (CES)"),
        _("Share of those who chose 5, 6 or 7 of 7 among those who answered, when asked whether it was easy."),
        "share", "up", _score("ces")),
)  # fmt: skip
