"""What the pictures of the dashboards show, in the form the browser draws (docs/face.md, Charts)."""

from datetime import date

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from analytics.domain import kpis, rollups
from analytics.domain.catalogue import BY_KEY
from analytics.domain.declarations import Kpi, Number, Sums
from analytics.models import Forecast
from customers.models import Customer
from cxm.lib import formats
from cxm.tenancy.models import Tenant

DAYS_UP_TO = 93  # days of a period whose picture shows each of them
WEEK, MONTH = 7, 28  # days that stand together in the picture of a longer one: of lines, of bars


def money(report: kpis.Report, *, tenant: Tenant) -> dict:
    """Revenue over time beside the period before."""
    return one(BY_KEY["revenue"], report, tenant=tenant) | {"currency": tenant.currency}


def one(kpi: Kpi, report: kpis.Report, *, tenant: Tenant) -> dict:
    """One figure over time beside the period before; lengths of time in hours."""
    steps, scale = _steps(report.days), 3600 if kpi.unit == "time" else 1
    now, before = _totals(report.days, steps), _totals(report.days_before, _steps(report.days_before))
    name = _("%(figure)s (hours)") % {"figure": kpi.label} if kpi.unit == "time" else str(kpi.label)
    return {
        "kind": "line",
        "series": [
            {"name": name, "values": [_plain(kpi.of(sums).value, scale) for sums in now]},
            {
                "name": _("Period before"),
                "values": [_plain(kpi.of(sums).value, scale) for sums in before],
                "before": True,
            },
        ],
        "unit": "percent" if kpi.unit == "share" else "",
        "whole": kpi.unit == "count",
        "digits": tenant.digits,
        **_names(steps, tenant=tenant),
        **({"currency": tenant.currency} if kpi.unit == "money" else {}),
    }


def mail(report: kpis.Report, *, tenant: Tenant) -> dict:
    """Messages sent, opened and clicked over time."""
    steps = _steps(report.days, MONTH)
    names = {"sent": _("Sent"), "opened": _("Opened"), "clicked": _("Clicked")}
    totals = _totals(report.days, steps)
    return {
        "kind": "bar",
        "series": [
            {"name": name, "values": [found[measure].count for found in totals]} for measure, name in names.items()
        ],
        "whole": True,
        "digits": tenant.digits,
        **_names(steps, tenant=tenant),
    }


def funnel(report: kpis.Report, *, tenant: Tenant) -> dict:
    """From messages sent to orders."""
    sums = rollups.total(report.days)
    steps = {"sent": _("Sent"), "opened": _("Opened"), "clicked": _("Clicked"), "converted": _("Ordered")}
    return {
        "kind": "funnel",
        "labels": list(steps.values()),
        "series": [{"name": _("Messages"), "values": [sums[measure].count for measure in steps]}],
        "whole": True,
        "digits": tenant.digits,
    }


def classes(standing: kpis.Standing, *, tenant: Tenant) -> dict:
    """People by class."""
    present = [(kind, standing.classes[kind]) for kind in Customer.Class.values if standing.classes.get(kind)]
    return {
        "kind": "donut",
        "labels": [str(Customer.Class(kind).label) for kind, _n in present],
        "series": [{"name": _("People"), "values": [n for _kind, n in present]}],
        "whole": True,
        "digits": tenant.digits,
    }


def fit(card: Forecast, *, tenant: Tenant) -> dict:
    """People by repeat purchases, as counted and as the model expects."""
    rows = card.check_table
    return {
        "kind": "bar",
        "labels": [*(str(row["repeats"]) for row in rows[:-1]), f"{rows[-1]['repeats']}+"],
        "series": [
            {"name": _("Counted"), "values": [row["counted"] for row in rows]},
            {"name": _("Expected"), "values": [row["expected"] for row in rows]},
        ],
        "whole": True,
        "digits": tenant.digits,
    }


def _steps(days: rollups.Days, many: int = WEEK) -> list[list[date]]:
    """Days one by one, or so ``many`` together where they are too many, so that each step has its equal before.

    They are counted back from the last day; what is left over at the beginning is a shorter step of its own. Months
    would not do: they are of 28 to 31 days, and the first and the last of a period are hardly ever whole.
    """
    ordered, size = sorted(days), many if len(days) > DAYS_UP_TO else 1
    begin = len(ordered) % size
    return [ordered[max(at, 0) : at + size] for at in range(begin - size if begin else 0, len(ordered), size)]


def _totals(days: rollups.Days, steps: list[list[date]]) -> list[Sums]:
    return [rollups.total({day: days[day] for day in step}) for step in steps]


def _names(steps: list[list[date]], *, tenant: Tenant) -> dict[str, list[str]]:
    """Return what is written of each step: its days, and beneath the picture only the first of them."""
    ways = {"language": get_language() or "en", "system": tenant.digits}
    ticks = [formats.days_of(step[0], step[0], skeleton="MMMd", **ways) for step in steps]
    if all(len(step) == 1 for step in steps):
        return {"labels": ticks}
    return {"labels": [formats.days_of(step[0], step[-1], **ways) for step in steps], "ticks": ticks}


def _plain(value: Number, scale: int = 1) -> float | None:
    return None if value is None else round(float(value) / scale, 6)
