"""A definition as the canvas shows it: every step with its words, what is wrong with it, and how many people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext as __

from customers.domain import rules, rules_words
from journeys import steps as registry
from journeys.domain import triggers
from journeys.domain.figures import AtStep, Figures
from journeys.steps.frame import Names


@dataclass
class Lane:
    """A path as it is shown."""

    key: str
    place: str
    title: str
    note: str
    count: int | None
    error: str
    nodes: list[Node]
    name: str = ""
    share: object = ""
    fixed: bool = False


@dataclass
class Node:
    """A step as it is shown."""

    id: str
    kind: str
    label: str | Promise
    icon: str
    group: str
    words: str
    at: AtStep | None
    errors: Mapping[str, str]
    lanes: list[Lane] = field(default_factory=list)
    free: bool = False

    @property
    def faulty(self) -> bool:
        return bool(self.errors) or any(lane.error for lane in self.lanes)


def nodes(
    definition: Mapping, *, names: Names, problems: Mapping[str, Mapping[str, str]], figures: Figures | None
) -> list[Node]:
    """Return the steps of a definition."""
    return _Drawer(names, problems, figures).nodes(definition["steps"])


def start(definition: Mapping, names: Names) -> dict:
    """Return what stands above the first step."""
    goal = definition.get("goal")
    return {
        "words": triggers.words(definition["trigger"], names),
        "again": triggers.again_words(definition["again"]),
        "goal": goal.get("event") if goal else "",
    }


@dataclass(frozen=True)
class _Drawer:
    names: Names
    problems: Mapping[str, Mapping[str, str]]
    figures: Figures | None

    def nodes(self, steps: Sequence[Mapping]) -> list[Node]:
        return [self._node(raw) for raw in steps]

    def _node(self, raw: Mapping) -> Node:
        kind = registry.KINDS[raw["kind"]]
        at = self.figures.steps.get(raw["id"], AtStep()) if self.figures else None
        return Node(
            id=raw["id"], kind=raw["kind"], label=kind.LABEL, icon=kind.ICON, group=kind.GROUP,
            words=kind.words(raw["settings"], self.names), at=at, errors=self.problems.get(raw["id"], {}),
            lanes=[self._lane(raw, path, at) for path in raw.get("paths", ())],
            free=getattr(kind, "FREE_PATHS", False),
        )  # fmt: skip

    def _lane(self, raw: Mapping, path: Mapping, at: AtStep | None) -> Lane:
        kind = registry.KINDS[raw["kind"]]
        own = next((known for known in kind.PATHS if known.key == path["key"]), None)
        fixed = own is not None and (not getattr(kind, "FREE_PATHS", False) or path["key"] == "else")
        share = path["settings"].get("percent", "")
        note = f"{share} %" if raw["kind"] == "split" else _rule_words(path["settings"].get("rule"), self.names)
        named = str(own.name) if own and own.name else __("Path %(key)s") % {"key": path["key"].upper()}
        return Lane(
            key=path["key"], place=f"{raw['id']}/{path['key']}", title=path["name"] or named, note=note,
            count=at.paths.get(path["key"], 0) if at else None,
            error=" ".join(self.problems.get(f"{raw['id']}.{path['key']}", {}).values()),
            nodes=self.nodes(path["steps"]), name=path["name"], share=share, fixed=fixed,
        )  # fmt: skip


def _rule_words(rule: object, names: Names) -> str:
    if not rule or rule == {"all": []}:
        return ""
    try:
        return rules_words.sentence(rules.parse(rule=rule, catalogue=names.catalogue))
    except rules.InvalidRule:
        return ""
