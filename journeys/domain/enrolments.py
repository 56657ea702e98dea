"""People on their way: let in, moved on by workers, taken out.

What happened is written to the inbox (``Heard``) in its own transaction; a worker takes rows out and lets people in, in
one transaction. Another takes people who are due, a thousand at a time (``SKIP LOCKED``), and carries out as many steps
as they get, effects included, in one transaction. Whatever dies in between repeats from the same rows.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from customers.domain import events
from customers.models import Customer
from cxm import tenancy
from cxm.audit.actors import Actor
from cxm.lib import sql
from cxm.lib.errors import Conflict, NotFound, Refusal
from cxm.tenancy.models import Tenant
from journeys import steps as registry
from journeys.domain import engine, entering, trees
from journeys.domain.engine import Failure, Way
from journeys.domain.triggers import Entry
from journeys.models import Automation, Call, Enrolment, StepTaken, Version
from journeys.steps.frame import Moment, Move, Person, Stay, Step
from journeys.steps.goal import REACHED

log = logging.getLogger(__name__)
State = Enrolment.State
OPEN = (Automation.State.LIVE, Automation.State.PAUSED)
BATCH = 1_000
ENTERED, FINISHED = "Journey Entered", "Journey Finished"
# Waiting times after a step failed; then a person must look.
RETRY_AFTER = [timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360)]
_LOCK = 0xA07
_SQL = sql.load("journeys.domain", "queries/enrolments.sql")


class UnknownEnrolment(NotFound):
    message = _("Nobody of this number is in the automation.")


class NotOpen(Conflict):
    """Nobody can come in: a draft, or stopped."""

    code = "automation_not_live"
    message = _("Only an automation that is live takes people in.")


def get(*, enrolment_id: int) -> Enrolment:
    """Return one passage of one person.

    Raises:
        UnknownEnrolment: there is none, or it is somebody else's.
    """
    found = Enrolment.objects.select_related("customer", "version", "automation").filter(pk=enrolment_id).first()
    if found is None:
        raise UnknownEnrolment
    return found


def of(*, automation: Automation, state: str = "", node: str = "") -> QuerySet[Enrolment]:
    """Return the passages through an automation, with their people; in a state, at a step."""
    found = Enrolment.objects.select_related("customer", "version").filter(automation=automation)
    if state in State.values:
        found = found.filter(state=state)
    return found.filter(node=node[:20], state__in=[State.ACTIVE, State.FAILED]) if node else found


def of_customer(*, customer: Customer) -> QuerySet[Enrolment]:
    """Return the passages of one person through all automations, the newest first."""
    return Enrolment.objects.filter(customer=customer).select_related("automation").order_by("-entered_at", "-pk")


# --- in -----------------------------------------------------------------------------------------


@transaction.atomic
def enrol(*, automation: Automation, customer_ids: Sequence[int], key: str, by: Actor, now: datetime) -> int:
    """Let people in by hand or by a program; the same key lets the same person in once.

    Returns:
        How many came in; the re-entry rule may refuse some.

    Raises:
        NotOpen: the automation is not live.
    """
    if automation.state not in OPEN:
        raise NotOpen
    entries = [Entry(customer_id, key[:120], now, {}) for customer_id in dict.fromkeys(customer_ids)]
    return let_in(automation=automation, entries=entries, now=now)[0]


def let_in(*, automation: Automation, entries: Sequence[Entry], now: datetime) -> tuple[int, Counter[str]]:
    """Let those in whom the re-entry rule admits, set-based, in the caller's transaction.

    Returns:
        How many came in, and how many were refused why.
    """
    if not entries:
        return 0, Counter()
    hold(automation)
    open_one = Automation.objects.select_related("version").filter(pk=automation.pk, state__in=OPEN).first()
    if open_one is None:
        return 0, Counter(closed=len(entries))
    version = open_one.version
    again = version.definition["again"]
    admitted, refused = entering.admit(again=again, entries=entries, past=past(automation, entries))
    made = _insert(automation, version, admitted, now)
    events.record([
        events.Happening(customer, ENTERED, at, {"automation": automation.pk, "name": automation.name},
                         source="journeys", message_id=f"automation:{pk}:entered")
        for pk, customer, at in made
    ])  # fmt: skip
    return len(made), refused


def hold(automation: Automation) -> None:
    """Wait for whoever else lets people in or changes the version; holds until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, automation.pk % 2**31])


