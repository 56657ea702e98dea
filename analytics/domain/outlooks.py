"""Who may be leaving, what is at stake, why we think so, and one step to win them back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, QuerySet, Sum
from django.utils import translation
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from analytics.domain import assumptions
from analytics.models import Outlook
from customers.domain import segments
from customers.models import Customer, Segment
from cxm import tenancy
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import formats
from cxm.lib.errors import Refusal
from cxm.lib.tables import export
from cxm.tenancy.models import Tenant

GONE = 0.9  # from this risk on, somebody has most likely left
BANDS = {"risk": _("At risk"), "gone": _("Most likely gone"), "all": _("Both")}
BATCH = 1000
_BEST = _("%(whom)s – best customers")
_QUIET = timedelta(days=60)
_LATE = 1.5  # times the usual gap after which silence says something
_MANY_BACK = 0.3


class NobodyAtRisk(Refusal):
    """There is nobody to write to."""

    code = "nobody_at_risk"
    message = _("Nobody is on this list, so there is nobody to write to.")


@dataclass(frozen=True)
class Chosen:
    """Which part of the list is meant.

    Args:
        band: a key of `BANDS`.
        best: only those whose revenue so far is in the best fifth.
    """

    band: str = "risk"
    best: bool = False

    def bounds(self) -> tuple[float, float]:
        """Return the risk from which on, and up to which (not included)."""
        least = float(assumptions.current().risk_from)
        return {"risk": (least, GONE), "gone": (max(least, GONE), 2.0)}.get(self.band, (least, 2.0))


@dataclass(frozen=True)
class Figures:
    """A list in short."""

    people: int
    stake: Decimal
    value: Decimal


def at_risk(chosen: Chosen) -> QuerySet[Outlook]:
    """Return those who may be leaving; order it by ``-stake``."""
    least, below = chosen.bounds()
    found = Outlook.objects.filter(risk__gte=least, risk__lt=below).select_related("customer__traits")
    return found.filter(customer__traits__scores__rfm_m=5) if chosen.best else found


def figures(chosen: Chosen) -> Figures:
    """Count a list and add it up."""
    found = at_risk(chosen).aggregate(people=Count("pk"), stake=Sum("stake"), value=Sum("value"))
    return Figures(found["people"], found["stake"] or Decimal(0), found["value"] or Decimal(0))


def rule(chosen: Chosen) -> dict:
    """Return the segment rule that holds for exactly those on the list."""
    least, below = chosen.bounds()
    parts = [{"trait": "scores.churn_risk", "gte": least}]
    if below <= 1:
        parts.append({"trait": "scores.churn_risk", "lt": below})
    if chosen.best:
        parts.append({"trait": "scores.rfm_m", "gte": 5})
    return {"all": parts}


def win_back(*, chosen: Chosen, tenant: Tenant, by: Actor) -> Segment:
    """Return a segment of exactly those on the list, to write a campaign to; made where there is none yet.

    Raises:
        NobodyAtRisk: the list is empty.
    """
    if not at_risk(chosen).exists():
        raise NobodyAtRisk
    whom = _BEST % {"whom": BANDS[chosen.band]} if chosen.best else BANDS[chosen.band]
    return segment_of(rule=rule(chosen), name=__("Win back: %(whom)s") % {"whom": whom}, tenant=tenant, by=by)


def segment_of(*, rule: dict, name: str, tenant: Tenant, by: Actor) -> Segment:
    """Return the live segment with this very rule; made where there is none."""
    known = segments.live().filter(rule=rule).first()
    return known or segments.create(name=name, rule=rule, tenant=tenant, by=by)


def reasons(person: Customer, *, now: datetime) -> list[str]:
    """Say in words what makes us think that somebody is leaving, the strongest first."""
    traits = person.traits
    if traits.last_order_at is None:
        return []
    said = [_about_orders(traits, now)]
    if traits.last_open_at and now - traits.last_open_at > _QUIET:
        said.append(__("Last opened an email %(when)s.") % {"when": _ago(traits.last_open_at, now)})
    if traits.orders_count and traits.returns_count / traits.orders_count >= _MANY_BACK:
        counts = {"returns": _number(traits.returns_count), "orders": _number(traits.orders_count)}
        said.append(__("Many returns: %(returns)s, with %(orders)s orders.") % counts)
    said += _about_answers(traits.scores)
    return said


def export_csv(*, chosen: Chosen, tenant: Tenant, by: Actor, now: datetime) -> Iterator[bytes]:
    """Write down who takes the list, then return it as CSV; each batch is read in a scope of its own."""
    audit.record(by=by, action="outlook.exported", band=chosen.band, best=chosen.best)
    return export.write_csv(_rows(chosen, tenant, now, translation.get_language()))


def _rows(chosen: Chosen, tenant: Tenant, now: datetime, language: str | None) -> Iterator[list]:
    yield ["external_id", "name", "email", "risk", "predicted_value", "at_stake", "last_order_at", "reasons"]
    last: tuple | None = None
    while True:
        with tenancy.scope(tenant), translation.override(language):
            batch = list(_after(at_risk(chosen), last)[:BATCH])
            lines = [_line(found, now) for found in batch]
        yield from lines
        if len(batch) < BATCH:
            return
        last = (batch[-1].stake, batch[-1].pk)


def _after(found: QuerySet[Outlook], last: tuple | None) -> QuerySet[Outlook]:
    ordered = found.order_by("-stake", "-customer_id")
    if last is None:
        return ordered
    return ordered.filter(stake__lte=last[0]).exclude(stake=last[0], customer_id__gte=last[1])


def _line(found: Outlook, now: datetime) -> list:
    person = found.customer
    words = " ".join(reasons(person, now=now))
    return [person.external_id, person.name, person.email, found.risk, found.value, found.stake,
            person.traits.last_order_at, words]  # fmt: skip


def _about_orders(traits: object, now: datetime) -> str:
    when = _ago(traits.last_order_at, now)
    if traits.orders_count <= 1:
        return __("Bought once, %(when)s, and not again.") % {"when": when}
    gap = (traits.last_order_at - traits.first_order_at) / (traits.orders_count - 1)
    if gap >= timedelta(days=1) and now - traits.last_order_at > _LATE * gap:
        return __("Usually orders every %(gap)s; the last order was %(when)s.") % {"gap": _days(gap.days), "when": when}
    return __("The last order was %(when)s.") % {"when": when}


def _about_answers(scores: dict) -> Iterator[str]:
    nps, csat = scores.get("nps"), scores.get("csat")
    if isinstance(nps, int | float) and nps <= 6:
        yield __("Would not recommend you: %(score)s out of 10.") % {"score": _number(nps)}
    if isinstance(csat, int | float) and csat <= 2:
        yield __("Was not satisfied: %(score)s out of 5.") % {"score": _number(csat)}


def _ways() -> dict[str, str]:
    return {"language": translation.get_language() or "en", "system": tenancy.current().digits}


def _ago(when: datetime, now: datetime) -> str:
    return formats.ago(when, now=now, **_ways())


def _number(value: float) -> str:
    return formats.number(value, **_ways())


def _days(count: int) -> str:
    return formats.days(count, **_ways())
