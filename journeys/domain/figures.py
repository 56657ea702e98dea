"""How many people stand where, went which way, and got through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count

from journeys.models import Automation, Enrolment, StepTaken

State = Enrolment.State


@dataclass
class AtStep:
    """Figures of one step: how many passed, by path too, stand there now, or failed there."""

    passed: int = 0
    paths: Counter[str] = field(default_factory=Counter)
    waiting: int = 0
    failed: int = 0

    @property
    def reached(self) -> int:
        return self.passed + self.waiting + self.failed


@dataclass
class Figures:
    """Figures of an automation: how many came in, are inside, got through or left, and why."""

    entered: int = 0
    inside: int = 0
    failed: int = 0
    done: int = 0
    left: Counter[str] = field(default_factory=Counter)
    goal: int = 0
    steps: dict[str, AtStep] = field(default_factory=dict)

    def step(self, node: str) -> AtStep:
        return self.steps.setdefault(node, AtStep())

    def as_json(self) -> dict:
        return {
            "entered": self.entered, "inside": self.inside, "failed": self.failed, "done": self.done,
            "left": dict(self.left), "goal": self.goal,
            "steps": {
                node: {"passed": at.passed, "paths": {key: n for key, n in at.paths.items() if key},
                       "waiting": at.waiting, "failed": at.failed}
                for node, at in sorted(self.steps.items())
            },
        }  # fmt: skip


def of(*, automation: Automation) -> Figures:
    """Return the figures of an automation over all its versions, in two queries."""
    found = Figures()
    rows = Enrolment.objects.filter(automation=automation).values_list("state", "reason", "node")
    for state, reason, node, count in rows.annotate(n=Count("pk")).order_by():
        found.entered += count
        if state == State.ACTIVE:
            found.inside += count
            found.step(node).waiting += count
        elif state == State.FAILED:
            found.failed += count
            found.step(node).failed += count
        elif state == State.DONE:
            found.done += count
            found.goal += count if reason == "goal" else 0
        else:
            found.left[reason] += count
    taken = StepTaken.objects.filter(version__in=automation.versions.values("pk"))
    for node, path, count in taken.values_list("node", "path").annotate(n=Count("pk")).order_by():
        found.step(node).passed += count
        found.step(node).paths[path] += count
    return found


def brief(*, automations: Iterable[Automation]) -> dict[int, Figures]:
    """Return the figures of several automations without their steps, in one query."""
    found = {automation.pk: Figures() for automation in automations}
    rows = Enrolment.objects.filter(automation__in=list(found)).values_list("automation", "state", "reason")
    for automation, state, reason, count in rows.annotate(n=Count("pk")).order_by():
        figures = found[automation]
        figures.entered += count
        figures.inside += count if state == State.ACTIVE else 0
        figures.failed += count if state == State.FAILED else 0
        figures.done += count if state == State.DONE else 0
        figures.goal += count if reason == "goal" else 0
        if state == State.LEFT:
            figures.left[reason] += count
    return found
