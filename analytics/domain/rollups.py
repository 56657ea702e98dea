"""Adding days up: what is past is stored, what changed is added up again, today is always counted live.

A day counts as stored when it has its ``done`` row, in the tenant's zone as it is now, and no stale mark. Marks are
rows that writers insert in their own transaction; `refresh` deletes the marks it sees *before* it counts, so a writer
that commits later leaves a mark that is seen the next time. Nothing polls for "rows newer than".
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
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


def by_day(*, tenant: Tenant, first: date, last: date, now: datetime) -> Days:
    """Return every measure of each day from ``first`` to ``last``, stored where it is stored, else counted now."""
    today = time.today(now, time.zone(tenant.timezone))
    wanted = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    stored = _stored(tenant, first, last)
    days: Days = {day: stored[day] for day in wanted if day in stored and day < today}
    missing = [day for day in wanted if day not in days and day <= today]
    days |= _count_today(tenant, today) if missing == [today] else _count(tenant, missing)
    new = _new_customers(tenant, first, last, today)
    open_yet = working_hours.waiting(tenant=tenant, first=first, last=last, now=now)
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


def _store(tenant: Tenant, days: list[date]) -> None:
    counted, done = _count(tenant, days), DONE + tenant.timezone
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


def _new_customers(tenant: Tenant, first: date, last: date, today: date) -> dict[date, int]:
    """Count people by the day they were first known. Past days are remembered for a moment where there are many."""
    key = f"analytics:new:{tenant.pk}:{tenant.timezone}:{first}:{last}:{today}"
    if (past := cache.get(key)) is not None:
        return past | _first_known(tenant, max(first, today), last)
    known = _first_known(tenant, first, last)
    past = {day: n for day, n in known.items() if day < today}
    if sum(past.values()) >= MANY:
        cache.set(key, past, REMEMBERED)
    return known


def _first_known(tenant: Tenant, first: date, last: date) -> dict[date, int]:
    span = time.between(first, last, time.zone(tenant.timezone))
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL["customers_of_days"],
            {"tenant": tenancy.current_id(), "zone": tenant.timezone, "since": span.start, "until": span.end},
        )
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


def _count_today(tenant: Tenant, today: date) -> Days:
    """Count today, which no roll-up holds; the sums of a busy day are remembered for a moment."""
    key = f"analytics:today:{tenant.pk}:{tenant.timezone}:{today}"
    if (known := cache.get(key)) is not None:
        return known
    counted = _count(tenant, [today])
    if sum(found.count for found in counted.get(today, {}).values() if isinstance(found, Sum)) >= BUSY:
        cache.set(key, dict(counted), JUST_COUNTED)
    return counted


def _count(tenant: Tenant, days: list[date]) -> Days:
    if not days:
        return {}
    counted: Days = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL["measures_of_days"],
            {"tenant": tenancy.current_id(), "zone": tenant.timezone, "days": days, "names": list(EVENTS)},
        )
        for day, name, value, count, amount in cursor.fetchall():
            if value is None:
                counted[day][EVENTS.get(name, name)] = Sum(count, amount)
            else:
                counted[day][name] = counted[day].get(name, Spread()) + Spread({value: count})
    with_cases = [day for day, found in counted.items() if "cases" in found]
    for day, found in working_hours.ended(tenant=tenant, days=with_cases).items():
        counted[day] |= found
    return counted
