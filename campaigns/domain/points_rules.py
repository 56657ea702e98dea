"""The tenant's rule of points: whether there are any, what earns them, and how long they hold."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import get_language
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from campaigns.models import PointsEntry, PointsRule
from customers.models import Customer
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib.errors import Refusal

MOST_TIERS = 6
_TIER = re.compile(r"([0-9]{1,9})\s+([^/]{1,40})(?:/([^/]{1,40}))?")


class BadRule(Refusal):
    """A rule of points that cannot be kept."""

    code = "points_rule_invalid"
    message = _("The rule cannot be saved like this.")


def get() -> PointsRule:
    """Return the tenant's rule; one that is off where it never made one."""
    return PointsRule.objects.first() or PointsRule()


def tenants() -> list[int]:
    """Return the tenants that ever made a rule. Runs as the owner."""
    return list(PointsRule.objects.order_by("tenant").values_list("tenant_id", flat=True))


@transaction.atomic
def save(
    *,
    active: bool,
    per_unit: object,
    by: Actor,
    now: datetime,
    valid_days: int | None = None,
    worth: object = None,
    tiers: str | None = None,
    from_sites: bool = False,
) -> PointsRule:
    """Keep the rule. From the moment it is switched on orders earn; what was bought before earns nothing.

    Args:
        per_unit: points for each unit of the currency.
        valid_days: after how many days unused points lapse; never when omitted.
        tiers: one on each line, as ``500 Silver / فضي``: by points earned with orders; those there are when omitted.
        from_sites: whether orders earn that only a website told with a key its visitors can read.
        worth: of one point, in the tenant's currency, for reckoning what is owed.

    Raises:
        BadRule: a number out of range.
    """
    wrong: Mapping[str, str] = {}
    numbers = {"per_unit": _number(per_unit, Decimal("99999")), "worth": _number(worth or 0, Decimal("9999"))}
    wrong = {name: __("A number from nought on.") for name, value in numbers.items() if value is None}
    if not wrong and active and numbers["per_unit"] == 0:
        wrong["per_unit"] = __("Say how many points are earned.")
    if valid_days is not None and not 1 <= valid_days <= 36_500:
        wrong["valid_days"] = __("Between 1 and 36,500 days.")
    if wrong:
        raise BadRule(fields=wrong)
    rule = get()
    before = {name: getattr(rule, name) for name in ("active", "per_unit", "valid_days", "from_sites")}
    if active and not rule.active:
        rule.since = now
    rule.active, rule.per_unit, rule.valid_days = active, numbers["per_unit"], valid_days
    rule.from_sites = from_sites
    rule.worth = numbers["worth"] or None
    rule.tiers = rule.tiers if tiers is None else read_tiers(tiers)
    rule.save()
    audit.record(by=by, action="points.rule_changed", on=rule, before=before)
    return rule


def _number(value: object, most: Decimal) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and 0 <= number <= most else None


def tier(*, customer: Customer) -> str:
    """Return the name of the tier that somebody's orders led to, in the reader's language; nothing below the first."""
    rule = get()
    if not rule.tiers:
        return ""
    own = PointsEntry.objects.filter(customer=customer, kind__in=[PointsEntry.Kind.ORDER, PointsEntry.Kind.RETURN])
    earned = own.aggregate(n=Sum("amount"))["n"] or 0
    reached = [step for step in rule.tiers if step["from"] <= earned]
    if not reached:
        return ""
    arabic = (get_language() or "en").startswith("ar")
    return (arabic and reached[-1].get("name_ar")) or reached[-1]["name"]


def read_tiers(words: str) -> list[dict]:
    """Return tiers from lines like ``500 Silver / فضي``, lowest first.

    Raises:
        BadRule: a line that says no number or no name, or too many.
    """
    steps = []
    for number, line in enumerate(words.splitlines(), 1):
        if not line.strip():
            continue
        found = _TIER.fullmatch(line.strip())
        if not found or len(steps) == MOST_TIERS:
            raise BadRule(fields={"tiers": __("Line %(line)s: write it as “500 Silver / فضي”.") % {"line": number}})
        steps.append({"from": int(found[1]), "name": found[2].strip(), "name_ar": (found[3] or "").strip()})
    return sorted(steps, key=lambda step: step["from"])


def write_tiers(tiers: Sequence[Mapping]) -> str:
    """Return tiers as lines, as ``read_tiers`` takes them."""
    return "\n".join(
        f"{step['from']} {step['name']}" + (f" / {step['name_ar']}" if step.get("name_ar") else "") for step in tiers
    )