def past(automation: Automation, entries: Sequence[Entry]) -> dict[int, entering.Past]:
    """Return what an automation remembers of everybody named in entries."""
    people = {entry.customer_id for entry in entries}
    found = {customer: entering.Past() for customer in people}
    keys = sorted({entry.key for entry in entries})
    since = min(entry.at for entry in entries) - entering.DAY
    with connection.cursor() as cursor:
        cursor.execute(_SQL["past"], {"tenant": tenancy.current_id(), "automation": automation.pk,
                                      "people": sorted(people), "keys": keys, "since": since})  # fmt: skip
        for customer, passages, last, inside, known, recent in cursor.fetchall():
            found[customer] = entering.Past(passages, last, inside, set(known), list(recent))
    return found


def _insert(
    automation: Automation, version: Version, admitted: Sequence[tuple[Entry, int]], now: datetime
) -> list[tuple[int, int, datetime]]:  # fmt: skip
    rows = [
        {"customer_id": entry.customer_id, "key": entry.key, "passage": passage, "at": entry.at, "data": entry.data}
        for entry, passage in admitted
    ]
    values = {
        "tenant": tenancy.current_id(), "automation": automation.pk, "version": version.pk, "now": now,
        "node": trees.read(version.definition).first, "rows": json.dumps(rows, cls=DjangoJSONEncoder),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SQL["enter"], values)
        return cursor.fetchall()


# --- on -----------------------------------------------------------------------------------------


def tenants_with_work(*, now: datetime) -> list[int]:
    """Return the ids of tenants with somebody who is due. Runs as the owner."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["tenants_due"], {"now": now})
        return [found for (found,) in cursor.fetchall()]


def move_on(*, tenant: Tenant, now: datetime, batch: int = BATCH) -> int:
    """Move one batch of people who are due in each live version, each in a transaction of its own.

    Returns:
        How many were moved; none may mean that other workers hold the rest.
    """
    with tenancy.scope(tenant):
        live = list(
            Version.objects.filter(automation__state=Automation.State.LIVE).order_by("pk").values_list("pk", flat=True)
        )
    return sum(_move_batch(version_id, tenant, now, batch) for version_id in live)


def _move_batch(version_id: int, tenant: Tenant, now: datetime, batch: int) -> int:
    with tenancy.scope(tenant):
        live = Version.objects.filter(pk=version_id, automation__state=Automation.State.LIVE)
        version = live.select_related("automation").first()
        people = _claim(version, now, batch) if version else []
        if people:
            _move(version, people, tenant, now)
    return len(people)


def _claim(version: Version, now: datetime, batch: int) -> list[Person]:
    """Lock people of a version who are due, those who have waited longest first. Rows without a person are closed."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL["claim"], {"tenant": version.tenant_id, "version": version.pk, "now": now, "batch": batch})
        rows = cursor.fetchall()
    gone = [row[0] for row in rows if row[1] is None]
    if gone:
        Enrolment.objects.filter(pk__in=gone).update(
            state=State.LEFT, reason="merged", due_at=None, finished_at=now, data={}
        )
    return [
        Person(pk, customer, passage, node, reached_at, entered_at, attempts, json.loads(data))
        for pk, customer, passage, node, reached_at, entered_at, attempts, data in rows
        if customer is not None
    ]


def moment_of(*, version: Version, tenant: Tenant, now: datetime, replayed: bool = False) -> Moment:
    """Return what the steps of a version may know of the world."""
    automation = version.automation
    by = Actor("system", None, automation.name)
    return Moment(now, tenant, by, automation.pk, version.pk, automation.name, replayed)


def _move(version: Version, people: Sequence[Person], tenant: Tenant, now: datetime) -> None:
    moment = moment_of(version=version, tenant=tenant, now=now)
    worker = _Worker(moment)
    ways = engine.advance(tree=trees.read(version.definition), people=people, perform=worker.perform)
    _write(version, ways, now)
    over = [way for way in ways if way.end]
    events.record([
        events.Happening(
            way.person.customer_id, FINISHED, way.person.reached_at,
            {"automation": moment.automation_id, "name": moment.name, "how": way.end},
            source="journeys", message_id=f"automation:{way.person.id}:finished",
        )
        for way in over
    ])  # fmt: skip


class _Worker:
    """Carries steps out for real: what they do is written in the same transaction as where people stand."""

    def __init__(self, moment: Moment) -> None:
        self.moment = moment

    def perform(self, step: Step, people: Sequence[Person]) -> Mapping[int, Move | Failure]:
        try:
            with transaction.atomic():
                return self._do(step, people)
        except Refusal as refusal:
            if len(people) == 1:
                return {people[0].id: Failure(str(refusal.message))}
        except Exception:
            log.exception("Step %s of automation %s failed", step.id, self.moment.automation_id)
            if len(people) == 1:
                return {people[0].id: Failure("error")}
        # Somebody among them is the cause: halves find them, and the others go on.
        half = len(people) // 2
        return {**self.perform(step, people[:half]), **self.perform(step, people[half:])}

    def _do(self, step: Step, people: Sequence[Person]) -> Mapping[int, Move]:
        kind = registry.KINDS[step.kind]
        moves = kind.choose(step, people, self.moment)
        goers = [person for person in people if not isinstance(moves[person.id], Stay)]
        if goers:
            kind.act(step, goers, self.moment)
        return moves


