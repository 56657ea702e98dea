"""Cells of a file made into what is stored, one column at a time; what cannot be is named by a reason.

A column at a time because half a million rows pass here: the loops run inside list comprehensions and what repeats
(countries, dates, prices) is remembered. A cell that cannot be read becomes a ``Bad`` with its reason.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache, partial
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from customers.domain import attributes, contacts, keys, places
from customers.models import Attribute
from cxm.lib import addresses, errors, money, phones, tables, text, time

# What is wrong with a row: the key is stored and counted, the sentence is shown.
REASONS = {
    **tables.PROBLEMS,
    "email": _("This is not an email address."),
    "phone": _("This is not a telephone number. Numbers from abroad need their country code."),
    "language": _("This language is not known."),
    "timezone": _("This time zone is not known."),
    "country": _("This country is not known."),
    "date": _("This is not a date."),
    "number": _("This is not a number."),
    "currency": _("This is not a currency."),
    "too_long": _("This text is too long."),
    "yes_or_no": _("This is neither yes nor no."),
    "attribute": _("This value does not fit the attribute."),
    "no_identifier": _("Neither customer number, email nor phone: nobody can be recognised by this row."),
    "erased": _("This address belonged to somebody who asked to be erased."),
    "duplicate": _("An earlier row of this file is about the same customer."),
    "ambiguous": _("Several customers have this email or phone; add their customer number."),
    "no_order": _("The order number is missing."),
    "no_customer": _("The customer is missing."),
    "no_date": _("The date of the order is missing."),
    "no_amount": _("The amount is missing."),
    "other_customer": _("An earlier row gives this order to another customer."),
    "other_currency": _("An earlier row gives this order in another currency."),
}

Clean = Callable[[str], object]
IDS = {"external_id", "customer", "order_id"}
_YES = "yes y true t 1 on subscribed subscriber opted-in opt-in optin granted نعم مشترك موافق"
_NO = "no n false f 0 off unsubscribed opted-out opt-out optout withdrawn declined لا غير-مشترك"
_BOOLEANS = {text.fold(word).replace("-", " "): True for word in _YES.split()}
_BOOLEANS |= {text.fold(word).replace("-", " "): False for word in _NO.split()}
_TAG_MARKS = str.maketrans("|;،؛", ",,,,")
_MOST = Decimal("1e9")


class Bad(str):
    """Why a cell cannot be kept: a key of ``REASONS``."""

    __slots__ = ()


@dataclass(frozen=True)
class Ways:
    """How the cells of a file are to be read.

    Args:
        zone: of moments written without one.
        country: of telephone numbers written without a country code.
        date_orders: column → ``dmy``, ``mdy`` or ``ymd``, found over the whole column.
        decimal_marks: column → ``.`` or ``,``, likewise.
        definitions: the tenant's attributes by key.
    """

    zone: ZoneInfo
    country: str
    date_orders: Mapping[str, str] = field(default_factory=dict)
    decimal_marks: Mapping[str, str] = field(default_factory=dict)
    definitions: Mapping[str, Attribute] = field(default_factory=dict)


def cleaner(target: str, column: str, ways: Ways) -> Clean:
    """Return the function that reads the cells of a column brought in as ``target``."""
    order, mark = ways.date_orders.get(column, "dmy"), ways.decimal_marks.get(column)
    area, _dot, rest = target.partition(".")
    clean = {
        "attributes": lambda: partial(_attribute, ways.definitions[rest], order, mark),
        "consent": lambda: _yes_or_no,
        "placed_at": lambda: partial(_moment, ways.zone, order),
        "created_at": lambda: partial(_moment, ways.zone, order),
        "birthday": lambda: partial(_day, order),
        "quantity": lambda: partial(_number, mark),
        "unit_price": lambda: partial(_number, mark),
        "revenue": lambda: partial(_number, mark),
        "phone": lambda: partial(_phone, ways.country or None),
        **_CLEANERS,
    }.get(area)
    if clean is None:
        return partial(_id if area in IDS else _line, _LENGTHS[area])
    return clean() if area in {"email", "phone"} else remembered(clean())


def remembered(clean: Clean) -> Clean:
    return lru_cache(maxsize=8_192)(clean)


def is_date(target: str, definitions: Mapping[str, Attribute]) -> bool:
    """Whether cells brought in as ``target`` are dates or moments."""
    return target in {"placed_at", "created_at", "birthday"} or _kind(target, definitions) == Attribute.Kind.DATE


def is_number(target: str, definitions: Mapping[str, Attribute]) -> bool:
    """Whether cells brought in as ``target`` are numbers."""
    return target in {"quantity", "unit_price", "revenue"} or _kind(target, definitions) == Attribute.Kind.NUMBER


def _kind(target: str, definitions: Mapping[str, Attribute]) -> str:
    found = definitions.get(target.partition(".")[2]) if target.startswith("attributes.") else None
    return found.kind if found else ""


# --- one cell; never empty ------------------------------------------------------------------------


def _line(limit: int, written: str) -> str | Bad | None:
    line = text.clean_line(written)
    return line if len(line) <= limit else Bad("too_long")


def _id(limit: int, written: str) -> str | Bad | None:
    line = _line(limit, written)
    return keys.whole(line) if line.__class__ is str else line


def _email(written: str) -> addresses.Address | Bad | None:
    try:
        return addresses.parse(written)
    except addresses.InvalidAddress as refusal:
        return None if refusal.code == "empty" else Bad("email")


def _phone(country: str | None, written: str) -> str | Bad | None:
    if not written.strip():
        return None
    return phones.parse(written, country=country) or phones.parse_possible(written) or Bad("phone")


def _language(written: str) -> str | Bad | None:
    if not written.strip():
        return None
    if code := places.language_named(written):
        return code
    try:
        return contacts.language(written)
    except ValueError:
        return Bad("language")


def _timezone(written: str) -> str | Bad | None:
    name = written.strip()
    if not name:
        return None
    return name if name in time.zone_names() else Bad("timezone")


def _country(written: str) -> str | Bad | None:
    word = text.fold(written)
    return (places.country_named(word) or Bad("country")) if word else None


def _country_if_known(written: str) -> str | None:
    """For a field that only helps: a country nobody knows does not cost the row."""
    return places.country_named(written) or None


def _moment(zone: ZoneInfo, order: str, written: str) -> str | Bad | None:
    if not written.strip():
        return None
    found = time.parse_moment(written.strip(), zone=zone, order=order)
    return found.isoformat() if found else Bad("date")


def _day(order: str, written: str) -> str | Bad | None:
    if not written.strip():
        return None
    found = time.parse_date(written.strip(), order=order)
    return found.isoformat() if found else Bad("date")


def _number(mark: str | None, written: str) -> Decimal | Bad | None:
    if not written.strip():
        return None
    found = money.parse(written, decimal_mark=mark)
    return found if found is not None and abs(found) < _MOST else Bad("number")


def _currency(written: str) -> str | Bad | None:
    code = written.strip().upper()
    if not code:
        return None
    return code if money.is_currency(code) else Bad("currency")


def _yes_or_no(written: str) -> bool | Bad | None:
    word = text.fold(written).replace("-", " ").replace("_", " ")
    return _BOOLEANS.get(word, Bad("yes_or_no")) if word else None


def _tags(written: str) -> dict[str, str] | Bad | None:
    """Folded word → word as written, parted by commas, semicolons or bars."""
    words = [text.clean_line(word) for word in written.translate(_TAG_MARKS).split(",")]
    if any(len(word) > 60 for word in words):
        return Bad("too_long")
    return {key[:80]: word for word in words if (key := text.fold(word))} or None


def _attribute(definition: Attribute, order: str, mark: str | None, written: str) -> object:
    if not written.strip():
        return None
    if definition.kind == Attribute.Kind.DATE:
        found = time.parse_date(written.strip(), order=order)
        return found.isoformat() if found else Bad("attribute")
    if definition.kind == Attribute.Kind.NUMBER:
        found = money.parse(written, decimal_mark=mark)
        written = written if found is None else str(found)
    try:
        return attributes.parse(definition, written)
    except (ValueError, errors.Refusal):
        return Bad("attribute")


_LENGTHS = {
    "external_id": 200, "name": 200, "first_name": 100, "last_name": 100, "city": 100, "company": 200,
    "order_id": 200, "customer": 200, "sku": 100, "title": 300, "channel": 40, "coupon": 60,
}  # fmt: skip
_CLEANERS: dict[str, Callable[[], Clean]] = {
    "email": lambda: _email,
    "language": lambda: _language,
    "timezone": lambda: _timezone,
    "country": lambda: _country,
    "country_if_known": lambda: _country_if_known,
    "currency": lambda: _currency,
    "tags": lambda: _tags,
}


# --- COPY's text format ---------------------------------------------------------------------------


def written(value: object) -> str:
    r"""A value as COPY reads it: ``\N`` is null."""
    if value is None or value == "":
        return "\\N"
    if value.__class__ is str:
        return value.replace("\\", "\\\\") if "\\" in value else value
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False).replace("\\", "\\\\")
    if value is True or value is False:
        return "t" if value else "f"
    return str(value)
