"""What is drawn on a map: one JSON document, read strictly, with parts that keep their ids for life.

    {"goal": "", "stages": [{"id", "name", "goal", "owner", "touchpoints": [
        {"id", "name", "channel", "actions", "feeling": -2…2 or null, "pains": [{"id", "text"}],
         "opportunities": [{"id", "text"}], "owner", "evidence", "moment": bool, "moment_why",
         "event": {"name", "property", "value"} or null, "survey"}]}],
     "swot": [{"id", "kind", "text", "priority": 1…3}]}

Figures, comments and actions hang on ids, so they stay where they belong when something is renamed or moved.
"""

import copy
import secrets
from collections.abc import Callable, Iterator

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from cxm.lib import text as words
from cxm.lib.errors import NotFound, Refusal

FEELINGS = (2, 1, 0, -1, -2)
EVIDENCE = {"none": _("Assumed"), "partly": _("Partly known"), "fully": _("Known from data")}
SWOT = {"strength": _("Strengths"), "weakness": _("Weaknesses"), "opportunity": _("Opportunities"),
        "threat": _("Threats")}  # fmt: skip
PRIORITIES = {1: _("High"), 2: _("Medium"), 3: _("Low")}
STAGES, TOUCHPOINTS, ITEMS, ENTRIES = 12, 60, 12, 60
NAME, LINE, TEXT = 120, 300, 1000
_ID = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")


class InvalidMap(Refusal):
    """A document that is no map; ``fields`` says where, by path."""

    code = "invalid_map"
    message = _("This is not a map.")


class NoSuchPart(NotFound):
    message = _("This part of the map is not there any more.")


def new_id() -> str:
    """Return an id for a part, that no other part of any map has."""
    return secrets.token_hex(5)


def empty() -> dict:
    """Return a map with nothing on it."""
    return {"goal": "", "stages": [], "swot": []}


def stage(name: str, **fields: object) -> dict:
    """Return a new stage without touchpoints."""
    return {"id": new_id(), "name": name, "goal": "", "owner": "", "touchpoints": []} | fields


def touchpoint(name: str, **fields: object) -> dict:
    """Return a new touchpoint of which nothing else is known."""
    return {
        "id": new_id(), "name": name, "channel": "", "actions": "", "feeling": None, "pains": [], "opportunities": [],
        "owner": "", "evidence": "none", "moment": False, "moment_why": "", "event": None, "survey": "",
    } | fields  # fmt: skip


def item(text: str) -> dict:
    """Return a new pain point or opportunity."""
    return {"id": new_id(), "text": text}


def parse(document: object) -> dict:
    """Read a document from outside: everything it may hold, nothing else; parts without an id get one.

    Raises:
        InvalidMap: with the path of each thing that is wrong.
    """
    reader = _Reader()
    found = reader.map(document)
    if reader.wrong:
        raise InvalidMap(fields=reader.wrong)
    return found


def touchpoints(content: dict) -> Iterator[dict]:
    """Yield the touchpoints of all stages in the order of the journey."""
    for found in content["stages"]:
        yield from found["touchpoints"]


def find(content: dict, part_id: str) -> dict:
    """Return a stage or a touchpoint.

    Raises:
        NoSuchPart: it was taken away meanwhile.
    """
    for found in (*content["stages"], *touchpoints(content)):
        if found["id"] == part_id:
            return found
    raise NoSuchPart


def has(content: dict, part_id: str) -> bool:
    """Return whether a stage or touchpoint is still there."""
    return any(found["id"] == part_id for found in (*content["stages"], *touchpoints(content)))


def copied(content: dict) -> dict:
    """Return a copy that can be changed without touching the other."""
    return copy.deepcopy(content)


