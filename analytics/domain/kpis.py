"""The catalogue: each figure with its words, its definition and how it follows from the sums of days.

A rate without a denominator is not known (None), never 0. Every figure carries its n; rates also carry their Wilson
interval. Definitions are shown one click away from the figure, wherever it stands.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Avg, Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analytics.domain import rollups
from customers.models import Customer, Traits
from cxm.lib import proportions, time
from cxm.lib.errors import NotFound
from cxm.tenancy.models import Tenant

Sums = Mapping[str, rollups.Sum]
Number = int | float | Decimal | None


class UnknownKpi(NotFound):
    """There is no such figure."""

    message = _("There is no such figure.")


@dataclass(frozen=True)
class Value:
    """A figure of a period.

    Args:
        value: None when it is not known.
        n: of how many it is made.
        low, high: 95 % interval, for shares.
    """

    value: Number
    n: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Kpi:
    """A figure as it is declared.

    Args:
        unit: ``count``, ``share`` or ``money``.
        good: the direction that is good: ``up``, ``down`` or ``either``.
        of: from the sums of a period to its value.
    """

    key: str
    label: str | Promise
    definition: str | Promise
    unit: str
    good: str
    of: Callable[[Sums], Value]


@dataclass(frozen=True)
class Figure:
    """A figure of a period beside the period before."""

    kpi: Kpi
    now: Value
    before: Value

    @property
    def change(self) -> float | None:
        """By what fraction it changed; None where there is nothing to compare with."""
        if self.now.value is None or not self.before.value:
            return None
        return float(self.now.value) / float(self.before.value) - 1


def _count(measure: str) -> Callable[[Sums], Value]:
    return lambda sums: Value(sums[measure].count, sums[measure].count)


def _share(part: str, whole: Callable[[Sums], int]) -> Callable[[Sums], Value]:
    def of(sums: Sums) -> Value:
        n, successes = whole(sums), sums[part].count
        if n == 0:
            return Value(None, 0)
        low, high = proportions.wilson(min(successes, n), n)
        return Value(successes / n, n, low, high)

    return of


def _handed_in(sums: Sums) -> int:
    return sums["sent"].count + sums["bounced"].count


def _delivered(sums: Sums) -> int:
    return sums["sent"].count


def _average(sums: Sums) -> Value:
    n = sums["orders"].count
    return Value(sums["orders"].amount / n if n else None, n)


CATALOGUE = (
    Kpi("new_customers", _("New customers"), _("People first known within the period."), "count", "up",
        _count("customers")),
    Kpi("orders", _("Orders"), _("Orders placed within the period. Returns are not orders."), "count", "up",
        _count("orders")),
    Kpi("revenue", _("Revenue"), _("Sum of the orders placed within the period, minus what was returned within it."),
        "money", "up", lambda sums: Value(sums["orders"].amount + sums["returns"].amount, sums["orders"].count)),
    Kpi("average_order", _("Average order"), _("Revenue of orders divided by their number; returns are left out."),
        "money", "up", _average),
    Kpi("sent", _("Emails sent"), _("Messages that a mail server accepted within the period."), "count", "either",
        _count("sent")),
    Kpi("delivery_rate", _("Delivery rate"),
        _("Accepted messages divided by all that were handed in (accepted and refused for good)."), "share", "up",
        _share("sent", _handed_in)),
    Kpi("open_rate", _("Open rate"),
        _("Messages opened by a person within the period, once each, divided by messages sent within it. Advisory: "
          "many mail programs load pictures unread, others never; known machines are left out."),
        "share", "up", _share("opened", _delivered)),
    Kpi("click_rate", _("Click rate"),
        _("Messages in which a person followed a link within the period, once each, divided by messages sent within "
          "it. Scanners are left out."), "share", "up", _share("clicked", _delivered)),
    Kpi("conversion_rate", _("Conversion rate"),
        _("Messages that led to an order, divided by messages sent. An order is credited to the last message its "
          "customer opened or clicked in the five days before it; it counts once."), "share", "up",
        _share("converted", _delivered)),
    Kpi("drop_rate", _("Drop rate"), _("Messages that led to an unsubscription, divided by messages sent."), "share",
        "down", _share("unsubscribed", _delivered)),
    Kpi("campaign_revenue", _("Revenue from campaigns"),
        _("Sum of the orders credited to messages (last open or click within five days)."), "money", "up",
        lambda sums: Value(sums["converted"].amount, sums["converted"].count)),
)  # fmt: skip
BY_KEY = {kpi.key: kpi for kpi in CATALOGUE}


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
    """All figures of a period, and the days they are made of."""

    period: time.Period
    before: time.Period
    figures: dict[str, Figure]
    days: rollups.Days
    days_before: rollups.Days


def report(*, tenant: Tenant, period: time.Period, now: datetime) -> Report:
    """Return every figure of a period beside the same number of days before it, in the tenant's zone."""
    zone = time.zone(tenant.timezone)
    today = time.today(now, zone)
    before = time.previous(period, zone)
    days = rollups.by_day(tenant=tenant, first=before.first, last=period.last, today=today)
    late = {day: found for day, found in days.items() if day >= period.first}
    early = {day: found for day, found in days.items() if day < period.first}
    sums, sums_before = rollups.total(late), rollups.total(early)
    figures = {kpi.key: Figure(kpi, kpi.of(sums), kpi.of(sums_before)) for kpi in CATALOGUE}
    return Report(period, before, figures, late, early)


def series(*, kpi: Kpi, days: rollups.Days) -> list[tuple[date, Value]]:
    """Return a figure day by day."""
    return [(day, kpi.of(rollups.total({day: found}))) for day, found in sorted(days.items())]


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
    done = rollups.DailyFigure.objects.filter(measure=rollups.DONE, day=yesterday).values("tenant_id")
    return sorted(stale | set(Tenant.objects.exclude(pk__in=done).values_list("pk", flat=True)))
