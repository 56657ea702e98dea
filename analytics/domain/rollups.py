"""Adding days up: what is past is stored, what changed is added up again, today is always counted live.

A day counts as stored when it has its ``done`` row and no stale mark. Marks are rows that writers insert in their
own transaction; `refresh` deletes the marks it sees *before* it counts, so a writer that commits later leaves a mark
that is seen the next time. Nothing polls for "rows newer than".
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.core.cache import cache
from django.db import connection, transaction

from analytics.models import DailyFigure, StaleDay
from cxm import tenancy
from cxm.lib import sql, time
from cxm.tenancy.models import Tenant

DONE = "done"
EVENTS = {
    "Email Sent": "sent",
    "Email Bounced": "bounced",
    "Email Opened": "opened",
    "Email Link Clicked": "clicked",
    "Email Unsubscribed": "unsubscribed",
}
HISTORY = 400  # days kept added up; older ones are counted when somebody asks
MANY = 20_000  # new people of a period from which their days are remembered for so many seconds
REMEMBERED = 30

_SQL = sql.load("analytics.domain", "queries/rollups.sql")


@dataclass(frozen=True)
class Sum:
    """A measure added up: how many, and how much money."""

    count: int = 0
    amount: Decimal = Decimal(0)

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.count + other.count, self.amount + other.amount)


Days = dict[date, dict[str, Sum]]


def mark(*, days: Iterable[date]) -> None:
    """Say, in the caller's transaction, that days have to be added up again."""
    StaleDay.objects.bulk_create([StaleDay(day=day) for day in set(days)])


def mark_all() -> None:
    """Say that any day may have changed: after an import was undone, after an erasure."""
    StaleDay.objects.create(day=None)


def by_day(*, tenant: Tenant, first: date, last: date, today: date) -> Days:
    """Return every measure of each day from ``first`` to ``last``, stored where it is stored, else counted now."""
    wanted = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    stored = _stored(first, last)
    days: Days = {day: stored[day] for day in wanted if day in stored and day < today}
    missing = [day for day in wanted if day not in days and day <= today]
    days |= _count(tenant, missing)
    new = _new_customers(tenant, first, last, today)
    return {day: _measures(days.get(day, {}), new.get(day, 0)) for day in wanted}


def total(days: Days) -> Mapping[str, Sum]:
    """Add days together."""
    sums: dict[str, Sum] = defaultdict(Sum)
    for measures in days.values():
        for name, found in measures.items():
            sums[name] += found
    return sums


@transaction.atomic
def refresh(*, tenant: Tenant, now: datetime) -> int:
    """Add up the past days of the tenant in scope that are not stored or have changed; returns how many."""
    today = time.today(now, time.zone(tenant.timezone))
    marks = list(StaleDay.objects.select_for_update(skip_locked=True).values_list("pk", "day")[:20_000])
    StaleDay.objects.filter(pk__in=[pk for pk, _day in marks]).delete()
    window = {today - timedelta(days=n) for n in range(1, HISTORY + 1)}
    stale = window if any(day is None for _pk, day in marks) else {day for _pk, day in marks if day < today}
    done = set(DailyFigure.objects.filter(measure=DONE, day__in=window).values_list("day", flat=True))
    days = sorted(stale | (window - done))
    if not days:
        return 0
    counted = _count(tenant, days)
    DailyFigure.objects.filter(day__in=days).delete()
    rows = [
        DailyFigure(day=day, measure=name, count=found.count, amount=found.amount)
        for day in days
        for name, found in (counted.get(day, {}) | {DONE: Sum(1)}).items()
    ]
    DailyFigure.objects.bulk_create(rows, batch_size=5000)
    return len(days)


def _measures(known: dict[str, Sum], new: int) -> dict[str, Sum]:
    found = {name: value for name, value in known.items() if name != DONE}
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


def _stored(first: date, last: date) -> Days:
    marked = set(StaleDay.objects.filter(day__range=(first, last)).values_list("day", flat=True))
    if StaleDay.objects.filter(day=None).exists():
        return {}
    days: Days = defaultdict(dict)
    rows = DailyFigure.objects.filter(day__range=(first, last))
    for day, measure, count, amount in rows.values_list("day", "measure", "count", "amount"):
        days[day][measure] = Sum(count, amount)
    return {day: found for day, found in days.items() if DONE in found and day not in marked}


def _count(tenant: Tenant, days: list[date]) -> Days:
    if not days:
        return {}
    counted: Days = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL["measures_of_days"],
            {"tenant": tenancy.current_id(), "zone": tenant.timezone, "days": days, "names": list(EVENTS)},
        )
        for day, name, count, amount in cursor.fetchall():
            counted[day][EVENTS.get(name, name)] = Sum(count, amount)
    return counted
