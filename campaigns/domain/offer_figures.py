"""What became of offers: how many codes were given and used, what was sold with them, what they cost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.db.models import QuerySet

from campaigns.domain import codes
from campaigns.models import Code, Issue, Offer, Redemption
from customers.models import Customer
from cxm import tenancy
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import pagination
from cxm.lib.tables import export
from cxm.tenancy.models import Tenant

PORTION = 2000

# One pass over each table by its index of the offer.
_SQL = """
SELECT o.id, coalesce(given.issued, 0), coalesce(given.held, 0), coalesce(used.times, 0), coalesce(used.revenue, 0),
       coalesce(used.value, 0), coalesce(used.cost, 0), coalesce(pool.total, 0), coalesce(pool.free, 0)
FROM campaigns_offer o
LEFT JOIN LATERAL (
  SELECT count(*) FILTER (WHERE state = 'issued') AS issued, count(*) FILTER (WHERE state = 'held') AS held
  FROM campaigns_issue WHERE tenant_id = o.tenant_id AND offer_id = o.id) given ON true
LEFT JOIN LATERAL (
  SELECT count(*) AS times, sum(amount) AS revenue, sum(value) AS value, sum(cost) AS cost
  FROM campaigns_redemption WHERE tenant_id = o.tenant_id AND offer_id = o.id) used ON true
LEFT JOIN LATERAL (
  SELECT count(*) AS total, count(*) FILTER (WHERE free) AS free
  FROM campaigns_code WHERE tenant_id = o.tenant_id AND offer_id = o.id) pool ON true
WHERE o.tenant_id = %s AND o.id = ANY(%s)
"""


@dataclass(frozen=True)
class Figures:
    """Of one offer. ``revenue`` is what orders came to that used it, ``value`` what was taken off them."""

    issued: int
    held: int
    redeemed: int
    revenue: Decimal
    value: Decimal
    cost: Decimal
    pool: int
    free: int

    @property
    def share(self) -> float | None:
        """Of the codes given, how many were used; none where none was given or one may be used many times."""
        return self.redeemed / self.issued if self.issued and self.redeemed <= self.issued else None


def of(offers: Sequence[Offer]) -> dict[int, Figures]:
    """Return the figures of many offers by their id, in one query."""
    if not offers:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [tenancy.current_id(), [offer.pk for offer in offers]])
        return {row[0]: Figures(*row[1:]) for row in cursor.fetchall()}


def export_codes(*, tenant: Tenant, offer: Offer, by: Actor) -> Iterator[bytes]:
    """Write down who takes them, then return the codes of an offer as CSV in blocks, for the shop to know them.

    Call it inside the tenant's scope; the blocks are read later, outside of it. No cell can act as a formula.
    """
    audit.record(by=by, action="offer.codes_exported", on=offer)
    return export.write_csv(_codes(tenant, offer))


def _codes(tenant: Tenant, offer: Offer) -> Iterator[list]:
    yield ["code", "free"]
    cursor: str | None = None
    while True:
        with tenancy.scope(tenant):
            page = pagination.page(Code.objects.filter(offer=offer), order="id", cursor=cursor, limit=PORTION)
        yield from ([code.code, "yes" if code.free else "no"] for code in page.items)
        cursor = page.next_cursor
        if cursor is None:
            return


def given(*, offer: Offer, search: str = "") -> QuerySet[Issue]:
    """Return to whom an offer was given, for pages ordered by ``-at``.

    Args:
        search: a code as a whole.
    """
    found = Issue.objects.filter(offer=offer).select_related("customer")
    return found.filter(pooled__key=codes.fold(search)[:60]) if search else found


def used(*, offer: Offer) -> QuerySet[Redemption]:
    """Return where an offer was used, for pages ordered by ``-at``."""
    return Redemption.objects.filter(offer=offer).select_related("customer")


def of_customer(*, customer: Customer, many: int = 5) -> list[tuple[Issue, Redemption | None]]:
    """Return the codes somebody was given, newest first, each with where it was used."""
    issues = list(Issue.objects.filter(customer=customer).select_related("offer").order_by("-at", "-id")[:many])
    redeemed = {found.issue_id: found for found in Redemption.objects.filter(issue__in=issues).order_by("at")}
    return [(issue, redeemed.get(issue.pk)) for issue in issues]
