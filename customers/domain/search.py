"""Finding people: the list with its filters, the quick look-up, and how many there are.

All of it reads the view ``customers_found`` (see models/found.py); whole rows are then fetched by id.
"""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet

from customers.domain import consents
from customers.models import Customer, CustomerTag, Found, SegmentMember
from cxm import tenancy
from cxm.lib import phones, text

SORTS = {"created": "-created_at", "name": "name_key", "last_order": "-last_order_at", "revenue": "-revenue"}
COUNTED = 10_000
MAX_TEXT = 200
_TRIGRAM = 3


@dataclass(frozen=True)
class Query:
    """What a list asks for; every empty field asks for nothing.

    Args:
        text: words, each found anywhere in name, address, number, external id or company.
        lifecycle: a class.
        tag: id of a tag.
        segment: id of a segment; those in it now.
        country: ISO code.
        company: id of a company.
        email: ``yes`` has an address, ``no`` has none.
        consent: ``yes`` may be written to by email, ``no`` may not.
        since, until: days of ``created_at``, both included, in the tenant's zone.
        sort: one of SORTS.
    """

    text: str = ""
    lifecycle: str = ""
    tag: int | None = None
    segment: int | None = None
    country: str = ""
    company: int | None = None
    email: str = ""
    consent: str = ""
    since: date | None = None
    until: date | None = None
    sort: str = "created"


@dataclass(frozen=True)
class Page:
    """Some people, and where to go on; an empty cursor ends the list."""

    people: list[Customer]
    cursor: str


def page(query: Query, *, cursor: str = "", limit: int = 50) -> Page:
    """Return the next people of a list.

    Those who lack what is sorted by (no order yet) come last, newest first; so a page may span both parts.
    """
    column = SORTS[query.sort]
    part, value, last_id = _decode(cursor, column)
    found = _filtered(query)
    rows: list[tuple] = []
    if part == 0:
        rows = [(0, *row) for row in _slice(found, column, value, last_id, limit + 1)]
        value = last_id = None
    if len(rows) <= limit and column in ("-last_order_at", "-revenue"):
        without = found.filter(**{f"{column[1:]}__isnull": True}).order_by("-id")
        without = without.filter(id__lt=last_id) if last_id is not None else without
        rows += [(1, None, found_id) for found_id in without.values_list("id", flat=True)[: limit + 1 - len(rows)]]
    people = fetch([row[2] for row in rows[:limit]])
    return Page(people, _encode(rows[limit - 1]) if len(rows) > limit else "")


def count(query: Query) -> int:
    """Return how many there are; COUNTED + 1 stands for "more", since counting all would read them all."""
    return _filtered(query).order_by()[: COUNTED + 1].count()


def quick(written: str, *, limit: int = 8) -> list[Customer]:
    """Return the people somebody most likely means: those whose name, address, id or number begins so, then others."""
    written = written[:MAX_TEXT]
    key = text.fold(written)
    if not key:
        return []
    ids: list[int] = []
    for condition, order in _prefixes(written):
        wanted = limit - len(ids)
        if wanted > 0:
            ids += (
                Found.objects.filter(condition)
                .exclude(id__in=ids)
                .order_by(order)
                .values_list("id", flat=True)[:wanted]
            )
    if len(ids) < limit and any(len(word) >= _TRIGRAM for word in key.split()):
        rest = Found.objects.filter(matching(written)).exclude(id__in=ids)
        ids += rest.order_by("-created_at", "-id").values_list("id", flat=True)[: limit - len(ids)]
    return fetch(ids)


def matching(written: str) -> Q:
    """Return the condition on the view for words typed: each anywhere; short ones alone as a beginning.

    A telephone number typed the local way is found by its international form.
    """
    words = text.fold(written[:MAX_TEXT]).split()
    if not words:
        return Q()
    if all(len(word) < _TRIGRAM for word in words):  # no trigram to look up
        return Q.create([condition for condition, _order in _prefixes(written)], connector=Q.OR)
    condition = Q()
    for word in words:
        digits = word.strip("+").lstrip("0")
        as_number = digits if digits.isdigit() and len(digits) >= 6 else word
        condition &= Q(search__contains=as_number)
    if number := phones.parse(written, country=tenancy.current().country or None):
        condition |= Q(phone=number)
    return condition


def ids_matching(written: str) -> QuerySet:
    """Return the ids of people found by words, for ``pk__in`` of another query."""
    return Found.objects.filter(matching(written)).values("id")


