"""What a business says of itself that no figure can tell."""

from decimal import Decimal

from analytics.models import Assumption
from cxm.audit import domain as audit
from cxm.audit.actors import Actor


def current() -> Assumption:
    """Return the assumptions of the tenant in scope; the usual ones where nothing was said."""
    return Assumption.objects.first() or Assumption()


def change(
    *, discount: Decimal, margin: Decimal | None, email_cost: Decimal | None, risk_from: Decimal, by: Actor
) -> Assumption:
    """Say what holds from now on; the next computation goes by it."""
    said = {"discount": discount, "margin": margin, "email_cost": email_cost, "risk_from": risk_from}
    found, _made = Assumption.objects.update_or_create(defaults=said)
    audit.record(by=by, action="assumptions.changed", on=found, **said)
    return found
