"""The kinds of condition a row of the builder can hold: inputs to JSON and JSON to inputs."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from customers.domain import places
from cxm.lib import text

if TYPE_CHECKING:
    from customers.forms.rules import Draft

KINDS = ("field", "event", "order", "consent", "tag", "segment", "class", "survey", "json")
UNITS = {"days": "P{}D", "weeks": "P{}W", "months": "P{}M", "years": "P{}Y", "hours": "PT{}H"}
_DURATION = re.compile(r"P(\d{1,6})([DWMY])|PT(\d{1,6})(H)", re.ASCII)
_LISTS = {"in", "not_in"}
_PAIRS = {"between"}
_SPLIT = re.compile(r"[,،;\n]+")
PROPERTIES = 5
_NAMED = {"country": places.country_code, "language": places.language_code}
_FRESH = {
    "field": {"field": "attribute:country", "op": "is"},
    "event": {"count_op": "gte", "count": "1", "time": "within", "n": "30", "unit": "days"},
    "order": {"kinds": "order", "count_op": "gte", "count": "1", "time": "within", "n": "90", "unit": "days"},
    "consent": {"channel": "email", "granted": "1"},
    "survey": {"score_op": "gte", "score": "9", "time": "within", "n": "90", "unit": "days"},
    "json": {"json": "{}"},
}


def fresh(kind: str) -> dict[str, str]:
    """Return what a new row begins with."""
    return dict(_FRESH.get(kind, {}))


def rule(draft: Draft) -> dict:
    """Return the JSON of one condition; what is not filled in yet stays for the reader to refuse."""
    return _TO_RULE[draft.kind](draft.values)


def plain(found: dict) -> dict:
    """Return a condition in its long form where the language knows a short one."""
    if isinstance(found.get("order"), dict) and len(found) == 1:
        found = {"order": True, **found["order"]}
    if found.get("order") == "order":
        found = found | {"order": True}
    if isinstance(found.get("where"), dict):
        where = {name: asked if isinstance(asked, dict) else {"is": asked} for name, asked in found["where"].items()}
        found = found | {"where": where}
    if isinstance(found.get("count"), int) and not isinstance(found["count"], bool):
        found = found | {"count": {"gte": found["count"]}}
    if found.get("count") == {"gte": 1}:
        found = {key: value for key, value in found.items() if key != "count"}
    if isinstance(found.get("class"), list) and len(found["class"]) == 1:
        found = found | {"class": found["class"][0]}
    return found


def values(kind: str, found: dict) -> dict[str, str] | None:
    """Return the inputs that show a condition as a row of a kind, None where it is none. They may show it in part:
    the caller compares what comes back."""
    try:
        return _TO_VALUES[kind](found)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


# --- inputs → JSON ----------------------------------------------------------------------------


def _field(given: dict[str, str]) -> dict:
    home, _sep, key = given.get("field", "").partition(":")
    operator = given.get("op", "")
    return {
        home if home in {"attribute", "trait"} else "attribute": key,
        **({operator: _coded(home, key, operator, asked(given))} if operator else {}),
    }


def _coded(home: str, key: str, operator: str, value: object) -> object:
    """Return codes for names of countries and languages: nobody need know that Saudi Arabia is SA."""
    named = _NAMED.get(key) if home == "attribute" and operator in {"is", *_LISTS} else None
    if named is None:
        return value
    return [named(word) for word in value] if isinstance(value, list) else named(value)


def asked(given: dict[str, str]) -> object:  # noqa: PLR0911 -- one line for each shape of input
    """Return the value of an operator, in the type its input has."""
    operator, kind, value = given.get("op", ""), given.get("type", ""), given.get("value", "").strip()
    if operator == "exists":
        return value != "0"
    if operator == "within":
        return duration(given)
    if operator == "anniversary":
        return value if value in {"today", "month"} else duration(given)
    read = number if kind in {"number", "days"} else str.strip
    if kind == "boolean":
        return value != "0"
    if operator in _LISTS:
        return [read(word) for word in _SPLIT.split(value) if word.strip()]
    if operator in _PAIRS:
        return [read(value), read(given.get("value2", ""))]
    return read(value)


def number(words: str) -> int | float | str:
    """Return a number, whichever digits it was typed in; what is none comes back as it is, to be refused."""
    plain = text.fold(words).replace("٫", ".").replace("٬", "")
    try:
        found = Decimal(plain)
    except InvalidOperation:
        return words.strip()
    if not found.is_finite() or abs(found) > 10**15:
        return words.strip()
    return int(found) if found == found.to_integral_value() else float(found)


def duration(given: dict[str, str]) -> str:
    """Return a number and a unit as a duration of ISO 8601."""
    count = text.fold(given.get("n", "")).strip()
    return UNITS.get(given.get("unit", ""), UNITS["days"]).format(count)


def _happened(given: dict[str, str], head: dict) -> dict:
    found = dict(head)
    where: dict[str, dict] = {}
    for index in range(PROPERTIES):
        name = given.get(f"p{index}_name", "").strip()
        if name:
            operator = given.get(f"p{index}_op") or "is"
            value = given.get(f"p{index}_value", "")
            where.setdefault(name, {})[operator] = _property(operator, value)
    if where:
        found["where"] = where
    if given.get("count_op") == "none":
        found["count"] = {"is": 0}
    elif given.get("count_op") and (given["count_op"], given.get("count", "").strip()) != ("gte", "1"):
        found["count"] = {given["count_op"]: number(given.get("count", ""))}
    if given.get("sum_op"):
        found["sum"] = ({"property": given.get("sum_property", "").strip()} if "event" in head else {}) | {
            given["sum_op"]: number(given.get("sum", ""))
        }
    return found | _times(given)


def _times(given: dict[str, str]) -> dict:
    found = {}
    time = given.get("time", "")
    if time == "within":
        found["within"] = duration(given)
    if time in {"after", "range"}:
        found["after"] = given.get("after", "")
    if time in {"before", "range"}:
        found["before"] = given.get("before", "")
    return found


def _survey(given: dict[str, str]) -> dict:
    found: dict = {"survey": given.get("slug", "").strip()}
    if given.get("score_op"):
        found["score"] = {given["score_op"]: number(given.get("score", ""))}
    return found | _times(given)


def _property(operator: str, value: str) -> object:
    if operator == "exists":
        return value != "0"
    if operator in {"gt", "gte", "lt", "lte"}:
        return number(value)
    if operator in _LISTS:
        return [word.strip() for word in _SPLIT.split(value) if word.strip()]
    return value.strip()


def _order(given: dict[str, str]) -> dict:
    return _happened(given, {"order": {"order": True}.get(given.get("kinds", ""), given.get("kinds", ""))})


def _consent(given: dict[str, str]) -> dict:
    found: dict = {"consent": given.get("channel", "")}
    if given.get("topic"):
        found["topic"] = given["topic"]
    if given.get("granted") == "0":
        found["granted"] = False
    return found


def _one_or_more(words: list[str]) -> str | list[str]:
    return words[0] if len(words) == 1 else words


def _json(given: dict[str, str]) -> dict:
    try:
        found = json.loads(given.get("json", ""))
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


_TO_RULE = {
    "field": _field,
    "event": lambda given: _happened(given, {"event": given.get("name", "").strip()}),
    "order": _order,
    "consent": _consent,
    "tag": lambda given: {"tag": given.get("name", "").strip()},
    "segment": lambda given: {"segment": given.get("slug", "")},
    "class": lambda given: {"class": _one_or_more([word for word in given.get("classes", "").split(",") if word])},
    "survey": _survey,
    "json": _json,
}


# --- JSON → inputs ----------------------------------------------------------------------------


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list):
        return ", ".join(_shown(one) for one in value)
    return str(value)


def _timed(value: str) -> dict[str, str]:
    found = _DURATION.fullmatch(value)
    if found is None:
        raise ValueError(value)
    days, unit, hours, _hour = found.groups()
    if hours:
        return {"n": hours, "unit": "hours"}
    return {"n": days, "unit": {"D": "days", "W": "weeks", "M": "months", "Y": "years"}[unit]}


def _field_values(found: dict) -> dict[str, str]:
    home = "attribute" if "attribute" in found else "trait"
    (operator,) = set(found) - {home}
    value = found[operator]
    given = {"field": f"{home}:{found[home]}", "op": operator}
    sample = value[0] if isinstance(value, list) and value else value
    if isinstance(sample, bool):
        given["type"] = "boolean"
    elif isinstance(sample, int | float):
        given["type"] = "number"
    if operator == "within" or (operator == "anniversary" and value not in {"today", "month"}):
        return given | {"value": "next"} | _timed(value)
    if operator == "between":
        low, high = value
        return given | {"value": _shown(low), "value2": _shown(high)}
    return given | {"value": _shown(value)}


def _happened_values(found: dict) -> dict[str, str]:
    given = {"count_op": "gte", "count": "1", "time": ""}
    tests = [(name, *test) for name, tested in found.get("where", {}).items() for test in tested.items()]
    for index, (name, operator, value) in enumerate(tests[:PROPERTIES]):
        given |= {f"p{index}_name": name, f"p{index}_op": operator, f"p{index}_value": _shown(value)}
    given["properties"] = str(len(tests))
    if "count" in found:
        ((operator, value),) = found["count"].items()
        given |= (
            {"count_op": "none"} if (operator, value) == ("is", 0) else {"count_op": operator, "count": _shown(value)}
        )
    if "sum" in found:
        summed = dict(found["sum"])
        given["sum_property"] = summed.pop("property", "revenue")
        ((operator, value),) = summed.items()
        given |= {"sum_op": operator, "sum": _shown(value)}
    return given | _times_values(found)


def _times_values(found: dict) -> dict[str, str]:
    given = {"time": "within"} | _timed(found["within"]) if "within" in found else {}
    ends = {key: found[key] for key in ("after", "before") if key in found}
    if ends:
        given |= ends | {"time": "range" if len(ends) == 2 else next(iter(ends))}
    return given


def _survey_values(found: dict) -> dict[str, str]:
    given = {"slug": found["survey"], "score_op": "", "time": ""}
    if "score" in found:
        ((operator, value),) = found["score"].items()
        given |= {"score_op": operator, "score": _shown(value)}
    return given | _times_values(found)


def _order_values(found: dict) -> dict[str, str]:
    kinds = {True: "order"}.get(found["order"], found["order"])
    return _happened_values(found) | {"kinds": kinds}


_TO_VALUES = {
    "field": _field_values,
    "event": lambda found: _happened_values(found) | {"name": found["event"]},
    "order": _order_values,
    "consent": lambda found: {"channel": found["consent"], "topic": found.get("topic", ""),
                              "granted": _shown(found.get("granted", True))},
    "tag": lambda found: {"name": found["tag"]},
    "segment": lambda found: {"slug": str(found["segment"])},
    "class": lambda found: {
        "classes": ",".join([found["class"]] if isinstance(found["class"], str) else found["class"])
    },
    "survey": _survey_values,
    "json": lambda found: None,
}  # fmt: skip
