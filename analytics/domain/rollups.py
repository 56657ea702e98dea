"""Adding days up: what is past is stored, what changed is added up again, today is always counted live.

A day counts as stored when it has its ``done`` row, in the tenant's zone as it is now, and no stale mark. Marks are
rows that writers insert in their own transaction; `refresh` deletes the marks it sees *before* it counts, so a writer
that commits later leaves a mark that is seen the next time. Nothing polls for "rows newer than".
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from django.core.cache import cache
from django.db import connection, transaction

from analytics.domain import working_hours
from analytics.domain.measures import Spread, Sum
from analytics.models import DailyFigure, StaleDay
from cxm import tenancy
from cxm.lib import sql, time
from cxm.tenancy.models import Tenant

# And the zone whose days they are: in another zone a day is another stretch of time. The number is another once more is
# counted of a day: what was stored before is then counted again.
DONE = "done3:"
EVENTS = {
    "Email Sent": "sent",
    "Email Bounced": "bounced",
    "Email Opened": "opened",
    "Email Link Clicked": "clicked",
    "Email Unsubscribed": "unsubscribed",
}
CHANGING = 40  # days that are added up again every night: of an answer that is changed nobody hears
HISTORY = 400  # days kept added up; older ones are counted when somebody asks
PORTION = 50  # days added up in one go
MANY = 20_000  # new people of a period from which their days are remembered for so many seconds
REMEMBERED = 30
BUSY = 2_000  # facts of today from which today's sums are remembered for so many seconds
JUST_COUNTED = 10

_SQL = sql.load("analytics.domain", "queries/rollups.sql")


Days = dict[date, dict[str, Sum | Spread]]


def mark(*, days: Iterable[date]) -> None:
    """Say, in the caller's transaction, that days have to be added up again."""
    StaleDay.objects.bulk_create([StaleDay(day=day) for day in set(days)])


def mark_all() -> None:
    """Say that any day may have changed: after an import was undone, after an erasure."""
    StaleDay.objects.create(day=None)


def mark_changing(*, tenant: Tenant, now: datetime) -> None:
    """Have the last weeks added up again from the rows: the net below what `mark` is told of."""
    today = time.today(now, time.zone(tenant.timezone))
    mark(days=[today - timedelta(days=n) for n in range(1, CHANGING + 1)])


def by_day(*, tenant: Tenant, periods: Sequence[time.Period], now: datetime) -> Days:
    """Return every measure of each day of one or two periods in order, stored where it is stored, else counted now.

    Of a day within which a period ends, only what came before that moment is counted.
    """
    zone = time.zone(tenant.timezone)
    today = time.today(now, zone)
    wanted = [day for found in periods for day in _days(found.first, found.last)]
    cut = {day: found.end for found in periods for day in _days(time.today(found.end, zone), found.last)}
    stored = _stored(tenant, wanted[0], wanted[-1])
    days: Days = {day: stored[day] for day in wanted if day in stored and day < today and day not in cut}
    missing = [day for day in wanted if day not in days and day <= today]
    days |= _count_live(tenant, missing, cut) if set(missing) <= {today, *cut} else _count(tenant, missing, cut)
    new = _new_customers(tenant, periods, today)
    open_yet = working_hours.waiting(tenant=tenant, periods=periods, now=now)
    return {day: _measures(days.get(day, {}), new.get(day, 0)) | open_yet.get(day, {}) for day in wanted}


def total(days: Days) -> Mapping[str, Sum | Spread]:
    """Add days together."""
    sums: dict[str, Sum | Spread] = defaultdict(Sum)
    for measures in days.values():
        for name, found in measures.items():
            sums[name] = sums[name] + found if name in sums else found
    return sums


@transaction.atomic
def refresh(*, tenant: Tenant, now: datetime) -> int:
    """Add up the past days of the tenant in scope that are not stored or have changed; returns how many.

    When any day may have changed, what is stored of days older than ``HISTORY`` is thrown away.
    """
    today = time.today(now, time.zone(tenant.timezone))
    marks = list(StaleDay.objects.select_for_update(skip_locked=True).values_list("pk", "day")[:20_000])
    StaleDay.objects.filter(pk__in=[pk for pk, _day in marks]).delete()
    window = {today - timedelta(days=n) for n in range(1, HISTORY + 1)}
    stale = {day for _pk, day in marks if day and day < today}
    if any(day is None for _pk, day in marks):
        DailyFigure.objects.filter(day__lt=min(window)).delete()
        stale |= window
    done = set(DailyFigure.objects.filter(measure=DONE + tenant.timezone, day__in=window).values_list("day", flat=True))
    days = sorted(stale | (window - done))
    if not days:
        return 0
    for begin in range(0, len(days), PORTION):
        _store(tenant, days[begin : begin + PORTION])
    return len(days)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _store(tenant: Tenant, days: list[date]) -> None:
    counted, done = _count(tenant, days, {}), DONE + tenant.timezone
    DailyFigure.objects.filter(day__in=days).delete()
    rows = [_row(day, name, found) for day in days for name, found in (counted.get(day, {}) | {done: Sum(1)}).items()]
    DailyFigure.objects.bulk_create(rows, batch_size=5000)


