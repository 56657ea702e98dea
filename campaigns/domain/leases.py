"""Claiming leases of the ledger, saying what is on the wire, writing what became of it, and taking back what died.

The order of every lease: claim, commit; say what is about to be written to the wire, commit; write it; read the
answers; at the end write each message once, with its outcome. A worker that dies leaves one lease row, from which
`recover` tells exactly what was accepted, what is not known (at most one window of the pipeline) and what never
left. A worker that was only slow finds its token gone before it writes another byte.
"""

import json
import logging
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import Q

from campaigns.channels.email import replies
from campaigns.domain import extras, gate, issues
from campaigns.domain.audience import LEASE_SIZE
from campaigns.models import Lease, Message, SendUnit
from customers.domain import suppressions
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.lib.ids import uuid7
from cxm.tenancy.models import Tenant

log = logging.getLogger(__name__)
ALIVE = timedelta(seconds=settings.SEND_LEASE_SECONDS)
UNSENT = "unsent"  # of an answer: it never left, whatever else of its lease did
AFTER_FAILURE = timedelta(seconds=20)
# Waiting times after the first, second … temporary refusal; then the message has failed.
RETRY_AFTER = [timedelta(minutes=minutes) for minutes in (5, 30, 120, 360, 960)]


class Outcome(NamedTuple):
    """What became of one message.

    Args:
        state: ``accepted``, ``deferred``, ``failed`` or ``unknown``.
        reason: of ours, when it was we who gave up.
        reply: what the server answered.
    """

    message_id: int
    state: str
    reason: str = ""
    reply: str = ""
    address: str = ""
    language: str = ""


class LeaseLost(Exception):
    """Another worker has the lease now, or the unit was paused: stop before the next byte."""


_CLAIM = """
UPDATE campaigns_lease SET state = 'claimed', token = %(token)s, worker = %(worker)s,
       claimed_until = %(until)s, attempts = attempts + 1
WHERE id = (
    SELECT l.id FROM campaigns_lease l JOIN campaigns_sendunit u ON u.id = l.unit_id AND u.tenant_id = l.tenant_id
    WHERE l.tenant_id = %(tenant)s AND l.state = 'queued' AND NOT u.paused
      AND (l.not_before IS NULL OR l.not_before <= %(now)s)
    ORDER BY l.priority, l.id FOR UPDATE OF l SKIP LOCKED LIMIT 1)
RETURNING id
"""


def claim(*, tenant: Tenant, worker: str, now: datetime) -> tuple[Lease, SendUnit, list[gate.Candidate]] | None:
    """Take the next lease of a tenant and ask the gate about its messages; commits before it returns.

    A lease that cannot be asked about, for a reason nobody thought of, is put off, and the next one taken.

    Returns:
        The lease, its unit and the messages that may go, in the order of their ids; None when nothing waits.
    """
    while True:
        with tenancy.scope(tenant):
            lease = _taken(tenant=tenant, worker=worker, now=now)
            if lease is None:
                return None
            try:
                with transaction.atomic():
                    return lease, lease.unit, _judged(lease, tenant=tenant, now=now)
            except OperationalError:  # refused for the moment, as a deadlock is: it is claimed again at once
                raise
            except Exception:
                log.exception("Lease %s could not be claimed", lease.pk)
                _put_off(lease, now=now)


def _taken(*, tenant: Tenant, worker: str, now: datetime) -> Lease | None:
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM,
            {"token": secrets.token_hex(16), "worker": worker, "until": now + ALIVE, "now": now, "tenant": tenant.pk},
        )
        found = cursor.fetchone()
    return (
        Lease.objects.select_related("unit__template", "unit__sender", "unit__offer").get(pk=found[0])
        if found
        else None
    )


def _judged(lease: Lease, *, tenant: Tenant, now: datetime) -> list[gate.Candidate]:
    candidates = gate.judge(lease=lease, unit=lease.unit, opt_in=tenant.consent_model == Tenant.ConsentModel.OPT_IN)
    candidates = extras.admit(lease.unit, candidates, now)
    if lease.unit.offer_id:
        candidates = _with_codes(lease, candidates, now=now)
    _skip(lease, [candidate for candidate in candidates if candidate.reason])
    return [candidate for candidate in candidates if not candidate.reason]


