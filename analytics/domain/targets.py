"""What a business wants of a figure for a stretch of days, and whether it is on course."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from analytics.domain import kpis
from analytics.domain.declarations import Kpi, Number
from analytics.models import Target
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import time
from cxm.lib.errors import NotFound, Refusal
from cxm.tenancy.models import Tenant

LONGEST = 800
STATES = {
    "ahead": _("Not begun"),
    "unknown": _("Not known yet"),
    "on_course": _("On course"),
    "behind": _("Behind"),
    "reached": _("Reached"),
    "missed": _("Missed"),
}
TONES = {"ahead": "neutral", "unknown": "neutral", "on_course": "good", "behind": "warn", "reached": "good",
         "missed": "bad"}  # fmt: skip


class TargetNotFound(NotFound):
    message = _("There is no such target.")


class TargetRefused(Refusal):
    code = "invalid_target"
    message = _("This target cannot be kept as it is.")


@dataclass(frozen=True)
class Progress:
    """How a target stands.

    Args:
        value: of the figure so far.
        projected: what it comes to by the last day at this pace; the value itself where it does not grow.
        passed: share of the days that has passed.
        done: share of the target that is reached, for a bar; None where it does not grow.
        state: a key of `STATES`.
    """

    target: Target
    kpi: Kpi
    value: Number
    projected: float | None
    passed: float
    done: float | None
    state: str

    @property
    def words(self) -> object:
        return STATES[self.state]

    @property
    def tone(self) -> str:
        return TONES[self.state]


def get(*, target_id: int) -> Target:
    """Return a target of the tenant in scope.

    Raises:
        TargetNotFound: there is none with this id.
    """
    found = Target.objects.filter(pk=target_id).first()
    if found is None:
        raise TargetNotFound
    return found


def create(*, kpi: str, value: Decimal, first: date, last: date, by: Actor) -> Target:
    """Want a value of a figure.

    Raises:
        UnknownKpi: there is no such figure.
        TargetRefused: the days are in the wrong order or in years that nobody reckons with, or there is a target for
            the same days.
    """
    declared = kpis.get(key=kpi)
    if not 0 <= (last - first).days < LONGEST:
        raise TargetRefused(fields={"last": __("Choose a last day after the first, at most 800 days later.")})
    if first.year not in kpis.YEARS or last.year not in kpis.YEARS:
        raise TargetRefused(fields={"last": __("Choose days of the years 1990 to 2200.")})
    if declared.unit == "share" and not 0 <= value <= 1:
        raise TargetRefused(fields={"value": __("A share lies between 0% and 100%.")})
    facts = {"value": value, "created_by": by.label[:254]}
    found, made = Target.objects.get_or_create(kpi=kpi, first=first, last=last, defaults=facts)
    if not made:
        raise TargetRefused(fields={"kpi": __("There is a target for this figure and these days already.")})
    audit.record(by=by, action="target.created", on=found, named=_name(found), value=value)
    return found


def remove(*, target: Target, by: Actor) -> None:
    """Want it no more."""
    audit.record(by=by, action="target.removed", on=target, named=_name(target), value=target.value)
    target.delete()


def _name(target: Target) -> str:
    kpi = kpis.BY_KEY.get(target.kpi)
    return f"{kpi.label if kpi else target.kpi} {target.first:%Y-%m-%d} – {target.last:%Y-%m-%d}"


def all_of(*, tenant: Tenant, now: datetime) -> list[Progress]:
    """Return every target with how it stands, the one that ends last first."""
    found = Target.objects.order_by("-last", "kpi", "pk")[:100]
    return [progress(target=target, tenant=tenant, now=now) for target in found if target.kpi in kpis.BY_KEY]


def progress(*, target: Target, tenant: Tenant, now: datetime) -> Progress:
    """Return how a target stands at a moment."""
    kpi, zone = kpis.BY_KEY[target.kpi], time.zone(tenant.timezone)
    whole = time.between(target.first, target.last, zone)
    passed = min(max((now - whole.start) / (whole.end - whole.start), 0.0), 1.0)
    if not passed:
        return Progress(target, kpi, None, None, 0.0, None, "ahead")
    so_far = time.between(target.first, min(target.last, time.today(now, zone)), zone)
    value = kpis.value(kpi=kpi, tenant=tenant, period=so_far, now=now).value
    if value is None:
        return Progress(target, kpi, None, None, passed, None, "unknown")
    projected = float(value) / passed if kpi.grows else float(value)
    done = min(float(value) / float(target.value), 1.0) if kpi.grows and target.value > 0 else None
    return Progress(target, kpi, value, projected, passed, done, _state(kpi, target, float(value), projected, passed))


def _state(kpi: Kpi, target: Target, value: float, projected: float, passed: float) -> str:
    wanted = float(target.value)
    if kpi.good == "down":
        good, sure = projected <= wanted, passed >= 1
    else:
        good, sure = projected >= wanted, passed >= 1 or (kpi.grows and value >= wanted)
    if sure:
        return "reached" if good else "missed"
    return "on_course" if good else "behind"
