"""Whose membership time alone may change.

What enters or leaves a window between two moments lies, in the table, between two moments too: the indexes on time
are the calendar, and nothing is written for it. The answer may name a few too many, never one too few.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from customers.domain import rules_sql
from customers.domain.rules_fields import Catalogue
from customers.domain.rules_pieces import Piece, join
from customers.domain.rules_tree import SURVEY_ANSWERED, Answered, Happened, Leaf, Node, Test, Value, leaves


def depends(node: Node) -> bool:
    """Return whether membership can change although nothing happens."""
    return any(_edges(leaf) or _daily(leaf) for leaf in leaves(node))


def touched(node: Node, *, catalogue: Catalogue, since: datetime, until: datetime) -> Piece | None:
    """Return the query for the ids of those for whom some leaf may read otherwise at ``until`` than at ``since``.

    None where there can be nobody. Runs on the same data, so it finds what time does and nothing else.
    """
    found = [
        query
        for leaf in leaves(node)
        for query in [*_crossed(leaf, catalogue, since, until), *_turned(leaf, catalogue, since, until)]
    ]
    return join(" UNION ", found) if found else None


def _edges(leaf: Leaf) -> list:
    """The distances from now at which something flips: durations, or whole days."""
    if isinstance(leaf, Answered):
        return [leaf.window.within] if leaf.window and leaf.window.within else []
    if isinstance(leaf, Happened):
        windows = (leaf.window, leaf.first, leaf.last)
        return [window.within for window in windows if window and window.within]
    if isinstance(leaf, Value) and leaf.field.kind == "days":
        return [day for test in leaf.tests for day in _day_edges(test)]
    if isinstance(leaf, Value) and leaf.field.kind == "moment":
        return [test.value for test in leaf.tests if test.operator == "within"]
    return []


def _day_edges(test: Test) -> list[int]:
    if test.operator == "exists":
        return []
    values = test.value if isinstance(test.value, tuple) else (test.value,)
    return sorted({int(value) + more for value in values for more in (0, 1)})


def _crossed(leaf: Leaf, catalogue: Catalogue, since: datetime, until: datetime) -> list[Piece]:
    edges = _edges(leaf)
    if not edges:
        return []
    rows, column = _source(leaf, catalogue)
    spans = {(since, until)}  # what was in the future is so no more
    for edge in edges:
        if isinstance(edge, int):
            spans.add((since - timedelta(days=edge), until - timedelta(days=edge)))
        else:  # where clocks go back, the later moment may look back further
            ends = (edge.before(since, catalogue.zone), edge.before(until, catalogue.zone))
            spans.add((min(ends), max(ends)))
    crossed = f" AND {column} > %s AND {column} <= %s"
    return [rows + Piece(crossed, span) for span in sorted(spans) if span[0] < span[1]]


def _source(leaf: Leaf, catalogue: Catalogue) -> tuple[Piece, str]:
    """The rows with the moments a leaf looks at: a query to be narrowed, and the column."""
    if isinstance(leaf, Answered) or (isinstance(leaf, Happened) and leaf.source == "event"):
        table, alias, person, column = "customers_event", "e", "e.customer_id", "e.occurred_at"
    elif isinstance(leaf, Happened):
        table, alias, person, column = "customers_order", "o", "o.customer_id", "o.placed_at"
    elif leaf.field.home == "traits":
        table, alias, person, column = "customers_traits", "t", "t.customer_id", leaf.field.sql
    else:
        table, alias, person, column = "customers_customer", "c", "c.id", leaf.field.sql
    text = f"SELECT {person} AS id FROM {table} {alias} WHERE {alias}.tenant_id = %s"
    rows = Piece(text, (catalogue.tenant_id,))
    if isinstance(leaf, Answered):
        rows += Piece(" AND e.name = %s", (SURVEY_ANSWERED,))
    elif isinstance(leaf, Happened) and leaf.source == "event":
        rows += Piece(" AND e.name = %s", (leaf.name,))
    return rows, column


def _daily(leaf: Leaf) -> list[Test]:
    """Tests that change their answer at midnight, where the tenant is."""
    if not isinstance(leaf, Value) or leaf.field.kind not in {"date", "moment"}:
        return []
    kinds = {"anniversary"} if leaf.field.kind == "moment" else {"anniversary", "within"}
    return [test for test in leaf.tests if test.operator in kinds]


def _turned(leaf: Leaf, catalogue: Catalogue, since: datetime, until: datetime) -> list[Piece]:
    """Who is on one side only of a test of days, asked at both moments; nobody while it is the same day."""
    found = []
    for test in _daily(leaf):
        alone = Value(leaf.field, (test,))
        then = rules_sql.compile(alone, catalogue=catalogue, now=since)
        after = rules_sql.compile(alone, catalogue=catalogue, now=until)
        if then != after:
            found.append(join(" EXCEPT ", [join(" UNION ", [then, after]), join(" INTERSECT ", [then, after])]))
    return found
