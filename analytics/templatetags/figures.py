"""How a figure is written, by its unit."""

from datetime import date, timedelta

from django import template
from django.utils import translation
from django.utils.translation import gettext as _

from analytics.domain.declarations import Number
from analytics.domain.kpis import Report
from cxm import tenancy
from cxm.lib import formats
from cxm.templatetags import formats as written

LARGE = 10_000

register = template.Library()


@register.filter
def shown(value: Number, unit: str) -> str:
    """``{{ figure.now.value|shown:figure.kpi.unit }}`` → 12.3 %, 4 hrs 10 mins, 1,234."""
    if value is None:
        return written.NOTHING
    return _WAYS.get(unit, written.number)(value)


@register.filter
def until(first: date, last: date) -> str:
    """``{{ target.first|until:target.last }}`` → 1 Sept – 30 Nov 2026."""
    return formats.days_of(first, last, **_ways())


@register.filter
def compared(report: Report) -> str:
    """``{{ report|compared }}`` → compared with 29 Sept – 28 Oct 2026, until the same time of day."""
    days = {"days": until(report.before.first, report.before.last)}
    if report.before.start >= report.before.end:
        return _("these days have not begun")
    if report.before.end < report.period.start:
        return _("compared with %(days)s, until the same time of day") % days
    return _("compared with %(days)s") % days


def _time(value: Number) -> str:
    return formats.span(timedelta(seconds=float(value)), **_ways())


def _ways() -> dict[str, str]:
    return {"language": translation.get_language() or "en", "system": tenancy.current().digits}


def _money(value: Number) -> str:
    """Cents of large sums say nothing and do not fit."""
    return written.money_whole(value) if abs(value) >= LARGE else written.money(value)


_WAYS = {
    "count": lambda value: written.number(value, 0),
    "share": written.percent,
    "money": _money,
    "time": _time,
    "ratio": lambda value: written.number(value, 2),
    "points": lambda value: written.number(value, 1),
}
