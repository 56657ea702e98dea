"""The simulator: the engine itself on people of the past, by a virtual clock, with nothing sent.

Steps decide as they would have decided: each person is judged at the moment at which they would have been there. What
a step changes about the person (a tag, an attribute) is done in a savepoint that is taken back, so that later branches
see it; what would reach somebody or something outside is only noted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.domain import memberships
from customers.domain.rules_pieces import Piece
from customers.models import Customer, Segment, SegmentMember
from cxm.audit.actors import Actor
from cxm.lib.errors import Refusal
from cxm.tenancy.models import Tenant
from journeys import steps as registry
from journeys.domain import engine, enrolments, entering, trees, triggers
from journeys.domain.engine import Way
from journeys.domain.figures import Figures
from journeys.domain.triggers import Entry
from journeys.models import Automation
from journeys.steps import wait_event
from journeys.steps.frame import Moment, Move, Names, Person, Stay, Step

MOST, PORTION = 2_000, 500
FAR = timedelta(days=3660)
PAST = timedelta(days=366)
# Kinds whose doing reaches somebody: what the list of "who would get what" is made of.
REACHES = {"message", "team"}


class NothingToReplay(Refusal):
    """A trigger without a past: somebody must say for whom to simulate."""

    code = "nothing_to_replay"
    message = _("People come in by hand or by a program here. Choose a segment to simulate with.")


class BadPeriod(Refusal):
    code = "bad_period"
    message = _("The period must lie in the past and be at most a year long.")


@dataclass(frozen=True)
class Told:
    """Something that would have reached somebody."""

    customer_id: int
    at: datetime
    step: Step


@dataclass
class Rehearsal:
    """What would have happened.

    Args:
        refused: how many the re-entry rule kept out, by reason.
        told: who would have got what, and when, in the order of time.
        more: whether there were more people than were looked at.
    """

    figures: Figures = field(default_factory=Figures)
    refused: Counter[str] = field(default_factory=Counter)
    told: list[Told] = field(default_factory=list)
    more: bool = False
    since: datetime | None = None
    until: datetime | None = None


def replay(
    *, automation: Automation, tenant: Tenant, since: datetime, until: datetime, now: datetime, most: int = MOST
) -> Rehearsal:  # fmt: skip
    """Say what the draft would have done between two moments of the past, had it been live.

    Raises:
        trees.NotReady: the draft is not complete.
        NothingToReplay: nothing in the past brings people in.
        BadPeriod: not in the past, or too long.
    """
    if not since < until <= now or until - since > PAST:
        raise BadPeriod
    names = Names(tenant)
    definition = trees.cleaned(automation.draft, names)
    entries = _entries(definition["trigger"], names, since, until, most + 1)
    past = {entry.customer_id: entering.Past() for entry in entries}
    return _rehearse(
        automation=automation, definition=definition, tenant=tenant, entries=entries[:most], past=past, horizon=now,
        found=Rehearsal(more=len(entries) > most, since=since, until=until),
    )  # fmt: skip


def try_out(
    *, automation: Automation, tenant: Tenant, customer_ids: Sequence[int], now: datetime, most: int = MOST
) -> Rehearsal:  # fmt: skip
    """Say what the draft would do for these people if they came in now and did nothing afterwards.

    Raises:
        trees.NotReady: the draft is not complete.
    """
    definition = trees.cleaned(automation.draft, Names(tenant))
    chosen = list(Customer.objects.filter(pk__in=customer_ids[:most]).order_by("pk").values_list("pk", flat=True))
    entries = [Entry(pk, "simulation", now, {}) for pk in chosen]
    past = enrolments.past(automation, entries)
    return _rehearse(
        automation=automation, definition=definition, tenant=tenant, entries=entries, past=past, horizon=now + FAR,
        found=Rehearsal(more=len(customer_ids) > most, since=now, until=now),
    )  # fmt: skip


def try_segment(
    *, automation: Automation, tenant: Tenant, segment: Segment, now: datetime, most: int = MOST
) -> Rehearsal:  # fmt: skip
    """Say what the draft would do for those who are in a segment now."""
    members = memberships.members(segment).order_by("customer_id").values_list("customer_id", flat=True)
    return try_out(automation=automation, tenant=tenant, customer_ids=list(members[: most + 1]), now=now, most=most)


def _rehearse(
    *, automation: Automation, definition: Mapping, tenant: Tenant, entries: Sequence[Entry],
    past: dict[int, entering.Past], horizon: datetime, found: Rehearsal,
) -> Rehearsal:  # fmt: skip
    moment = Moment(horizon, tenant, Actor("system", None, automation.name), automation.pk, automation.version_id or 0,
                    automation.name, replayed=True)  # fmt: skip
    tree, numbers = trees.read(definition), iter(range(1, len(entries) + 1))
    for turn in _turns(entries):
        for start in range(0, len(turn), PORTION):
            admitted, refused = entering.admit(
                again=definition["again"], entries=turn[start : start + PORTION], past=past
            )
            found.refused += refused
            people = [
                Person(next(numbers), entry.customer_id, passage, tree.first, entry.at, entry.at, data=entry.data)
                for entry, passage in admitted
            ]
            ways = _walk(tree, people, moment)
            _reach_goal(definition["goal"], ways, moment)
            for way in ways:
                known = past[way.person.customer_id]
                known.inside, known.over = not way.end, way.person.reached_at
                _count(found, tree, way)
    found.told.sort(key=lambda told: (told.at, told.customer_id))
    return found


def _turns(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Everybody's first entry, everybody's second, …: whether somebody comes in again depends on what came before."""
    turns: list[list[Entry]] = []
    seen: Counter[int] = Counter()
    for entry in entries:
        turn = seen[entry.customer_id]
        seen[entry.customer_id] += 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(entry)
    return turns


