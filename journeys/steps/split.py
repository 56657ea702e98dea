"""Chance sends people different ways, in shares: the same person always the same way."""

import hashlib
from collections.abc import Sequence

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from journeys.steps.frame import Go, Moment, Move, Names, Path, Person, Step, StepProblem, nothing

KIND, LABEL, ICON, GROUP = "split", _("Split at random"), "arrows-split-2", "flow"
FIELDS = ()
PATHS = (Path("a", "A", {"percent": 50}), Path("b", "B", {"percent": 50}))
FREE_PATHS = True
CHANGES_PERSON = False
act = nothing


def clean(settings: dict, names: Names) -> dict:
    return {}


def clean_path(path: Path, names: Names) -> dict:
    """Return the settings of a path: its share."""
    share = path.settings.get("percent")
    if isinstance(share, bool) or not isinstance(share, int) or not 0 <= share <= 100:
        raise StepProblem(percent=__("A whole number from 0 to 100."))
    return {"percent": share}


def clean_all(paths: Sequence[Path]) -> None:
    """Refuse shares that are not the whole."""
    if sum(path.settings["percent"] for path in paths) != 100:
        raise StepProblem(percent=__("The shares must add up to 100 %."))


def words(settings: dict, names: Names) -> str:
    return __("Split at random")


def choose(step: Step, people: Sequence[Person], moment: Moment) -> dict[int, Move]:
    ways, bounds, total = [Go(path.key) for path in step.paths], [], 0
    for path in step.paths:
        total += path.settings["percent"]
        bounds.append(total * 100)
    moves: dict[int, Move] = {}
    for person in people:
        drawn = lot(f"{moment.automation_id}:{step.id}:{person.customer_id}:{person.passage}")
        moves[person.id] = next(way for way, bound in zip(ways, bounds, strict=True) if drawn < bound)
    return moves


def lot(name: str) -> int:
    """Return a number from 0 to 9,999 that this name always draws."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest()) % 10_000
