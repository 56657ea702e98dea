"""What a figure is made of: its words, its definition, how good looks, and how it follows from what is known.

A rate without a denominator is not known (None), never 0. Every figure carries its n, a share also its Wilson interval,
a length of time its median with p90 and mean beside it. Who still waits counts as waiting, not as answered, and is
never left out (Kaplan-Meier).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np
from django.utils.functional import Promise

from analytics.domain.maths.survival import kaplan_meier
from analytics.domain.measures import Spread, Sum
from cxm.lib import proportions, time
from cxm.tenancy.models import Tenant

Sums = Mapping[str, Sum | Spread]
Number = int | float | Decimal | None


@dataclass(frozen=True)
class Value:
    """A figure of a period.

    Args:
        value: None when it is not known.
        n: of how many it is made.
        low, high: 95 % interval, where there is one.
        mean, p90: beside the median, of lengths of time; the mean of those that ended.
        waiting: how many of ``n`` have not ended yet.
    """

    value: Number
    n: int
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    p90: float | None = None
    waiting: int = 0


NOTHING = Value(None, 0)


@dataclass(frozen=True)
class Kpi:
    """A figure as it is declared.

    Args:
        unit: ``count``, ``share``, ``money``, ``time`` (seconds), ``ratio`` or ``points``.
        good: the direction that is good: ``up``, ``down`` or ``either``.
        of: from the sums of a period to its value.
        ask: where it does not follow from sums of days (people counted once over a period): asks the database for a
            period of the tenant in scope. Shown by a request of its own.
        grows: whether the figure of a period grows with its days, so that a target is reached step by step.
        as_of_now: whether it is the same whatever the period, so that there is no value of the period before.
    """

    key: str
    label: str | Promise
    definition: str | Promise
    unit: str
    good: str
    of: Callable[[Sums], Value] | None = None
    ask: Callable[[Tenant, time.Period, datetime], Value] | None = None
    grows: bool = False
    as_of_now: bool = False


@dataclass(frozen=True)
class Figure:
    """A figure of a period beside the period before."""

    kpi: Kpi
    now: Value
    before: Value

    @property
    def change(self) -> float | None:
        """By what fraction it changed; None where there is nothing to compare with."""
        if self.now.value is None or not self.before.value or self.kpi.unit == "points":
            return None
        return float(self.now.value) / float(self.before.value) - 1


def count(measure: str) -> Callable[[Sums], Value]:
    """Return how often something happened."""
    return lambda sums: Value(sums[measure].count, sums[measure].count)


def share(part: str, whole: Callable[[Sums], int]) -> Callable[[Sums], Value]:
    """Return a part of a whole with its interval."""
    return lambda sums: part_of(sums[part].count, whole(sums))


def part_of(part: int, whole: int) -> Value:
    """Return a share with its interval; not known of nothing."""
    if whole == 0:
        return NOTHING
    low, high = proportions.wilson(min(part, whole), whole)
    return Value(part / whole, whole, low, high)


def lasting(measure: str) -> Callable[[Sums], Value]:
    """Return the median of lengths of time in seconds, those counted that have not ended, or ended otherwise."""

    def of(sums: Sums) -> Value:
        ended, waiting = spread(sums, measure), spread(sums, f"{measure}.waiting")
        return length(ended, waiting, spread(sums, f"{measure}.unanswered"))

    return of


def length(ended: Spread, waiting: Spread, unanswered: Spread) -> Value:
    """Return median, p90 and mean of lengths of time.

    Of those who wait and of those who wait no more, though it never came, is known that it took longer.
    """
    longer = waiting + unanswered
    if not ended.n + longer.n:
        return NOTHING
    times = np.array([*ended.counts, *longer.counts], dtype=float)
    weights = np.array([*ended.counts.values(), *longer.counts.values()], dtype=float)
    over = np.array([True] * len(ended.counts) + [False] * len(longer.counts))
    curve = kaplan_meier(times, over, weights)
    below, above = np.flatnonzero(curve.low <= 0.5), np.flatnonzero(curve.high <= 0.5)
    return Value(
        curve.median,
        curve.people,
        float(curve.times[below[0]]) if len(below) else None,
        float(curve.times[above[0]]) if len(above) else None,
        mean=ended.total / ended.n if ended.n else None,
        p90=curve.reached(0.1),
        waiting=waiting.n,
    )


def spread(sums: Sums, measure: str) -> Spread:
    """Return a measure's spread, an empty one where there is none."""
    found = sums.get(measure)
    return found if isinstance(found, Spread) else Spread()
