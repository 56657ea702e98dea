"""The definition of an automation: JSON that people draw or send, and the tree the engine walks.

    {"trigger": {"kind": "event", "event": "Order Completed", "where": {}},
     "again": {"rule": "always"},
     "goal": {"event": "Order Completed"},
     "steps": [{"id": "s1", "kind": "wait", "settings": {"duration": "PT1H"}},
               {"id": "s2", "kind": "branch", "paths": [
                   {"key": "a", "name": "VIP", "settings": {"rule": {…}}, "steps": [{"id": "s3", …}]},
                   {"key": "else", "steps": []}]},
               …]}

Paths come together again: whoever reaches the end of one goes on with the step after the branch. So people only ever
go forward, and a passage ends after as many steps as there are at most.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from cxm.lib import text
from cxm.lib.errors import Refusal
from journeys import steps as registry
from journeys.domain import triggers
from journeys.steps.frame import Names, Path, Step, StepProblem

MOST_STEPS, MOST_DEPTH, MOST_PATHS, MOST_BYTES = 100, 8, 10, 100_000
_ID = re.compile(r"[a-z][a-z0-9]{0,11}", re.ASCII)


class InvalidDefinition(Refusal):
    """A definition that is no tree of steps; ``fields`` says where."""

    code = "invalid_definition"
    message = _("This automation cannot be kept like this.")


class NotReady(Refusal):
    """Something is missing before people may come in; ``fields`` says of which step."""

    code = "not_ready"
    message = _("Something is missing before this automation can go live.")


@dataclass(frozen=True)
class Tree:
    """The steps of a version.

    Args:
        order: every step, each before those that come after it: walking them once moves everybody as far as they get.
        following: (step, path) → the step that comes next; None at the end.
    """

    steps: tuple[Step, ...]
    order: tuple[Step, ...]
    following: Mapping[tuple[str, str], str | None]

    @property
    def first(self) -> str | None:
        return self.order[0].id if self.order else None

    def step(self, step_id: str) -> Step | None:
        """Return the step with this id."""
        return next((step for step in self.order if step.id == step_id), None)


def empty() -> dict:
    """Return the definition a new automation begins with."""
    return {"trigger": {"kind": "manual"}, "again": {"rule": "once"}, "goal": None, "steps": []}


def read(definition: Mapping) -> Tree:
    """Return the tree of a definition that was kept before."""
    steps = tuple(_step(raw) for raw in definition.get("steps", ()))
    following: dict[tuple[str, str], str | None] = {}
    _follow(steps, None, following)
    return Tree(steps, tuple(_walk(steps)), following)


def shaped(definition: object) -> dict:
    """Return a definition in its one form: ids given out, unknown keys refused; its settings may be incomplete.

    Raises:
        InvalidDefinition: not a tree of steps, or too large.
    """
    if not isinstance(definition, dict):
        raise _refuse("definition", __("An object is expected here."))
    _check_storable(definition)
    for key in definition:
        if key not in {"trigger", "again", "goal", "steps"}:
            raise _refuse(str(key)[:100], __("There is nothing of this name here."))
    found = empty() | definition
    for name in ("trigger", "again"):
        if not isinstance(found[name], dict):
            raise _refuse(name, __("An object is expected here."))
    if found["goal"] is not None and not isinstance(found["goal"], dict):
        raise _refuse("goal", __("An object is expected here."))
    shaper = _Shaper()
    found["steps"] = shaper.steps(found["steps"], "steps", 1)
    return found


def problems(definition: Mapping, names: Names) -> dict[str, dict[str, str]]:
    """Return what is missing or wrong, by place (``trigger``, ``goal``, id of a step, ``ID.PATH``) and field."""
    return _Cleaner(names).run(definition)[1]


def cleaned(definition: Mapping, names: Names) -> dict:
    """Return a definition with all settings checked.

    Raises:
        NotReady: with what is missing, by place.
    """
    kept, wrong = _Cleaner(names).run(definition)
    if wrong:
        raise NotReady(
            fields={f"{place}.{field}": words for place, said in wrong.items() for field, words in said.items()}
        )
    return kept


def walk(steps: Sequence[dict]) -> Iterator[dict]:
    """Yield every step of a definition, each before those on its paths."""
    for step in steps:
        yield step
        for path in step.get("paths", ()):
            yield from walk(path["steps"])


def fresh_id(definition: Mapping) -> str:
    """Return an id no step has."""
    taken = {step["id"] for step in walk(definition["steps"])}
    return next(f"s{number}" for number in range(1, 10_000) if f"s{number}" not in taken)


def differs(draft: Mapping, definition: Mapping) -> bool:
    """Return whether a draft says something else than what was published."""
    return dict(draft) != dict(definition)


# --- reading ------------------------------------------------------------------------------------


def _step(raw: Mapping) -> Step:
    return Step(
        id=raw["id"],
        kind=raw["kind"],
        settings=raw.get("settings", {}),
        paths=tuple(
            Path(path["key"], path.get("name", ""), path.get("settings", {}), tuple(map(_step, path["steps"])))
            for path in raw.get("paths", ())
        ),
    )


def _walk(steps: Sequence[Step]) -> Iterator[Step]:
    for step in steps:
        yield step
        for path in step.paths:
            yield from _walk(path.steps)


def _follow(steps: Sequence[Step], after: str | None, following: dict[tuple[str, str], str | None]) -> None:
    for index, step in enumerate(steps):
        next_one = steps[index + 1].id if index + 1 < len(steps) else after
        following[step.id, ""] = next_one
        for path in step.paths:
            following[step.id, path.key] = path.steps[0].id if path.steps else next_one
            _follow(path.steps, next_one, following)


# --- shape --------------------------------------------------------------------------------------


def _refuse(place: str, sentence: str) -> InvalidDefinition:
    return InvalidDefinition(f"{place}: {sentence}", fields={place: sentence})


def _check_storable(definition: dict) -> None:
    """Refuse what no column can hold: too much, halves of characters, the zero character, numbers that are none."""
    try:
        written = json.dumps(definition, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise _refuse("definition", __("This holds characters that cannot be stored.")) from error
    if len(written) > MOST_BYTES:
        raise _refuse("definition", __("This is too large."))
    if rb"\u0000" in written:
        raise _refuse("definition", __("This holds characters that cannot be stored."))


class _Shaper:
    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.unnamed: list[dict] = []

    def steps(self, raw: object, place: str, depth: int) -> list[dict]:
        if not isinstance(raw, list):
            raise _refuse(place, __("A list of steps is expected here."))
        if depth > MOST_DEPTH:
            raise _refuse(place, __("Paths can be nested eight deep at most."))
        found = [self._step(one, f"{place}[{index}]", depth) for index, one in enumerate(raw)]
        if depth == 1:
            self._name()
        return found

    def _step(self, raw: object, place: str, depth: int) -> dict:
        kind = raw.get("kind") if isinstance(raw, dict) else None
        if not isinstance(kind, str) or kind not in registry.KINDS:
            known = ", ".join(registry.KINDS)
            raise _refuse(place, __("A step is expected here, its kind one of: %(kinds)s.") % {"kinds": known})
        for key in raw:
            if key not in {"id", "kind", "settings", "paths"}:
                raise _refuse(f"{place}.{key}"[:100], __("There is nothing of this name here."))
        settings = raw.get("settings", {})
        if not isinstance(settings, dict):
            raise _refuse(f"{place}.settings", __("An object is expected here."))
        step = {"id": self._id(raw.get("id"), place), "kind": kind, "settings": settings}
        if not step["id"]:
            self.unnamed.append(step)
        if len(self.ids) + len(self.unnamed) > MOST_STEPS:
            raise _refuse(place, __("At most 100 steps."))
        if registry.KINDS[kind].PATHS:
            step["paths"] = self._paths(registry.KINDS[kind], raw.get("paths"), place, depth)
        return step

    def _id(self, raw: object, place: str) -> str:
        if raw in (None, ""):
            return ""
        if not isinstance(raw, str) or not _ID.fullmatch(raw) or raw in self.ids:
            raise _refuse(f"{place}.id", __("An id is a small letter and up to eleven more or digits, once."))
        self.ids.add(raw)
        return raw

    def _name(self) -> None:
        free = (f"s{number}" for number in range(1, 10_000) if f"s{number}" not in self.ids)
        for step in self.unnamed:
            step["id"] = next(free)

    def _paths(self, kind: object, raw: object, place: str, depth: int) -> list[dict]:
        given = {} if raw is None else self._given(raw, place)
        if not getattr(kind, "FREE_PATHS", False) or not given:
            keys = [path.key for path in kind.PATHS]
            unknown = next((key for key in given if key not in keys), None)
            if unknown is not None:
                raise _refuse(f"{place}.paths", __("There is no such path."))
            templates = {path.key: path for path in kind.PATHS}
            return [self._path(key, given.get(key, {}), templates[key].settings, place, depth) for key in keys]
        if "else" in {path.key for path in kind.PATHS}:
            given = {key: path for key, path in given.items() if key != "else"} | {"else": given.get("else", {})}
        return [self._path(key, path, {}, place, depth) for key, path in given.items()]

    def _given(self, raw: object, place: str) -> dict[str, dict]:
        if not isinstance(raw, list) or len(raw) > MOST_PATHS:
            raise _refuse(f"{place}.paths", __("A list of at most ten paths is expected here."))
        found: dict[str, dict] = {}
        for path in raw:
            key = path.get("key") if isinstance(path, dict) else None
            if not isinstance(key, str) or not _ID.fullmatch(key) or key in found:
                raise _refuse(f"{place}.paths", __("Each path needs a key of its own, in small letters."))
            for name in path:
                if name not in {"key", "name", "settings", "steps"}:
                    raise _refuse(f"{place}.paths.{name}"[:100], __("There is nothing of this name here."))
            found[key] = path
        return found

    def _path(self, key: str, raw: Mapping, settings: Mapping, place: str, depth: int) -> dict:
        name, own = raw.get("name", ""), raw.get("settings", dict(settings))
        if not isinstance(name, str) or not isinstance(own, dict):
            raise _refuse(f"{place}.paths.{key}", __("An object is expected here."))
        inner = self.steps(raw.get("steps", []), f"{place}.paths.{key}.steps", depth + 1)
        return {"key": key, "name": text.clean_line(name)[:60], "settings": own, "steps": inner}


# --- content ------------------------------------------------------------------------------------


class _Cleaner:
    """Has every kind check its settings; collects what they say."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.wrong: dict[str, dict[str, str]] = {}

    def run(self, definition: Mapping) -> tuple[dict, dict[str, dict[str, str]]]:
        kept = {
            "trigger": self._ask("trigger", triggers.clean, definition["trigger"]),
            "again": self._ask("again", triggers.clean_again, definition["again"]),
            "goal": self._ask("goal", triggers.clean_goal, definition["goal"]) if definition.get("goal") else None,
            "steps": [self._step(raw) for raw in definition["steps"]],
        }
        if not definition["steps"]:
            self.wrong["steps"] = {"steps": __("Add at least one step.")}
        return kept, self.wrong

    def _ask(self, place: str, ask: object, *given: object) -> dict:
        try:
            return ask(*given, self.names)
        except StepProblem as problem:
            self.wrong[place] = problem.fields
            return {}

    def _step(self, raw: Mapping) -> dict:
        kind = registry.KINDS[raw["kind"]]
        step = {"id": raw["id"], "kind": raw["kind"], "settings": self._ask(raw["id"], kind.clean, raw["settings"])}
        if "paths" in raw:
            step["paths"] = [self._path(raw, path, kind) for path in raw["paths"]]
            together = getattr(kind, "clean_all", None)
            bad = any(f"{raw['id']}.{path['key']}" in self.wrong for path in raw["paths"])
            if together and not bad:
                read = [Path(path["key"], settings=path["settings"]) for path in step["paths"]]
                self._ask(raw["id"], lambda paths, names: together(paths) or {}, read)
        return step

    def _path(self, raw: Mapping, path: Mapping, kind: object) -> dict:
        place, settings = f"{raw['id']}.{path['key']}", {}
        if clean := getattr(kind, "clean_path", None):
            settings = self._ask(place, clean, Path(path["key"], path["name"], path["settings"]))
        return {"key": path["key"], "name": path["name"], "settings": settings,
                "steps": [self._step(inner) for inner in path["steps"]]}  # fmt: skip
