"""One's own cases on the portal: what was asked, what was said, and a way to complain that always reaches a person."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from cxm.audit.actors import SYSTEM, Actor
from cxm.lib.errors import NotFound
from feedback.domain import cases, desk, heard
from feedback.models import Case, CaseMessage, CaseType


class NotYours(NotFound):
    message = _("There is no such case.")


def cases_of(customer: Customer) -> QuerySet[Case]:
    """Return a person's own cases, the latest first."""
    return Case.objects.filter(customer=customer).select_related("type").order_by("-id")


def case_of(*, customer: Customer, number: int) -> Case:
    """Return one of a person's own cases by its number, or refuse with 404."""
    found = cases_of(customer).filter(number=number).first()
    if found is None:
        raise NotYours
    return found


def thread(case: Case) -> QuerySet[CaseMessage]:
    """Return what was said between the customer and us; never what colleagues wrote among themselves."""
    return CaseMessage.objects.filter(case=case, public=True).order_by("at", "id")


def types() -> list[CaseType]:
    """Return what one can write about; nothing where the tenant has no types yet, which writing will give it."""
    return list(desk.types())


def write(*, customer: Customer, type_id: int | None, subject: str, body: str, key: str, now: datetime) -> Case:
    """Open a case for somebody. It reaches a person: whoever is to look after it, else everybody's to-dos.

    A tenant that has no types of cases yet gets the usual ones.

    Args:
        type_id: what it is about; a complaint when it is none of ``types``.
        key: of the form, so that sending it twice opens one case.

    Raises:
        feedback.domain.opening.InvalidCase: nothing was said.
    """
    desk.begin(by=SYSTEM)
    known = types()
    complaints = [found for found in known if found.kind == CaseType.Kind.COMPLAINT]
    chosen = next((found for found in known if found.pk == type_id), None) or [*complaints, *known][0]
    made = cases.open(
        type=chosen, customer=customer, subject=subject, body=body, channel="portal", by=_self(customer), now=now,
        key=f"portal:{customer.pk}:{key[:40]}",
    )  # fmt: skip
    if made.owner_id is None:
        heard.opened(case=made, now=now)
    return made


def reply(*, case: Case, customer: Customer, body: str, now: datetime) -> CaseMessage:
    """Add what somebody says to a case of theirs; it wakes one that waited or was done."""
    return cases.hear(case=case, body=body, author=str(customer), now=now, channel="portal")


def _self(customer: Customer) -> Actor:
    return Actor("customer", customer.pk, str(customer)[:254])
