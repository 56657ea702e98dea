"""Drawing a tree: each thing an editor can do to a draft, from one definition to the next. Nothing here is stored.

Places are written as in the builder: nothing is the very beginning, ``s3`` after that step, ``s3/a`` the beginning of
its path ``a``.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from cxm.lib.errors import NotFound
from journeys import steps as registry
from journeys.domain import trees


class UnknownStep(NotFound):
    message = _("There is no such step.")


def step(definition: Mapping, step_id: str) -> dict:
    """Return a step of a definition.

    Raises:
        UnknownStep: there is none.
    """
    found = next((one for one in trees.walk(definition["steps"]) if one["id"] == step_id), None)
    if found is None:
        raise UnknownStep
    return found


def path(definition: Mapping, place: str) -> dict:
    """Return a path of a step, written ``s3/a``.

    Raises:
        UnknownStep: there is none.
    """
    own, _slash, key = place.partition("/")
    found = next((one for one in step(definition, own).get("paths", ()) if one["key"] == key), None)
    if found is None:
        raise UnknownStep
    return found


def add(definition: Mapping, *, place: str, kind: str) -> tuple[dict, str]:
    """Put a new step of a kind somewhere; returns the definition and the step's id."""
    if kind not in registry.KINDS:
        raise UnknownStep
    drawn = copy.deepcopy(dict(definition))
    new = trees.shaped({"steps": [{"kind": kind}]})["steps"][0] | {"id": trees.fresh_id(drawn)}
    if "/" in place:
        path(drawn, place)["steps"].insert(0, new)
    elif not place:
        drawn["steps"].insert(0, new)
    else:
        siblings = _siblings(drawn, place)
        siblings.insert(_index(siblings, place) + 1, new)
    return drawn, new["id"]


def remove(definition: Mapping, *, step_id: str) -> dict:
    """Take a step away, with all that is on its paths."""
    drawn = copy.deepcopy(dict(definition))
    siblings = _siblings(drawn, step_id)
    siblings.pop(_index(siblings, step_id))
    return drawn


def move(definition: Mapping, *, step_id: str, by: int) -> dict:
    """Move a step up or down among its siblings."""
    drawn = copy.deepcopy(dict(definition))
    siblings = _siblings(drawn, step_id)
    at = _index(siblings, step_id)
    one = siblings.pop(at)
    siblings.insert(max(0, at + by), one)
    return drawn


def settle(definition: Mapping, *, step_id: str, settings: Mapping) -> dict:
    """Keep the settings of a step."""
    drawn = copy.deepcopy(dict(definition))
    step(drawn, step_id)["settings"] = dict(settings)
    return drawn


def settle_path(definition: Mapping, *, place: str, settings: Mapping | None = None, name: str | None = None) -> dict:
    """Keep the settings of a path, or what it is called."""
    drawn = copy.deepcopy(dict(definition))
    found = path(drawn, place)
    if settings is not None:
        found["settings"] = dict(settings)
    if name is not None:
        found["name"] = name
    return drawn


def add_path(definition: Mapping, *, step_id: str) -> dict:
    """Give a branch or a split one more path; a branch's last one stays for everybody else."""
    drawn = copy.deepcopy(dict(definition))
    found = step(drawn, step_id)
    kind = registry.KINDS[found["kind"]]
    taken = {one["key"] for one in found.get("paths", ())}
    if not getattr(kind, "FREE_PATHS", False) or len(taken) >= trees.MOST_PATHS:
        raise UnknownStep
    key = next(letter for letter in "abcdefghijklmnop" if letter not in taken)
    at = len(found["paths"]) - ("else" in taken)
    settings = {"percent": 0} if found["kind"] == "split" else dict(kind.PATHS[0].settings)
    name = key.upper() if found["kind"] == "split" else ""
    found["paths"].insert(at, {"key": key, "name": name, "settings": settings, "steps": []})
    return drawn


def remove_path(definition: Mapping, *, place: str) -> dict:
    """Take a path away, with its steps; the last one, and the one for everybody else, stay."""
    drawn = copy.deepcopy(dict(definition))
    own, _slash, key = place.partition("/")
    found, gone = step(drawn, own), path(drawn, place)
    free = getattr(registry.KINDS[found["kind"]], "FREE_PATHS", False)
    if not free or key == "else" or len(found["paths"]) <= 2:
        raise UnknownStep
    found["paths"].remove(gone)
    return drawn


def _siblings(definition: Mapping, step_id: str) -> list[dict]:
    lists = [definition["steps"]]
    lists += [one["steps"] for found in trees.walk(definition["steps"]) for one in found.get("paths", ())]
    for siblings in lists:
        if any(one["id"] == step_id for one in siblings):
            return siblings
    raise UnknownStep


def _index(siblings: list[dict], step_id: str) -> int:
    return next(index for index, one in enumerate(siblings) if one["id"] == step_id)
