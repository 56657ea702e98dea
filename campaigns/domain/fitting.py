"""The offer that fits a person best, by rules that an agent can say aloud."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as __

from campaigns.domain import offer_words
from campaigns.domain.redemptions import worth
from campaigns.models import Code, Issue, Offer, Redemption
from customers import panels
from customers.models import Customer, SegmentMember, Traits
from cxm import tenancy

MANY = 200


@dataclass(frozen=True)
class Fit:
    """An offer for somebody, what it is likely worth to them, and why it was chosen."""

    offer: Offer
    worth: Decimal
    why: str


def fitting(customer: Customer, *, now: datetime | None = None) -> Offer | None:
    """Return the offer to make somebody now, or None: the best of ``fits``, with the words of why under ``why``."""
    found = fits(customer, now=now or timezone.now())
    if not found:
        return None
    found[0].offer.why = found[0].why
    return found[0].offer


def glance(customer: Customer) -> list[panels.Line]:
    """Return the offer to make while somebody is on the phone, as a line of their card."""
    offer = fitting(customer)
    if offer is None:
        return []
    words = offer_words.title(offer, tenant=tenancy.current(), language=get_language() or "en")
    return [panels.Line(words, note=offer.why, tone="good", icon="gift")]


def fits(customer: Customer, *, now: datetime) -> list[Fit]:
    """Return the offers somebody could be given now, the best first.

    Active, with a code left and within its limit; meant for everybody or for a segment they are in; never given to them
    before. Those meant for a segment of theirs come first, then what is worth most to them: a discount in percent is
    reckoned on their own average order, or on the offer's minimum when they never ordered.
    """
    begun, going_on = Q(starts_at=None) | Q(starts_at__lte=now), Q(ends_at=None) | Q(ends_at__gt=now)
    theirs = SegmentMember.objects.filter(customer=customer, left_at=None).values("segment")
    has_code = Q(codes=Offer.Codes.SINGLE) | Exists(Code.objects.filter(offer=OuterRef("pk"), free=True))
    given = Exists(Issue.objects.filter(offer=OuterRef("pk"), customer=customer))
    offers = Offer.objects.filter(begun, going_on, has_code, ~given, state=Offer.State.ACTIVE)
    offers = offers.filter(Q(segment=None) | Q(segment__in=theirs)).select_related("segment").order_by("pk")[:MANY]
    average, uses = _average_order(customer), _uses(offers)
    found = [
        Fit(offer, worth(offer, average or offer.minimum or Decimal(0)), _why(offer, average))
        for offer in offers
        if not offer.limit or uses.get(offer.pk, 0) < offer.limit
    ]
    return sorted(found, key=lambda fit: (fit.offer.segment_id is None, -fit.worth, fit.offer.pk))


def _average_order(customer: Customer) -> Decimal | None:
    traits = Traits.objects.filter(customer=customer).first()
    return traits.revenue / traits.orders_count if traits and traits.orders_count and traits.revenue > 0 else None


def _uses(offers: Iterable[Offer]) -> dict[int, int]:
    """Return how often each of these that has a limit was used; one query: the phone is ringing."""
    limited = [offer.pk for offer in offers if offer.limit]
    used = Redemption.objects.filter(offer__in=limited).order_by() if limited else Redemption.objects.none()
    return dict(used.values_list("offer_id").annotate(n=Count("id")))


def _why(offer: Offer, average: Decimal | None) -> str:
    whom = __("meant for “%(segment)s”") % {"segment": offer.segment.name} if offer.segment else __("open to everybody")
    if offer.kind == Offer.Kind.PERCENT and average:
        return __("%(whom)s, never given before, reckoned on their average order") % {"whom": whom}
    return __("%(whom)s, never given before") % {"whom": whom}
