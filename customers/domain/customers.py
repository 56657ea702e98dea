"""A person: made, found, changed. Values carry the names of contracts (``external_id name email … attributes``)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.domain import attributes, companies, contacts, events, keys, tags
from customers.models import Company, Customer, Identity
from cxm import tenancy
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import text, time
from cxm.lib.errors import NotFound, Refusal

LENGTHS = {"external_id": 200, "name": 200, "first_name": 100, "last_name": 100, "city": 100}
FIELDS = (
    *LENGTHS, "email", "phone", "language", "timezone", "country", "birthday", "company", "tags", "created_at",
    "attributes",
)  # fmt: skip
# First words of Arabic names that belong to the word after them.
_JOINED = {text.fold(word) for word in ("عبد", "أبو", "أم", "ابن", "بن", "آل")}
_OLDEST = date(1900, 1, 1)


class InvalidCustomer(Refusal):
    code = "invalid_customer"
    message = _("Some fields are not right.")


class CustomerNotFound(NotFound):
    message = _("There is no such customer.")


class ExternalIdTaken(Refusal):
    code = "external_id_taken"
    status = 409
    message = _("Another customer has this external id.")


def get(customer_id: int) -> Customer:
    """Return the person with company and traits, or refuse with 404 (also for ids of other tenants)."""
    found = Customer.objects.select_related("company", "traits").filter(pk=customer_id).first()
    if found is None:
        raise CustomerNotFound
    return found


def get_by_external_id(external_id: str) -> Customer:
    """Return the person the business knows under this id, or refuse with 404."""
    found = find_by_external_id(external_id)
    if found is None:
        raise CustomerNotFound
    return found


def find_by_external_id(external_id: str) -> Customer | None:
    """Return the person the business knows under this id: as it is written, else as a file brings it in.

    An id that an alias or a merge took away goes on to find whose it was.
    """
    forms = [external_id, keys.whole(external_id)]
    people = Customer.objects.select_related("company", "traits")
    found = min(
        people.filter(external_id__in=forms), key=lambda customer: customer.external_id != external_id, default=None
    )
    if found is None:
        found = people.filter(identities__kind=Identity.FORMER, identities__value__in=forms).first()
    return found


def alike(customer: Customer) -> list[Customer]:
    """Return others with the same email address or phone number, three at most: perhaps the same person twice."""
    same = Q()
    if customer.email_key:
        same |= Q(email_key=customer.email_key)
    if customer.phone:
        same |= Q(phone=customer.phone)
    return list(Customer.objects.filter(same).exclude(pk=customer.pk).order_by("pk")[:3]) if same else []


def names(customer_ids: Sequence[int]) -> dict[int, str]:
    """Return what these people are called; those who are gone are left out."""
    return {found.pk: str(found) for found in Customer.objects.filter(pk__in=customer_ids)}


@transaction.atomic
def create(*, values: Mapping[str, Any], by: Actor, now: datetime, source: str = "") -> Customer:
    """Add a person.

    Args:
        values: fields by their public names; ``attributes`` is a dict, ``tags`` a list of words, ``company`` a name.
        source: the door it came through: ``page``, ``api``, ``import`` …

    Raises:
        InvalidCustomer: with the fields that are wrong, or when nothing says who it is.
        ExternalIdTaken: somebody else has the external id.
    """
    cleaned = clean(values)
    words = cleaned.pop("tags", [])
    customer = Customer(created_at=cleaned.pop("created_at", None) or now, updated_at=now, source=source)
    _apply(customer, cleaned)
    _require_somebody(customer)
    try:
        with transaction.atomic():
            customer.save()
    except IntegrityError as error:
        raise ExternalIdTaken(fields={"external_id": ExternalIdTaken.message}) from error
    if words:
        tags.replace(customer=customer, names=words)
    events.mark_dirty([customer.pk])
    audit.record(by=by, action="customer.created", on=customer, source=source)
    return customer


@transaction.atomic
def change(*, customer: Customer, values: Mapping[str, Any], by: Actor, now: datetime) -> Customer:
    """Change the fields named in ``values``, leave all others; an empty value clears.

    ``attributes`` is merged key by key, a value of None takes the key away. ``tags`` replaces.

    Raises:
        InvalidCustomer, ExternalIdTaken: as for create.
        CustomerNotFound: the row went meanwhile.
    """
    cleaned = clean(values)
    locked = Customer.objects.select_for_update(of=("self",)).select_related("company").filter(pk=customer.pk).first()
    if locked is None:
        raise CustomerNotFound
    words = cleaned.pop("tags", None)
    if cleaned.get("created_at", "") is None:
        cleaned.pop("created_at")
    changed = _apply(locked, cleaned)
    _require_somebody(locked)
    if changed:
        locked.updated_at = now
        try:
            with transaction.atomic():
                locked.save()
        except IntegrityError as error:
            raise ExternalIdTaken(fields={"external_id": ExternalIdTaken.message}) from error
    if words is not None and tags.replace(customer=locked, names=words):
        changed.append("tags")
        Customer.objects.filter(pk=locked.pk).update(updated_at=now)
        locked.updated_at = now
    if changed:
        events.mark_dirty([locked.pk])
        audit.record(by=by, action="customer.changed", on=locked, fields=sorted(changed))
    return locked


def upsert(
    *, external_id: str, values: Mapping[str, Any], by: Actor, now: datetime, source: str = ""
) -> tuple[Customer, bool]:
    """Create or change the person with this external id; safe against itself running twice at once.

    Returns:
        The person, and whether it is new.
    """
    values = {name: value for name, value in values.items() if name != "external_id"}
    found = find_by_external_id(external_id)
    if found is None:
        try:
            return create(values={**values, "external_id": external_id}, by=by, now=now, source=source), True
        except ExternalIdTaken:  # another one was quicker
            found = get_by_external_id(external_id)
    return change(customer=found, values=values, by=by, now=now), False


def clean(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return columns for the named fields, checked; empty text for what is to be cleared.

    Raises:
        InvalidCustomer: every wrong field at once, unknown ones included.
    """
    cleaned: dict[str, Any] = {}
    fields: dict[str, str] = {}
    for name, value in values.items():
        try:
            if name not in FIELDS:
                raise ValueError(__("There is no such field."))
            cleaned[name] = _CLEANERS[name](name, value)
        except ValueError as error:
            fields[name] = str(error)
        except Refusal as refusal:
            fields |= refusal.fields
    if fields:
        raise InvalidCustomer(fields=fields)
    return cleaned