def _write(version: Version, ways: Sequence[Way], now: datetime) -> None:
    """Write where everybody stands now, and the steps they passed: two statements."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL["stand"],
            {"tenant": version.tenant_id, "rows": json.dumps([_row(way, now) for way in ways], cls=DjangoJSONEncoder)},
        )
        taken = [(way.person.id, node, path, at) for way in ways for node, path, at in way.taken]
        if taken:
            ids, nodes, paths, moments = (list(column) for column in zip(*taken, strict=True))
            cursor.execute(_SQL["take"], {"tenant": version.tenant_id, "version": version.pk, "ids": ids,
                                          "nodes": nodes, "paths": paths, "moments": moments})  # fmt: skip


def _row(way: Way, now: datetime) -> dict:
    person = way.person
    row = {"id": person.id, "node": person.node, "state": State.ACTIVE, "due_at": way.due_at, "reason": "",
           "reached_at": person.reached_at, "attempts": 0, "finished_at": None}  # fmt: skip
    if way.failure:
        again = RETRY_AFTER[person.attempts] if person.attempts < len(RETRY_AFTER) else None
        return row | {"state": State.FAILED, "reason": way.failure[:200], "attempts": person.attempts + 1,
                      "due_at": now + again if again else None}  # fmt: skip
    if way.end:
        state = State.DONE if way.end == "done" else State.LEFT
        return row | {
            "state": state,
            "finished_at": person.reached_at,
            "reason": "" if state == State.DONE else way.end,
        }
    return row


# --- out ----------------------------------------------------------------------------------------


@transaction.atomic
def take_out(*, enrolment: Enrolment, by: Actor, now: datetime) -> None:
    """Take one person out of an automation."""
    leave(Enrolment.objects.filter(pk=enrolment.pk), reason="taken_out", now=now)


def leave(chosen: QuerySet[Enrolment], *, reason: str, now: datetime) -> int:
    """End the passages chosen that are still open, set-based; they stand on the timeline.

    Returns:
        How many ended.
    """
    return len(_end(chosen, state=State.LEFT, reason=reason, now=now))


def reach_goal(chosen: QuerySet[Enrolment], *, goal: str, now: datetime) -> int:
    """End the passages chosen that are still open because what they are for has happened; returns how many."""
    ended = _end(chosen, state=State.DONE, reason="goal", now=now)
    events.record([
        events.Happening(customer, REACHED, now, {"automation": automation, "name": name, "goal": goal},
                         source="journeys", message_id=f"automation:{pk}:goal")
        for pk, customer, automation, name in ended
    ])  # fmt: skip
    return len(ended)


def _end(chosen: QuerySet[Enrolment], *, state: str, reason: str, now: datetime) -> list[tuple]:
    open_ones = chosen.filter(state__in=[State.ACTIVE, State.FAILED]).select_for_update(of=("self",))
    found = list(open_ones.order_by("pk").values_list("pk", "customer_id", "automation_id", "automation__name"))
    Enrolment.objects.filter(pk__in=[row[0] for row in found]).update(
        state=state, reason=reason, due_at=None, finished_at=now
    )
    ended = [row for row in found if row[1] is not None]
    events.record([
        events.Happening(customer, FINISHED, now, {"automation": automation, "name": name, "how": reason},
                         source="journeys", message_id=f"automation:{pk}:finished")
        for pk, customer, automation, name in ended
    ])  # fmt: skip
    return ended


@transaction.atomic
def try_again(*, automation: Automation, by: Actor, now: datetime, node: str = "") -> int:
    """Have those whose step failed tried again now; returns how many."""
    failed = Enrolment.objects.filter(automation=automation, state=State.FAILED)
    if node:
        failed = failed.filter(node=node)
    return failed.update(due_at=now, attempts=0)


def forget(customer_ids: Sequence[int]) -> None:
    """Keep the rows of erased people for the counts, without the person and what they brought along."""
    theirs = Enrolment.objects.filter(customer_id__in=customer_ids)
    Call.objects.filter(enrolment__in=theirs).delete()
    open_ones = Q(state__in=[State.ACTIVE, State.FAILED])
    theirs.filter(open_ones).update(state=State.LEFT, reason="erased", due_at=None)
    theirs.update(customer=None, data={}, key="")


def path_of(enrolment: Enrolment) -> list[StepTaken]:
    """Return the steps somebody passed, in their order."""
    return list(StepTaken.objects.filter(enrolment=enrolment).order_by("at", "pk"))
