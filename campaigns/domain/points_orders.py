"""Points of orders: earned by the tenant's rule, taken back with what is sent back."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, Decimal

from django.db import connection, transaction
from django.utils import timezone

from campaigns.domain import points, points_rules
from campaigns.domain.points import MOST, Draft, Kind
from campaigns.models import PointsEntry, PointsRule
from customers.domain import traits
from customers.domain.orders import SITE
from customers.models import Order
from cxm import tenancy
from cxm.audit.actors import SYSTEM

ALWAYS = datetime(1900, 1, 1, tzinfo=UTC)
RETURNED = ":return"  # how the intake numbers what comes back: NUMBER:return, NUMBER:return:REFUND

_ORDERS = """
SELECT DISTINCT o.id FROM unnest(%(ids)s::text[]) AS told(number)
JOIN customers_order o ON o.tenant_id = %(tenant)s
 AND (o.order_id = told.number OR (o.order_id >= told.number || ':return' AND o.order_id < told.number || ':returo'))
WHERE o.placed_at >= %(since)s AND o.currency = %(currency)s AND o.revenue <> 0
  AND (%(from_sites)s OR o.source <> %(site)s)
"""


@transaction.atomic
def settle(*, order_ids: Sequence[str], now: datetime) -> int:
    """Earn points for orders of the tenant in scope, and take back those of returns; safe to repeat.

    By the tenant's rule: orders in its own currency placed since it began, those that only a website told where the
    rule trusts it. A return of an order we know takes back no
    more than the order earned; nothing takes more than there is.

    Args:
        order_ids: the shop's own numbers, of orders and of what was sent back.

    Returns:
        How many entries were written.
    """
    rule = points_rules.get()
    if not rule.active or not order_ids:
        return 0
    found = _orders(order_ids, rule)
    traits.hold([order.customer_id for order in found])
    earned = [_draft(order, Kind.ORDER, rule.per_unit) for order in found if order.kind == Order.Kind.ORDER]
    written = points.write([draft for draft in earned if draft.amount > 0], by=SYSTEM, at=now)
    back = [_draft(order, Kind.RETURN, rule.per_unit) for order in found if order.kind == Order.Kind.RETURN]
    return len(written) + len(points.write(_clamped(back, now=now), by=SYSTEM, at=now))


@transaction.atomic
def take_back(orders: Sequence[int]) -> None:
    """Take away what orders that are about to be removed, by their row's id, earned; spent points stay earned."""
    numbers = dict(Order.objects.filter(pk__in=orders, kind=Order.Kind.ORDER).values_list("order_id", "customer_id"))
    people = set(numbers.values())
    traits.hold(sorted(people))
    left = {
        (customer_id, f"{Kind.ORDER}:{number}"): amount
        for (customer_id, number), amount in _earned(people, numbers).items()
        if number in numbers and amount > 0
    }
    points.unwrite(left, now=timezone.now())


def _orders(numbers: Sequence[str], rule: PointsRule) -> list[Order]:
    tenant = tenancy.current()
    with connection.cursor() as cursor:
        cursor.execute(
            _ORDERS,
            {
                "ids": list(numbers),
                "tenant": tenant.pk,
                "since": rule.since or ALWAYS,
                "currency": tenant.currency,
                "from_sites": rule.from_sites,
                "site": SITE,
            },
        )
        ids = [found for (found,) in cursor.fetchall()]
    return list(Order.objects.filter(pk__in=ids).order_by("placed_at", "id"))


def _draft(order: Order, kind: str, per_unit: Decimal) -> Draft:
    amount = min(int((abs(order.revenue) * per_unit).to_integral_value(ROUND_FLOOR)), MOST)
    signed = amount if kind == Kind.ORDER else -amount
    return Draft(order.customer_id, kind, signed, order.order_id, f"{kind}:{order.order_id}")


def _clamped(drafts: Iterable[Draft], *, now: datetime) -> list[Draft]:
    """Cut what is taken back to what its order earned, less what was taken for it before, and to what there is."""
    told = list(drafts)
    known = points.known(told) if told else set()
    wanted = [draft for draft in told if (draft.customer_id, draft.key) not in known]
    if not wanted:
        return []
    people = {draft.customer_id for draft in wanted}
    have = Counter(points.balances(people, now=now))
    earned = _earned(people, {_whole(draft.reason) for draft in wanted})
    cut = []
    for draft in wanted:
        number = _whole(draft.reason)
        amount = min(-draft.amount, have[draft.customer_id], earned[draft.customer_id, number] if number else MOST)
        if amount > 0:
            have[draft.customer_id] -= amount
            earned[draft.customer_id, number] -= amount
            cut.append(replace(draft, amount=-amount))
    return cut


def _whole(number: str) -> str:
    """Return the number of the order that something was sent back of, or nothing where it names none."""
    return number.partition(RETURNED)[0] if RETURNED in number else ""


def _earned(people: set[int], numbers: Iterable[str]) -> Counter:
    """Return (person, order) → what the order earned and did not give back yet."""
    keys = {f"{Kind.ORDER}:{number}" for number in numbers}
    found: Counter = Counter()
    came = PointsEntry.objects.filter(customer__in=people, key__in=keys)
    for customer_id, number, amount in came.values_list("customer_id", "reason", "amount"):
        found[customer_id, number] += amount
    went = PointsEntry.objects.filter(customer__in=people, kind=Kind.RETURN)
    for customer_id, number, amount in went.values_list("customer_id", "reason", "amount"):
        found[customer_id, _whole(number)] += amount
    return found