def fetch(ids: Sequence[int]) -> list[Customer]:
    """Return whole people in the order of the ids, with company, traits and tags at hand."""
    rows = Customer.objects.select_related("company", "traits").prefetch_related("tag_links__tag").in_bulk(ids)
    return [rows[found] for found in ids if found in rows]


def walk(query: Query, *, batch: int = 1000) -> Iterator[list[int]]:
    """Yield ids of everybody a list names, in batches by id; each batch is one query of its own.

    The caller opens a scope around each step (``next``), so that a long walk holds no transaction open.
    """
    last = 0
    while ids := list(_filtered(query).filter(id__gt=last).order_by("id").values_list("id", flat=True)[:batch]):
        yield ids
        last = ids[-1]


def _filtered(query: Query) -> QuerySet[Found]:
    found = Found.objects.filter(matching(query.text))
    if query.lifecycle:
        found = found.filter(lifecycle=query.lifecycle)
    if query.country:
        found = found.filter(country=query.country)
    if query.company is not None:
        found = found.filter(company_id=query.company)
    if query.tag is not None:
        tagged = CustomerTag.objects.filter(tenant=OuterRef("tenant"), customer=OuterRef("id"), tag=query.tag)
        found = found.filter(Exists(tagged))
    if query.segment is not None:
        inside = SegmentMember.objects.filter(tenant=OuterRef("tenant"), customer=OuterRef("id"), segment=query.segment)
        found = found.filter(Exists(inside.filter(left_at=None)))
    if query.email in ("yes", "no"):
        found = found.exclude(email_key="") if query.email == "yes" else found.filter(email_key="")
    if query.consent in ("yes", "no"):
        allowed = consents.allowed(channel="email", topic="", model=tenancy.current().consent_model)
        found = found.filter(allowed if query.consent == "yes" else ~allowed)
    if query.since:
        found = found.filter(created_at__gte=_midnight(query.since))
    if query.until:
        found = found.filter(created_at__lt=_midnight(query.until + timedelta(days=1)))
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(tenancy.current().timezone))


def _prefixes(written: str) -> list[tuple[Q, str]]:
    """Return the ranges "begins with", with the order in which their index gives them."""
    key = text.fold(written)
    ranges = [("name_key", key), ("email_key", key), ("external_id", text.clean_line(written))]
    if number := phones.parse(written, country=tenancy.current().country or None):
        ranges.append(("phone", number))
    elif (digits := key.replace(" ", "")).startswith("+") and digits[1:].isdigit():
        ranges.append(("phone", digits))
    found = []
    for column, prefix in ranges:
        low, high = text.prefix_range(prefix)
        found.append((Q(**{f"{column}__gte": low, f"{column}__lt": high}), column))
    return found


def _slice(found: QuerySet[Found], column: str, value: object, last_id: int | None, limit: int) -> list[tuple]:
    name, descending = column.removeprefix("-"), column.startswith("-")
    rows = found.exclude(**{f"{name}__isnull": True}).order_by(column, "-id" if descending else "id")
    if last_id is not None:
        step = "lt" if descending else "gt"
        rows = rows.filter(**{f"{name}__{step}e": value}).filter(
            Q(**{f"{name}__{step}": value}) | Q(**{name: value, f"id__{step}": last_id})
        )
    return list(rows.values_list(name, "id")[:limit])


def _encode(row: tuple) -> str:
    part, value, last_id = row
    written = value.isoformat() if isinstance(value, datetime) else str(value)
    return base64.urlsafe_b64encode(json.dumps([part, written, last_id]).encode()).decode().rstrip("=")


def _decode(cursor: str, column: str) -> tuple[int, object, int | None]:
    """Return (part, value, id); a cursor nobody of ours made begins at the beginning."""
    try:
        part, written, last_id = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
        value = _READ[column.removeprefix("-")](written) if part == 0 else None
        if part not in (0, 1) or not 0 <= last_id < 2**63:
            raise ValueError(cursor)
    except (ValueError, TypeError, InvalidOperation, binascii.Error):
        return 0, None, None
    return part, value, last_id


def _moment(written: str) -> datetime:
    found = datetime.fromisoformat(written)
    if found.tzinfo is None:
        raise ValueError(written)
    return found


def _amount(written: str) -> Decimal:
    found = Decimal(written)
    if not found.is_finite() or abs(found) >= Decimal("1e14"):
        raise ValueError(written)
    return found


def _key(written: str) -> str:
    if "\0" in written:
        raise ValueError(written)
    return written


_READ = {"created_at": _moment, "last_order_at": _moment, "revenue": _amount, "name_key": _key}