def _walk(tree: trees.Tree, people: Sequence[Person], moment: Moment) -> list[Way]:
    """Walk the tree in a savepoint that is taken back."""

    def perform(step: Step, here: Sequence[Person]) -> Mapping[int, Move]:
        kind = registry.KINDS[step.kind]
        moves = kind.choose(step, here, moment)
        goers = [person for person in here if not isinstance(moves[person.id], Stay)]
        if kind.CHANGES_PERSON and goers:
            kind.act(step, goers, moment)
        return moves

    with transaction.atomic():
        ways = engine.advance(tree=tree, people=people, perform=perform)
        transaction.set_rollback(True)
    return ways


def _reach_goal(goal: Mapping | None, ways: Sequence[Way], moment: Moment) -> None:
    """End those who did what the automation is for before they were through."""
    if not goal:
        return
    since = [Person(way.person.id, way.person.customer_id, 1, "", way.person.entered_at, way.person.entered_at)
             for way in ways]  # fmt: skip
    asked = Step("goal", wait_event.KIND, goal)
    reached = wait_event.happened(asked, since, dict.fromkeys((person.id for person in since), moment.now), moment)
    for way in ways:
        at = reached.get(way.person.id)
        if at and (not way.end or way.person.reached_at > at):
            way.taken = [step for step in way.taken if step[2] <= at]
            way.end, way.due_at, way.failure = "goal", None, ""


def _count(found: Rehearsal, tree: trees.Tree, way: Way) -> None:
    figures = found.figures
    figures.entered += 1
    for node, path, at in way.taken:
        figures.step(node).passed += 1
        figures.step(node).paths[path] += 1
        step = tree.step(node)
        if registry.KINDS[step.kind].GROUP in REACHES:
            found.told.append(Told(way.person.customer_id, at, step))
    if way.end in ("done", "goal"):
        figures.done += 1
        figures.goal += way.end == "goal"
    elif way.end:
        figures.left[way.end] += 1
    else:
        figures.inside += 1
        figures.step(way.person.node).waiting += 1


# --- what brought people in, in the past ----------------------------------------------------------


def _entries(trigger: Mapping, names: Names, since: datetime, until: datetime, most: int) -> list[Entry]:
    event, where = triggers.happening(trigger)
    if event:
        chosen = Piece("e.occurred_at >= %s AND e.occurred_at <= %s", (since, until))
        return triggers.events_matching(event=event, where=where, names=names, chosen=chosen, most=most)
    if trigger["kind"] == "segment":
        column = "entered_at" if trigger["when"] == "entered" else "left_at"
        moved = SegmentMember.objects.filter(
            segment=trigger["segment"], **{f"{column}__gte": since, f"{column}__lte": until}
        )
        rows = moved.order_by(column, "pk").values_list("customer_id", column)[:most]
        return [Entry(customer, f"{trigger['when']}:{at.isoformat()}", at, {}) for customer, at in rows]
    if trigger["kind"] == "date":
        return triggers.dates_between(
            trigger=trigger, tenant=names.tenant, names=names, since=since, until=until
        )[:most]  # fmt: skip
    raise NothingToReplay


def sentence(told: Told, names: Names) -> str:
    """Return what would have reached somebody, in words."""
    return registry.KINDS[told.step.kind].words(dict(told.step.settings), names) or __("Step")