def _with_codes(lease: Lease, candidates: list[gate.Candidate], *, now: datetime) -> list[gate.Candidate]:
    """Hold a code for everyone who may get the message; without one it would promise what is not there."""
    going = {found.message_id: found.customer_id for found in candidates if not found.reason}
    held = issues.hold(offer=lease.unit.offer, lease=lease, people=going, now=now)
    return [
        replace(found, code=held[found.message_id].code, code_expires_at=held[found.message_id].expires_at)
        if found.message_id in held and not found.reason
        else replace(found, reason=found.reason or "no_code")
        for found in candidates
    ]


def on_wire(*, lease: Lease, upto: int, answered: dict, ids: Sequence[int], now: datetime) -> None:
    """Record, durably, what is about to be written to the wire and what was answered before.

    Args:
        upto: every message up to this id has its answer.
        answered: answers other than accepted, ``{id: [state, reason, reply]}``.
        ids: messages written or about to be written and not yet answered.

    Raises:
        LeaseLost: the lease went to another worker, or its unit was paused.
    """
    # One statement of the owner's that names its tenant: asked for every few messages, a scope would double its cost.
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE campaigns_lease SET on_wire = to_jsonb(%s::bigint[]), upto = %s, answered = %s, claimed_until = %s
               WHERE tenant_id = %s AND id = %s AND token = %s AND state = 'claimed'
                 AND NOT EXISTS (SELECT FROM campaigns_sendunit WHERE id = unit_id AND paused)""",
            [list(ids), upto, _json(answered), now + ALIVE, lease.tenant_id, lease.pk, lease.token],
        )
        if cursor.rowcount != 1:
            raise LeaseLost


def finish(*, lease: Lease, outcomes: Sequence[Outcome], now: datetime, wait: timedelta | None = None) -> None:
    """Write every outcome to its message and close the lease; what has none waits for the next claim.

    Args:
        wait: how long what is left should wait: after a server that could not be reached.
    """
    with tenancy.scope(lease.tenant_id):
        held = Lease.objects.select_for_update().filter(pk=lease.pk, token=lease.token, state=Lease.State.CLAIMED)
        if not held.exists():
            # The sweeper was here and could not know what was on the wire; now we do.
            _write(lease=lease, outcomes=outcomes, now=now, was=Message.State.UNKNOWN)
            return
        _write(lease=lease, outcomes=outcomes, now=now)
        _close(lease=lease, not_before=now + wait if wait else None)


def put_off(*, lease: Lease, now: datetime) -> None:
    """Put off the messages of a claimed lease of which none was written to the wire: we failed, and do not know why.

    They wait as after a temporary refusal, and fail after the last time; meanwhile others go.
    """
    with tenancy.scope(lease.tenant_id):
        if Lease.objects.select_for_update().filter(pk=lease.pk, token=lease.token, state=Lease.State.CLAIMED).exists():
            _put_off(lease, now=now)


def recover(*, tenant: Tenant, now: datetime) -> int:
    """Take back the leases of workers that died; returns how many.

    What was answered is written as answered; what was on the wire is not known: a marketing message is held as
    ``unknown``, a transactional one is sent again (twice is better than never, and its Message-ID is the same).
    """
    recovered = 0
    with tenancy.scope(tenant):
        dead = Lease.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            state=Lease.State.CLAIMED, claimed_until__lt=now
        )
        for lease in dead.select_related("unit"):
            _write(lease=lease, outcomes=_told_by(lease), now=now)
            _close(lease=lease, not_before=None)
            recovered += 1
    return recovered


def requeue_deferred(*, tenant: Tenant, now: datetime) -> int:
    """Give messages whose waiting time is over to new leases; returns how many."""
    with tenancy.scope(tenant):
        due = list(
            Message.objects.select_for_update(skip_locked=True)
            .filter(state=Message.State.DEFERRED, not_before__lte=now)
            .order_by("unit_id", "id")
            .values_list("unit_id", "id")[:5000]
        )
        units = SendUnit.objects.filter(pk__in={unit for unit, _id in due}).order_by("pk")
        for unit_id, priority in units.values_list("pk", "priority"):
            ids = [found for unit, found in due if unit == unit_id]
            for begin in range(0, len(ids), LEASE_SIZE):
                lease = Lease.objects.create(unit_id=unit_id, priority=priority)
                part = Message.objects.filter(pk__in=ids[begin : begin + LEASE_SIZE])
                part.update(state=Message.State.QUEUED, lease=lease, not_before=None)
        return len(due)


def tenants_with_work(*, now: datetime) -> list[tuple[int, int, int]]:
    """Return (tenant id, leases waiting, leases being sent) for each tenant with mail to go. Runs as the owner."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT l.tenant_id, count(*) FILTER (WHERE l.state = 'queued'),
                      count(*) FILTER (WHERE l.state = 'claimed' AND l.claimed_until >= %s)
               FROM campaigns_lease l JOIN campaigns_sendunit u ON u.id = l.unit_id
               WHERE l.state IN ('queued', 'claimed') AND NOT u.paused
                 AND (l.state = 'claimed' OR l.not_before IS NULL OR l.not_before <= %s)
               GROUP BY l.tenant_id""",
            [now, now],
        )
        return cursor.fetchall()


def tenants_to_sweep(*, now: datetime) -> list[int]:
    """Return the tenants with a dead worker's lease or a message whose waiting time is over. Runs as the owner."""
    dead = Lease.objects.filter(state=Lease.State.CLAIMED, claimed_until__lt=now).values_list("tenant_id", flat=True)
    due = Message.objects.filter(state=Message.State.DEFERRED, not_before__lte=now).values_list("tenant_id", flat=True)
    return sorted(set(dead) | set(due.distinct()))


