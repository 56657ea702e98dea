"""A segment rule as a typed tree: what reading the JSON gives, and what SQL, words and explanations are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from cxm.lib.durations import Duration


@dataclass(frozen=True)
class Field:
    """Something a rule may compare.

    Args:
        key: its name in rules.
        label: what people read.
        kind: ``text`` (case ignored), ``code`` (as it is), ``number``, ``boolean``, ``date`` or ``moment``.
        sql: the expression that gives its value; ``{}`` stands for nothing, parameters follow in ``params``.
        params: of the expression.
        home: where it stands: ``customer``, ``company``, ``tags`` or ``traits``.
        fold: how a value asked for is written: ``upper``, ``lower``, ``key`` (cxm.lib.text.fold) or nothing.
        empty: what it is for somebody of whom nothing is stored: 0 for counts and sums, None for the rest.
        choices: the values there are, when they are few.
    """

    key: str
    label: object
    kind: str
    sql: str
    params: tuple = ()
    home: str = "customer"
    fold: str = ""
    empty: int | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Test:
    """One operator and what it asks for, read into the type of its field."""

    operator: str
    value: object
    path: str = ""


@dataclass(frozen=True)
class Window:
    """When something must have happened; an empty window asks nothing."""

    within: Duration | None = None
    after: date | datetime | None = None
    before: date | datetime | None = None

    def __bool__(self) -> bool:
        return bool(self.within or self.after or self.before)


@dataclass(frozen=True)
class Branch:
    """``all`` or ``any`` of some rules."""

    kind: str
    items: tuple[Node, ...]
    path: str = ""


@dataclass(frozen=True)
class Negation:
    """``not``: everybody else."""

    item: Node
    path: str = ""


@dataclass(frozen=True)
class Value:
    """``attribute`` and ``trait``: something known of the person compares so; every test must hold."""

    field: Field
    tests: tuple[Test, ...]
    path: str = ""


@dataclass(frozen=True)
class Property:
    """A test on what an event or an order carries."""

    name: str
    test: Test
    field: Field | None = None


@dataclass(frozen=True)
class Happened:
    """``event`` and ``order``: things that happened, counted, summed, first and last.

    Args:
        source: ``event`` or ``order``.
        name: of the event; of an order its kind (``order``, ``return``, ``any``).
        count: tests on how many; empty asks for at least one.
        total: the property summed and the tests on the sum.
    """

    source: str
    name: str
    where: tuple[Property, ...] = ()
    window: Window = field(default_factory=Window)
    count: tuple[Test, ...] = ()
    total: tuple[str, tuple[Test, ...]] | None = None
    first: Window | None = None
    last: Window | None = None
    path: str = ""


@dataclass(frozen=True)
class ConsentIs:
    """``consent``: whether they may be written to on a channel about a topic."""

    channel: str
    topic: str
    granted: bool
    path: str = ""


@dataclass(frozen=True)
class Tagged:
    """``tag``: they carry it."""

    name: str
    path: str = ""


@dataclass(frozen=True)
class MemberOf:
    """``segment``: they are in another segment now."""

    id: int
    slug: str
    name: str
    path: str = ""


@dataclass(frozen=True)
class ClassIs:
    """``class``: how alive they are as a customer."""

    classes: tuple[str, ...]
    path: str = ""


# The event by which an answer reaches the timeline; its properties name the survey (slug) and the score.
SURVEY_ANSWERED = "Survey Answered"


@dataclass(frozen=True)
class Answered:
    """``survey``: what they answered last."""

    survey: str
    score: tuple[Test, ...] = ()
    window: Window = field(default_factory=Window)
    path: str = ""


Leaf = Value | Happened | ConsentIs | Tagged | MemberOf | ClassIs | Answered
Node = Branch | Negation | Leaf


def leaves(node: Node) -> list[Leaf]:
    """Return the leaves in the order they are written."""
    if isinstance(node, Branch):
        return [leaf for item in node.items for leaf in leaves(item)]
    return leaves(node.item) if isinstance(node, Negation) else [node]
