"""What automations hear: written in the fact's own transaction, drained by a worker.

A row is there or it is not: a fact that commits late is heard late, and once. Nothing walks along ids.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import OperationalError, connection, transaction
from django.db.models import F

from customers.domain.rules_pieces import Piece
from customers.models import Event
from cxm import tenancy
from cxm.lib import sql
from cxm.tenancy.models import Tenant
from journeys.domain import enrolments, triggers
from journeys.domain.triggers import Entry
from journeys.models import Automation, Enrolment, Heard, Listener
from journeys.steps.frame import Names

log = logging.getLogger(__name__)
Kind, Role = Listener.Kind, Listener.Role
BATCH = 2_000
# What is older when it is stored is history that somebody brought in, and sets nothing off.
FRESH = timedelta(days=1)
_SQL = sql.load("journeys.domain", "queries/inbox.sql")


def hear_events(events: Sequence[Event]) -> None:
    """Write down events that some automation listens for: one look by an index where none does."""
    names = {event.name for event in events}
    heard = set(Listener.objects.filter(kind=Kind.EVENT, ref__in=names).values_list("ref", flat=True).distinct())
    if not heard:
        return
    Heard.objects.bulk_create([
        Heard(kind=Kind.EVENT, ref=event.name, customer_id=event.customer_id, event_id=event.pk, at=event.occurred_at)
        for event in events
        if event.name in heard and event.occurred_at > event.received_at - FRESH
    ])  # fmt: skip


def hear_segment(*, segment_id: int, kind: str, customer_ids: Iterable[int], now: datetime) -> None:
    """Write down who came into or went out of a segment, where some automation listens for it."""
    if Listener.objects.filter(kind=kind, ref=str(segment_id)).exists():
        Heard.objects.bulk_create(
            [Heard(kind=kind, ref=str(segment_id), customer_id=customer, at=now) for customer in customer_ids]
        )


def watched_segments() -> set[int]:
    """Return the segments whose comings and goings somebody listens for."""
    found = Listener.objects.filter(kind__in=[Kind.ENTERED, Kind.LEFT]).values_list("ref", flat=True)
    return {int(ref) for ref in found if ref.isdigit()}


def tenants_with_work() -> list[int]:
    """Return the ids of tenants that heard something. Runs as the owner."""
    return list(Heard.objects.order_by("tenant_id").values_list("tenant_id", flat=True).distinct())


def drain(*, tenant: Tenant, now: datetime, batch: int = BATCH) -> int:
    """Take rows out of the inbox and do what listeners want, in one transaction.

    Returns:
        How many rows were taken.
    """
    with tenancy.scope(tenant):
        rows = _take(batch)
        heard: dict[tuple[str, str], list[tuple]] = {}
        for kind, ref, customer, event_id, at in rows:
            heard.setdefault((kind, ref), []).append((customer, event_id, at))
        if heard:
            names = Names(tenant)
            listening = Listener.objects.filter(ref__in={ref for _kind, ref in heard})
            for listener in listening.select_related("version__automation").order_by("pk"):
                if told := heard.get((listener.kind, listener.ref)):
                    _react(listener, told, names, now)
    return len(rows)


def look_at_calendar(*, tenant: Tenant, now: datetime) -> int:
    """Let in whoever's date has come since the last look, in every automation that starts on a date.

    Returns:
        How many came in.
    """
    came = 0
    with tenancy.scope(tenant):
        due = Automation.objects.filter(state__in=enrolments.OPEN, version__definition__trigger__kind="date")
        for automation in due.select_related("version").select_for_update(of=("self",), skip_locked=True, no_key=True):
            entries = triggers.dates_between(
                trigger=automation.version.definition["trigger"], tenant=tenant, names=Names(tenant),
                since=automation.looked_at or now, until=now,
            )  # fmt: skip
            came += enrolments.let_in(automation=automation, entries=entries, now=now)[0]
            Automation.objects.filter(pk=automation.pk).update(looked_at=now)
    return came


def tenants_with_dates() -> list[int]:
    """Return the ids of tenants with an automation that starts on a date. Runs as the owner."""
    found = Automation.objects.filter(state__in=enrolments.OPEN, version__definition__trigger__kind="date")
    return list(found.order_by("tenant_id").values_list("tenant_id", flat=True).distinct())


def _take(batch: int) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(_SQL["take"], {"tenant": tenancy.current_id(), "batch": batch})
        return cursor.fetchall()


def _react(listener: Listener, told: Sequence[tuple], names: Names, now: datetime) -> None:
    """Do what one listener wants; what goes wrong there is noted and takes nothing from the others.

    What the database refuses for the moment (a deadlock, a lost connection) goes up: the rows stay in the inbox and
    are taken again.
    """
    try:
        with transaction.atomic():
            _REACTIONS[listener.role](listener, told, names, now)
    except OperationalError:
        raise
    except Exception:
        log.exception("Automation %s could not react", listener.version.automation_id)
        Automation.objects.filter(pk=listener.version.automation_id).update(problem=f"{listener.role}: {listener.ref}")


def _start(listener: Listener, told: Sequence[tuple], names: Names, now: datetime) -> None:
    version = listener.version
    if listener.kind == Kind.EVENT:
        event, where = triggers.happening(version.definition["trigger"])
        entries = _matching(event, where, told, names)
    else:
        entries = [
            Entry(customer, f"{listener.kind}:{listener.ref}:{at.isoformat()}", at, {}) for customer, _event, at in told
        ]
    enrolments.let_in(automation=version.automation, entries=entries, now=now)


def _wake(listener: Listener, told: Sequence[tuple], names: Names, now: datetime) -> None:
    """Have the step look again at those who wait for it; it finds the event on the timeline by itself."""
    waiting = Enrolment.objects.filter(
        version=listener.version, node=listener.node, state=Enrolment.State.ACTIVE,
        customer_id__in={customer for customer, _event, _at in told},
    )  # fmt: skip
    waiting.update(due_at=F("reached_at"))


def _goal(listener: Listener, told: Sequence[tuple], names: Names, now: datetime) -> None:
    goal = listener.version.definition["goal"]
    reached: dict[int, datetime] = {}
    for entry in _matching(goal["event"], goal["where"], told, names):
        reached[entry.customer_id] = max(entry.at, reached.get(entry.customer_id, entry.at))
    inside = Enrolment.objects.filter(version=listener.version, customer_id__in=reached)
    open_ones = inside.filter(state__in=[Enrolment.State.ACTIVE, Enrolment.State.FAILED])
    there = [
        pk
        for pk, customer, entered in open_ones.values_list("pk", "customer_id", "entered_at")
        if reached[customer] > entered
    ]
    enrolments.reach_goal(Enrolment.objects.filter(pk__in=there), goal=goal["event"], now=now)


_REACTIONS = {Role.START: _start, Role.WAKE: _wake, Role.GOAL: _goal}


def _matching(event: str, where: dict, told: Sequence[tuple], names: Names) -> list[Entry]:
    """The entries of those events that still exist and carry what is asked."""
    chosen = Piece("e.id = ANY(%s::uuid[])", ([str(event_id) for _customer, event_id, _at in told if event_id],))
    return triggers.events_matching(event=event, where=where, names=names, chosen=chosen)
