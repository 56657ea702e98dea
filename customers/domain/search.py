"""Finding people: the list with its filters, the quick look-up, and how many there are.

All of it reads the view ``customers_found`` (see models/found.py); whole rows are then fetched by id.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db.models import Exists, OuterRef, Q, QuerySet, prefetch_related_objects
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.domain import consents
from customers.models import Customer, CustomerTag, Found, Segment, SegmentMember
from cxm import tenancy
from cxm.lib import pagination, phones, text
from cxm.lib.errors import Refusal

SORTS = {"created": "-created_at", "name": "name_key", "last_order": "-last_order_at", "revenue": "-revenue"}
COUNTED = 1_000  # a number people can do something with; more of them would be read on every keystroke
MAX_TEXT = 200
MANY_REMEMBERED = 60  # seconds
_TRIGRAM = 3
# First words of names that some write together with the next, and how that one must begin; folded.
_ONE_OR_TWO = (("عبد", "ال"), ("ابو", ""))
_REST = "rest."  # begins the cursors of the part that lacks what is sorted by


class NoSuchSegment(Refusal):
    code = "no_such_segment"
    message = _("There is no segment of that id or slug.")


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


def page(query: Query, *, cursor: str = "", limit: int = 25) -> Page:
    """Return the next people of a list; a cursor of another list begins at the beginning.

    Those who lack what is sorted by (no order yet) come last, newest first; so a page may span both parts.
    """
    column = SORTS[query.sort]
    having = _filtered(query).exclude(**{f"{column.removeprefix('-')}__isnull": True})
    without = _filtered(query).filter(**{f"{column.removeprefix('-')}__isnull": True})
    try:
        rows, following = _two_parts(having, column, without, cursor, limit)
    except pagination.BadCursor:
        rows, following = _two_parts(having, column, without, "", limit)
    return Page(fetch([row.pk for row in rows]), following)


def _two_parts(having: QuerySet, column: str, without: QuerySet, cursor: str, limit: int) -> tuple[list[Found], str]:
    rows: list[Found] = []
    if not cursor.startswith(_REST):
        rows, following = pagination.page(having.only("id", column.removeprefix("-")), order=column,
                                          cursor=cursor or None, limit=limit)  # fmt: skip
        if following or column not in ("-last_order_at", "-revenue"):
            return rows, following or ""
        cursor = _REST
    if len(rows) == limit:
        return rows, _REST if without.exists() else ""
    rest, following = pagination.page(without.only("id"), order="-id", cursor=cursor.removeprefix(_REST) or None,
                                      limit=limit - len(rows))  # fmt: skip
    return rows + rest, _REST + following if following else ""


def count(query: Query) -> int:
    """Return how many there are; COUNTED + 1 stands for "more", since counting all would read them all.

    That words are found more often than that is remembered for a moment: the index reads every place of a word before
    it names the first, and who sorts, turns pages or comes back asks again. Smaller numbers are counted each time.
    """
    if not query.text:
        return _counted(query)
    asked = f"{tenancy.current_id()} {replace(query, sort='')}"
    key = f"customers:many:{hashlib.sha256(asked.encode()).hexdigest()}"
    if cache.get(key):
        return COUNTED + 1
    counted = _counted(query)
    if counted > COUNTED:
        cache.set(key, True, MANY_REMEMBERED)
    return counted


def _counted(query: Query) -> int:
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
        condition &= Q(search__contains=as_number) | _apart(word)
    if number := phones.parse(written, country=tenancy.current().country or None):
        condition |= Q(phone=number)
    return condition


def _apart(word: str) -> Q:
    """Return the condition for a name written as one word that its bearer writes as two: عبدالله, ابوبكر."""
    first = next((first for first, rest in _ONE_OR_TWO if word.startswith(first + rest) and len(word) > 5), "")
    return Q(search__contains=f"{first} {word[len(first) :]}") if first else Q()


def ids_matching(written: str) -> QuerySet:
    """Return the ids of people found by words, for ``pk__in`` of another query."""
    return Found.objects.filter(matching(written)).values("id")


def fetch(ids: Sequence[int]) -> list[Customer]:
    """Return whole people in the order of the ids, with company and traits at hand."""
    rows = Customer.objects.select_related("company", "traits").in_bulk(ids)
    return [rows[found] for found in ids if found in rows]


def with_tags(people: list[Customer]) -> list[Customer]:
    """Return the same people with their tags at hand, in two queries for all of them."""
    prefetch_related_objects(people, "tag_links__tag")
    return people


def members_of(segment: str) -> QuerySet:
    """Return the ids of people in a segment now, named by id or slug.

    Raises:
        NoSuchSegment: there is none of that name.
    """
    named = Q(slug=segment.replace("\0", ""))
    if segment.isascii() and segment.isdigit() and len(segment) < 19:
        named |= Q(pk=int(segment))
    found = Segment.objects.filter(named, archived_at=None).first()
    if found is None:
        raise NoSuchSegment(fields={"segment": __("There is no segment of that id or slug.")})
    return SegmentMember.objects.filter(segment=found, left_at=None).values("customer_id")


def segments() -> QuerySet[Segment]:
    """Return the segments a list can be narrowed to."""
    return Segment.objects.filter(archived_at=None).order_by("name")


def segments_of(customer: Customer) -> QuerySet[SegmentMember]:
    """Return the segments somebody is in now, newest passage first."""
    now = SegmentMember.objects.filter(customer=customer, left_at=None, segment__archived_at=None)
    return now.select_related("segment").order_by("-entered_at")


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
