"""Traits of identify calls, on to the profile: what is said is taken, what is empty or wrong leaves things as they are.

Traits that are neither a field of ours nor an attribute the tenant defined stay on the timeline, with the event; they
are not made into attributes, because a public write key must not be able to grow the tenant's list of fields.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as __
from psycopg2.extras import Json

from customers.domain import attributes, companies, customers, keys
from customers.domain.intake.elements import Element, parse_time
from customers.models import Attribute, Company, Customer
from cxm import tenancy
from cxm.lib import text
from cxm.lib.errors import Refusal

# Segment's word (and the one people write instead) → ours.
_PLAIN = {
    "name": "name", "firstName": "first_name", "first_name": "first_name", "lastName": "last_name",
    "last_name": "last_name", "email": "email", "phone": "phone", "birthday": "birthday", "timezone": "timezone",
    "language": "language", "locale": "language", "city": "city", "country": "country", "company": "company",
    "createdAt": "created_at", "created_at": "created_at",
}  # fmt: skip
_COLUMNS = ("name", "first_name", "last_name", "name_key", "search", "email", "email_key", "phone", "language",
            "timezone", "country", "city", "birthday", "company_id", "attributes", "created_at",
            "updated_at")  # fmt: skip


def apply(
    elements: Sequence[Element], ids: Mapping[int, int], *, now: datetime, fresh: Collection[int] | None = None
) -> dict[int, dict[str, str]]:
    """Write the traits of identify and group calls to the profiles, in their order, in one statement.

    Args:
        elements: of one batch.
        ids: index of an element → customer id.
        now: when this is.
        fresh: the only people with an id of the shop's who may be given an address; None: everybody may.

    Returns:
        Index → field → what is wrong with it. The rest of that element was taken.
    """
    telling = [found for found in elements if found.kind == "group" or (found.kind == "identify" and found.traits)]
    if not telling:
        return {}
    definitions = attributes.by_key()
    wrong: dict[int, dict[str, str]] = {}
    told = []
    for element in telling:
        values, fields = _read(element, definitions)
        if fields:
            wrong[element.index] = fields
        told.append((ids[element.index], values))
    people = _lock({customer_id for customer_id, values in told if values})
    if fresh is not None:
        for element, (customer_id, values) in zip(telling, told, strict=True):
            if customer_id not in fresh and (left := _leave_addresses(people.get(customer_id), values)):
                wrong[element.index] = wrong.get(element.index, {}) | left
    orgs = _companies(told)
    changed = {
        customer_id for customer_id, values in told if customer_id in people and _set(people[customer_id], values, orgs)
    }
    _save([people[customer_id] for customer_id in sorted(changed)], now=now)
    return wrong


def _read(element: Element, definitions: Mapping[str, Attribute]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what is said in our words, checked, and what is wrong by the sender's word."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for word, name, value in _words(element, definitions):
        if value is None or value == "":
            continue
        try:
            cleaned = _clean(name, value, definitions)
        except Refusal as refusal:
            wrong[word] = next(iter(refusal.fields.values()), str(refusal.message))
        except ValueError as error:
            wrong[word] = str(error)
        else:
            if "attributes" in cleaned:
                kept = {key: found for key, found in cleaned["attributes"].items() if found is not None}
                values["attributes"] = values.get("attributes", {}) | kept
            else:
                values |= {name: found for name, found in cleaned.items() if found not in (None, "")}
    return values, wrong


def _clean(name: str, value: Any, definitions: Mapping[str, Attribute]) -> dict[str, Any]:
    if name.startswith("attributes."):
        return {"attributes": attributes.clean({name.removeprefix("attributes."): value}, definitions=definitions)}
    return customers.clean({name: _moment(value) if name == "created_at" else value})


def _words(element: Element, definitions: Mapping[str, Attribute]) -> Iterator[tuple[str, str, Any]]:
    """Yield (the sender's word, our field, value)."""
    traits = element.traits
    if element.kind == "group":
        name = traits.get("name")
        yield "name", "company", name if isinstance(name, str) and name.strip() else element.group_id
        return
    for word, value in traits.items():
        if word == "address" and isinstance(value, dict):
            yield from ((f"address.{part}", part, value.get(part)) for part in ("city", "country"))
        elif word == "company" and isinstance(value, dict):
            yield "company.name", "company", value.get("name")
        elif word in _PLAIN:
            yield word, _PLAIN[word], value
        elif word in definitions:
            yield word, f"attributes.{word}", value
        elif (key := _snake(word)) in definitions:
            yield word, f"attributes.{key}", value


def _snake(word: str) -> str:
    """Return ``favouriteColour`` as the key of an attribute is written: ``favourite_colour``."""
    return (
        "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in word).replace(" ", "_").lstrip("_")
    )


def _moment(value: Any) -> datetime | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:  # seconds since 1970, or milliseconds
            return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
        except (OverflowError, ValueError, OSError) as error:
            raise ValueError(__("Write the time as 2026-11-22T14:30:00Z.")) from error
    try:
        return parse_time(value)
    except ValueError as error:
        raise ValueError(__("Write the time as 2026-11-22T14:30:00Z.")) from error


def _lock(customer_ids: set[int]) -> dict[int, Customer]:
    people = Customer.objects.select_for_update(of=("self",), no_key=True).select_related("company")
    return {found.pk: found for found in people.filter(pk__in=customer_ids).order_by("pk")}


def _companies(told: Sequence[tuple[int, dict]]) -> dict[str, Company]:
    names = {values["company"] for _customer, values in told if values.get("company")}
    return companies.find_or_create(sorted(names)) if names else {}


def _leave_addresses(person: Customer | None, values: dict[str, Any]) -> dict[str, str]:
    """Take out of what is said the addresses that a person with the shop's id has not already; says which."""
    if person is None or not person.external_id:
        return {}
    other = [name for name in ("email", "phone") if name in values and values[name] != getattr(person, name)]
    for name in other:
        del values[name]
    return {name: __("Only a key that may change customers sets this for somebody known.") for name in other}


def _set(person: Customer, values: dict[str, Any], orgs: Mapping[str, Company]) -> bool:
    """Set what is said; returns whether anything differs now."""
    before = {name: getattr(person, name) for name in _COLUMNS}
    for name, value in values.items():
        if name == "attributes":
            person.attributes = person.attributes | value
        elif name == "company":
            person.company = orgs.get(text.fold(value))
        else:
            setattr(person, name, value)
    if "name" in values and not {"first_name", "last_name"} & set(values):
        person.first_name, person.last_name = customers.split_name(person.name)
    elif "name" not in values and {"first_name", "last_name"} & set(values):
        person.name = " ".join(part for part in (person.first_name, person.last_name) if part)[:200]
    keys.refresh(person)
    return any(getattr(person, name) != old for name, old in before.items())


_SAVE = f"""
UPDATE customers_customer c SET {", ".join(f"{name} = r.{name}" for name in _COLUMNS)}
FROM jsonb_to_recordset(%s::jsonb) AS r(
  id bigint, name text, first_name text, last_name text, name_key text, search text, email text, email_key text,
  phone text, language text, timezone text, country text, city text, birthday date, company_id bigint,
  attributes jsonb, created_at timestamptz, updated_at timestamptz)
WHERE c.id = r.id AND c.tenant_id = %s
"""


def _save(people: Sequence[Customer], *, now: datetime) -> None:
    if not people:
        return
    rows = []
    for person in people:
        row = {name: getattr(person, name) for name in _COLUMNS} | {"id": person.pk, "updated_at": now.isoformat()}
        row["birthday"] = person.birthday and person.birthday.isoformat()
        row["created_at"] = person.created_at.isoformat()
        rows.append(row)
    with connection.cursor() as cursor:
        cursor.execute(_SAVE, [Json(rows), tenancy.current_id()])
