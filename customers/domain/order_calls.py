"""Orders as programs tell them one by one: the names of contracts, checked, the customer by external id."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as __

from customers.domain import contacts, customers, orders
from customers.models import Customer, Order
from cxm.audit.actors import Actor
from cxm.lib import text

FIELDS = frozenset({"order_id", "customer", "placed_at", "revenue", "currency", "channel", "coupon", "lines",
                    *(LINE := ("sku", "title", "quantity", "unit_price"))})  # fmt: skip
MAX_LINES = 1000


@transaction.atomic
def tell(*, told: Mapping[str, Any], by: Actor, now: datetime, source: str) -> tuple[Order, bool]:
    """Store one order; a customer nobody knows yet is made with nothing but the external id.

    Args:
        told: ``order_id``, ``customer`` (external id), ``placed_at``, then ``revenue`` or ``lines`` (each ``quantity``,
            ``unit_price``, ``sku``, ``title``), or ``quantity`` and ``unit_price`` of the one line there is.

    Returns:
        The order, and whether it is new.

    Raises:
        orders.OrderRefused: with every field that is wrong.
    """
    fields: dict[str, str] = {name: __("There is no such field.") for name in told if name not in FIELDS}
    read = {
        "order_id": _read(fields, "order_id", _word, told, 200),
        "placed_at": _read(fields, "placed_at", _moment, told),
        "revenue": _read(fields, "revenue", _number, told),
        "currency": _read(fields, "currency", _word, told, 3) or "",
        "channel": _read(fields, "channel", _word, told, 40) or "",
        "coupon": _read(fields, "coupon", _word, told, 60) or "",
        "lines": _lines(told, fields),
    }
    external_id = _read(fields, "customer", _word, told, 200)
    for name in ("order_id", "customer", "placed_at"):
        if not told.get(name):
            fields[name] = __("This is needed.")
    if fields:
        raise orders.OrderRefused(fields=fields)
    customer = _customer(external_id, by=by, now=now, source=source)
    try:
        stored = orders.record([orders.NewOrder(customer_id=customer.pk, **read)], source=source, now=now)
    except orders.OrderRefused as refusal:
        told_wrong = {name.removeprefix("orders[0]."): words for name, words in refusal.fields.items()}
        raise orders.OrderRefused(fields=told_wrong) from refusal
    return (stored.created or stored.updated)[0], bool(stored.created)


def _customer(external_id: str, *, by: Actor, now: datetime, source: str) -> Customer:
    found = customers.find_by_external_id(external_id)
    return found or customers.upsert(external_id=external_id, values={}, by=by, now=now, source=source)[0]


def _lines(told: Mapping[str, Any], fields: dict[str, str]) -> tuple[orders.NewLine, ...] | None:
    if "lines" not in told:
        return (_line(told, fields, ""),) if {"quantity", "unit_price"} & set(told) else None
    lines = told["lines"]
    if not isinstance(lines, list) or len(lines) > MAX_LINES or not all(isinstance(line, dict) for line in lines):
        fields["lines"] = __("Give a list of at most 1,000 objects.")
        return None
    return tuple(_line(line, fields, f"lines[{index}].") for index, line in enumerate(lines)) or None


def _line(told: Mapping[str, Any], fields: dict[str, str], path: str) -> orders.NewLine:
    wrong: dict[str, str] = {name: __("There is no such field.") for name in told if path and name not in LINE}
    quantity = _read(wrong, "quantity", _number, {"quantity": 1, **told})
    price = _read(wrong, "unit_price", _number, told)
    if price is None:
        wrong.setdefault("unit_price", __("This is needed."))
    sku, title = _read(wrong, "sku", _word, told, 100), _read(wrong, "title", _word, told, 300)
    fields.update({path + name: words for name, words in wrong.items()})
    return orders.NewLine(
        quantity=quantity or Decimal(0), unit_price=price or Decimal(0), sku=sku or "", title=title or ""
    )


def _read(fields: dict[str, str], name: str, kind: Any, told: Mapping[str, Any], *limits: int) -> Any:
    """Return a value in its kind, None where it is not said or wrong; what is wrong goes to ``fields``."""
    value = told.get(name)
    if value is None or value == "":
        return None
    try:
        return kind(value, *limits)
    except ValueError as error:
        fields[name] = str(error)
        return None


def _word(value: Any, limit: int) -> str:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise ValueError(__("This is not text."))
    line = text.clean_line(str(value))
    if len(line) > limit:
        raise ValueError(__("At most %(length)s characters.") % {"length": limit})
    return line


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | float) or len(str(value)) > 40:
        raise ValueError(__("This is not a number."))
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation as error:
        raise ValueError(__("This is not a number.")) from error
    if not number.is_finite():
        raise ValueError(__("This is not a number we can keep."))
    return number


def _moment(value: Any) -> datetime:
    return contacts.moment(value if isinstance(value, str) else "")
