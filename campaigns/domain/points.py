"""Loyalty points: earned, given, spent, taken back, lapsed; the balance is what is left of those that came.

Every change locks the people it is about, so that a balance is never computed beside another change, and never falls
below nothing. The balance stands as score ``points`` beside the traits, for segments and messages.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.domain import points_rules
from campaigns.models import PointsEntry
from customers.domain import events, traits
from customers.models import Customer, Event
from cxm import tenancy
from cxm.audit import domain as audit
from cxm.audit.actors import SYSTEM, Actor
from cxm.lib import text
from cxm.lib.errors import Conflict, Refusal

EARNED, SPENT, LAPSED, SCORE = "Points Earned", "Points Spent", "Points Lapsed", "points"
OF_PROGRAMS = "api:"  # before the keys that programs choose: none of them is one of ours
PORTION = 2000
MOST = 10_000_000
Kind = PointsEntry.Kind


class NotEnough(Conflict):
    """More points than somebody has."""

    code = "not_enough_points"
    message = _("There are not so many points.")


class BadPoints(Refusal):
    """A number of points that cannot be written."""

    code = "points_invalid"
    message = _("These points cannot be written down.")


@dataclass(frozen=True)
class Draft:
    """An entry on its way to the ledger."""

    customer_id: int
    kind: str
    amount: int
    reason: str
    key: str


def balance(customer: Customer, *, now: datetime | None = None) -> int:
    """Return how many points somebody can spend."""
    return balances([customer.pk], now=now or timezone.now()).get(customer.pk, 0)


def balances(customer_ids: Iterable[int], *, now: datetime) -> dict[int, int]:
    """Return the points of those who have some."""
    told = _live(now).filter(customer__in=list(customer_ids)).values_list("customer_id").annotate(Sum("unspent"))
    return dict(told.order_by())


def outstanding(*, now: datetime) -> int:
    """Return how many points all customers together can spend."""
    return _live(now).aggregate(n=Sum("unspent"))["n"] or 0


def entries(*, customer: Customer | None = None) -> QuerySet[PointsEntry]:
    """Return what came and went, newest first: of one person, or of all."""
    found = PointsEntry.objects.select_related("customer").order_by("-at", "-id")
    return found.filter(customer=customer) if customer else found


@transaction.atomic
def add(*, customer: Customer, amount: int, reason: str, key: str, by: Actor, at: datetime) -> PointsEntry:
    """Give somebody points, or spend theirs where the amount is negative; the same key is written once.

    Raises:
        NotEnough: more would be spent than there is.
        BadPoints: nothing, or too many; a reason that is too long.
    """
    traits.hold([customer.pk])
    draft = _draft(customer.pk, amount, reason, key)
    if amount < 0 and not known([draft]) and balance(customer, now=at) + amount < 0:
        raise NotEnough
    if write([draft], by=by, at=at) and by.kind == "user":
        audit.record(by=by, action="points.given" if amount > 0 else "points.spent", on=customer, amount=amount)
    return PointsEntry.objects.get(customer=customer, key=key)


@transaction.atomic
def add_for_program(*, customer: Customer, amount: int, reason: str, key: str, by: Actor, at: datetime) -> PointsEntry:
    """As ``add``, with a key that a program chose: it never meets that of an order, a return, a step or an agent.

    Raises: as ``add``.
    """
    traits.hold([customer.pk])
    # Such keys once stood here as they were said; what was written then is not written again.
    bare = PointsEntry.objects.filter(customer=customer, key=key, kind__in=[Kind.GIVEN, Kind.SPENT])
    found = bare.exclude(Q(key__startswith="agent:") | Q(key__startswith="automation:")).first()
    return found or add(customer=customer, amount=amount, reason=reason, key=f"{OF_PROGRAMS}{key}", by=by, at=at)


@transaction.atomic
def add_many(*, customer_ids: Iterable[int], amount: int, reason: str, key: str, by: Actor, at: datetime) -> int:
    """Give many people points, or spend theirs; who has not enough is left out, and the same key is written once.

    Returns:
        For how many an entry was written.

    Raises:
        BadPoints: nothing, or too many; a reason that is too long.
    """
    people = sorted(set(Customer.objects.filter(pk__in=list(customer_ids)).values_list("pk", flat=True)))
    traits.hold(people)
    have = balances(people, now=at) if amount < 0 else {}
    drafts = [_draft(pk, amount, reason, key) for pk in people if amount > 0 or have.get(pk, 0) + amount >= 0]
    return len(write(drafts, by=by, at=at))


@transaction.atomic
def lapse(*, now: datetime, portion: int = PORTION) -> int:
    """Let the points go whose time is over, of so many people at a time.

    Returns:
        Of how many people; call it again until there are none.
    """
    over = PointsEntry.objects.filter(unspent__gt=0, expires_at__lte=now)
    people = sorted(set(over.order_by("customer").values_list("customer", flat=True)[:portion]))
    traits.hold(people)
    lost = dict(over.filter(customer__in=people).order_by().values_list("customer").annotate(Sum("unspent")))
    over.filter(customer__in=lost).update(unspent=0)
    key = f"lapsed:{now.isoformat()}"
    write([Draft(pk, Kind.LAPSED, -amount, "", key) for pk, amount in lost.items()], by=SYSTEM, at=now)
    return len(lost)


_ASTRAY = """
WITH told AS (
  SELECT customer_id, sum(unspent)::int AS points FROM campaigns_pointsentry
  WHERE tenant_id = %(tenant)s AND unspent > 0 AND (expires_at IS NULL OR expires_at > %(now)s) GROUP BY customer_id
)
SELECT coalesce(told.customer_id, t.customer_id), coalesce(told.points, 0)
FROM told FULL JOIN (SELECT customer_id, (scores->>'points')::numeric AS points FROM customers_traits
                     WHERE tenant_id = %(tenant)s AND scores ? 'points') t USING (customer_id)
