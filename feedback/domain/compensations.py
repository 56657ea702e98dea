"""Making good: a customer of a case gets an offer, and what it costs is kept with the case."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from campaigns.domain import offers
from campaigns.models import Offer
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib.errors import Conflict
from feedback.domain import cases
from feedback.models import Case, Compensation


class NobodyThere(Conflict):
    code = "nobody_there"
    message = _("The person of this case was erased.")


def choices(*, now: datetime) -> list[Offer]:
    """Return the offers that can be given now."""
    return list(offers.usable(now=now)[:100])


def of_case(case: Case) -> QuerySet[Compensation]:
    """Return what was given in a case, the first first."""
    return Compensation.objects.filter(case=case).select_related("issue__offer").order_by("at", "id")


@transaction.atomic
def give(*, case: Case, offer: Offer, by: Actor, now: datetime, cost: Decimal | None = None) -> Compensation:
    """Give the customer of a case an offer, once: the same offer again is the same code.

    Args:
        cost: of this one; the offer's own when omitted.

    Raises:
        NobodyThere: the person was erased.
        campaigns.domain.issues.NotOffered, NoCode: the offer cannot be given.
    """
    if case.customer is None:
        raise NobodyThere
    issue = offers.issue(offer=offer, customer=case.customer, key=f"case:{case.pk}", by=by, now=now, cost=cost)
    # An issue without a cost of its own costs what its offer says today; the case keeps that figure.
    kept = offer.cost if issue.cost is None else issue.cost
    given, new = Compensation.objects.get_or_create(
        case=case, issue=issue, defaults={"cost": kept, "at": now, "by_label": by.label[:254]}
    )
    if new:
        words = __("Made good with “%(offer)s”, code %(code)s.") % {"offer": offer.name, "code": issue.code}
        cases.note(case=case, body=words, by=by, now=now)
        audit.record(by=by, action="case.compensated", on=case, offer=offer.pk, cost=str(kept or ""))
    return given
