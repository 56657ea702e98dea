"""Orders told by e-commerce events, by the names of Segment's specification.

``Order Completed`` makes an order once, however often it is told; ``Order Updated`` corrects it; ``Order Refunded`` and
``Order Cancelled`` make a return. A refund that says no amount, and a cancellation, are about the whole order and count
once; a refund of a part counts once per ``refund_id`` or else per messageId.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as __

from customers.domain import orders
from customers.domain.intake.elements import Element
from customers.models import Order
from cxm.lib import text
from cxm.lib.errors import Refusal

COMPLETED, UPDATED = orders.COMPLETED, "Order Updated"
RETURNED = {orders.REFUNDED, "Order Cancelled"}
MAX_LINES = 1000
SOURCE = "api"


def is_order(element: Element) -> bool:
    """Return whether an element tells of an order."""
    return element.kind == "track" and (element.name in RETURNED or element.name in {COMPLETED, UPDATED})


def identify(element: Element) -> None:
    """Give the event of an order the order's own id, so that an order told by two doors is on the timeline once."""
    if element.name == COMPLETED and (order_id := _order_id(element.properties)):
        element.message_id = orders.message_id(order_id)


def feed(
    elements: Sequence[Element], ids: Mapping[int, int], *, now: datetime, trusted: bool
) -> dict[int, dict[str, str]]:
    """Store the orders of events that were stored now.

    Args:
        trusted: whether the key that told them is kept secret. Any visitor may use another: what it tells counts as
            told by a page, and changes no order that the shop's own systems told.

    Returns:
        Index → field → why that order could not be kept. Its event stays.
    """
    wrong: dict[int, dict[str, str]] = {}
    source = SOURCE if trusted else orders.SITE
    if not trusted:
        elements = _without_the_shops_own(elements, wrong)
    told = [found for found in elements if found.name not in RETURNED]
    _store(told, ids, {}, wrong, source=source, now=now)
    returned = [found for found in elements if found.name in RETURNED]
    _store(returned, ids, _known(returned), wrong, source=source, now=now)
    return wrong


def confirm(elements: Sequence[Element], ids: Mapping[int, int], *, now: datetime) -> dict[int, dict[str, str]]:
    """Store again, as the shop's own word, what only a page had told; of elements whose events were known before.

    Returns:
        Index → field → why that order could not be kept.
    """
    wrong: dict[int, dict[str, str]] = {}
    completed = [found for found in elements if found.name == COMPLETED]
    loose = {number for number, order in _known(completed).items() if order.source == orders.SITE}
    again = [found for found in completed if _order_id(found.properties) in loose]
    _store(again, ids, {}, wrong, source=SOURCE, now=now, keep=orders.record)
    return wrong


def _without_the_shops_own(elements: Sequence[Element], wrong: dict[int, dict[str, str]]) -> list[Element]:
    own = {number for number, order in _known(elements).items() if order.source != orders.SITE}
    sentence = __("Only a key that may change customers corrects an order that the shop's own systems told.")
    wrong |= {found.index: {"order": sentence} for found in elements if _order_id(found.properties) in own}
    return [found for found in elements if found.index not in wrong]


def _store(
    elements: Sequence[Element],
    ids: Mapping[int, int],
    known: Mapping[str, Order],
    wrong: dict[int, dict[str, str]],
    *,
    source: str,
    now: datetime,
    keep: Callable[..., orders.Stored] = orders.store,
) -> None:
    ready: list[orders.NewOrder] = []
    for element in elements:
        try:
            new = _read(element, ids[element.index], known)
            orders.check(new)
        except ValueError as error:
            wrong[element.index] = {"order": str(error)}
        except Refusal as refusal:
            wrong[element.index] = {name.rpartition(".")[2]: str(told) for name, told in refusal.fields.items()}
        else:
            ready.append(new)
    if ready:
        keep(ready, source=source, now=now)


def _read(element: Element, customer_id: int, known: Mapping[str, Order]) -> orders.NewOrder:
    properties = element.properties
    order_id = _order_id(properties)
    if not order_id:
        raise ValueError(__("An order needs a number of at most 200 characters."))
    returned = element.name in RETURNED
    lines = _lines(properties, Decimal(-1 if returned else 1))
    revenue = _first_number(properties, "revenue", "total", "subtotal")
    number = order_id
    if returned:
        whole = element.name != orders.REFUNDED or (revenue is None and not lines)
        first = known.get(order_id)
        if whole and first is None:
            raise ValueError(__("We do not know the order that is sent back."))
        if whole:
            revenue, lines = first.revenue, None
        part = "return" if whole else f"return:{_word(properties.get('refund_id')) or element.message_id or ''}"
        number, revenue = f"{order_id}:{part}"[:200], None if revenue is None else revenue.copy_abs().copy_negate()
    return orders.NewOrder(
        order_id=number,
        customer_id=customer_id,
        placed_at=element.occurred_at,
        lines=lines,
        revenue=revenue,
        currency=_word(properties.get("currency")),
        channel=element.channel,
        coupon=text.clean_line(_word(properties.get("coupon"))),
    )


def _known(elements: Sequence[Element]) -> dict[str, Order]:
    if not elements:
        return {}
    wanted = {_order_id(element.properties) for element in elements}
    return {order.order_id: order for order in Order.objects.filter(order_id__in=wanted)}


def _lines(properties: Mapping[str, Any], sign: Decimal) -> tuple[orders.NewLine, ...] | None:
    products = properties.get("products")
    if not isinstance(products, list):
        return None
    lines = []
    for product in products[:MAX_LINES]:
        if not isinstance(product, dict):
            continue
        price, quantity = _number(product.get("price")), _number(product.get("quantity", 1))
        if price is None or quantity is None:
            continue
        sku = product.get("sku") or product.get("product_id")
        title = text.clean_line(_word(product.get("name")))
        quantity = quantity.copy_sign(sign)
        lines.append(orders.NewLine(quantity=quantity, unit_price=price, sku=_word(sku)[:100], title=title))
    return tuple(lines) or None


def _order_id(properties: Mapping[str, Any]) -> str:
    word = text.clean_line(_word(properties.get("order_id") or properties.get("orderId")))
    return word if len(word) <= 200 else ""


def _word(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).strip()


def _first_number(properties: Mapping[str, Any], *names: str) -> Decimal | None:
    return next((found for name in names if (found := _number(properties.get(name))) is not None), None)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
