"""Orders and returns: stored by their own number, so that telling us twice is telling us once."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _
from psycopg2.extras import Json

from customers import signals
from customers.domain import classes, events, traits
from customers.models import Customer, Order, OrderLine
from cxm import tenancy
from cxm.lib.errors import NotFound, Refusal

COMPLETED, REFUNDED = "Order Completed", "Order Refunded"
CENT = Decimal("0.01")
# The source of what a page told with a write key that all its visitors can read: nobody of the shop has said it yet.
SITE = "site"
_QUANTITY, _PRICE = Decimal("0.001"), Decimal("0.0001")  # as fine as the columns are
# Below what the columns hold once it is rounded: a quantity, a price; and an amount, of which somebody's revenue may
# add up a thousand.
_MOST_OF_A_LINE, _MOST_PRICE, _MOST = Decimal("1e9") - _QUANTITY / 2, Decimal("1e10") - _PRICE / 2, Decimal("1e11")
_CURRENCY = re.compile("[A-Z]{3}")


class OrderRefused(Refusal):
    code = "invalid_order"
    message = _("Some fields of the order are not right.")


class OrderNotFound(NotFound):
    message = _("There is no such order.")


@dataclass(frozen=True)
class NewLine:
    """One article. A negative quantity is sent back; ``amount`` is quantity × price where it is not said."""

    quantity: Decimal
    unit_price: Decimal
    sku: str = ""
    title: str = ""
    amount: Decimal | None = None


@dataclass(frozen=True)
class NewOrder:
    """An order as somebody tells it.

    Args:
        order_id: the shop's own number.
        customer_id: who bought.
        placed_at: aware.
        lines: None leaves the lines of a known order as they are.
        revenue: the sum of the lines where it is not said.
        currency: ISO code; the tenant's where it is not said.
        import_id: the import it came with.
    """

    order_id: str
    customer_id: int
    placed_at: datetime
    lines: tuple[NewLine, ...] | None = None
    revenue: Decimal | None = None
    currency: str = ""
    channel: str = ""
    coupon: str = ""
    import_id: int | None = None


@dataclass(frozen=True)
class Stored:
    """What became of a list of orders."""

    created: list[Order]
    updated: list[Order]


def message_id(order_id: str) -> str:
    """Return the id of the event of an order on the timeline; an event of a shop should carry it too."""
    return f"order:{order_id}"[:255]


def get(order_pk: int) -> Order:
    """Return the order with its customer, or refuse with 404."""
    found = Order.objects.select_related("customer").filter(pk=order_pk).first()
    if found is None:
        raise OrderNotFound
    return found


def of_customer(customer: Customer) -> QuerySet[Order]:
    """Return what somebody bought and sent back, newest first, lines at hand."""
    return Order.objects.filter(customer=customer).prefetch_related("lines").order_by("-placed_at", "-id")


@transaction.atomic
def record(orders: Sequence[NewOrder], *, source: str, now: datetime) -> Stored:
    """Store orders and write them to the timeline: ``store`` for callers who have not done the latter.

    The event of an order has the id ``order:ORDER_ID``; a later telling corrects it.
    """
    stored = store(orders, source=source, now=now)
    write_events([*stored.created, *stored.updated], source=source)
    return stored


@transaction.atomic
def store(orders: Sequence[NewOrder], *, source: str, now: datetime) -> Stored:
    """Insert or correct orders with their lines; then traits and classes of the people they touch.

    Of several with one number the last counts. For callers whose events are on the timeline already (the event
    intake, imports); all others call ``record``.

    Raises:
        OrderRefused: the first order that cannot be kept, with its fields as ``orders[INDEX].FIELD``.
    """
    if not orders:
        return Stored([], [])
    currency = tenancy.current().currency
    told = {new.order_id: _order(new, index, currency, source) for index, new in enumerate(orders)}
    lines = {new.order_id: new.lines for new in orders}
    _check_people(orders)
    before = Order.objects.select_for_update().filter(order_id__in=told).order_by("id")
    known = {row.order_id: row for row in before.only("order_id", "customer", "placed_at")}
    rows = [told[order_id] for order_id in sorted(told)]
    Order.objects.bulk_create(
        rows,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["tenant", "order_id"],
        update_fields=["customer", "kind", "placed_at", "revenue", "currency", "channel", "coupon", "source"],
    )
    _replace_lines([(row, lines[row.order_id]) for row in rows if lines[row.order_id] is not None])
    touched = sorted({row.customer_id for row in [*rows, *known.values()]})
    traits.refresh_orders(touched)
    classes.refresh(customer_ids=touched, tenant=tenancy.current(), now=now)
    events.mark_dirty(touched)
    updated = [row for row in rows if row.order_id in known]
    tell_corrected(row.placed_at for row in [*updated, *known.values()])
    tell_again([row.pk for row in updated])
    return Stored(created=[row for row in rows if row.order_id not in known], updated=updated)


def tell_corrected(moments: Iterable[datetime]) -> None:
    """Tell the apps above when corrected orders were placed, as it stood before and as it stands now."""
    if told := set(moments):
        signals.facts_corrected.send(sender=Order, moments=told)


def tell_again(order_pks: Sequence[int]) -> None:
    """Tell the apps above which orders, by their row's id, were told again."""
    if order_pks:
        signals.orders_corrected.send(sender=Order, orders=list(order_pks))