WHERE coalesce(told.points, 0) IS DISTINCT FROM t.points
"""


@transaction.atomic
def recount(*, now: datetime) -> int:
    """Mend scores that differ from the ledger: of people whose profiles were joined; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_ASTRAY, {"tenant": tenancy.current_id(), "now": now})
        return traits.set_scores({pk: {SCORE: points} for pk, points in cursor.fetchall()})


def forget(customer_ids: Sequence[int]) -> None:
    """Take the ledger of erased people away."""
    PointsEntry.objects.filter(customer__in=list(customer_ids)).delete()


def _live(now: datetime) -> QuerySet[PointsEntry]:
    return PointsEntry.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), unspent__gt=0)


def _draft(customer_id: int, amount: int, reason: str, key: str) -> Draft:
    if isinstance(amount, bool) or not isinstance(amount, int) or not 0 < abs(amount) <= MOST:
        raise BadPoints(fields={"amount": str(_("A whole number that is not nought, up to ten million."))})
    cleaned = text.clean_line(reason)
    if len(cleaned) > 200 or text.has_header_break(reason):
        raise BadPoints(fields={"reason": str(_("One line of at most 200 characters."))})
    if not 0 < len(key) <= 220:
        raise BadPoints(fields={"key": str(_("At most 200 characters."))})
    return Draft(customer_id, Kind.GIVEN if amount > 0 else Kind.SPENT, amount, cleaned, key)


def known(drafts: Sequence[Draft]) -> set[tuple[int, str]]:
    mine = PointsEntry.objects.filter(
        customer__in={draft.customer_id for draft in drafts}, key__in={draft.key for draft in drafts}
    )
    return set(mine.values_list("customer_id", "key")) & {(draft.customer_id, draft.key) for draft in drafts}


