"""Retention by month of the first order: of those who came in a month, how many ordered k months later.

The denominator of a row is fixed: everybody who first ordered in that month. A cell may rise, since somebody may stay
away one month and order in the next. A month that is not over is blank, never 0.
"""

import math
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from cxm import tenancy
from cxm.lib import sql, time
from cxm.tenancy.models import Tenant

MONTHS = 12

_SQL = sql.load("analytics.domain", "queries/people.sql")


@dataclass(frozen=True)
class Cell:
    """``people`` of a cohort who ordered; None while the month is not over. ``step`` 0–5 for its shade."""

    people: int | None
    share: float | None
    step: int = 0


@dataclass(frozen=True)
class Cohort:
    """The people of one month, and who of them ordered in each month since, the first included."""

    month: date
    size: int
    cells: list[Cell]


def grid(*, tenant: Tenant, now: datetime, months: int = MONTHS) -> list[Cohort]:
    """Return the cohorts of the last months, the oldest first."""
    zone = time.zone(tenant.timezone)
    current = time.today(now, zone).replace(day=1)
    first = time.add_months(current, 1 - months)
    values = {"tenant": tenancy.current_id(), "zone": tenant.timezone, "since": first, "end": now}
    with connection.cursor() as cursor:
        cursor.execute(_SQL["cohorts"], values)
        counted = {(month, later): people for month, later, people in cursor.fetchall()}
    found = [time.add_months(first, n) for n in range(months)]
    return [_cohort(month, counted, n, months) for n, month in enumerate(found) if (month, 0) in counted]


def mean(cohorts: list[Cohort]) -> list[Cell]:
    """Return, month by month, the share over all cohorts that are that old: people over people."""
    width = max((len(cohort.cells) for cohort in cohorts), default=0)
    found = []
    for later in range(width):
        old = [cohort for cohort in cohorts if later < len(cohort.cells) and cohort.cells[later].people is not None]
        size = sum(cohort.size for cohort in old)
        people = sum(cohort.cells[later].people for cohort in old)
        found.append(_cell(people, size) if size else Cell(None, None))
    return found


def _cohort(month: date, counted: dict, place: int, months: int) -> Cohort:
    size = counted[month, 0]
    over = months - 1 - place  # the current month is not over
    cells = [_cell(counted.get((month, later), 0), size) for later in range(over)]
    return Cohort(month, size, [*cells, Cell(None, None)])


def _cell(people: int, size: int) -> Cell:
    share = people / size
    return Cell(people, share, min(5, math.ceil(share * 10)))
