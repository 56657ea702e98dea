"""What kinds of steps are written with.

A kind is a module of this folder with ``KIND LABEL ICON GROUP FIELDS PATHS CHANGES_PERSON`` and four functions:

- ``clean(settings, names)``: the settings as they are kept; raises ``StepProblem`` with what is missing or wrong;
- ``words(settings, names)``: the step in one line, for the tree;
- ``choose(step, people, moment)``: what becomes of each person now: go on, stay, leave. Reads, never writes;
- ``act(step, people, moment)``: what the step does for those who go on, set-based, in the engine's transaction; what
  it writes has a key of (enrolment, step), so that doing it again does nothing.

``choose`` decides on the person's own clock (``reached_at``): a worker that comes late changes nothing of what follows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.utils import timezone
from django.utils.functional import Promise

from campaigns.domain import offers
from campaigns.models import Template
from customers.domain import attributes, rules, rules_words
from customers.models import Attribute, Segment, Topic
from cxm.audit.actors import Actor
from cxm.lib import durations
from cxm.tenancy.models import Tenant
from feedback.domain import surveys
from feedback.models import CaseType


class StepProblem(Exception):
    """What is missing or wrong in a step's settings, by field."""

    def __init__(self, **fields: str) -> None:
        super().__init__(str(fields))
        self.fields = fields


@dataclass(frozen=True)
class Field:
    """One setting, as the inspector shows it.

    Args:
        kind: ``text``, ``long``, ``number``, ``duration``, ``time``, ``days``, ``template``, ``segment``, ``choice`` …
    """

    name: str
    kind: str
    label: str | Promise
    help: str | Promise = ""
    choices: Callable[[], list[tuple[str, str]]] | None = None
    required: bool = True


@dataclass(frozen=True)
class Path:
    """A way on from a step: its key, what people call it, its own settings, and the steps on it."""

    key: str
    name: str = ""
    settings: Mapping = field(default_factory=dict)
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Step:
    """A step of a version."""

    id: str
    kind: str
    settings: Mapping = field(default_factory=dict)
    paths: tuple[Path, ...] = ()


@dataclass(slots=True)
class Person:
    """Somebody on the way, as the engine moves them."""

    id: int
    customer_id: int
    passage: int
    node: str
    reached_at: datetime
    entered_at: datetime
    attempts: int = 0
    data: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Go:
    """On to the next step, along a path where the step has several.

    Args:
        at: the moment by the person's own clock; as it was when left out.
    """

    path: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Stay:
    """Wait here until then."""

    until: datetime


@dataclass(frozen=True)
class Leave:
    """Out, before the last step."""

    reason: str


Move = Go | Stay | Leave
ON = Go()


@dataclass
class Moment:
    """When and for whom the engine works: everything a step may know of the world.

    Args:
        now: up to when time has come.
        replayed: the simulator asks: each person is judged at a moment of their own, not at ``now``.
    """

    now: datetime
    tenant: Tenant
    by: Actor
    automation_id: int
    version_id: int
    name: str = ""
    replayed: bool = False

    def of(self, person: Person) -> datetime:
        """Return the moment at which a question about somebody is asked."""
        return person.reached_at if self.replayed else self.now

    @cached_property
    def catalogue(self) -> rules.Catalogue:
        return rules.load(self.tenant)

    def key(self, step: Step, person: Person) -> str:
        """Return the name under which an effect happens once."""
        return f"automation:{person.id}:{step.id}"


@dataclass
class Names:
    """What a tenant's definitions may point at, read when first asked for."""

    tenant: Tenant

    @cached_property
    def templates(self) -> dict[int, str]:
        return dict(Template.objects.filter(archived_at=None).order_by("name").values_list("pk", "name"))

    @cached_property
    def segments(self) -> dict[int, str]:
        return dict(Segment.objects.filter(archived_at=None).values_list("pk", "name"))

    @cached_property
    def topics(self) -> dict[str, str]:
        return dict(Topic.objects.values_list("slug", "name"))

    @cached_property
    def surveys(self) -> dict[int, str]:
        return dict(surveys.live().values_list("pk", "name"))

    @cached_property
    def survey_slugs(self) -> dict[str, str]:
        return dict(surveys.live().values_list("slug", "name"))

    @cached_property
    def offers(self) -> dict[int, str]:
        return dict(offers.usable(now=timezone.now()).order_by("name").values_list("pk", "name"))

    @cached_property
    def case_types(self) -> dict[int, str]:
        return {found.pk: str(found) for found in CaseType.objects.order_by("name")}

    @cached_property
    def case_slugs(self) -> dict[str, str]:
        return {found.slug: str(found) for found in CaseType.objects.order_by("name")}

    @cached_property
    def attributes(self) -> dict[str, Attribute]:
        return attributes.by_key()

    @cached_property
    def catalogue(self) -> rules.Catalogue:
        return rules.load(self.tenant)


def everyone_on(step: Step, people: Sequence[Person], moment: Moment) -> dict[int, Move]:
    """Let all go on."""
    return dict.fromkeys((person.id for person in people), ON)


def nothing(step: Step, people: Sequence[Person], moment: Moment) -> None:
    """Do nothing."""


def spoken(written: object) -> str:
    """Return a duration as people say it, an ellipsis for what is none."""
    try:
        return rules_words.duration(durations.parse(written))
    except durations.InvalidDuration:
        return "…"