def _apply(customer: Customer, cleaned: dict[str, Any]) -> list[str]:
    """Set the columns, derive what follows from them, and return the names of the fields that differ now."""
    before = {field: getattr(customer, field) for field in (*cleaned, "name", "first_name", "last_name")}
    for field, value in cleaned.items():
        if field == "attributes":
            merged = {**customer.attributes, **value}
            customer.attributes = {key: found for key, found in merged.items() if found is not None}
        elif field == "company":
            customer.company = _company(value)
        else:
            setattr(customer, field, value)
    _derive_names(customer, cleaned, before["name"])
    keys.refresh(customer)
    return [field for field, old in before.items() if getattr(customer, field) != old]


def _require_somebody(customer: Customer) -> None:
    if not any((customer.external_id, customer.name, customer.email, customer.phone)):
        raise InvalidCustomer(__("Give at least a name, an email address, a phone number or an external id."))


def _company(name: str) -> Company | None:
    if not name:
        return None
    return next(iter(companies.find_or_create([name]).values()))


def _derive_names(customer: Customer, cleaned: dict[str, Any], before: str) -> None:
    """Let the whole name follow from its parts or the parts from the whole, whichever was not said."""
    parts = {"first_name", "last_name"} & set(cleaned)
    if not parts:
        if customer.name != before:
            customer.first_name, customer.last_name = split_name(customer.name)
    elif not cleaned.get("name"):
        customer.name = " ".join(part for part in (customer.first_name, customer.last_name) if part)[:200]


def split_name(name: str) -> tuple[str, str]:
    """Return first and last name of a whole one; ``عبد`` and its like stay with the word they belong to."""
    words = name.split()
    taken = 2 if len(words) > 1 and text.fold(words[0]) in _JOINED else 1
    return " ".join(words[:taken])[:100], " ".join(words[taken:])[:100]


def _line(name: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise ValueError(__("This is not text."))
    line = text.clean_line(str(value))
    if len(line) > LENGTHS[name]:
        raise ValueError(__("At most %(length)s characters.") % {"length": LENGTHS[name]})
    return line


def _external_id(name: str, value: object) -> str | None:
    return _line(name, value) or None


def _contact(name: str, value: object) -> str:
    if value is None or value == "":
        return ""
    if not isinstance(value, str):
        raise ValueError(__("This is not text."))
    line = text.clean_line(value)
    if not line:
        return ""
    if name == "phone":
        return contacts.phone(line, country=tenancy.current().country)
    return {"email": contacts.email, "language": contacts.language, "timezone": contacts.timezone,
            "country": contacts.country}[name](line)  # fmt: skip


def _birthday(name: str, value: object) -> date | None:
    if value is None or value == "":
        return None
    try:
        day = value if type(value) is date else date.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError(__("Write the date as 2026-11-22.")) from error
    if not _OLDEST <= day <= timezone.now().date():
        raise ValueError(__("This is not a birthday of somebody alive."))
    return day


def _created_at(name: str, value: object) -> datetime | None:
    if value is None or value == "":
        return None
    at = contacts.moment(value if isinstance(value, str) else "") if not isinstance(value, datetime) else value
    found = time.kept(at if timezone.is_aware(at) else at.replace(tzinfo=UTC))
    if found is None:
        raise ValueError(__("Write the time as 2026-11-22T14:30:00Z."))
    return found


def _company_name(name: str, value: object) -> str:
    line = text.clean_line(value) if isinstance(value, str) else value
    if line is None or line == "":
        return ""
    if not isinstance(line, str) or len(line) > 200:
        raise ValueError(__("A company needs a name of at most 200 characters."))
    return line


def _tags(name: str, value: object) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
        raise ValueError(__("Give a list of words."))
    if any(len(word) > 60 for word in value) or len(value) > 100:
        raise ValueError(__("A tag needs a word of at most 60 characters."))
    return [word for word in value if word.strip()]


def _attributes(name: str, value: object) -> dict[str, object]:
    if not isinstance(value, Mapping):
        raise ValueError(__("Give an object of keys and values."))
    return attributes.clean(value)


_CLEANERS = {
    **dict.fromkeys(LENGTHS, _line),
    **dict.fromkeys(("email", "phone", "language", "timezone", "country"), _contact),
    "external_id": _external_id,
    "birthday": _birthday,
    "created_at": _created_at,
    "company": _company_name,
    "tags": _tags,
    "attributes": _attributes,
}
