"""What SQL alone cannot tell of cases: how long answers took in working hours, and how long what is open has waited.

The hours are those of the calendar version a case carries, read by the one clock that badge and sweep use too. What is
open gets longer by itself, so it is counted anew each time and stored nowhere.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache, reduce
from operator import or_

from django.db.models import Q
from django.db.models.functions import Coalesce

from analytics.domain.measures import Spread
from cxm.lib import clocks, time
from cxm.tenancy.models import Tenant
from feedback.models import CalendarVersion, Case, CasePause

DONE = (Case.State.SOLVED, Case.State.CLOSED)
Pauses = Mapping[int, list[clocks.Pause]]


def ended(*, tenant: Tenant, days: Sequence[date], cut: Mapping[date, datetime]) -> dict[date, dict[str, Spread]]:
    """Return, by the day a case was opened, the working seconds until its first answer, or its end without one.

    Of days in ``cut`` only the cases opened before that moment.
    """
    if not days:
        return {}
    zone = time.zone(tenant.timezone)
    bounds = [(day, *time.day_bounds(day, zone)) for day in days]
    within = reduce(or_, (Q(opened_at__gte=start, opened_at__lt=cut.get(day, end)) for day, start, end in bounds))
    until = Coalesce("first_answered_at", "solved_at")
    found = Case.objects.filter(within, calendar__isnull=False).annotate(until=until)
    rows = list(found.exclude(until=None).values_list("pk", "opened_at", "first_answered_at", "until", "calendar"))
    pauses = _pauses([row[0] for row in rows], until=None)
    counted: dict[date, dict[str, Counter]] = defaultdict(lambda: defaultdict(Counter))
    for pk, opened, answered, until, calendar in rows:
        name = "response_business" if answered else "response_business.unanswered"
        counted[opened.astimezone(zone).date()][name][_seconds(calendar, opened, until, pauses.get(pk, []))] += 1
    return _spreads(counted)


def waiting(*, tenant: Tenant, periods: Sequence[time.Period], now: datetime) -> dict[date, dict[str, Spread]]:
    """Return, by the day it was opened, how long each case that is not answered, or not solved, has waited."""
    zone = time.zone(tenant.timezone)
    within = reduce(or_, (Q(opened_at__gte=one.start, opened_at__lt=min(one.end, now)) for one in periods))
    found = Case.objects.exclude(state__in=DONE).filter(within)
    rows = list(found.values_list("pk", "opened_at", "first_answered_at", "calendar"))
    unanswered = [pk for pk, _opened, done, calendar in rows if done is None and calendar]
    pauses = _pauses(unanswered, until=now)
    counted: dict[date, dict[str, Counter]] = defaultdict(lambda: defaultdict(Counter))
    for pk, opened, done, calendar in rows:
        day, waited = counted[opened.astimezone(zone).date()], (now - opened) // timedelta(seconds=1)
        day["resolution.waiting"][waited] += 1
        if done is None:
            day["response.waiting"][waited] += 1
            if calendar:
                day["response_business.waiting"][_seconds(calendar, opened, now, pauses.get(pk, []))] += 1
    return _spreads(counted)


def _spreads(counted: Mapping[date, Mapping[str, Counter]]) -> dict[date, dict[str, Spread]]:
    return {day: {name: Spread(dict(values)) for name, values in names.items()} for day, names in counted.items()}


def _pauses(cases: Iterable[int], *, until: datetime | None) -> Pauses:
    """Return the times a case's clock stood; one that goes on ends ``until`` then, or is left out."""
    found: dict[int, list[clocks.Pause]] = defaultdict(list)
    if wanted := list(cases):
        rows = CasePause.objects.filter(case__in=wanted).values_list("case", "started_at", "ended_at")
        for case, started, ended in rows:
            if ended or until:
                found[case].append(clocks.Pause(started, ended or until))
    return found


def _seconds(version: int, start: datetime, end: datetime, pauses: Sequence[clocks.Pause]) -> int:
    return clocks.elapsed(_calendar(version), start, end, pauses) // timedelta(seconds=1)


@lru_cache(maxsize=512)  # versions never change
def _calendar(version: int) -> clocks.Calendar:
    return clocks.Calendar.parse(CalendarVersion.objects.values_list("rules", flat=True).get(pk=version))