def _told_by(lease: Lease) -> list[Outcome]:
    wire = set(lease.on_wire)
    retry = lease.unit.message_class == SendUnit.Class.TRANSACTIONAL
    reached = max([lease.upto, *wire])
    outcomes = []
    queued = lease.messages.filter(state=Message.State.QUEUED, pk__lte=reached).select_related("customer")
    for message in queued.order_by("pk"):
        state, reason, reply = lease.answered.get(str(message.pk), ["accepted", "", ""])
        if state == UNSENT:
            continue
        if message.pk in wire:
            if retry:
                continue
            state, reason, reply = "unknown", "", ""
        outcomes.append(_outcome(message, state, reason=reason, reply=reply))
    return outcomes


def _put_off(lease: Lease, *, now: datetime) -> None:
    queued = lease.messages.filter(state=Message.State.QUEUED).select_related("customer").order_by("pk")
    outcomes = [_outcome(message, Message.State.DEFERRED, reason="internal_error") for message in queued]
    _write(lease=lease, outcomes=outcomes, now=now)
    _close(lease=lease, not_before=None)


def _outcome(message: Message, state: str, *, reason: str = "", reply: str = "") -> Outcome:
    """Return an outcome with the address as it stands now."""
    person = message.customer
    address, language = (person.email, person.language) if person else (message.address, message.language)
    return Outcome(message.pk, state, reason, reply, address, language)


