"""Reading a segment rule: JSON, checked against what the tenant has, into a typed tree.

Every refusal names its place: ``all[2].event.count.gt3`` is the operator ``gt3`` of the count of the event that is the
third rule of the outermost ``all``.
"""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as __

from customers.domain import rules_limits, rules_values
from customers.domain.rules_fields import ORDER_FIELDS, Catalogue, Known
from customers.domain.rules_limits import MAX_DEPTH, MAX_NODES, refuse
from customers.domain.rules_tree import (
    Answered,
    Branch,
    ClassIs,
    ConsentIs,
    Field,
    Happened,
    MemberOf,
    Negation,
    Node,
    Property,
    Tagged,
    Value,
    Window,
)
from customers.models import Customer
from customers.models.consent import Channel

_TIMES = ("within", "after", "before")


def parse(*, rule: object, catalogue: Catalogue, itself: str = "") -> Node:
    """Read a rule.

    Args:
        rule: decoded JSON.
        catalogue: what the tenant has.
        itself: slug of the segment the rule is for; it must not lead back to itself.

    Raises:
        InvalidRule: with the path and a sentence for the first thing that is wrong.
    """
    rules_limits.check(rule)
    return _Reader(catalogue, itself).node(rule, "", 1)


class _Reader:
    def __init__(self, catalogue: Catalogue, itself: str) -> None:
        self.catalogue, self.itself, self.nodes = catalogue, itself, 0

    def node(self, found: object, path: str, depth: int) -> Node:
        if not isinstance(found, dict):
            raise refuse(path, __('A rule is expected here: an object such as {"attribute": …}.'))
        self.nodes += 1
        if depth > MAX_DEPTH:
            raise refuse(path, __("At most 20 levels."))
        if self.nodes > MAX_NODES:
            raise refuse(path, __("At most 200 conditions."))
        kinds = [key for key in _KINDS if key in found]
        if not kinds:
            unknown = next(iter(found), "")
            place = f"{path}.{unknown}" if path and unknown else path or unknown
            raise refuse(place, __("There is no such rule. There are: %(kinds)s.") % {"kinds": ", ".join(_KINDS)})
        # An event may name a segment and so on: the first kind in the order of the table leads, the rest is extra.
        kind = kinds[0]
        inner = f"{path}.{kind}" if path else kind
        if kind in {"all", "any", "not"}:
            self._only(found, inner, kind)
            return self._group(kind, found[kind], path, inner, depth)
        return _KINDS[kind](self, found, path, inner)

    def _group(self, kind: str, found: object, path: str, inner: str, depth: int) -> Node:
        if kind == "not":
            return Negation(self.node(found, inner, depth + 1), path)
        if not isinstance(found, list):
            raise refuse(inner, __("A list of rules is expected here."))
        items = tuple(self.node(item, f"{inner}[{index}]", depth + 1) for index, item in enumerate(found))
        return Branch(kind, items, path)

    def _only(self, found: dict, inner: str, *known: str) -> None:
        for key in found:
            if key not in known:
                raise refuse(f"{inner}.{key}", __("There is nothing of this name here."))

    def attribute(self, found: dict, path: str, inner: str) -> Node:
        name = rules_values.string(found["attribute"], inner)
        field = self.catalogue.attribute(name)
        if field is None:
            raise refuse(inner, __("There is no attribute “%(name)s”.") % {"name": name})
        return self._value("attribute", field, found, path, inner)

    def trait(self, found: dict, path: str, inner: str) -> Node:
        name = rules_values.string(found["trait"], inner)
        field = self.catalogue.trait(name)
        if field is None:
            raise refuse(inner, __("There is no trait “%(name)s”.") % {"name": name})
        return self._value("trait", field, found, path, inner)

    def _value(self, kind: str, field: Field, found: dict, path: str, inner: str) -> Value:
        asked = {key: value for key, value in found.items() if key != kind}
        return Value(field, rules_values.tests(field, asked, inner), path)

    def event(self, found: dict, path: str, inner: str) -> Node:
        self._only(found, inner, "event", "where", "count", "sum", "first", "last", *_TIMES)
        name = rules_values.string(found["event"], inner)
        where = tuple(
            Property(name, test) for name, test in rules_values.properties(found.get("where", {}), f"{inner}.where")
        )
        return self._happened(source="event", name=name, where=where, found=found, path=path, inner=inner)

    def order(self, found: dict, path: str, inner: str) -> Node:
        asked = found["order"]
        if isinstance(asked, dict):  # {"order": {"count": …}} says the same as {"order": true, "count": …}
            self._only(found, inner, "order")
            found, asked = {**asked, "order": True}, True
        self._only(found, inner, "order", "where", "count", "sum", "first", "last", *_TIMES)
        where = self._order_where(found.get("where", {}), f"{inner}.where")
        names_kind = any(asking.name == "kind" for asking in where)
        kinds = {True: "any" if names_kind else "order", "order": "order", "return": "return", "any": "any"}
        if not isinstance(asked, bool | str) or asked not in kinds:
            raise refuse(inner, __("One of true, order, return and any is expected here."))
        return self._happened(source="order", name=kinds[asked], where=where, found=found, path=path, inner=inner)

    def _order_where(self, asked: object, path: str) -> tuple[Property, ...]:
        found = []
        for name, tested in rules_values.mapping(asked, path).items():
            place = f"{path}.{name}"
            if name not in ORDER_FIELDS:
                raise refuse(place, __("An order has: %(fields)s.") % {"fields": ", ".join(ORDER_FIELDS)})
            operators = tested if isinstance(tested, dict) else {"is": tested}
            tests = rules_values.tests(ORDER_FIELDS[name], operators, place)
            found += [Property(name, test, ORDER_FIELDS[name]) for test in tests]
        return tuple(found)

    def _happened(self, *, source: str, name: str, where: tuple, found: dict, path: str, inner: str) -> Happened:
        times = {key: found[key] for key in _TIMES if key in found}
        return Happened(
            source=source,
            name=name,
            where=where,
            window=rules_values.window(times, inner),
            count=rules_values.numbers(found["count"], f"{inner}.count", whole=True) if "count" in found else (),
            total=self._total(source, found["sum"], f"{inner}.sum") if "sum" in found else None,
            first=self._end(found["first"], f"{inner}.first") if "first" in found else None,
            last=self._end(found["last"], f"{inner}.last") if "last" in found else None,
            path=path,
        )

    def _end(self, asked: object, path: str) -> Window:
        window = rules_values.window(rules_values.mapping(asked, path), path)
        if not window:
            raise refuse(path, __("Say when: within, after or before."))
        return window

    def _total(self, source: str, asked: object, path: str) -> tuple:
        asked = dict(rules_values.mapping(asked, path))
        if source == "event" and "property" not in asked:
            raise refuse(path, __('Say which property to sum: {"property": …, "gte": …}.'))
        summed = rules_values.string(asked.pop("property", "revenue"), f"{path}.property")
        if source == "order" and summed != "revenue":
            raise refuse(f"{path}.property", __("Of orders, revenue can be summed."))
        return summed, rules_values.numbers(asked, path, whole=False)

    def consent(self, found: dict, path: str, inner: str) -> Node:
        self._only(found, inner, "consent", "topic", "granted")
        channel = rules_values.string(found["consent"], inner)
        if channel not in Channel.values:
            raise refuse(inner, __("One of %(choices)s is expected here.") % {"choices": ", ".join(Channel.values)})
        topic = rules_values.string(found["topic"], f"{inner}.topic") if "topic" in found else ""
        return ConsentIs(channel, topic, rules_values.boolean(found.get("granted", True), f"{inner}.granted"), path)

    def tag(self, found: dict, path: str, inner: str) -> Node:
        self._only(found, inner, "tag")
        return Tagged(rules_values.string(found["tag"], inner), path)

    def segment(self, found: dict, path: str, inner: str) -> Node:
        self._only(found, inner, "segment")
        asked = found["segment"]
        if isinstance(asked, bool) or not isinstance(asked, str | int):
            raise refuse(inner, __("The name or number of a segment is expected here."))
        target = self.catalogue.segment(asked)
        if target is None:
            raise refuse(inner, __("There is no segment “%(name)s”.") % {"name": asked})
        if target.archived:
            raise refuse(inner, __("The segment “%(name)s” is archived.") % {"name": target.name})
        if self.itself and self._leads_back(target):
            raise refuse(inner, __("The segment would depend on itself."))
        return MemberOf(target.id, target.slug, target.name, path)

    def _leads_back(self, target: Known) -> bool:
        return self.itself in reachable(target.slug, self.catalogue)

    def class_(self, found: dict, path: str, inner: str) -> Node:
        self._only(found, inner, "class")
        asked = found["class"]
        asked = asked if isinstance(asked, list) else [asked]
        classes = rules_values.several(asked, inner, rules_values.string)
        for name in classes:
            if name not in Customer.Class.values:
                choices = ", ".join(Customer.Class.values)
                raise refuse(inner, __("One of %(choices)s is expected here.") % {"choices": choices})
        return ClassIs(classes, path)

    def survey(self, found: dict, path: str, inner: str) -> Node:
        self._only(found, inner, "survey", "score", *_TIMES)
        return Answered(
            survey=rules_values.string(found["survey"], inner),
            score=rules_values.numbers(found["score"], f"{inner}.score", whole=False) if "score" in found else (),
            window=rules_values.window({key: found[key] for key in _TIMES if key in found}, inner),
            path=path,
        )


_KINDS: dict[str, Callable] = {
    "all": _Reader._group,
    "any": _Reader._group,
    "not": _Reader._group,
    "attribute": _Reader.attribute,
    "trait": _Reader.trait,
    "event": _Reader.event,
    "order": _Reader.order,
    "consent": _Reader.consent,
    "tag": _Reader.tag,
    "segment": _Reader.segment,
    "class": _Reader.class_,
    "survey": _Reader.survey,
}


def named(rule: object) -> set[str]:
    """Return the segments a stored rule names, slugs and ids alike, without judging the rest."""
    found: set[str] = set()
    waiting = [rule]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if isinstance(item.get("segment"), str | int):
                found.add(str(item["segment"]))
            waiting += [item["not"]] if "not" in item else []
            for key in ("all", "any"):
                waiting += item[key] if isinstance(item.get(key), list) else []
    return found


def reachable(slug: str, catalogue: Catalogue) -> set[str]:
    """Return the slugs of a segment and of all it depends on, however far."""
    seen: set[str] = set()
    waiting = [slug]
    while waiting:
        target = catalogue.segment(waiting.pop())
        if target is not None and target.slug not in seen:
            seen.add(target.slug)
            waiting += named(target.rule)
    return seen
