"""Operators in SQL: a field, or a property, and one test become a condition."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from customers.domain.rules_fields import start_of
from customers.domain.rules_pieces import EVERYTHING, NOTHING, Piece, join
from customers.domain.rules_tree import Field, Property, Test, Window
from cxm.lib import durations

_SIGNS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


@dataclass(frozen=True)
class Clock:
    """The moment a rule is asked at, and where the tenant's days begin."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()


def holds(field: Field, tests: Iterable[Test], clock: Clock) -> Piece:
    """Return the condition that all tests hold for a field; it is never NULL."""
    return join(" AND ", [_holds(field, test, clock) for test in tests])


def _holds(field: Field, test: Test, clock: Clock) -> Piece:
    expression = Piece(f"({field.sql})", field.params)
    if test.operator == "not_in":
        return Piece("") + _compare(field, expression, Test("in", test.value), clock).bracketed() + " IS NOT TRUE"
    if test.operator == "exists":
        return _exists(field, expression, test.value)
    return Piece("") + _compare(field, expression, test, clock).bracketed() + " IS TRUE"


def _exists(field: Field, expression: Piece, wanted: bool) -> Piece:
    known = expression + " IS NOT NULL"
    if field.kind in {"text", "code", "list"}:
        known = (known + " AND " + expression + " <> ''").bracketed()
    return known if wanted else Piece("NOT ") + known.bracketed()


def _compare(field: Field, expression: Piece, test: Test, clock: Clock) -> Piece:
    if field.kind in {"text", "code", "list"}:
        return words(expression, test, ignore_case=field.kind == "text")
    if field.kind == "number":
        return numbers(expression, test)
    if field.kind == "days":
        return _days_since(expression, test, clock)
    if field.kind == "boolean":
        return expression + Piece(" = %s", (test.value,))
    if test.operator == "anniversary":
        return _anniversary(field, expression, test.value, clock)
    return _date(expression, test, clock) if field.kind == "date" else _moment(expression, test, clock)


def words(expression: Piece, test: Test, *, ignore_case: bool) -> Piece:
    """Return a comparison of text."""
    value = "lower(%s)" if ignore_case else "%s"
    subject = Piece("lower(") + expression + ")" if ignore_case else expression
    if test.operator == "is":
        return subject + Piece(f" = {value}", (test.value,))
    if test.operator == "in":
        if not ignore_case:
            return subject + Piece(" = ANY(%s::text[])", (list(test.value),))
        return subject + Piece(" IN (SELECT lower(w) FROM unnest(%s::text[]) AS w)", (list(test.value),))
    if test.operator == "contains":
        return Piece("strpos(") + subject + Piece(f", {value}) > 0", (test.value,))
    return Piece("starts_with(") + subject + Piece(f", {value})", (test.value,))


def numbers(expression: Piece, test: Test) -> Piece:
    """Return a comparison of numbers."""
    if test.operator == "between":
        return expression + Piece(" BETWEEN %s AND %s", test.value)
    if test.operator == "in":
        return expression + Piece(" = ANY(%s::numeric[])", (list(test.value),))
    return expression + Piece(f" {_SIGNS.get(test.operator, '=')} %s", (test.value,))


def number_holds(test: Test, value: Decimal | int) -> bool:
    """Return the same comparison for a value at hand: what is known of somebody of whom nothing is stored."""
    asked = test.value
    return {
        "is": lambda: value == asked,
        "in": lambda: value in asked,
        "not_in": lambda: value not in asked,
        "gt": lambda: value > asked,
        "gte": lambda: value >= asked,
        "lt": lambda: value < asked,
        "lte": lambda: value <= asked,
        "between": lambda: asked[0] <= value <= asked[1],
        "exists": lambda: asked,
    }[test.operator]()


def _days_since(expression: Piece, test: Test, clock: Clock) -> Piece:
    """Whole days since a moment, turned round into a comparison of moments, which an index serves."""

    def before(days: Decimal) -> datetime:
        return clock.now - timedelta(days=int(days))

    def day(number: Decimal) -> Piece:
        return (
            expression + Piece(" <= %s AND ", (before(number),)) + expression + Piece(" > %s", (before(number + 1),))
        ).bracketed()

    if test.operator == "in":
        return join(" OR ", [day(number) for number in test.value])
    if test.operator == "between":
        low, high = test.value
        bounds = Piece(" <= %s AND ", (before(low),)) + expression + Piece(" > %s", (before(high + 1),))
        return expression + bounds
    return {
        "is": lambda: day(test.value),
        "gt": lambda: expression + Piece(" <= %s", (before(test.value + 1),)),
        "gte": lambda: expression + Piece(" <= %s", (before(test.value),)),
        "lt": lambda: expression + Piece(" > %s", (before(test.value),)),
        "lte": lambda: expression + Piece(" > %s", (before(test.value + 1),)),
    }[test.operator]()


def _date(expression: Piece, test: Test, clock: Clock) -> Piece:
    if test.operator == "within":
        # Midnight of the day lies after the moment back from now exactly if the day lies after that moment's day.
        since = test.value.before(clock.now, clock.zone).astimezone(clock.zone).date()
        return expression + Piece(" > %s AND ", (since,)) + expression + Piece(" <= %s", (clock.today,))
    if test.operator == "between":
        return expression + Piece(" BETWEEN %s AND %s", test.value)
    sign = {"is": "=", "after": ">=", "before": "<"}.get(test.operator) or _SIGNS[test.operator]
    return expression + Piece(f" {sign} %s", (test.value,))