def _row(day: date, name: str, found: Sum | Spread) -> DailyFigure:
    if isinstance(found, Spread):
        return DailyFigure(day=day, measure=name, count=found.n, values=dict(found.counts))
    return DailyFigure(day=day, measure=name, count=found.count, amount=found.amount)


def _measures(known: dict[str, Sum | Spread], new: int) -> dict[str, Sum | Spread]:
    found = {name: value for name, value in known.items() if not name.startswith(DONE)}
    return found | {"customers": Sum(new)} if new else found


def _new_customers(tenant: Tenant, periods: Sequence[time.Period], today: date) -> dict[date, int]:
    """Count people by the day they were first known. Past days are remembered for a moment where there are many."""
    days = ":".join(f"{found.first}:{found.last}" for found in periods)
    key = f"analytics:new:{tenant.pk}:{tenant.timezone}:{days}:{today}"
    if (past := cache.get(key)) is not None:
        later = time.between(max(periods[-1].first, today), periods[-1].last, time.zone(tenant.timezone))
        return past | _first_known(tenant, [later])
    known = _first_known(tenant, periods)
    past = {day: n for day, n in known.items() if day < today}
    if sum(past.values()) >= MANY:
        cache.set(key, past, REMEMBERED)
    return known


def _first_known(tenant: Tenant, periods: Sequence[time.Period]) -> dict[date, int]:
    moments = {"since": periods[0].start, "cut": periods[0].end, "again": periods[-1].start, "until": periods[-1].end}
    with connection.cursor() as cursor:
        cursor.execute(_SQL["customers_of_days"], {"tenant": tenancy.current_id(), "zone": tenant.timezone} | moments)
        return dict(cursor.fetchall())


def _stored(tenant: Tenant, first: date, last: date) -> Days:
    marked = set(StaleDay.objects.filter(day__range=(first, last)).values_list("day", flat=True))
    if StaleDay.objects.filter(day=None).exists():
        return {}
    days: Days = defaultdict(dict)
    rows = DailyFigure.objects.filter(day__range=(first, last))
    for day, measure, count, amount, values in rows.values_list("day", "measure", "count", "amount", "values"):
        days[day][measure] = Sum(count, amount) if values is None else Spread.of(values)
    return {day: found for day, found in days.items() if DONE + tenant.timezone in found and day not in marked}


def _count_live(tenant: Tenant, days: list[date], cut: Mapping[date, datetime]) -> Days:
    """Count today and parts of days, which no roll-up holds; the sums of busy ones are remembered for a moment."""
    key = f"analytics:live:{tenant.pk}:{tenant.timezone}:{':'.join(map(str, days))}:{':'.join(map(str, cut))}"
    if (known := cache.get(key)) is not None:
        return known
    counted = _count(tenant, days, cut)
    sums = [found for measures in counted.values() for found in measures.values() if isinstance(found, Sum)]
    if sum(found.count for found in sums) >= BUSY:
        cache.set(key, dict(counted), JUST_COUNTED)
    return counted


def _count(tenant: Tenant, days: list[date], cut: Mapping[date, datetime]) -> Days:
    if not days:
        return {}
    counted: Days = defaultdict(dict)
    cuts = [cut.get(day) for day in days]
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL["measures_of_days"],
            {
                "tenant": tenancy.current_id(),
                "zone": tenant.timezone,
                "days": days,
                "cuts": cuts,
                "names": list(EVENTS),
            },
        )
        for day, name, value, count, amount in cursor.fetchall():
            if value is None:
                counted[day][EVENTS.get(name, name)] = Sum(count, amount)
            else:
                counted[day][name] = counted[day].get(name, Spread()) + Spread({value: count})
    with_cases = [day for day, found in counted.items() if "cases" in found]
    for day, found in working_hours.ended(tenant=tenant, days=with_cases, cut=cut).items():
        counted[day] |= found
    return counted
