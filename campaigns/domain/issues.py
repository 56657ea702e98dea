"""Codes given to people: at once, or held for a message until it is known what became of it.

A lease holds the codes of all its messages in one statement; workers pass over codes that another is just taking. The
code of an issue never changes: whoever asks again under the same key, or sends the same message again, finds it there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from campaigns.domain import codes
from campaigns.models import Issue, Lease, Offer, Redemption
from customers.domain import events
from customers.models import Customer
from cxm.audit.actors import SYSTEM, Actor
from cxm.lib.errors import Conflict
from cxm.lib.ids import uuid7

ISSUED = "Offer Issued"
MOST_DAYS = 36_500  # a hundred years: no code holds longer, whatever an offer says


class NotOffered(Conflict):
    """The offer is a draft, has not begun, or is over."""

    code = "offer_not_active"
    message = _("This offer is not active now.")


class NoCode(Conflict):
    """The pool of the offer is empty."""

    code = "no_code"
    message = _("The offer has no code left. Add codes to its pool.")


@dataclass(frozen=True)
class Held:
    """The code a message carries, and until when it holds."""

    code: str
    expires_at: datetime | None


# Whoever has a code under the key, or for the message, keeps it. Codes locked by another worker are passed over; only
# those whose issue was really written are taken out of the pool.
_WANTED = """
WITH wanted AS (
  SELECT told.*, row_number() OVER (ORDER BY customer_id, message_id) AS n
  FROM unnest(%(customers)s::bigint[], %(messages)s::bigint[], %(keys)s::text[]) AS told(customer_id, message_id, key)
  WHERE NOT EXISTS (SELECT FROM campaigns_issue i WHERE i.tenant_id = %(tenant)s AND i.offer_id = %(offer)s
                      AND i.key = told.key AND i.customer_id = told.customer_id)
    AND NOT EXISTS (SELECT FROM campaigns_issue i WHERE i.tenant_id = %(tenant)s AND i.message_id = told.message_id)
)"""
_INSERT = """
  INSERT INTO campaigns_issue (tenant_id, offer_id, customer_id, key, code, pooled_id, message_id, state, cost,
                               created_by, at, expires_at)
  SELECT %(tenant)s, %(offer)s, customer_id, wanted.key, {code}, {pooled}, message_id, %(state)s, %(cost)s, %(by)s,
         %(now)s, %(expires)s
  FROM wanted {source}
  ON CONFLICT DO NOTHING RETURNING id, pooled_id"""
_FROM_POOL = f"""{_WANTED}, free AS MATERIALIZED (
  SELECT id, code, row_number() OVER (ORDER BY id) AS n FROM (
    SELECT id, code FROM campaigns_code WHERE tenant_id = %(tenant)s AND offer_id = %(offer)s AND free
    ORDER BY id LIMIT (SELECT count(*) FROM wanted) FOR UPDATE SKIP LOCKED) locked
), made AS ({_INSERT.format(code="free.code", pooled="free.id", source="JOIN free USING (n)")}
), taken AS (
  UPDATE campaigns_code c SET free = false FROM made WHERE c.tenant_id = %(tenant)s AND c.id = made.pooled_id
)
SELECT id FROM made"""
_SHARED = f"""{_WANTED}, made AS ({_INSERT.format(code="%(code)s", pooled="NULL::bigint", source="")})
SELECT id FROM made"""

# A message that was put off or paused has held its code for a while: its days are counted from when it goes.
_REFRESHED = """
WITH held AS (
  UPDATE campaigns_issue SET expires_at = %(expires)s::timestamptz
  WHERE tenant_id = %(tenant)s AND message_id = ANY(%(messages)s::bigint[]) AND state = 'held'
    AND expires_at IS DISTINCT FROM %(expires)s::timestamptz
)
SELECT message_id, code, CASE WHEN state = 'held' THEN %(expires)s::timestamptz ELSE expires_at END
FROM campaigns_issue WHERE tenant_id = %(tenant)s AND message_id = ANY(%(messages)s::bigint[])"""


def is_on(offer: Offer, *, now: datetime) -> bool:
    """Return whether an offer can be given now."""
    begun = offer.starts_at is None or offer.starts_at <= now
    return offer.state == Offer.State.ACTIVE and begun and (offer.ends_at is None or offer.ends_at > now)


@transaction.atomic
def issue(
    *, offer: Offer, customer: Customer, key: str, by: Actor, now: datetime, cost: Decimal | None = None
) -> Issue:
    """Give somebody a code at once; the same key gives the same code.

    Args:
        key: for what it is given, as ``case:7``.
        cost: of this one; the offer's own when omitted.

    Raises:
        NotOffered: the offer is not active.
        NoCode: its pool is empty.
    """
    found = Issue.objects.filter(offer=offer, customer=customer, key=key).first()
    if found is None:
        _give_at_once(offer, [customer.pk], key=key, by=by, now=now, cost=cost)
        found = Issue.objects.filter(offer=offer, customer=customer, key=key).first()
    if found is None:
        raise NoCode
    return found


@transaction.atomic
def issue_many(*, offer: Offer, customer_ids: Iterable[int], key: str, by: Actor, now: datetime) -> int:
    """Give many people a code each; whoever has one under the key keeps it.

    Returns:
        How many got one now. Who comes after the last code of the pool gets none.

    Raises:
        NotOffered: the offer is not active.
    """
    return len(_give_at_once(offer, sorted(set(customer_ids)), key=key, by=by, now=now))


def hold(*, offer: Offer, lease: Lease, people: Mapping[int, int | None], now: datetime) -> dict[int, Held]:
    """Hold a code for each message of a lease; those of an earlier attempt stay, and hold from now on.

    Args:
        people: message id → customer id, if it has one.

    Returns:
        Message id → its code; those for whom none was left are missing. Empty when the offer is over.
    """
    if not is_on(offer, now=now):
        return {}
    keys = [f"unit:{lease.unit_id}"] * len(people)
    _give(offer, list(people.values()), list(people), keys, state=Issue.State.HELD, by=SYSTEM, now=now)
    with connection.cursor() as cursor:
        cursor.execute(
            _REFRESHED, {"tenant": offer.tenant_id, "messages": list(people), "expires": expiry(offer, now=now)}
        )
        return {message: Held(code, expires) for message, code, expires in cursor.fetchall()}


def settle(*, lease: Lease, message_ids: Sequence[int], now: datetime) -> None:
    """Issue the held codes of accepted messages, put back those of messages that will not go; others stay held."""
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH given AS (
                 UPDATE campaigns_issue i SET state = 'issued', at = %(now)s FROM campaigns_message m
                 WHERE i.tenant_id = %(tenant)s AND i.message_id = ANY(%(ids)s::bigint[]) AND i.state = 'held'
                   AND m.tenant_id = i.tenant_id AND m.id = i.message_id AND m.state = 'accepted'
                 RETURNING i.id, i.offer_id, i.customer_id, i.message_id, i.code)
               INSERT INTO customers_event (id, tenant_id, customer_id, name, occurred_at, received_at, channel, source,
                                            message_id, properties)
               SELECT t.uuid, %(tenant)s, given.customer_id, %(name)s, %(now)s, %(now)s, 'email', 'campaigns',
                      'issue:' || given.id,
                      jsonb_build_object('offer', given.offer_id, 'name', o.name, 'code', given.code, 'value', o.value)
               FROM given JOIN unnest(%(ids)s::bigint[], %(uuids)s::uuid[]) AS t(id, uuid) ON t.id = given.message_id
               JOIN campaigns_offer o ON o.tenant_id = %(tenant)s AND o.id = given.offer_id
               WHERE given.customer_id IS NOT NULL ON CONFLICT DO NOTHING""",
            {
                "now": now,
                "tenant": lease.tenant_id,
                "name": ISSUED,
                "ids": list(message_ids),
                "uuids": [str(uuid7()) for _id in message_ids],
            },
        )
    release(message_ids=message_ids)


