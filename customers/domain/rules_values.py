"""Reading the values a rule asks for: an operator and its JSON into the type of what is compared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as __

from customers.domain.rules_fields import OPERATORS
from customers.domain.rules_limits import refuse
from customers.domain.rules_tree import Field, Test, Window
from cxm.lib import durations, text

COUNT_OPERATORS = ("is", "gt", "gte", "lt", "lte", "between")
TOTAL_OPERATORS = COUNT_OPERATORS
WINDOW_KEYS = ("within", "after", "before")
_ORDERED = {"gt", "gte", "lt", "lte"}


def tests(field: Field, asked: dict, path: str) -> tuple[Test, ...]:
    """Read the operators of an attribute, a trait or a property.

    Raises:
        InvalidRule: none, an unknown one, or a value of the wrong type.
    """
    if not asked:
        raise refuse(path, __("Say how to compare: %(operators)s.") % {"operators": ", ".join(OPERATORS[field.kind])})
    return tuple(_test(field, operator, value, f"{path}.{operator}") for operator, value in asked.items())


def numbers(asked: object, path: str, *, whole: bool) -> tuple[Test, ...]:
    """Read the operators on a count (whole numbers from 0) or a sum; a bare number means "at least"."""
    if isinstance(asked, int | float) and not isinstance(asked, bool):
        asked = {"gte": asked}
    asked = mapping(asked, path)
    if not asked:
        raise refuse(path, __("Say how to compare: %(operators)s.") % {"operators": ", ".join(COUNT_OPERATORS)})
    found = []
    for operator, value in asked.items():
        place = f"{path}.{operator}"
        if operator not in COUNT_OPERATORS:
            raise refuse(place, _unknown_operator(COUNT_OPERATORS))
        read = _count if whole else number
        found.append(Test(operator, _pair(value, place, read) if operator == "between" else read(value, place), place))
    return tuple(found)


def window(asked: dict, path: str) -> Window:
    """Read ``within``, ``after`` and ``before``; what else stands there is refused."""
    for key in asked:
        if key not in WINDOW_KEYS:
            raise refuse(f"{path}.{key}", _unknown_operator(WINDOW_KEYS))
    found = Window(
        within=duration(asked["within"], f"{path}.within") if "within" in asked else None,
        after=moment(asked["after"], f"{path}.after") if "after" in asked else None,
        before=moment(asked["before"], f"{path}.before") if "before" in asked else None,
    )
    if found.within and (found.after or found.before):
        raise refuse(f"{path}.within", __("Either a time back from now, or dates: not both."))
    return found


def mapping(asked: object, path: str) -> dict:
    """Return an object, or refuse."""
    if not isinstance(asked, dict):
        raise refuse(path, __("An object is expected here."))
    return asked


def string(asked: object, path: str) -> str:
    """Return words that are not empty, or refuse."""
    if not isinstance(asked, str):
        raise refuse(path, __("Text is expected here."))
    if not asked.strip():
        raise refuse(path, __("This is empty. To ask who has nothing here, compare by “is known” (exists)."))
    return asked


def boolean(asked: object, path: str) -> bool:
    """Return true or false, or refuse."""
    if not isinstance(asked, bool):
        raise refuse(path, __("true or false is expected here."))
    return asked


def number(asked: object, path: str) -> Decimal:
    """Return a number exactly as it was written, or refuse."""
    if isinstance(asked, bool) or not isinstance(asked, int | float):
        raise refuse(path, __("A number is expected here."))
    return Decimal(str(asked))


def duration(asked: object, path: str) -> durations.Duration:
    """Return a duration of ISO 8601 that is longer than nothing, or refuse."""
    try:
        found = durations.parse(string(asked, path))
    except durations.InvalidDuration as error:
        raise refuse(path, str(error.message)) from error
    if not any(found):
        raise refuse(path, str(durations.InvalidDuration.message))
    return found


def moment(asked: object, path: str) -> date | datetime:
    """Return a date or a date with a time, or refuse."""
    words = string(asked, path)
    try:
        found = date.fromisoformat(words) if len(words) == 10 else datetime.fromisoformat(words)
    except ValueError as error:
        raise refuse(path, __("A date such as 2026-11-22 is expected here.")) from error
    if not 1900 <= found.year <= 2200:
        raise refuse(path, __("A date such as 2026-11-22 is expected here."))
    return found


def _day(asked: object, path: str) -> date:
    found = moment(asked, path)
    if isinstance(found, datetime):
        raise refuse(path, __("A date such as 2026-11-22 is expected here."))
    return found


def _count(asked: object, path: str) -> Decimal:
    if isinstance(asked, bool) or not isinstance(asked, int) or asked < 0:
        raise refuse(path, __("A whole number, 0 or more, is expected here."))
    return Decimal(asked)


def _whole(asked: object, path: str) -> Decimal:
    if isinstance(asked, bool) or not isinstance(asked, int) or abs(asked) > 40_000:
        raise refuse(path, __("A whole number of days is expected here."))
    return Decimal(asked)


def _anniversary(asked: object, path: str) -> str | durations.Duration:
    if asked in ("today", "month"):
        return asked
    found = duration(asked, path)
    if found.months or found.seconds or found.days > 366:
        raise refuse(path, __('"today", "month" or a number of days such as P7D is expected here.'))
    return found


def _word(field: Field) -> Callable[[object, str], str]:
    def read(asked: object, path: str) -> str:
        return folded(string(asked, path), field.fold)

    return read


def folded(words: str, how: str) -> str:
    """Return words as they stand in a folded column."""
    if how == "key":
        return text.fold(words)
    return {"upper": words.upper(), "lower": words.lower()}.get(how, words)


def _test(field: Field, operator: str, value: object, path: str) -> Test:
    if operator not in OPERATORS[field.kind]:
        raise refuse(path, _unknown_operator(OPERATORS[field.kind]))
    if operator == "exists":
        return Test(operator, boolean(value, path), path)
    if operator == "within":
        return Test(operator, duration(value, path), path)
    if operator == "anniversary":
        return Test(operator, _anniversary(value, path), path)
    read = {"number": number, "days": _whole, "boolean": boolean, "date": _day, "moment": moment}.get(
        field.kind
    ) or _word(field)
    if operator == "between":
        return Test(operator, _pair(value, path, read), path)
    if operator in {"in", "not_in"}:
        return Test(operator, several(value, path, read), path)
    return Test(operator, read(value, path), path)


def several(asked: object, path: str, read: Callable[[object, str], object]) -> tuple:
    """Return a list that is not empty, each value read."""
    if not isinstance(asked, list) or not asked:
        raise refuse(path, __("A list with at least one value is expected here."))
    return tuple(read(value, f"{path}[{index}]") for index, value in enumerate(asked))


def _pair(asked: object, path: str, read: Callable[[object, str], object]) -> tuple:
    if not isinstance(asked, list) or len(asked) != 2:
        raise refuse(path, __("A list of two values, from and to, is expected here."))
    low, high = several(asked, path, read)
    if type(low) is not type(high) or (getattr(low, "tzinfo", None) is None) != (getattr(high, "tzinfo", None) is None):
        raise refuse(path, __("A list of two values, from and to, is expected here."))
    if low > high:
        raise refuse(path, __("The first value must not be greater than the second."))
    return low, high


def properties(asked: object, path: str) -> list[tuple[str, Test]]:
    """Read the tests on an event's properties; a bare value means "is"."""
    found = []
    for name, tested in mapping(asked, path).items():
        place = f"{path}.{name}"
        if not name.strip("."):
            raise refuse(path, __("A property has no name."))
        operators = tested if isinstance(tested, dict) else {"is": tested}
        if not operators:
            raise refuse(place, __("Say how to compare: %(operators)s.") % {"operators": ", ".join(_PROPERTY)})
        found += [(name, _property(operator, value, f"{place}.{operator}")) for operator, value in operators.items()]
    return found


_PROPERTY = ("is", "in", "not_in", "contains", "starts_with", "gt", "gte", "lt", "lte", "between", "exists")


def _property(operator: str, value: object, path: str) -> Test:
    if operator not in _PROPERTY:
        raise refuse(path, _unknown_operator(_PROPERTY))
    if operator == "exists":
        return Test(operator, boolean(value, path), path)
    if operator in _ORDERED:
        return Test(operator, number(value, path), path)
    if operator == "between":
        return Test(operator, _pair(value, path, number), path)
    if operator in {"in", "not_in"}:
        return Test(operator, several(value, path, _scalar), path)
    return Test(operator, _scalar(value, path) if operator == "is" else string(value, path), path)


def _scalar(asked: object, path: str) -> str | bool | Decimal:
    if isinstance(asked, bool):
        return asked
    return number(asked, path) if isinstance(asked, int | float) else string(asked, path)


def _unknown_operator(known: tuple[str, ...]) -> str:
    return __("There is no such operator here. There are: %(operators)s.") % {"operators": ", ".join(known)}