class _Reader:
    """Reads a document and notes what is wrong with each place of it."""

    def __init__(self) -> None:
        self.wrong: dict[str, str] = {}
        self.seen: set[str] = set()
        self.count = 0

    def map(self, given: object) -> dict:
        given = self._object(given, "", {"goal", "stages", "swot"})
        return {
            "goal": self._text(given, "goal", "", LINE),
            "stages": self._list(given, "stages", "", STAGES, self._stage),
            "swot": self._list(given, "swot", "", ENTRIES, self._entry),
        }

    def _stage(self, given: object, path: str) -> dict:
        given = self._object(given, path, {"id", "name", "goal", "owner", "touchpoints"})
        return {
            "id": self._id(given, path),
            "name": self._name(given, path),
            "goal": self._text(given, "goal", path, LINE),
            "owner": self._line(given, "owner", path, NAME),
            "touchpoints": self._list(given, "touchpoints", path, TOUCHPOINTS, self._touchpoint),
        }

    def _touchpoint(self, given: object, path: str) -> dict:
        given = self._object(given, path, set(touchpoint("")))
        self.count += 1
        if self.count == TOUCHPOINTS + 1:
            self._note(path, __("A map holds at most %(most)s touchpoints.") % {"most": TOUCHPOINTS})
        return {
            "id": self._id(given, path),
            "name": self._name(given, path),
            "channel": self._line(given, "channel", path, 20),
            "actions": self._text(given, "actions", path, TEXT),
            "feeling": self._choice(given, "feeling", path, (None, *FEELINGS)),
            "pains": self._list(given, "pains", path, ITEMS, self._item),
            "opportunities": self._list(given, "opportunities", path, ITEMS, self._item),
            "owner": self._line(given, "owner", path, NAME),
            "evidence": self._choice(given, "evidence", path, tuple(EVIDENCE), "none"),
            "moment": self._choice(given, "moment", path, (False, True), False),
            "moment_why": self._text(given, "moment_why", path, LINE),
            "event": self._event(given, path),
            "survey": self._line(given, "survey", path, 60),
        }

    def _item(self, given: object, path: str) -> dict:
        given = self._object(given, path, {"id", "text"})
        return {"id": self._id(given, path), "text": self._text(given, "text", path, TEXT, needed=True)}

    def _entry(self, given: object, path: str) -> dict:
        given = self._object(given, path, {"id", "kind", "text", "priority"})
        return {
            "id": self._id(given, path),
            "kind": self._choice(given, "kind", path, tuple(SWOT), _NEEDED),
            "text": self._text(given, "text", path, TEXT, needed=True),
            "priority": self._choice(given, "priority", path, tuple(PRIORITIES), 2),
        }

    def _event(self, given: dict, path: str) -> dict | None:
        if given.get("event") is None:
            return None
        path = f"{path}.event"
        given = self._object(given["event"], path, {"name", "property", "value"})
        found = {"name": self._name(given, path, 100)} | {
            part: self._line(given, part, path, NAME) for part in ("property", "value")
        }
        if bool(found["property"]) != bool(found["value"]):
            self._note(path, __("A condition needs both a property and its value."))
        return found

    # --- pieces ---

    def _note(self, path: str, sentence: object) -> None:
        self.wrong.setdefault(path or "content", str(sentence))

    def _object(self, given: object, path: str, known: set[str]) -> dict:
        if not isinstance(given, dict):
            self._note(path, __("An object is expected here."))
            return {}
        for name in sorted(str(name) for name in set(given) - known):
            self._note(_join(path, name[:40]), __("This is not known."))
        return given

    def _list(self, given: dict, name: str, path: str, most: int, read: Callable[[object, str], dict]) -> list:
        found, path = given.get(name, []), _join(path, name)
        if not isinstance(found, list):
            self._note(path, __("A list is expected here."))
            return []
        if len(found) > most:
            self._note(path, __("At most %(most)s can stand here.") % {"most": most})
        return [read(each, f"{path}[{index}]") for index, each in enumerate(found[:most])]

    def _id(self, given: dict, path: str) -> str:
        found = given.get("id") or new_id()
        if not (isinstance(found, str) and 1 <= len(found) <= 20 and _ID.issuperset(found)):
            self._note(f"{path}.id", __("An id is up to 20 small letters and digits."))
        elif found in self.seen:
            self._note(f"{path}.id", __("This id stands in two places."))
        self.seen.add(str(found))
        return str(found)

    def _name(self, given: dict, path: str, most: int = NAME) -> str:
        found = self._line(given, "name", path, most)
        if not found and f"{path}.name" not in self.wrong:
            self._note(f"{path}.name", __("Give it a name."))
        return found

    def _line(self, given: dict, name: str, path: str, most: int) -> str:
        return words.clean_line(self._text(given, name, path, most))

    def _text(self, given: dict, name: str, path: str, most: int, *, needed: bool = False) -> str:
        found, path = given.get(name, ""), _join(path, name)
        if not isinstance(found, str) or "\0" in found or not _storable(found):
            self._note(path, __("Text is expected here."))
            return ""
        if len(found) > most:
            self._note(path, __("This is too long: at most %(most)s characters.") % {"most": most})
        if needed and not found.strip():
            self._note(path, __("Write something here."))
        return found.strip()

    def _choice(self, given: dict, name: str, path: str, known: tuple, default: object = None) -> object:
        found = given.get(name, default)
        # True is 1 to Python, and no feeling to anybody else.
        if not any(found == each and type(found) is type(each) for each in known):
            self._note(_join(path, name), __("One of these is expected: %(known)s.")
                       % {"known": ", ".join("null" if each is None else str(each) for each in known)})  # fmt: skip
        return found


_NEEDED = object()


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True
