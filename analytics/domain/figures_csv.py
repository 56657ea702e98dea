"""Figures as a file to take away."""

from collections.abc import Iterator

from analytics.domain import kpis
from analytics.domain.cohorts import Cohort
from analytics.domain.declarations import Figure, Kpi
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib.tables import export


def series(*, kpi: Kpi, report: kpis.Report, by: Actor) -> Iterator[bytes]:
    """Return a figure day by day; empty where it is not known."""
    audit.record(by=by, action="kpi.exported", kpi=kpi.key)
    head = ["day", kpi.key, "n", "low", "high", "mean", "p90", "waiting"]
    rows = [
        [day, found.value, found.n, found.low, found.high, found.mean, found.p90, found.waiting]
        for day, found in kpis.series(kpi=kpi, days=report.days)
    ]
    return export.write_csv([head, *rows])


def catalogue(*, figures: dict[str, Figure], by: Actor) -> Iterator[bytes]:
    """Return every figure of a period beside the period before, with its definition."""
    audit.record(by=by, action="kpis.exported")
    head = ["kpi", "name", "value", "unit", "n", "low", "high", "mean", "p90", "waiting", "before", "definition"]
    rows = [
        [found.kpi.key, str(found.kpi.label), found.now.value, found.kpi.unit, found.now.n, found.now.low,
         found.now.high, found.now.mean, found.now.p90, found.now.waiting, found.before.value,
         str(found.kpi.definition)]
        for found in figures.values()
    ]  # fmt: skip
    return export.write_csv([head, *rows])


def cohorts(*, found: list[Cohort], by: Actor) -> Iterator[bytes]:
    """Return people of each cohort by month since their first order."""
    audit.record(by=by, action="cohorts.exported")
    width = max((len(cohort.cells) for cohort in found), default=0)
    head = ["month", "people", *(f"month_{later}" for later in range(width))]
    rows = [[cohort.month, cohort.size, *(cell.people for cell in cohort.cells)] for cohort in found]
    return export.write_csv([head, *rows])
