"""The engine: a batch of people, moved as far as they get.

``advance`` knows nothing of tables. It walks the tree once, in order; at every step all people who stand there are
asked together what becomes of them (a few statements for a thousand people) and go on to the step that follows. Because
paths only lead forward, one walk is enough, and nobody can go in circles. The worker (``enrolments``) and the simulator
hand in how a step is carried out, their own clock, and the people.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from journeys.domain.trees import Tree
from journeys.steps.frame import Go, Move, Person, Stay, Step

GONE = "step_gone"


@dataclass(frozen=True)
class Failure:
    """A step that could not be carried out for somebody."""

    reason: str


@dataclass
class Way:
    """How far one person got.

    Args:
        taken: the steps passed now: (step, path, moment by the person's own clock).
        due_at: until when they wait where they stand.
        end: why the passage is over: ``done``, or what the step said.
        failure: why the step could not be carried out.
    """

    person: Person
    taken: list[tuple[str, str, datetime]] = field(default_factory=list)
    due_at: datetime | None = None
    end: str = ""
    failure: str = ""


Perform = Callable[[Step, Sequence[Person]], Mapping[int, "Move | Failure"]]


def advance(*, tree: Tree, people: Sequence[Person], perform: Perform) -> list[Way]:
    """Move people on until each waits, is through, left, or failed.

    Args:
        perform: carries a step out for some people and says what becomes of each; who is not named failed.
    """
    ways = {person.id: Way(person) for person in people}
    standing: dict[str, list[Person]] = {}
    for person in people:
        standing.setdefault(person.node, []).append(person)
    for step in tree.order:
        here = standing.pop(step.id, None)
        if not here:
            continue
        moves = perform(step, here)
        for person in here:
            onward = next_step(tree=tree, step=step, way=ways[person.id], move=moves.get(person.id))
            if onward:
                standing.setdefault(onward, []).append(person)
    for person in (lost for group in standing.values() for lost in group):
        ways[person.id].failure = GONE
    return list(ways.values())


def next_step(*, tree: Tree, step: Step, way: Way, move: Move | Failure | None) -> str | None:
    """Write down what a move means for somebody, and return the step they come to now, if they come to one."""
    person = way.person
    if move is None or isinstance(move, Failure):
        way.failure = move.reason if move else GONE
        return None
    if isinstance(move, Stay):
        way.due_at = move.until
        return None
    path = ""
    if isinstance(move, Go):
        path = move.path
        person.reached_at = move.at or person.reached_at
    way.taken.append((step.id, path, person.reached_at))
    if not isinstance(move, Go):
        way.end = move.reason
        return None
    onward = tree.following[step.id, path]
    if onward is None:
        way.end = "done"
        return None
    person.node, person.attempts = onward, 0
    return onward