def _write(*, lease: Lease, outcomes: Sequence[Outcome], now: datetime, was: str = Message.State.QUEUED) -> None:
    if not outcomes:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE campaigns_message m
               SET state = CASE WHEN o.state = 'deferred' AND m.attempts >= %(last)s THEN 'failed' ELSE o.state END,
                   reason = o.reason, language = o.language,
                   -- no person and no address: they were erased meanwhile, and stay so
                   reply = CASE WHEN m.customer_id IS NULL AND m.address = '' THEN '' ELSE o.reply END,
                   address = CASE WHEN m.customer_id IS NULL AND m.address = '' THEN '' ELSE o.address END,
                   attempts = m.attempts + 1,
                   not_before = CASE WHEN o.state = 'deferred' AND m.attempts < %(last)s
                                     THEN %(now)s + (%(waits)s::interval[])[m.attempts + 1] END,
                   sent_at = CASE WHEN o.state IN ('accepted', 'unknown') THEN %(now)s END
               FROM unnest(%(ids)s::bigint[], %(states)s::text[], %(reasons)s::text[], %(replies)s::text[],
                           %(addresses)s::text[], %(languages)s::text[])
                    AS o(id, state, reason, reply, address, language)
               WHERE m.tenant_id = %(tenant)s AND m.id = o.id AND m.state = %(was)s
               RETURNING m.id, m.state, m.address""",
            {
                "was": was,
                "tenant": lease.tenant_id,
                "now": now,
                "last": len(RETRY_AFTER),
                "waits": RETRY_AFTER,
                "ids": [outcome.message_id for outcome in outcomes],
                "states": [outcome.state for outcome in outcomes],
                "reasons": [outcome.reason[:40] for outcome in outcomes],
                "replies": [outcome.reply[:200] for outcome in outcomes],
                "addresses": [outcome.address for outcome in outcomes],
                "languages": [outcome.language for outcome in outcomes],
            },
        )
        # What was written counts, not what was told: the last deferral is a failure.
        written: dict[str, list[int]] = {}
        rows = sorted(cursor.fetchall())
    for message_id, state, _address in rows:
        written.setdefault(state, []).append(message_id)
    dead = {outcome.message_id for outcome in outcomes if outcome.reason == replies.DEAD}
    _suppress([address for message_id, _state, address in rows if message_id in dead and address])
    for name, state in (("Email Sent", "accepted"), ("Email Bounced", "failed")):
        _tell_timeline(name, lease=lease, ids=written.get(state, []), now=now)
    extras.sent(lease.unit, written.get("accepted", []), now)
    if lease.unit.offer_id:
        issues.settle(lease=lease, message_ids=[outcome.message_id for outcome in outcomes], now=now)


def _suppress(addresses: Sequence[str]) -> None:
    """Never write again to addresses of which their own mail server said that they do not exist."""
    for address in sorted(set(addresses)):
        suppressions.add(channel="email", address=address, reason=suppressions.BOUNCED, by=SYSTEM)


def _tell_timeline(name: str, *, lease: Lease, ids: list[int], now: datetime) -> None:
    """Put what became of messages on the timelines; what we do moves no trait of theirs."""
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO customers_event (id, tenant_id, customer_id, name, occurred_at, received_at, channel, source,
                                            message_id, properties)
               SELECT t.uuid, m.tenant_id, m.customer_id, %(name)s, %(now)s, %(now)s, 'email', 'campaigns',
                      'message:' || m.id,
                      jsonb_build_object('message', m.id, 'unit', m.unit_id, 'subject', %(subject)s::text)
               FROM unnest(%(ids)s::bigint[], %(uuids)s::uuid[]) AS t(id, uuid)
               JOIN campaigns_message m ON m.tenant_id = %(tenant)s AND m.id = t.id AND m.customer_id IS NOT NULL
               ON CONFLICT DO NOTHING""",
            {
                "name": name,
                "now": now,
                "tenant": lease.tenant_id,
                "ids": ids,
                "uuids": [str(uuid7()) for _id in ids],
                "subject": lease.unit.title,
            },
        )


def _close(*, lease: Lease, not_before: datetime | None) -> None:
    left = Message.objects.filter(lease_id=lease.pk, state=Message.State.QUEUED).exists()
    Lease.objects.filter(pk=lease.pk).update(
        state=Lease.State.QUEUED if left else Lease.State.DONE,
        not_before=not_before if left else None,
        token="",
        claimed_until=None,
        upto=0,
        on_wire=[],
        answered={},
    )


def _skip(lease: Lease, candidates: list[gate.Candidate]) -> None:
    by_reason: dict[str, list[int]] = {}
    for candidate in candidates:
        by_reason.setdefault(candidate.reason, []).append(candidate.message_id)
    for reason, ids in by_reason.items():
        Message.objects.filter(pk__in=ids).update(state=Message.State.SKIPPED, reason=reason)
    if candidates and lease.unit.offer_id:
        issues.release(message_ids=[candidate.message_id for candidate in candidates])


def _json(value: object) -> str:
    return json.dumps(value)


@transaction.atomic
def cancel(*, unit: SendUnit) -> int:
    """Leave out whatever of a unit has not been claimed; what is on the wire ends as it ends.

    Returns:
        How many messages were left out.
    """
    open_leases = Lease.objects.select_for_update().filter(unit=unit, state=Lease.State.QUEUED)
    leases = list(open_leases.values_list("pk", flat=True))
    waiting = Q(lease_id__in=leases, state=Message.State.QUEUED) | Q(state=Message.State.DEFERRED)
    left_out = Message.objects.filter(waiting, unit=unit).update(state=Message.State.SKIPPED, reason="cancelled")
    Lease.objects.filter(pk__in=leases).update(state=Lease.State.DONE)
    if unit.offer_id:
        issues.release_unit(unit_id=unit.pk)
    return left_out
