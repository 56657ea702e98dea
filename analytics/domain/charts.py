"""What the pictures of the dashboards show, in the form the browser draws (docs/face.md, Charts)."""

from datetime import date
from functools import lru_cache

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from analytics.domain import kpis, rollups
from analytics.domain.catalogue import BY_KEY
from analytics.domain.declarations import Kpi, Number
from analytics.models import Forecast
from customers.models import Customer
from cxm.tenancy.models import Tenant

MONTHS_FROM = 93  # days from which a picture shows months rather than days


def money(report: kpis.Report, *, tenant: Tenant) -> dict:
    """Revenue over time beside the period before."""
    return one(BY_KEY["revenue"], report, tenant=tenant) | {"currency": tenant.currency}


def one(kpi: Kpi, report: kpis.Report, *, tenant: Tenant) -> dict:
    """One figure over time beside the period before; lengths of time in hours."""
    now, before = _steps(report.days), _steps(report.days_before)
    scale = 3600 if kpi.unit == "time" else 1
    values = [_plain(kpi.of(rollups.total(days)).value, scale) for _label, days in now]
    earlier = [_plain(kpi.of(rollups.total(days)).value, scale) for _label, days in before]
    name = _("%(figure)s (hours)") % {"figure": kpi.label} if kpi.unit == "time" else str(kpi.label)
    return {
        "kind": "line",
        "labels": [label for label, _days in now],
        "series": [
            {"name": name, "values": values},
            {"name": _("Period before"), "values": earlier[: len(values)], "before": True},
        ],
        "unit": "percent" if kpi.unit == "share" else "",
        "whole": kpi.unit == "count",
        "digits": tenant.digits,
    } | ({"currency": tenant.currency} if kpi.unit == "money" else {})


def mail(report: kpis.Report, *, tenant: Tenant) -> dict:
    """Messages sent, opened and clicked over time."""
    steps = _steps(report.days)
    names = {"sent": _("Sent"), "opened": _("Opened"), "clicked": _("Clicked")}
    totals = [rollups.total(days) for _label, days in steps]
    return {
        "kind": "bar",
        "labels": [label for label, _days in steps],
        "series": [
            {"name": name, "values": [found[measure].count for found in totals]} for measure, name in names.items()
        ],
        "whole": True,
        "digits": tenant.digits,
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


def _steps(days: rollups.Days) -> list[tuple[str, rollups.Days]]:
    """Days as they are, or gathered to months where there are many."""
    if len(days) <= MONTHS_FROM:
        return [(_label(day, "j M", get_language()), {day: found}) for day, found in sorted(days.items())]
    months: dict[date, rollups.Days] = {}
    for day, found in sorted(days.items()):
        months.setdefault(day.replace(day=1), {})[day] = found
    return [(_label(month, "M Y", get_language()), found) for month, found in months.items()]


@lru_cache(4096)  # the same days under every picture of a page, and on the next page again
def _label(day: date, pattern: str, language: str | None) -> str:
    return date_format(day, pattern)


def _plain(value: Number, scale: int = 1) -> float | None:
    return None if value is None else round(float(value) / scale, 6)
