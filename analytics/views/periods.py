"""The days that a page of figures is about: a period by its name, or from one day to another (``FIRST..LAST``)."""

from datetime import date

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as __

from analytics.domain import kpis
from analytics.templatetags import figures
from cxm.lib import time

DEFAULT = "last_30_days"
LONGEST = 800


def name(request: HttpRequest) -> str:
    """Return what stands for the period in addresses; the usual one where nothing sensible is asked for."""
    asked = _asked(request)
    return asked if asked in time.PERIODS or _days(asked) else DEFAULT


def of(request: HttpRequest) -> time.Period:
    """Return the period that is asked for."""
    zone, asked = time.zone(request.tenant.timezone), name(request)
    days = _days(asked)
    return time.between(*days, zone) if days else time.period(asked, time.today(timezone.now(), zone), zone)


def choices(request: HttpRequest, period: time.Period) -> list[tuple[str, object]]:
    """Return what to choose from, the days that were chosen among them; says so where they make no period."""
    if ".." in (asked := _asked(request)) and _days(asked) is None:
        messages.error(request, __("Choose a last day after the first, at most 800 days later."))
    own = [] if (chosen := name(request)) in time.PERIODS else [(chosen, figures.until(period.first, period.last))]
    return [*own, *time.PERIODS.items()]


def _asked(request: HttpRequest) -> str:
    said = request.GET
    return f"{said['from']}..{said['to']}" if {"from", "to"} <= said.keys() else said.get("period", DEFAULT)


def _days(asked: str) -> tuple[date, date] | None:
    try:
        first, last = (date.fromisoformat(day) for day in asked.split(".."))
    except ValueError:
        return None
    fits = 0 <= (last - first).days < LONGEST and first.year in kpis.YEARS and last.year in kpis.YEARS
    return (first, last) if fits else None