def release(*, message_ids: Sequence[int]) -> None:
    """Put the held codes of messages that were left out or refused back into their pool."""
    _release("m.id = ANY(%(ids)s::bigint[])", {"ids": list(message_ids)})


def release_unit(*, unit_id: int) -> None:
    """Put back what is held for messages of a unit that were left out: it was cancelled."""
    _release("m.unit_id = %(unit)s", {"unit": unit_id})


def of_message(*, message_id: int) -> Held | None:
    """Return the code a message carries, if it carries one."""
    found = Issue.objects.filter(message_id=message_id).values_list("code", "expires_at").first()
    return Held(*found) if found else None


def forget(customer_ids: Sequence[int]) -> None:
    """Keep the rows of erased people for the counts and so that their codes stay used, without the people."""
    theirs = list(customer_ids)
    Issue.objects.filter(customer__in=theirs).update(customer=None)
    Redemption.objects.filter(customer__in=theirs).update(customer=None)


def _release(chosen: str, parameters: dict) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH gone AS (
                  DELETE FROM campaigns_issue i USING campaigns_message m
                  WHERE m.tenant_id = i.tenant_id AND m.id = i.message_id AND {chosen}
                    AND m.state IN ('failed', 'skipped') AND i.state = 'held'
                  RETURNING i.tenant_id, i.pooled_id)
                UPDATE campaigns_code c SET free = true FROM gone
                WHERE c.tenant_id = gone.tenant_id AND c.id = gone.pooled_id""",
            parameters,
        )


def _give_at_once(
    offer: Offer, customer_ids: list[int], *, key: str, by: Actor, now: datetime, cost: Decimal | None = None
) -> list[int]:
    if not is_on(offer, now=now):
        raise NotOffered
    none = [None] * len(customer_ids)
    keys = [key] * len(customer_ids)
    made = _give(offer, customer_ids, none, keys, state=Issue.State.ISSUED, by=by, now=now, cost=cost)
    events.record(
        [
            events.Happening(
                customer_id=given.customer_id,
                name=ISSUED,
                occurred_at=now,
                properties={"offer": offer.pk, "name": offer.name, "code": given.code, "value": float(offer.value)},
                source="campaigns",
                message_id=f"issue:{given.pk}",
            )
            for given in Issue.objects.filter(pk__in=made).order_by("pk")
        ]
    )
    return made


def _give(
    offer: Offer,
    customers: Sequence[int | None],
    messages: Sequence[int | None],
    keys: Sequence[str],
    *,
    state: str,
    by: Actor,
    now: datetime,
    cost: Decimal | None = None,
) -> list[int]:
    """Write an issue for each who has none yet, with a code of the pool or the shared one; returns their ids."""
    single = offer.codes == Offer.Codes.SINGLE
    with connection.cursor() as cursor:
        cursor.execute(
            _SHARED if single else _FROM_POOL,
            {
                "tenant": offer.tenant_id,
                "offer": offer.pk,
                "customers": list(customers),
                "messages": list(messages),
                "keys": list(keys),
                "code": codes.shared(offer=offer) if single else "",
                "state": state,
                "cost": cost,
                "by": by.label[:254],
                "now": now,
                "expires": expiry(offer, now=now),
            },
        )
        return [found for (found,) in cursor.fetchall()]


def expiry(offer: Offer, *, now: datetime) -> datetime | None:
    """Return until when a code given now holds: its own days, but never beyond the offer's end."""
    own = now + timedelta(days=min(offer.valid_days, MOST_DAYS)) if offer.valid_days else None
    return min((end for end in (own, offer.ends_at) if end), default=None)
