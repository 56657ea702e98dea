"""Figures of a period: every one that is declared, beside the period before."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.core.cache import cache
from django.db.models import Avg, Count, F, Q
from django.db.models import Value as Words
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from analytics.domain import rollups
from analytics.domain.catalogue import BY_KEY, CATALOGUE
from analytics.domain.declarations import NOTHING, Figure, Kpi, Value
from customers.models import Customer, Traits
from cxm.lib import time
from cxm.lib.errors import NotFound
from cxm.tenancy.models import Tenant

SUMMED = tuple(kpi for kpi in CATALOGUE if kpi.of)
ASKED = tuple(kpi for kpi in CATALOGUE if kpi.ask)
REMEMBERED = 600  # seconds that a figure which has to be asked for is remembered, where it is made of many
MANY = 20_000
YEARS = range(1990, 2201)  # of a period that somebody asks for


class UnknownKpi(NotFound):
    """There is no such figure."""

    message = _("There is no such figure.")


def get(*, key: str) -> Kpi:
    """Return the declaration of a figure.

    Raises:
        UnknownKpi: there is none of that name.
    """
    if key not in BY_KEY:
        raise UnknownKpi
    return BY_KEY[key]


@dataclass(frozen=True)
class Report:
    """The figures of a period that follow from its days, and the days."""

    period: time.Period
    before: time.Period
    figures: dict[str, Figure]
    days: rollups.Days
    days_before: rollups.Days


def report(*, tenant: Tenant, period: time.Period, now: datetime) -> Report:
    """Return every figure that follows from sums of days, beside the same number of days before."""
    before = time.comparable(period, time.zone(tenant.timezone), now)
    days = rollups.by_day(tenant=tenant, periods=[before, period], now=now)
    late = {day: found for day, found in days.items() if day >= period.first}
    early = {day: found for day, found in days.items() if day < period.first}
    sums, sums_before = rollups.total(late), rollups.total(early)
    begun = before.start < before.end
    figures = {kpi.key: Figure(kpi, kpi.of(sums), kpi.of(sums_before) if begun else NOTHING) for kpi in SUMMED}
    return Report(period, before, figures, late, early)


def asked(*, tenant: Tenant, period: time.Period, now: datetime, kpis: Iterable[Kpi] = ASKED) -> dict[str, Figure]:
    """Return the figures that count people once over a period, beside the period before."""
    before = time.comparable(period, time.zone(tenant.timezone), now)
    return {
        kpi.key: Figure(
            kpi, _ask(kpi, tenant, period, now), NOTHING if kpi.as_of_now else _ask(kpi, tenant, before, now)
        )
        for kpi in kpis
    }


def everything(*, tenant: Tenant, period: time.Period, now: datetime) -> dict[str, Figure]:
    """Return every figure there is, in the order of the catalogue."""
    found = report(tenant=tenant, period=period, now=now).figures | asked(tenant=tenant, period=period, now=now)
    return {kpi.key: found[kpi.key] for kpi in CATALOGUE}


def value(*, kpi: Kpi, tenant: Tenant, period: time.Period, now: datetime) -> Value:
    """Return one figure of a period."""
    if kpi.ask:
        return _ask(kpi, tenant, period, now)
    days = rollups.by_day(tenant=tenant, periods=[period], now=now)
    return kpi.of(rollups.total(days))


def _ask(kpi: Kpi, tenant: Tenant, period: time.Period, now: datetime) -> Value:
    if period.start >= min(period.end, now):
        return NOTHING
    cut = period.end < time.day_bounds(period.last, time.zone(tenant.timezone))[1]
    days = f"{period.first}:{period.last}:{cut}"
    key = f"analytics:asked:{tenant.pk}:{kpi.key}:{days}:{tenant.timezone}:{tenant.lapsed_days}"
    known = cache.get(key)
    if known is None:
        known = kpi.ask(tenant, period, now)
        if known.n >= MANY:
            cache.set(key, known, REMEMBERED)
    return known


def series(*, kpi: Kpi, days: rollups.Days) -> list[tuple[date, Value]]:
    """Return a figure day by day."""
    of = kpi.of
    return [] if of is None else [(day, of(rollups.total({day: found}))) for day, found in sorted(days.items())]


@dataclass(frozen=True)
class Standing:
    """What holds now, whatever the period.

    Args:
        customers: how many people there are.
        buyers: how many of them ordered at least once.
        clv: historic customer lifetime value: revenue so far per buyer; None without buyers.
        classes: how many people in each class.
    """

    customers: int
    buyers: int
    clv: Decimal | None
    classes: dict[str, int]


def standing() -> Standing:
    """Count the people of the tenant in scope and what they have brought so far."""
    classes = dict(Customer.objects.values_list("lifecycle").annotate(n=Count("pk")).order_by())
    bought = Traits.objects.aggregate(
        buyers=Count("pk", filter=Q(orders_count__gt=0)), clv=Avg("revenue", filter=Q(orders_count__gt=0))
    )
    return Standing(sum(classes.values()), bought["buyers"], bought["clv"], classes)


def tenants_with_stale_days(*, now: datetime) -> list[int]:
    """Return the tenants for which `rollups.refresh` has work. Runs as the owner."""
    yesterday = now.date() - timedelta(days=1)
    stale = set(rollups.StaleDay.objects.values_list("tenant_id", flat=True).distinct())
    in_zone = Concat(Words(rollups.DONE), F("tenant__timezone"))
    done = rollups.DailyFigure.objects.filter(measure=in_zone, day=yesterday).values("tenant_id")
    return sorted(stale | set(Tenant.objects.exclude(pk__in=done).values_list("pk", flat=True)))
