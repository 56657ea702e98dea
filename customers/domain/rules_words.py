"""A rule in words, in the reader's language: short statements joined by "and" and "or"."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from customers.domain import places
from customers.domain.rules_tree import (
    Answered,
    Branch,
    ClassIs,
    ConsentIs,
    Field,
    Happened,
    Leaf,
    MemberOf,
    Negation,
    Node,
    Property,
    Tagged,
    Test,
    Value,
    Window,
)
from customers.models import Customer
from customers.models.consent import Channel
from cxm.lib import text
from cxm.lib.durations import Duration

_WORDS = {
    "is": _("%(field)s is %(value)s"),
    "in": _("%(field)s is one of: %(value)s"),
    "not_in": _("%(field)s is none of: %(value)s"),
    "contains": _("%(field)s contains %(value)s"),
    "starts_with": _("%(field)s begins with %(value)s"),
    "gt": _("%(field)s is more than %(value)s"),
    "gte": _("%(field)s is at least %(value)s"),
    "lt": _("%(field)s is less than %(value)s"),
    "lte": _("%(field)s is at most %(value)s"),
    "between": _("%(field)s is between %(low)s and %(high)s"),
    "within": _("%(field)s is in the last %(value)s"),
    "after": _("%(field)s is %(value)s or later"),
    "before": _("%(field)s is before %(value)s"),
}
_DATES = {
    "gt": _("%(field)s is after %(value)s"),
    "gte": _("%(field)s is %(value)s or later"),
    "lt": _("%(field)s is before %(value)s"),
    "lte": _("%(field)s is %(value)s or earlier"),
}
_NUMBERS = {
    "is": _("exactly %(value)s"),
    "gt": _("more than %(value)s"),
    "gte": _("at least %(value)s"),
    "lt": _("fewer than %(value)s"),
    "lte": _("at most %(value)s"),
    "between": _("between %(low)s and %(high)s"),
}
_NAMED = {"c.country": lambda code: places.country(code.upper()), "c.language": places.language}
_ORDERS = {"order": _("Orders: %(what)s"), "return": _("Returns: %(what)s"), "any": _("Orders and returns: %(what)s")}


def sentence(node: Node, *, inside: bool = False) -> str:
    """Return a rule as one sentence."""
    if isinstance(node, Negation):
        return __("not (%(rule)s)") % {"rule": sentence(node.item)}
    if isinstance(node, Branch):
        if not node.items:
            return __("everybody") if node.kind == "all" else __("nobody")
        parts = [sentence(item, inside=True) for item in node.items]
        joined = (__(" and ") if node.kind == "all" else __(" or ")).join(parts)
        return f"({joined})" if inside and len(parts) > 1 else joined
    return leaf(node)


def leaf(node: Leaf) -> str:
    """Return what one leaf asks."""
    return _LEAVES[type(node)](node)


def _value(node: Value) -> str:
    return listed(_test(node.field, test) for test in node.tests)


def _test(field: Field, test: Test) -> str:
    label = str(field.label)
    if test.operator == "exists":
        return (__("%(field)s is known") if test.value else __("%(field)s is not known")) % {"field": label}
    if test.operator == "anniversary":
        return _anniversary(label, test.value)
    words = (_DATES if field.kind in {"date", "moment"} else {}).get(test.operator) or _WORDS[test.operator]
    if test.operator == "between":
        return str(words) % {"field": label, "low": shown(test.value[0]), "high": shown(test.value[1])}
    whole = test.operator in {"is", "in", "not_in"}
    return str(words) % {"field": label, "value": of(field, test.value) if whole else shown(test.value)}


def of(field: Field, value: object) -> str:
    """Return a value of a field as people write it: a country by its name."""
    if isinstance(value, tuple):
        return listed(of(field, one) for one in value)
    return shown(_NAMED[field.sql](value) if field.sql in _NAMED else value)


def _anniversary(label: str, asked: str | Duration) -> str:
    if asked == "today":
        return __("%(field)s: the anniversary is today") % {"field": label}
    if asked == "month":
        return __("%(field)s: the anniversary is this month") % {"field": label}
    return __("%(field)s: the anniversary is in the next %(duration)s") % {"field": label, "duration": shown(asked)}


def _happened(node: Happened) -> str:
    what = [_counts(node)]
    what += [_property(asked) for asked in node.where]
    what += window(node.window)
    if node.total:
        name, tests = node.total
        what += [__("sum of %(property)s %(number)s") % {"property": name, "number": _number(test)} for test in tests]
    what += [__("the first one %(when)s") % {"when": listed(window(node.first))}] if node.first else []
    what += [__("the last one %(when)s") % {"when": listed(window(node.last))}] if node.last else []
    if node.source == "event":
        return __("“%(event)s”: %(what)s") % {"event": text.isolate(node.name), "what": listed(what)}
    return str(_ORDERS[node.name]) % {"what": listed(what)}


def _counts(node: Happened) -> str:
    if not node.count:
        return __("at least once")
    return listed(_times(test) for test in node.count)


def _times(test: Test) -> str:
    if test.operator == "between":
        return __("%(number)s times") % {"number": _number(test)}
    return ngettext("%(number)s time", "%(number)s times", int(test.value)) % {"number": _number(test)}


def _number(test: Test) -> str:
    if test.operator == "between":
        return str(_NUMBERS["between"]) % {"low": shown(test.value[0]), "high": shown(test.value[1])}
    return str(_NUMBERS[test.operator]) % {"value": shown(test.value)}


def _property(asked: Property) -> str:
    label = asked.field.label if asked.field else text.isolate(asked.name)
    return _test(Field(asked.name, label, asked.field.kind if asked.field else "text", ""), asked.test)


def window(asked: Window) -> list[str]:
    """Return a window as parts of a sentence."""
    found = []
    if asked.within:
        found.append(__("in the last %(duration)s") % {"duration": shown(asked.within)})
    if asked.after:
        found.append(__("since %(date)s") % {"date": shown(asked.after)})
    if asked.before:
        found.append(__("before %(date)s") % {"date": shown(asked.before)})
    return found


def _consent(node: ConsentIs) -> str:
    values = {"channel": dict(Channel.choices)[node.channel], "topic": text.isolate(node.topic)}
    if node.topic and node.granted:
        return __("May be written to by %(channel)s about %(topic)s") % values
    if node.topic:
        return __("May not be written to by %(channel)s about %(topic)s") % values
    if node.granted:
        return __("May be written to by %(channel)s") % values
    return __("May not be written to by %(channel)s") % values


def _class(node: ClassIs) -> str:
    labels = dict(Customer.Class.choices)
    return __("Class is one of: %(classes)s") % {"classes": listed(str(labels[name]) for name in node.classes)}


def _answered(node: Answered) -> str:
    said = {"survey": text.isolate(node.survey)}
    what = [__("score %(number)s") % {"number": _number(test)} for test in node.score] + window(node.window)
    if not what:
        return __("Answered the survey %(survey)s") % said
    return __("Last answer to the survey %(survey)s: %(what)s") % {**said, "what": listed(what)}


def shown(value: object) -> str:
    """Return a value a rule asks for as people write it."""
    if isinstance(value, tuple) and not isinstance(value, Duration):
        return listed(shown(one) for one in value)
    if isinstance(value, bool):
        return __("yes") if value else __("no")
    if isinstance(value, Duration):
        return duration(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return value.isoformat() if isinstance(value, date) else text.isolate(str(value))


def duration(value: Duration) -> str:
    """Return a duration in words: 90 days, 1 year, 36 hours."""
    years, months = divmod(value.months, 12) if value.months % 12 == 0 else (0, value.months)
    hours, seconds = divmod(value.seconds, 3600)
    minutes = seconds // 60
    parts = [
        years and ngettext("%(n)s year", "%(n)s years", years) % {"n": years},
        months and ngettext("%(n)s month", "%(n)s months", months) % {"n": months},
        value.days and ngettext("%(n)s day", "%(n)s days", value.days) % {"n": value.days},
        hours and ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours},
        minutes and ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes},
    ]
    return listed(part for part in parts if part) or str(value)


def listed(parts: Iterable[str]) -> str:
    """Return parts with the language's comma between them."""
    return __(", ").join(parts)


_LEAVES = {
    Value: _value,
    Happened: _happened,
    ConsentIs: _consent,
    ClassIs: _class,
    Tagged: lambda node: __("Has the tag %(tag)s") % {"tag": text.isolate(node.name)},
    MemberOf: lambda node: __("Is in the segment %(segment)s") % {"segment": text.isolate(node.name)},
    Answered: _answered,
}
