"""How a figure is written, by its unit."""

from datetime import timedelta

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
def compared(report: Report) -> str:
    """``{{ report|compared }}`` → compared with 29 Sept – 28 Oct 2026, until the same time of day."""
    ways = {"language": translation.get_language() or "en", "system": tenancy.current().digits}
    days = {"days": formats.days_of(report.before.first, report.before.last, **ways)}
    if report.before.end < report.period.start:
        return _("compared with %(days)s, until the same time of day") % days
    return _("compared with %(days)s") % days


def _time(value: Number) -> str:
    ways = {"language": translation.get_language() or "en", "system": tenancy.current().digits}
    return formats.span(timedelta(seconds=float(value)), **ways)


def _money(value: Number) -> str:
    """Cents of large sums say nothing and do not fit."""
    return written.money_whole(value) if abs(value) >= LARGE else written.money(value)


_WAYS = {
    "share": written.percent,
    "money": _money,
    "time": _time,
    "ratio": lambda value: written.number(value, 2),
    "points": lambda value: written.number(value, 1),
}