def _moment(expression: Piece, test: Test, clock: Clock) -> Piece:
    if test.operator == "within":
        return window(expression, Window(within=test.value), clock)
    if test.operator in {"is", "between"}:
        low, high = test.value if test.operator == "between" else (test.value, test.value)
        start, end, open_end = start_of(low, clock.zone), _end_of(high, clock.zone), not isinstance(high, datetime)
        bound = Piece(f" {'<' if open_end else '<='} %s", (end,))
        return expression + Piece(" >= %s AND ", (start,)) + expression + bound
    whole_day = not isinstance(test.value, datetime)
    start, end = start_of(test.value, clock.zone), _end_of(test.value, clock.zone)
    sign, bound = {
        "after": (">=", start),
        "before": ("<", start),
        "gte": (">=", start),
        "lt": ("<", start),
        "gt": (">=" if whole_day else ">", end),
        "lte": ("<" if whole_day else "<=", end),
    }[test.operator]
    return expression + Piece(f" {sign} %s", (bound,))


def _end_of(day: date | datetime, zone: ZoneInfo) -> datetime:
    return start_of(day if isinstance(day, datetime) else day + timedelta(days=1), zone)


def _anniversary(field: Field, expression: Piece, asked: str | durations.Duration, clock: Clock) -> Piece:
    day = expression
    if field.kind == "moment":
        day = (Piece("(") + expression + Piece(" AT TIME ZONE %s)::date", (str(clock.zone),))).bracketed()
    years = anniversary_days(clock.today, asked)
    # The day itself, in its own year, is no anniversary yet.
    found = []
    for year, days in years.items():
        falls = Piece("to_char(") + day + Piece(", 'MMDD') = ANY(%s) AND ", (days,))
        found.append(falls + day + Piece(" < %s", (date(year, 1, 1),)))
    return join(" OR ", found)


def anniversary_days(today: date, asked: str | durations.Duration) -> dict[int, list[str]]:
    """Return the days meant, as MMDD by year; born on 29 February is celebrated on the 28th in years without."""
    if asked == "month":
        return {today.year: [f"{today.month:02}{day:02}" for day in range(1, 32)]}
    length = 0 if asked == "today" else asked.days
    years: dict[int, list[str]] = {}
    for ahead in range(length + 1):
        day = today + timedelta(days=ahead)
        found = years.setdefault(day.year, [])
        found.append(f"{day:%m%d}")
        if (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).month == 3:
            found.append("0229")
    return years


def window(expression: Piece, asked: Window, clock: Clock) -> Piece:
    """Return the condition that a moment lies in a window: after its start, up to now or before its end."""
    conditions = []
    if asked.within:
        conditions = [
            expression + Piece(" > %s", (asked.within.before(clock.now, clock.zone),)),
            expression + Piece(" <= %s", (clock.now,)),
        ]
    if asked.after:
        conditions.append(expression + Piece(" >= %s", (start_of(asked.after, clock.zone),)))
    if asked.before:
        conditions.append(expression + Piece(" < %s", (start_of(asked.before, clock.zone),)))
    return join(" AND ", conditions) if conditions else EVERYTHING


def event_property(asked: Property) -> Piece:
    """Return the condition on a property of an event; a name with dots leads into objects."""
    path = asked.name.split(".")
    found = Piece("(e.properties #> %s::text[])", (path,))
    text = Piece("(e.properties #>> %s::text[])", (path,))
    kind = Piece("jsonb_typeof") + found
    scalar = Piece("(CASE WHEN ") + kind + " IN ('string', 'number', 'boolean') THEN " + text + " END)"
    test = asked.test
    if test.operator == "exists":
        return Piece("(") + kind + Piece(" <> 'null') IS TRUE" if test.value else " <> 'null') IS NOT TRUE")
    if test.operator in {"in", "not_in"}:
        single = [_property_is(scalar, kind, path, value) for value in _grouped(test.value)]
        ending = " IS NOT TRUE" if test.operator == "not_in" else " IS TRUE"
        return join(" OR ", single).bracketed() + ending if single else NOTHING
    if test.operator == "is":
        return _property_is(scalar, kind, path, test.value).bracketed() + " IS TRUE"
    if test.operator in {"contains", "starts_with"}:
        return words(scalar, test, ignore_case=True).bracketed() + " IS TRUE"
    return numbers(property_number(path), test).bracketed() + " IS TRUE"


def _grouped(values: tuple) -> list:
    """All words in one comparison; the rest one by one."""
    texts = tuple(value for value in values if isinstance(value, str))
    return [*([texts] if texts else []), *(value for value in values if not isinstance(value, str))]


def _property_is(scalar: Piece, kind: Piece, path: list[str], value: object) -> Piece:
    if isinstance(value, tuple):
        return words(scalar, Test("in", value), ignore_case=True)
    if isinstance(value, bool):
        return (kind + " = 'boolean' AND " + scalar + Piece(" = %s", ("true" if value else "false",))).bracketed()
    if isinstance(value, Decimal):
        return property_number(path) + Piece(" = %s", (value,))
    return words(scalar, Test("is", value), ignore_case=True)


def property_number(path: list[str]) -> Piece:
    """Return a property as a number: senders write 19.99 and "19.99" alike; what is no number is NULL."""
    text = Piece("e.properties #>> %s::text[]", (path,))
    return (
        Piece("(CASE WHEN jsonb_typeof(e.properties #> %s::text[]) IN ('number', 'string') AND ", (path,))
        + text.bracketed()
        + " ~ '^-?[0-9]{1,30}([.][0-9]{1,30})?$' THEN "
        + text.bracketed()
        + "::numeric END)"
    )


__all__ = ["Clock", "anniversary_days", "event_property", "holds", "number_holds", "numbers", "window", "words"]