_SPEND = """
WITH wish AS (
  SELECT customer_id, sum(amount)::int AS amount
  FROM unnest(%(people)s::bigint[], %(amounts)s::int[]) AS told(customer_id, amount) GROUP BY customer_id
), lots AS (
  SELECT e.id, wish.amount,
         sum(e.unspent) OVER (PARTITION BY e.customer_id ORDER BY e.expires_at NULLS LAST, e.id) - e.unspent AS before
  FROM campaigns_pointsentry e JOIN wish USING (customer_id)
  WHERE e.tenant_id = %(tenant)s AND e.unspent > 0 AND (e.expires_at IS NULL OR e.expires_at > %(at)s)
)
UPDATE campaigns_pointsentry e SET unspent = e.unspent - least(e.unspent, lots.amount - lots.before)
FROM lots WHERE e.tenant_id = %(tenant)s AND e.id = lots.id AND lots.before < lots.amount
"""


def write(drafts: Sequence[Draft], *, by: Actor, at: datetime) -> list[Draft]:
    """Write what is not written yet, for people who are locked; what goes is taken from what lapses first."""
    before = known(drafts) if drafts else set()
    new = list({(d.customer_id, d.key): d for d in drafts if (d.customer_id, d.key) not in before}.values())
    if not new:
        return []
    days = points_rules.get().valid_days
    expires = at + timedelta(days=days) if days else None
    PointsEntry.objects.bulk_create(
        [
            PointsEntry(
                customer_id=draft.customer_id,
                kind=draft.kind,
                amount=draft.amount,
                unspent=max(draft.amount, 0),
                reason=draft.reason,
                key=draft.key,
                created_by=by.label[:254],
                at=at,
                expires_at=expires if draft.amount > 0 else None,
            )
            for draft in new
        ]
    )
    _take([draft for draft in new if draft.amount < 0 and draft.kind != Kind.LAPSED], at=at)
    _tell(new, at=at)
    return new


def unwrite(most: Mapping[tuple[int, str], int], *, now: datetime) -> None:
    """Take points that never should have come out of the ledger again, as far as they are there, of locked people.

    Args:
        most: of each entry, by person and key, how much of it goes at most.
    """
    entries = PointsEntry.objects.filter(
        customer__in={person for person, _key in most}, key__in={key for _person, key in most}, unspent__gt=0
    )
    found = [entry for entry in entries if (entry.customer_id, entry.key) in most]
    for entry in found:
        goes = min(entry.unspent, most[entry.customer_id, entry.key])
        entry.amount, entry.unspent = entry.amount - goes, entry.unspent - goes
    empty = [entry for entry in found if not entry.amount]
    PointsEntry.objects.bulk_update([entry for entry in found if entry.amount], ["amount", "unspent"])
    PointsEntry.objects.filter(pk__in=[entry.pk for entry in empty]).delete()
    told = [_message_id(entry.customer_id, entry.key) for entry in empty]
    Event.objects.filter(message_id__in=told)._raw_delete("default")
    people = {entry.customer_id for entry in found}
    have = balances(people, now=now)
    traits.set_scores({pk: {SCORE: have.get(pk, 0)} for pk in people})


def _message_id(customer_id: int, key: str) -> str:
    return f"points:{customer_id}:{key}"


def _take(went: Sequence[Draft], *, at: datetime) -> None:
    if not went:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _SPEND,
            {
                "people": [draft.customer_id for draft in went],
                "amounts": [-draft.amount for draft in went],
                "tenant": tenancy.current_id(),
                "at": at,
            },
        )


_NAMES = {Kind.LAPSED: LAPSED}


def _tell(new: Sequence[Draft], *, at: datetime) -> None:
    """Write the new balances beside the traits, and what happened on the timelines."""
    people = {draft.customer_id for draft in new}
    have = balances(people, now=at)
    traits.set_scores({pk: {SCORE: have.get(pk, 0)} for pk in people})
    events.record(
        [
            events.Happening(
                customer_id=draft.customer_id,
                name=_NAMES.get(draft.kind, EARNED if draft.amount > 0 else SPENT),
                occurred_at=at,
                properties={
                    "points": abs(draft.amount),
                    "kind": draft.kind,
                    "reason": draft.reason,
                    "balance": have.get(draft.customer_id, 0),
                },
                source="campaigns",
                message_id=_message_id(draft.customer_id, draft.key),
            )
            for draft in new
        ]
    )
