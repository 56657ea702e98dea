"""A rule as one SQL query over customers.

Each leaf becomes a condition on the customer's row or a set of ids; ``all``, ``any`` and ``not`` combine them by set
algebra. Every table is asked with its tenant named, so the query is right in the tenant's scope and as the owner.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from customers.domain import rules_tests
from customers.domain.rules_fields import Catalogue
from customers.domain.rules_pieces import EVERYTHING, NOTHING, Group, Ids, Piece, join
from customers.domain.rules_tests import Clock
from customers.domain.rules_tree import (
    SURVEY_ANSWERED,
    Answered,
    Branch,
    ClassIs,
    ConsentIs,
    Happened,
    MemberOf,
    Negation,
    Node,
    Tagged,
    Test,
    Value,
)
from cxm.lib import text

_AT_LEAST_ONE = (Test("gte", Decimal(1)),)


def compile(node: Node, *, catalogue: Catalogue, now: datetime, customers: Sequence[int] | None = None) -> Piece:
    """Return the query for the ids of all customers a rule holds for, each once.

    Args:
        node: the rule, read.
        catalogue: of the tenant the rule belongs to; its id stands in every part of the query.
        now: the moment windows look back from.
        customers: ask of these only; the restriction reaches into every leaf.
    """
    compiler = Compiler(catalogue, Clock(now, catalogue.zone), None if customers is None else list(customers))
    return compiler.render(compiler.group(node)).query


def verdict(node: Node, *, catalogue: Catalogue, now: datetime, customer: int) -> Piece:
    """Return an expression that says whether a rule holds for one customer."""
    return Piece("EXISTS (") + compile(node, catalogue=catalogue, now=now, customers=[customer]) + ")"


@dataclass(frozen=True)
class Compiler:
    """Turns nodes into groups; one for each query."""

    catalogue: Catalogue
    clock: Clock
    customers: list[int] | None

    @classmethod
    def for_one(cls, catalogue: Catalogue, now: datetime, customer: int) -> Compiler:
        return cls(catalogue, Clock(now, catalogue.zone), [customer])

    def facts(self, leaf: Happened) -> Piece:
        """Return the query for how many of what a leaf asks there were, their sum and the moment of the last."""
        _alias, column, rows = self._events(leaf) if leaf.source == "event" else self._orders(leaf)
        if leaf.window:
            rows += " AND " + rules_tests.window(Piece(column), leaf.window, self.clock)
        total = Piece("0")
        if leaf.total:
            total = Piece("coalesce(sum(") + self._number(leaf) + "), 0)"
        narrowed = Piece(rows.text.split(" FROM ", 1)[1], rows.params)
        return Piece("SELECT count(*), ") + total + f", max({column}) FROM " + narrowed

    # --- from the bottom: leaves ---------------------------------------------------------------

    def group(self, node: Node) -> Group:
        if isinstance(node, Branch):
            groups = [self.group(item) for item in node.items]
            return self.all(groups) if node.kind == "all" else self.any(groups)
        if isinstance(node, Negation):
            return self.negated(self.group(node.item))
        return _LEAVES[type(node)](self, node)

    def value(self, leaf: Value) -> Group:
        held = rules_tests.holds(leaf.field, leaf.tests, self.clock)
        if leaf.field.home == "traits":
            return self._trait(leaf, held)
        if leaf.field.home == "customer":
            return Group(row=held)
        return self._listed(leaf)

    def _trait(self, leaf: Value, held: Piece) -> Group:
        """Somebody without a row of traits counts as one with empty traits: the set is asked from the other side."""
        rows = self._from("customers_traits", "t", "t.customer_id")
        if _holds_for_nothing(leaf):
            return Group(outside=(Ids(rows + " AND NOT " + held.bracketed()),))
        return Group(inside=(Ids(rows + " AND " + held.bracketed()),))

    def _listed(self, leaf: Value) -> Group:
        """Company and tags: the tests look at what the customer is joined to."""
        positive = [test for test in leaf.tests if test.operator not in {"not_in", "exists"}]
        groups = []
        for test in positive:
            as_set = Test("in", (test.value,)) if leaf.field.kind == "list" and test.operator == "contains" else test
            groups.append(self._joined(leaf, (as_set,)))
        for test in leaf.tests:
            if test.operator == "not_in":
                groups.append(self.negated(self._joined(leaf, (Test("in", test.value),))))
            if test.operator == "exists":
                found = self._joined(leaf, ())
                groups.append(found if test.value else self.negated(found))
        return self.all(groups)

    def _joined(self, leaf: Value, tests: tuple[Test, ...]) -> Group:
        held = rules_tests.holds(leaf.field, tests, self.clock) if tests else EVERYTHING
        tenant = self.catalogue.tenant_id
        if leaf.field.home == "company":
            if not tests:
                return Group(row=Piece("c.company_id IS NOT NULL"))
            companies = Piece("SELECT k.id FROM customers_company k WHERE k.tenant_id = %s AND ", (tenant,)) + held
            return Group(row=Piece("(c.company_id IN (") + companies + ")) IS TRUE")
        tags = Piece("SELECT g.id FROM customers_tag g WHERE g.tenant_id = %s AND ", (tenant,)) + held
        rows = self._from("customers_customertag", "x", "x.customer_id")
        return Group(inside=(Ids(rows + " AND x.tag_id IN (" + tags + ")", once=False),))

    def happened(self, leaf: Happened) -> Group:
        alias, column, rows = self._events(leaf) if leaf.source == "event" else self._orders(leaf)
        if leaf.window:
            rows += " AND " + rules_tests.window(Piece(column), leaf.window, self.clock)
        asked = self._aggregates(leaf, alias, column)
        counts = leaf.count or _AT_LEAST_ONE
        if asked is None:
            return Group(inside=(Ids(rows, once=False),))
        rows += f" GROUP BY {alias}.customer_id HAVING "
        nothing = not leaf.first and not leaf.last
        nothing = nothing and all(rules_tests.number_holds(test, 0) for test in counts)
        nothing = nothing and all(rules_tests.number_holds(test, 0) for test in (leaf.total or ("", ()))[1])
        if nothing:  # who did nothing is meant too, so name those who are not
            return Group(outside=(Ids(rows + "NOT " + asked.bracketed()),))
        return Group(inside=(Ids(rows + asked),))

    def _aggregates(self, leaf: Happened, alias: str, column: str) -> Piece | None:
        """Conditions on a person's events together; None where having one is all that is asked."""
        found = []
        if leaf.count and leaf.count != _AT_LEAST_ONE:
            found += [rules_tests.numbers(Piece("count(*)"), test) for test in leaf.count]
        if leaf.total:
            tests = leaf.total[1]
            total = Piece("coalesce(sum(") + self._number(leaf) + "), 0)"
            found += [rules_tests.numbers(total, test) for test in tests]
        for aggregate, window in (("min", leaf.first), ("max", leaf.last)):
            if window:
                found.append(rules_tests.window(Piece(f"{aggregate}({column})"), window, self.clock))
        return join(" AND ", found) if found else None

    def _number(self, leaf: Happened) -> Piece:
        return Piece("o.revenue") if leaf.source == "order" else rules_tests.property_number(leaf.total[0].split("."))

    def _events(self, leaf: Happened) -> tuple[str, str, Piece]:
        rows = self._from("customers_event", "e", "e.customer_id") + Piece(" AND e.name = %s", (leaf.name,))
        for asked in leaf.where:
            rows += " AND " + rules_tests.event_property(asked).bracketed()
        return "e", "e.occurred_at", rows

    def _orders(self, leaf: Happened) -> tuple[str, str, Piece]:
        rows = self._from("customers_order", "o", "o.customer_id")
        if leaf.name != "any":
            rows += Piece(" AND o.kind = %s", (leaf.name,))
        lines = []
        for asked in leaf.where:
            held = rules_tests.holds(asked.field, (asked.test,), self.clock)
            if asked.field.home == "order":
                rows += " AND " + held.bracketed()
            elif asked.test.operator == "not_in" or (asked.test.operator == "exists" and not asked.test.value):
                turned = Test("in", asked.test.value) if asked.test.operator == "not_in" else Test("exists", True)
                held = rules_tests.holds(asked.field, (turned,), self.clock)
                rows += " AND NOT EXISTS (" + self._lines(held) + " AND l.order_id = o.id)"
            else:
                lines.append(held)
        if lines:
            rows += " AND o.id IN (" + self._lines(join(" AND ", lines)) + ")"
        return "o", "o.placed_at", rows

    def _lines(self, held: Piece) -> Piece:
        tenant = self.catalogue.tenant_id
        return Piece("SELECT l.order_id FROM customers_orderline l WHERE l.tenant_id = %s AND ", (tenant,)) + held

    def consent(self, leaf: ConsentIs) -> Group:
        """The policy of the send gate: a no about the topic or the channel counts; silence as the tenant decided."""
        rows = self._from("customers_consent", "s", "s.customer_id")
        rows += Piece(" AND s.channel = %s AND s.topic = ANY(%s)", (leaf.channel, sorted({"", leaf.topic})))
        refused = Ids(rows + " AND NOT s.granted", once=False)
        allowed = Group(outside=(refused,))
        if self.catalogue.opt_in:
            allowed = Group(inside=(Ids(rows + " AND s.granted", once=False),), outside=(refused,))
        return allowed if leaf.granted else self.negated(allowed)

    def tagged(self, leaf: Tagged) -> Group:
        field = self.catalogue.attribute("tags")
        return self._joined(Value(field, ()), (Test("is", text.fold(leaf.name)),))

    def member(self, leaf: MemberOf) -> Group:
        rows = self._from("customers_segmentmember", "m", "m.customer_id")
        return Group(inside=(Ids(rows + Piece(" AND m.segment_id = %s AND m.left_at IS NULL", (leaf.id,))),))

    def class_is(self, leaf: ClassIs) -> Group:
        return Group(row=Piece("c.lifecycle = ANY(%s)", (list(leaf.classes),)))

    def answered(self, leaf: Answered) -> Group:
        """The last answer to a survey, in the window if there is one, and its score."""
        rows = Piece(
            "SELECT DISTINCT ON (e.customer_id) e.customer_id AS id, e.properties FROM customers_event e"
            " WHERE e.tenant_id = %s AND e.name = %s AND e.properties ->> 'slug' = %s",
            (self.catalogue.tenant_id, SURVEY_ANSWERED, leaf.survey),
        )
        if self.customers is not None:
            rows += Piece(" AND e.customer_id = ANY(%s::bigint[])", (self.customers,))
        if leaf.window:
            rows += " AND " + rules_tests.window(Piece("e.occurred_at"), leaf.window, self.clock)
        rows += " ORDER BY e.customer_id, e.occurred_at DESC, e.id DESC"
        if not leaf.score:
            return Group(inside=(Ids(Piece("SELECT e.id FROM (") + rows + ") e"),))
        score = rules_tests.property_number(["score"])
        tests = join(" AND ", [rules_tests.numbers(score, test) for test in leaf.score])
        return Group(inside=(Ids(Piece("SELECT e.id FROM (") + rows + ") e WHERE " + tests.bracketed()),))

    # --- set algebra ---------------------------------------------------------------------------

    def all(self, groups: list[Group]) -> Group:
        rows = [group.row for group in groups if group.row is not None]
        return Group(
            row=(join(" AND ", rows) if len(rows) > 1 else rows[0]) if rows else None,
            inside=tuple(ids for group in groups for ids in group.inside),
            outside=tuple(ids for group in groups for ids in group.outside),
        )

    def any(self, groups: list[Group]) -> Group:
        rows = [group.row or EVERYTHING for group in groups if group.is_row]
        rest = [group for group in groups if not group.is_row]
        if not rest:
            return Group(row=join(" OR ", rows) if rows else NOTHING)
        if rows:
            rest = [Group(row=join(" OR ", rows)), *rest]
        without = [group for group in rest if group.is_outside]
        within = tuple(self.render(group) for group in rest if not group.is_outside)
        union = (Ids(join(" UNION ", [ids.query for ids in within])),) if len(within) > 1 else within
        if not without:
            return Group(inside=union)
        # outside A, or outside B, or in C: everybody but those who are in A and in B and not in C
        excluded = Group(inside=tuple(group.outside[0] for group in without), outside=union)
        return Group(outside=(self.render(excluded),))

    def negated(self, group: Group) -> Group:
        if group.is_row:
            return Group(row=Piece("") + (group.row or EVERYTHING).bracketed() + " IS NOT TRUE")
        if group.is_outside:
            return Group(inside=group.outside)
        if group.row is None and len(group.inside) == 1 and not group.outside:
            return Group(outside=group.inside)
        return Group(outside=(self.render(group),))

    def render(self, group: Group) -> Ids:
        """Return a group as one query."""
        inside = list(group.inside)
        if group.row is None and inside:
            first = inside.pop(0)
            if not inside and not group.outside:
                query = first.query if first.once else _distinct(first.query)
                return Ids(query)
            base = first.query if first.once else _distinct(first.query)
            query, column = Piece("SELECT b.id FROM (") + base + ") b WHERE TRUE", "b.id"
        else:
            query, column = self._from("customers_customer", "c", "c.id"), "c.id"
            if group.row is not None:
                query += " AND " + group.row.bracketed()
        for ids in inside:
            query += f" AND {column} IN (" + ids.query + ")"
        for ids in group.outside:
            query += " AND NOT EXISTS (SELECT FROM (" + ids.query + f") n WHERE n.id = {column})"
        return Ids(query)

    def _from(self, table: str, alias: str, column: str) -> Piece:
        rows = Piece(
            f"SELECT {column} AS id FROM {table} {alias} WHERE {alias}.tenant_id = %s", (self.catalogue.tenant_id,)
        )
        if self.customers is None:
            return rows
        return rows + Piece(f" AND {column} = ANY(%s::bigint[])", (self.customers,))


def _distinct(query: Piece) -> Piece:
    return Piece("SELECT DISTINCT d.id FROM (") + query + ") d"


def _holds_for_nothing(leaf: Value) -> bool:
    """Return whether the tests hold for somebody of whom no traits are stored."""
    if leaf.field.empty is not None:
        return all(rules_tests.number_holds(test, leaf.field.empty) for test in leaf.tests)
    return all(test.operator == "not_in" or (test.operator == "exists" and test.value is False) for test in leaf.tests)


_LEAVES = {
    Value: Compiler.value,
    Happened: Compiler.happened,
    ConsentIs: Compiler.consent,
    Tagged: Compiler.tagged,
    MemberOf: Compiler.member,
    ClassIs: Compiler.class_is,
    Answered: Compiler.answered,
}