def check(new: NewOrder) -> None:
    """Refuse with OrderRefused what ``store`` would refuse, for callers who leave out one order and store the rest."""
    _order(new, 0, tenancy.current().currency, "")


def _order(new: NewOrder, index: int, currency: str, source: str) -> Order:
    """Check one and return its row; kind and revenue follow from the lines where they are not said."""
    fields: dict[str, str] = {}
    code = (new.currency or currency).upper()
    if not new.order_id or len(new.order_id) > 200:
        fields["order_id"] = __("An order needs a number of at most 200 characters.")
    if not _CURRENCY.fullmatch(code):
        fields["currency"] = __("This is not a currency code of three letters, as USD.")
    lines = new.lines or ()
    if new.revenue is None and not lines:
        fields["revenue"] = __("Give the revenue, or lines with quantity and price.")
    for line in lines:
        fits = _keepable(line.quantity, _MOST_OF_A_LINE) and _keepable(line.unit_price, _MOST_PRICE)
        if not (fits and _keepable(amount(line))):
            fields["lines"] = __("A quantity or price is too large.")
    if not fields:
        revenue = sum((amount(line) for line in lines), Decimal(0)) if new.revenue is None else new.revenue
        if not _keepable(revenue):
            fields["revenue"] = __("This amount is too large.")
    if fields:
        raise OrderRefused(fields={f"orders[{index}].{name}": sentence for name, sentence in fields.items()})
    returned = revenue < 0 or bool(lines and all(line.quantity < 0 for line in lines))
    return Order(
        order_id=new.order_id,
        customer_id=new.customer_id,
        kind=Order.Kind.RETURN if returned else Order.Kind.ORDER,
        placed_at=new.placed_at,
        revenue=revenue.quantize(CENT, ROUND_HALF_UP),
        currency=code,
        channel=new.channel[:40],
        coupon=new.coupon[:60],
        source=source[:40],
        import_id=new.import_id,
    )


def amount(line: NewLine) -> Decimal:
    """Return what a line comes to."""
    told = line.quantity * line.unit_price if line.amount is None else line.amount
    return told.quantize(CENT, ROUND_HALF_UP) if _keepable(told) else told


def _keepable(value: Decimal, most: Decimal = _MOST) -> bool:
    # Not abs(), which computes, and fails, where an exponent is beyond what can be computed with.
    return value.is_finite() and value.copy_abs() < most


def _check_people(orders: Sequence[NewOrder]) -> None:
    wanted = {new.customer_id for new in orders}
    present = set(Customer.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    for index, new in enumerate(orders):
        if new.customer_id not in present:
            raise OrderRefused(fields={f"orders[{index}].customer": __("There is no such customer.")})


def _replace_lines(orders: list[tuple[Order, tuple[NewLine, ...]]]) -> None:
    OrderLine.objects.filter(order__in=[order.pk for order, _lines in orders]).delete()
    OrderLine.objects.bulk_create(
        [
            OrderLine(
                order_id=order.pk,
                position=position,
                sku=line.sku[:100],
                title=line.title[:300],
                quantity=line.quantity.quantize(_QUANTITY, ROUND_HALF_UP),
                unit_price=line.unit_price.quantize(_PRICE, ROUND_HALF_UP),
                amount=amount(line),
            )
            for order, lines in orders
            for position, line in enumerate(lines, 1)
        ],
        batch_size=2000,
    )


def write_events(orders: list[Order], *, source: str) -> None:
    happenings = [
        events.Happening(
            customer_id=order.customer_id,
            name=REFUNDED if order.kind == Order.Kind.RETURN else COMPLETED,
            occurred_at=order.placed_at,
            properties=properties(order),
            channel=order.channel[:20],
            source=source[:20],
            message_id=message_id(order.order_id),
        )
        for order in orders
    ]
    stored = {event.message_id for event in events.record(happenings)}
    _correct_events([found for found in happenings if found.message_id not in stored])


def properties(order: Order) -> dict:
    """Return what the event of an order says, by the names of Segment's specification."""
    said = {"order_id": order.order_id, "revenue": float(order.revenue), "currency": order.currency}
    if order.coupon:
        said["coupon"] = order.coupon
    return said


def _correct_events(happenings: list[events.Happening]) -> None:
    if not happenings:
        return
    rows = [
        [found.message_id, found.customer_id, found.name, found.occurred_at.isoformat(), found.properties, found.source]
        for found in happenings
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE customers_event e SET customer_id = (row->>1)::bigint, name = row->>2, source = row->>5,
                 occurred_at = (row->>3)::timestamptz, properties = e.properties || (row->4)
               FROM jsonb_array_elements(%(rows)s::jsonb) row
               JOIN customers_event known ON known.tenant_id = %(tenant)s AND known.message_id = row->>0
               WHERE e.tenant_id = %(tenant)s AND e.id = known.id
               RETURNING e.properties->>'order_id', known.source = %(site)s AND e.source <> %(site)s""",
            {"rows": Json(rows), "tenant": tenancy.current_id(), "site": SITE},
        )
        confirmed = [number for number, first in cursor.fetchall() if first]
    tell_corrected(found.occurred_at for found in happenings)
    if confirmed:
        signals.orders_confirmed.send(sender=Order, order_ids=confirmed)
