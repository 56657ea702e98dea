"""Figures of orders and of new people."""

from django.utils.translation import gettext_lazy as _

from analytics.domain.declarations import Kpi, Sums, Value, count


def _average(sums: Sums) -> Value:
    n = sums["orders"].count
    return Value(sums["orders"].amount / n if n else None, n)


def _revenue(sums: Sums) -> Value:
    return Value(sums["orders"].amount + sums["returns"].amount, sums["orders"].count)


KPIS = (
    Kpi("new_customers", _("New customers"), _("People first known within the period."), "count", "up",
        count("customers"), grows=True),
    Kpi("orders", _("Orders"), _("Orders placed within the period. Returns are not orders."), "count", "up",
        count("orders"), grows=True),
    Kpi("revenue", _("Revenue"), _("Sum of the orders placed within the period, minus what was returned within it."),
        "money", "up", _revenue, grows=True),
    Kpi("average_order", _("Average order"), _("Revenue of orders divided by their number; returns are left out."),
        "money", "up", _average),
)  # fmt: skip
