"""Who is calling: a number made into people, and numbers put on people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.domain import search
from customers.models import Call, Customer, PhoneNumber
from cxm import tenancy
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import phones, text
from cxm.lib.errors import Refusal

TAIL = 8
MOST = 20  # people of one number shown to choose from
WITHHELD = {"", "anonymous", "withheld", "private", "restricted", "unknown", "unavailable", "blocked", "hidden"}
LONGEST = 64


class NotANumber(Refusal):
    code = "not_a_number"
    message = _("This is not a telephone number.")


@dataclass(frozen=True)
class Found:
    """Whom a number belongs to.

    Args:
        match: how sure that is.
        people: the likeliest first; one of them unless several share the number.
    """

    match: str
    people: list[Customer]

    @property
    def customer(self) -> Customer | None:
        """The one person meant, when only one can be."""
        return self.people[0] if len(self.people) == 1 else None


def clean(written: str, *, country: str = "") -> str:
    """Return a number in E.164, or its digits where it is no number of any plan; empty when it is withheld."""
    line = text.fold(written)[:LONGEST]
    if line in WITHHELD:
        return ""
    found = phones.parse(line, country=country or None) or phones.parse_possible(line)
    return found or "".join(sign for sign in line if sign.isdigit() or sign == "+")[:LONGEST]


def find(number: str) -> Found:
    """Return whom a cleaned number belongs to: whoever has it, else whoever has one that ends alike."""
    if not number:
        return Found(Call.Match.WITHHELD, [])
    sure = dict.fromkeys(Customer.objects.filter(phone=number).order_by("-id").values_list("pk", flat=True)[:MOST])
    for person, verified in PhoneNumber.objects.filter(number=number).values_list("customer", "verified_at")[:MOST]:
        sure[person] = verified or sure.get(person)
    if sure:
        one = Call.Match.VERIFIED if any(sure.values()) else Call.Match.KNOWN
        return _found(one, sure)
    return _found(Call.Match.MAYBE, _ending_alike(number))


def add_number(*, customer: Customer, number: str, by: Actor, now: datetime, verified: bool = True) -> PhoneNumber:
    """Put a number on a person: their own where they had none, a further one otherwise.

    Args:
        verified: somebody made sure that it is theirs (they answered, they called from it).

    Raises:
        NotANumber: withheld, or no digits.
    """
    cleaned = clean(number, country=tenancy.current().country)
    if len(cleaned.strip("+")) < 3:
        raise NotANumber(fields={"number": __("This is not a telephone number.")})
    with transaction.atomic():
        row, new = PhoneNumber.objects.get_or_create(
            customer=customer,
            number=cleaned,
            defaults={"tail": cleaned[-TAIL:], "created_by": by.label[:254], "verified_at": now if verified else None},
        )
        if verified and row.verified_at is None:
            row.verified_at = now
            row.save(update_fields=["verified_at"])
        if new:
            audit.record(by=by, action="customer.number_added", on=customer, verified=verified)
    return row


def numbers_of(customer: Customer) -> list[PhoneNumber]:
    """Return the further numbers of a person."""
    return list(PhoneNumber.objects.filter(customer=customer).order_by("id"))


def _ending_alike(number: str) -> Sequence[int]:
    """Return people whose number ends in all the digits told, without the zero dialled at home before it."""
    digits = number.strip("+").lstrip("0")
    if len(digits) < TAIL:
        return []
    tail = digits[-TAIL:]
    rows = [
        *Customer.objects.filter(phone_tail=tail).exclude(phone="").values_list("pk", "phone")[:MOST],
        *PhoneNumber.objects.filter(tail=tail).values_list("customer", "number")[:MOST],
    ]
    ours = number.startswith("+")
    return list(dict.fromkeys(person for person, theirs in rows if _alike(theirs, digits, whole=ours)))


def _alike(theirs: str, digits: str, *, whole: bool) -> bool:
    known = theirs.strip("+").lstrip("0")
    return known.endswith(digits) or (whole and not theirs.startswith("+") and digits.endswith(known))


def _found(one: str, ids: Sequence[int]) -> Found:
    people = search.fetch(list(ids)[:MOST])
    if not people:
        return Found(Call.Match.NONE, [])
    people.sort(key=_last_seen, reverse=True)
    return Found(one if len(people) == 1 else Call.Match.SEVERAL, people)


def _last_seen(person: Customer) -> float:
    seen = getattr(getattr(person, "traits", None), "last_seen_at", None)
    return seen.timestamp() if seen else 0.0
