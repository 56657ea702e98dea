"""Figures of messages and of what they lead to."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from analytics.domain import assumptions, rollups
from analytics.domain.declarations import NOTHING, Kpi, Sums, Value, count, share
from cxm.lib import time
from cxm.tenancy.models import Tenant


def _handed_in(sums: Sums) -> int:
    return sums["sent"].count + sums["bounced"].count


def _delivered(sums: Sums) -> int:
    return sums["sent"].count


def _return_on_email(tenant: Tenant, period: time.Period, now: datetime) -> Value:
    """Return what campaigns brought beyond their cost, as a multiple of it."""
    said = assumptions.current()
    sums = rollups.total(rollups.by_day(tenant=tenant, periods=[period], now=now))
    sent = sums["sent"].count
    cost = (said.email_cost or 0) * sent
    if not cost:
        return NOTHING
    return Value((sums["converted"].amount * (said.margin or 1) - cost) / cost, sent)


KPIS = (
    Kpi("sent", _("Emails sent"), _("Messages that a mail server accepted within the period."), "count", "either",
        count("sent"), grows=True),
    Kpi("delivery_rate", _("Delivery rate"),
        _("Accepted messages divided by all that were handed in (accepted and refused for good)."), "share", "up",
        share("sent", _handed_in)),
    Kpi("open_rate", _("Open rate"),
        _("Messages opened by a person within the period, once each, divided by messages sent within it. Advisory: "
          "many mail programs load pictures unread, others never; known machines are left out."),
        "share", "up", share("opened", _delivered)),
    Kpi("click_rate", _("Click rate"),
        _("Messages in which a person followed a link within the period, once each, divided by messages sent within "
          "it. Scanners are left out."), "share", "up", share("clicked", _delivered)),
    Kpi("conversion_rate", _("Conversion rate"),
        _("Messages that led to an order, divided by messages sent. An order is credited to the last message its "
          "customer opened or clicked in the five days before it; it counts once."), "share", "up",
        share("converted", _delivered)),
    Kpi("unsubscribe_rate", _("Unsubscribe rate"),
        _("Messages that led to an unsubscription, divided by messages sent."), "share", "down",
        share("unsubscribed", _delivered)),
    Kpi("campaign_revenue", _("Revenue from campaigns"),
        _("Sum of the orders credited to messages (last open or click within five days)."), "money", "up",
        lambda sums: Value(sums["converted"].amount, sums["converted"].count), grows=True),
    Kpi("email_roi", _("Return on email"),
        _("Revenue from campaigns (times your margin, where you gave one) minus the cost of emails, divided by that "
          "cost. Not known until you say what an email costs."), "ratio", "up", ask=_return_on_email),
)  # fmt: skip
