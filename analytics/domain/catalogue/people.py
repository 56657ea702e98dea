"""Figures of people, each counted once over a period: they do not follow from sums of days, so they are asked for."""

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Q, Sum
from django.utils.translation import gettext_lazy as _

from analytics.domain.declarations import NOTHING, Kpi, Value, part_of
from analytics.models import Forecast
from customers.models import Traits
from cxm import tenancy
from cxm.lib import sql, time
from cxm.tenancy.models import Tenant

_SQL = sql.load("analytics.domain", "queries/people.sql")


def _two(name: str, **moments: datetime) -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(_SQL[name], {"tenant": tenancy.current_id(), **moments})
        return cursor.fetchone()


def _lost(tenant: Tenant, period: time.Period, now: datetime) -> Value:
    span = timedelta(days=tenant.lapsed_days)
    end = min(period.end, now)
    there, stayed = _two("stayed", since=period.start - span, start=period.start, until=end - span, end=end)
    return part_of(there - stayed, there)


def _retained(tenant: Tenant, period: time.Period, now: datetime) -> Value:
    earlier = time.previous(period, time.zone(tenant.timezone))
    there, again = _two("stayed", since=earlier.start, start=period.start, until=period.start, end=min(period.end, now))
    return part_of(again, there)


def _repeated(tenant: Tenant, period: time.Period, now: datetime) -> Value:
    buyers, before = _two("repeated", start=period.start, end=min(period.end, now))
    return part_of(before, buyers)


def _value_so_far(tenant: Tenant, period: time.Period, now: datetime) -> Value:
    bought = Traits.objects.filter(Q(orders_count__gt=0)).aggregate(n=Count("pk"), revenue=Sum("revenue"))
    return Value(bought["revenue"] / bought["n"], bought["n"]) if bought["n"] else NOTHING


def _value_to_come(tenant: Tenant, period: time.Period, now: datetime) -> Value:
    card = Forecast.objects.filter(until__lt=period.last + timedelta(days=1)).order_by("-until").first()
    if card is None or card.value is None or not card.customers:
        return NOTHING
    return Value(card.value / card.customers, card.customers)


KPIS = (
    Kpi("churn_rate", _("Churn rate"),
        _("Of the customers who were active when the period began, the share that no longer was when it ended. Active "
          "is who ordered within the days after which your business calls somebody lost. New customers are in neither "
          "number."), "share", "down", ask=_lost),
    Kpi("retention_rate", _("Retention rate"),
        _("Of the people who ordered in the period before, the share that ordered in this one."), "share", "up",
        ask=_retained),
    Kpi("repeat_rate", _("Repeat rate"),
        _("Of the people who ordered within the period, the share that had ordered before, or did so again within it."),
        "share", "up", ask=_repeated),
    Kpi("clv_historic", _("Lifetime value so far"),
        _("All revenue so far, returns taken off, divided by the people who ordered at least once; as of now, whatever "
          "the period."), "money", "up", ask=_value_so_far, as_of_now=True),
    Kpi("clv_predicted", _("Predicted value"),
        _("What a customer is expected to bring within the next 52 weeks, discounted, on average over all who ever "
          "bought (BG/NBD and Gamma-Gamma); of the last prediction within the period or before it."), "money", "up",
        ask=_value_to_come),
)  # fmt: skip
