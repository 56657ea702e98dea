"""The builder's form: a rule as rows of inputs, and back.

Every row is a node with an id: ``n`` is the outermost group, ``n-0`` its first row, ``n-0-1`` the second row of that.
An input is named ``ID.KEY``. The whole draft travels with every request, so nothing is kept between them. A condition
that no row can show is kept as JSON in a row of its own: the builder never loses what it does not understand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.http import QueryDict

from customers.forms import rule_rows

MOST_NODES, MOST_DEPTH = 200, 20
_INPUT = re.compile(r"(n(?:-\d{1,3})*)\.([a-z][a-z0-9_]{0,30})", re.ASCII)
GROUPS = {"all", "any"}


@dataclass
class Draft:
    """A row of the builder: a group of rows, or one condition with what was typed into it."""

    kind: str
    negated: bool = False
    items: list[Draft] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    id: str = "n"
    error: str = ""

    @property
    def is_group(self) -> bool:
        return self.kind in GROUPS

    @property
    def depth(self) -> int:
        return self.id.count("-")

    @property
    def slot(self) -> str:
        """The id of the element that shows what is wrong with the row."""
        return f"error-{self.id}"

    def walk(self) -> Iterator[Draft]:
        yield self
        for item in self.items:
            yield from item.walk()


def numbered(draft: Draft, own: str = "n") -> Draft:
    """Give every row the id that says where it stands."""
    draft.id = own
    for index, item in enumerate(draft.items):
        numbered(item, f"{own}-{index}")
    return draft


# --- from the form ----------------------------------------------------------------------------


def read(posted: QueryDict) -> Draft:
    """Return what the form holds; what is missing or strange is left out, never refused."""
    rows: dict[str, dict[str, str]] = {"n": {}}
    for name in posted:
        if found := _INPUT.fullmatch(name):
            own, key = found.groups()
            if own.count("-") <= MOST_DEPTH and (own in rows or len(rows) <= MOST_NODES):
                # Several values of one name are the ticked boxes of a list.
                rows.setdefault(own, {})[key] = ",".join(posted.getlist(name))
    return numbered(_row("n", rows))


def _row(own: str, rows: Mapping[str, dict[str, str]]) -> Draft:
    values = dict(rows[own])
    kind, negated = values.pop("kind", "all"), values.pop("not", "") == "1"
    if kind not in GROUPS:
        return Draft(kind if kind in rule_rows.KINDS else "json", negated, values=values)
    children = [other for other in rows if other.startswith(f"{own}-") and "-" not in other[len(own) + 1 :]]
    children.sort(key=lambda other: int(other.rpartition("-")[2]))
    return Draft(kind, negated, items=[_row(child, rows) for child in children])


def act(draft: Draft, action: str) -> Draft:
    """Do what a button asks: ``add:n:event``, ``remove:n-0``, ``up:n-1``, ``down:n-1``, ``property:n-0``,
    ``sum:n-0``."""
    verb, _sep, rest = action.partition(":")
    own, _sep, kind = rest.partition(":")
    target = next((row for row in draft.walk() if row.id == own), None)
    parent = next((row for row in draft.walk() if target in row.items), None)
    if target is None:
        return draft
    if verb == "add" and target.is_group and len(list(draft.walk())) < MOST_NODES and target.depth < MOST_DEPTH - 2:
        if kind in GROUPS:
            target.items.append(Draft(kind, items=[Draft("field", values=rule_rows.fresh("field"))]))
        elif kind in rule_rows.KINDS:
            target.items.append(Draft(kind, values=rule_rows.fresh(kind)))
    elif verb == "property":
        target.values["properties"] = str(min(5, _whole(target.values.get("properties")) + 1))
    elif verb == "sum":
        target.values |= {"sum_op": "gte", "sum": ""}
    elif parent is not None and verb in {"remove", "up", "down"}:
        _move(parent, target, verb)
    return numbered(draft)


def _move(parent: Draft, target: Draft, verb: str) -> None:
    at = next(index for index, row in enumerate(parent.items) if row is target)
    parent.items.pop(at)
    if verb != "remove":
        parent.items.insert(max(0, at - 1) if verb == "up" else at + 1, target)


def _whole(words: str | None) -> int:
    return int(words) if words and words.isascii() and words.isdigit() and len(words) < 10 else 0


# --- to a rule and back -----------------------------------------------------------------------


def rule_of(draft: Draft) -> dict:
    """Return the rule a draft stands for; what is not filled in yet is there, for the reader to refuse."""
    rule = {draft.kind: [rule_of(item) for item in draft.items]} if draft.is_group else rule_rows.rule(draft)
    return {"not": rule} if draft.negated else rule


def draft_of(rule: object) -> Draft:
    """Return the draft that shows a rule; the outermost row is always a group."""
    found = _drafted(rule, 0)
    return numbered(found if found.is_group and not found.negated else Draft("all", items=[found]))


def _drafted(rule: object, depth: int) -> Draft:
    if isinstance(rule, dict) and depth < MOST_DEPTH:
        if set(rule) == {"not"}:
            inner = _drafted(rule["not"], depth + 1)
            if not inner.negated:
                inner.negated = True
                return inner
            return Draft("all", True, items=[inner])
        for kind in GROUPS:
            if set(rule) == {kind} and isinstance(rule[kind], list):
                return Draft(kind, items=[_drafted(item, depth + 1) for item in rule[kind]])
        plain = rule_rows.plain(rule)
        for kind in rule_rows.KINDS:
            values = rule_rows.values(kind, plain)
            if values is not None and rule_rows.rule(Draft(kind, values=values)) == plain:
                return Draft(kind, values=values)
    return Draft("json", values={"json": json.dumps(rule, ensure_ascii=False)})


def from_json(words: str) -> Draft | None:
    """Return the draft of a rule written as JSON, None when it is no JSON."""
    try:
        return draft_of(json.loads(words))
    except (ValueError, RecursionError):
        return None


def show_errors(draft: Draft, fields: Mapping[str, str]) -> str:
    """Put each refusal beside the row it belongs to; returns what belongs to none."""
    places = dict(_places(draft, ""))
    loose = ""
    for path, sentence in fields.items():
        near = [place for place in places if path == place or path.startswith((f"{place}.", f"{place}["))]
        if near:
            places[max(near, key=len)].error = sentence
        elif len(places) > 1 or draft.items:
            loose = f"{path}: {sentence}"
        else:
            draft.error = sentence
    return loose


def _places(draft: Draft, path: str) -> Iterator[tuple[str, Draft]]:
    """Each row with the path its rule has in the tree."""
    yield path, draft
    inner = ".".join(part for part in (path, "not" if draft.negated else "") if part)
    for index, item in enumerate(draft.items):
        yield from _places(item, ".".join(part for part in (inner, f"{draft.kind}[{index}]") if part))
