"""The outer limits of a rule, checked without recursion before anything reads it."""

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from cxm.lib.errors import Refusal

MAX_DEPTH = 20
MAX_NODES = 200
MAX_LIST = 1000
MAX_STRING = 500
MAX_NUMBER = 10**15
KINDS = ("all", "any", "not", "attribute", "trait", "event", "order", "consent", "tag", "segment", "class", "survey")


class InvalidRule(Refusal):
    """A rule that cannot be understood; ``fields`` says where and why."""

    code = "invalid_rule"
    message = _("This rule cannot be understood.")


def refuse(path: str, sentence: str) -> InvalidRule:
    """Return the refusal of one place in a rule."""
    place = path or "rule"
    return InvalidRule(f"{place}: {sentence}", fields={place: sentence})


def check(rule: object) -> None:
    """Refuse a rule that is too deep, too long, or holds what no column can hold.

    Raises:
        InvalidRule: with the path of the first place that is too much.
    """
    waiting: list[tuple[object, str, int]] = [(rule, "", 0)]
    nodes = 0
    while waiting:
        found, path, depth = waiting.pop()
        if isinstance(found, dict | list):
            if depth > 2 * MAX_DEPTH + 4:  # a level of rules is an object and its list; a leaf has a few of its own
                raise refuse(_short(path), _too_deep())
            if len(found) > MAX_LIST:
                raise refuse(path, __("At most 1,000 values."))
        if isinstance(found, dict):
            nodes += 1
            if nodes > 5 * MAX_NODES:
                raise refuse("", __("At most 200 conditions."))
            kind = next((known for known in KINDS if known in found), "")
            for key, inner in found.items():
                if not isinstance(key, str) or len(key) > MAX_STRING or "\0" in key or not _storable(key):
                    raise refuse(path, __("A name here is too long or holds characters that cannot be stored."))
                waiting.append((inner, _place(path, kind, key), depth + 1))
        elif isinstance(found, list):
            waiting.extend((inner, f"{path}[{index}]", depth + 1) for index, inner in enumerate(found))
        else:
            _check_scalar(found, path)


def _check_scalar(found: object, path: str) -> None:
    if isinstance(found, str):
        if len(found) > MAX_STRING:
            raise refuse(path, __("At most 500 characters."))
        if "\0" in found or not _storable(found):
            raise refuse(path, __("This text holds characters that cannot be stored."))
    elif isinstance(found, int | float) and not isinstance(found, bool):
        if not abs(found) <= MAX_NUMBER:  # neither does NaN
            raise refuse(path, __("This number is too large."))
    elif found is not None and not isinstance(found, bool):
        raise refuse(path, __("This is not JSON."))


def _place(path: str, kind: str, key: str) -> str:
    """What stands beside the word that names a rule belongs to it: ``all[2].event.count``."""
    return ".".join(part for part in (path, kind if key != kind else "", key) if part)


def _storable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _too_deep() -> str:
    return __("At most 20 levels.")


def _short(path: str) -> str:
    return path if len(path) <= 120 else path[:120] + "…"
