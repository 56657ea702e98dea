"""Codes used: once for an order, within the limits, whoever asks and however many at once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from campaigns.domain import codes
from campaigns.models import Code, Issue, Offer, Redemption
from customers.domain import events, traits
from customers.models import Customer, Event, Order
from cxm.audit.actors import SYSTEM, Actor
from cxm.lib.errors import Conflict, NotFound

REDEEMED = "Offer Redeemed"
CENT = Decimal("0.01")


class UnknownCode(NotFound):
    """No offer has this code."""

    code = "unknown_code"
    message = _("There is no such code.")


class NotRedeemable(Conflict):
    """A code that cannot be used, with a code of ours that says why."""

    code = "not_redeemable"


@dataclass(frozen=True)
class Claim:
    """A code that somebody wants to use.

    Args:
        order_id: the shop's own number; the same again is the same redemption.
        amount: of the order, in the tenant's currency.
        customer_id: who uses it; the one it was given to when omitted.
        at: when.
    """

    code: str
    at: datetime
    order_id: str | None = None
    amount: Decimal | None = None
    customer_id: int | None = None


def redeem(
    *,
    code: str,
    by: Actor,
    now: datetime,
    order_id: str | None = None,
    amount: Decimal | None = None,
    customer: Customer | None = None,
    offer: Offer | None = None,
) -> Redemption:
    """Use a code; the same order again gives the same redemption.

    Args:
        amount: of the order, in the tenant's currency: what a discount in percent is taken of.
        customer: who uses it; the one it was given to when omitted.
        offer: the one it must be of, where the caller knows.

    Raises:
        UnknownCode: no offer has it, or another than the one named.
        NotRedeemable: with the reason as its code: offer_not_active, not_started, expired, used, limit_reached,
            limit_each_reached, amount_needed, below_minimum, order_has_code.
    """
    if offer is not None and not Code.objects.filter(offer=offer, key=codes.fold(code)).exists():
        raise UnknownCode
    claim = Claim(code, now, order_id or None, amount, customer and customer.pk)
    (found,) = redeem_many([claim], by=by)
    if isinstance(found, Redemption):
        return found
    raise found


def redeem_orders(*, order_ids: Sequence[str]) -> int:
    """Use the codes that orders of the tenant in scope were placed with, where they can be; safe to repeat.

    Returns:
        How many codes were used.
    """
    placed = Order.objects.filter(order_id__in=list(order_ids), kind=Order.Kind.ORDER).exclude(coupon="")
    claims = [
        Claim(order.coupon, order.placed_at, order.order_id, max(order.revenue, Decimal(0)), order.customer_id)
        for order in placed.order_by("placed_at", "id")
    ]
    return sum(isinstance(found, Redemption) for found in redeem_many(claims, by=SYSTEM)) if claims else 0


@transaction.atomic
def take_back(orders: Sequence[int]) -> None:
    """Give back the codes that orders about to be removed, by their row's id, used by naming them.

    What was redeemed at the desk or by a program stays used: the order was only its occasion.
    """
    placed = Order.objects.filter(pk__in=list(orders), kind=Order.Kind.ORDER).exclude(coupon="")
    told = list(placed.values_list("order_id", "coupon", "customer_id"))
    known = _codes([coupon for _number, coupon, _person in told], lock=False) if told else {}
    if not known:
        return
    traits.hold(sorted({person for _number, _coupon, person in told}))
    offers = Offer.objects.select_for_update(no_key=True).filter(pk__in={code.offer_id for code in known.values()})
    held = [offer.pk for offer in offers.order_by("id")]
    _codes([code.code for code in known.values()], lock=True)
    used = Redemption.objects.filter(
        offer__in=held, order_id__in=[number for number, _coupon, _person in told], created_by=SYSTEM.label
    )
    pooled = dict(used.values_list("pk", "pooled_id"))
    Event.objects.filter(message_id__in=[_told(pk) for pk in pooled])._raw_delete("default")
    used._raw_delete("default")
    given = Issue.objects.filter(pooled__in=pooled.values()).values("pooled_id")
    Code.objects.filter(pk__in=[code for code in pooled.values() if code]).exclude(pk__in=given).update(free=True)


@transaction.atomic
def redeem_many(claims: Sequence[Claim], *, by: Actor) -> list[Redemption | UnknownCode | NotRedeemable]:
    """Use codes, each by itself; returns for each claim what became of it.

    Locks people, then offers, then codes, each in the order of their ids: two callers wait for one another and never
    both for each other.
    """
    known = _codes([claim.code for claim in claims], lock=False)
    if not known:
        return [UnknownCode() for _claim in claims]
    given = _given(list(known.values()), {claim.customer_id for claim in claims if claim.customer_id})
    people = {claim.customer_id for claim in claims} | {found.customer_id for found in given.values()}
    traits.hold(sorted(found for found in people if found))
    asked = Offer.objects.select_for_update(no_key=True).filter(pk__in={code.offer_id for code in known.values()})
    offers = {offer.pk: offer for offer in asked.order_by("id")}
    desk = _Desk(claims, _codes([claim.code for claim in claims], lock=True), offers, by)
    answers = [desk.serve(claim) for claim in claims]
    desk.write()
    return answers


class _Desk:
    """One counter at which claims are served in turn, over what is known of all their offers."""

    def __init__(self, claims: Sequence[Claim], known: dict[str, Code], offers: dict[int, Offer], by: Actor) -> None:
        self.codes, self.offers, self.by = known, offers, by
        self.given = _given(list(known.values()), {claim.customer_id for claim in claims if claim.customer_id})
        numbers = [claim.order_id for claim in claims if claim.order_id]
        mine = Q(pooled__in=[code.pk for code in known.values()]) | Q(offer__in=list(offers), order_id__in=numbers)
        before = list(Redemption.objects.filter(mine))
        self.of_order = {(found.offer_id, found.order_id): found for found in before if found.order_id}
        self.of_code = {found.pooled_id: found for found in before if found.pooled_id}
        people = {claim.customer_id for claim in claims} | {found.customer_id for found in self.given.values()}
        self.uses, self.uses_of = _counts(offers, people)
        self.made: list[Redemption] = []

    def serve(self, claim: Claim) -> Redemption | UnknownCode | NotRedeemable:
        code = self.codes.get(codes.fold(claim.code))
        if code is None:
            return UnknownCode()
        offer = self.offers[code.offer_id]
        pooled = code.pk if offer.codes == Offer.Codes.UNIQUE else None
        issue = self.given.get(("code", pooled) if pooled else ("person", offer.pk, claim.customer_id))
        customer_id = claim.customer_id or (issue.customer_id if issue else None)
        earlier = self.of_order.get((offer.pk, claim.order_id)) if claim.order_id else None
        if earlier and codes.fold(earlier.code) == code.key:
            return earlier
        refusal = (
            (earlier and _no("order_has_code", __("This order was placed with another code of the offer already.")))
            or (pooled in self.of_code and _no("used", __("This code was used already.")))
            or _out_of_time(offer, issue, claim.at)
            or _beyond(offer, claim.amount)
            or self._spent(offer, customer_id)
        )
        return refusal or self._take(claim, code, issue=issue, customer_id=customer_id)

    def _spent(self, offer: Offer, customer_id: int | None) -> NotRedeemable | None:
        if offer.limit and self.uses[offer.pk] >= offer.limit:
            return _no("limit_reached", __("The offer was used as often as it could be."))
        if offer.limit_each and customer_id and self.uses_of[offer.pk, customer_id] >= offer.limit_each:
            return _no("limit_each_reached", __("This person has used the offer as often as they could."))
        return None

    def _take(self, claim: Claim, code: Code, *, issue: Issue | None, customer_id: int | None) -> Redemption:
        offer = self.offers[code.offer_id]
        pooled = code.pk if offer.codes == Offer.Codes.UNIQUE else None
        value = worth(offer, claim.amount)
        own = issue.cost if issue and issue.cost is not None else offer.cost
        made = Redemption(
            offer=offer,
            customer_id=customer_id,
            issue=issue,
            code=code.code,
            pooled_id=pooled,
            order_id=claim.order_id,
            amount=claim.amount,
            value=value,
            cost=value if own is None else own,
            created_by=self.by.label[:254],
            at=claim.at,
        )
        self.made.append(made)
        self.uses[offer.pk] += 1
        self.uses_of[offer.pk, customer_id] += 1
        if pooled:
            self.of_code[pooled] = made
        if claim.order_id:
            self.of_order[offer.pk, claim.order_id] = made
        return made

    def write(self) -> None:
        """Store what was served: used codes leave the pool, a code on its way has arrived."""
        Redemption.objects.bulk_create(self.made)
        Code.objects.filter(pk__in=[made.pooled_id for made in self.made if made.pooled_id], free=True).update(
            free=False
        )
        Issue.objects.filter(pk__in=[made.issue_id for made in self.made if made.issue_id]).update(
            state=Issue.State.ISSUED
        )
        events.record([_happening(made) for made in self.made if made.customer_id])


def worth(offer: Offer, amount: Decimal | None) -> Decimal:
    """Return what an offer takes off an order of this amount."""
    if offer.kind == Offer.Kind.OTHER:
        return Decimal(0)
    if offer.kind == Offer.Kind.PERCENT:
        return ((amount or Decimal(0)) * offer.value / 100).quantize(CENT, ROUND_HALF_UP)
    return offer.value if amount is None else min(offer.value, amount)


def _out_of_time(offer: Offer, issue: Issue | None, at: datetime) -> NotRedeemable | None:
    ended = offer.state == Offer.State.ENDED and (offer.ended_at is None or offer.ended_at <= at)
    if offer.state == Offer.State.DRAFT or ended:
        return _no("offer_not_active", __("This offer is not active now."))
    if offer.starts_at and at < offer.starts_at:
        return _no("not_started", __("This offer has not begun yet."))
    until = issue.expires_at if issue and issue.expires_at else offer.ends_at
    return _no("expired", __("This code has expired.")) if until and until <= at else None


def _beyond(offer: Offer, amount: Decimal | None) -> NotRedeemable | None:
    if not offer.minimum:
        return None
    if amount is None:
        return _no("amount_needed", __("Say the amount of the order: this offer asks for a minimum."))
    if amount < offer.minimum:
        return _no("below_minimum", __("The order is below the minimum of this offer."))
    return None


def _no(code: str, words: str) -> NotRedeemable:
    return NotRedeemable(words, code=code)


def _codes(words: Sequence[str], *, lock: bool) -> dict[str, Code]:
    found = Code.objects.filter(key__in={codes.fold(word) for word in words}).order_by("id")
    return {code.key: code for code in (found.select_for_update(no_key=True) if lock else found)}


def _given(known: Sequence[Code], people: set[int]) -> dict[tuple, Issue]:
    """Return the newest issue of each code of a pool, and of each person who may have been given a shared one."""
    offers = {code.offer_id for code in known}
    mine = Q(pooled__in=[code.pk for code in known]) | Q(offer__in=offers, customer__in=people, pooled=None)
    return {
        ("code", found.pooled_id) if found.pooled_id else ("person", found.offer_id, found.customer_id): found
        for found in Issue.objects.filter(mine).order_by("at", "id")
    }


def _counts(offers: Mapping[int, Offer], people: set[int | None]) -> tuple[Counter, Counter]:
    """Return how often each limited offer was used: in all, and by each of these people."""
    limited = [pk for pk, offer in offers.items() if offer.limit]
    each = [pk for pk, offer in offers.items() if offer.limit_each]
    uses = Redemption.objects.filter(offer__in=limited).order_by().values_list("offer_id").annotate(n=Count("id"))
    theirs = Redemption.objects.filter(offer__in=each, customer__in=people - {None}).order_by()
    uses_of = theirs.values_list("offer_id", "customer_id").annotate(n=Count("id"))
    return Counter(dict(uses)), Counter({(offer, person): count for offer, person, count in uses_of})


def _happening(made: Redemption) -> events.Happening:
    said = {"offer": made.offer_id, "name": made.offer.name, "code": made.code, "value": float(made.value)}
    if made.order_id:
        said["order_id"] = made.order_id
    return events.Happening(
        customer_id=made.customer_id,
        name=REDEEMED,
        occurred_at=made.at,
        properties=said,
        source="campaigns",
        message_id=_told(made.pk),
    )


def _told(redemption: int) -> str:
    return f"redemption:{redemption}"


__all__ = ["Claim", "NotRedeemable", "UnknownCode", "redeem", "redeem_many", "redeem_orders", "take_back", "worth"]
