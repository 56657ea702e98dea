"""Who is in a segment: a table changed by set-based differences, in full or for those of whom something changed.

Everything here runs in the tenant's scope, so the server itself keeps it to one tenant. Refreshes of one tenant wait
for each other (an advisory lock): a slower one never writes an older answer over a newer one.

A refresh for what changed looks at the people marked in SegmentDirty, which whoever changes something of a person
writes in the same transaction, and at those whom time alone may have moved since the last refresh (``rules.touched``).
Beyond MANY people a full refresh is cheaper.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from graphlib import CycleError, TopologicalSorter

from django.db import connection
from django.db.models import QuerySet

from customers import signals
from customers.domain import rules, rules_parse
from customers.domain.rules_fields import Catalogue, Known
from customers.domain.rules_pieces import Piece
from customers.domain.rules_tree import Node
from customers.models import Segment, SegmentMember
from cxm.tenancy.models import Tenant

Watcher = Callable[[], set[int]]
_watchers: list[Watcher] = []

BATCH = 5_000
MANY = 20_000
# How late a segment may notice that time has passed.
LAG = timedelta(minutes=5)
_LOCK = 0x5E6

_CHANGE = """
WITH wanted AS MATERIALIZED ({query}),
gone AS (
    UPDATE customers_segmentmember m SET left_at = %s
    WHERE m.tenant_id = %s AND m.segment_id = %s AND m.left_at IS NULL {some}
      AND NOT EXISTS (SELECT FROM wanted w WHERE w.id = m.customer_id)
    RETURNING m.customer_id
), entered AS (
    INSERT INTO customers_segmentmember (tenant_id, segment_id, customer_id, entered_at)
    SELECT %s, %s, w.id, %s FROM wanted w
    WHERE NOT EXISTS (SELECT FROM customers_segmentmember m WHERE m.tenant_id = %s AND m.segment_id = %s
                      AND m.customer_id = w.id AND m.left_at IS NULL)
    RETURNING customer_id
)"""
_CLAIM = """
WITH marks AS (
    DELETE FROM customers_segmentdirty WHERE tenant_id = %s AND id = ANY(ARRAY(
        SELECT id FROM customers_segmentdirty WHERE tenant_id = %s ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED))
    RETURNING customer_id
) SELECT customer_id, TRUE FROM marks"""
_FELT = """, felt AS (
    UPDATE customers_segment SET refreshed_at = %s, member_count =
      member_count + (SELECT count(*) FROM entered) - (SELECT count(*) FROM gone) WHERE id = %s
)"""
_MARKED = """, marked AS (
    INSERT INTO customers_segmentdirty (tenant_id, customer_id) SELECT %s, x.customer_id
    FROM (SELECT customer_id FROM entered UNION ALL SELECT customer_id FROM gone) x
)"""
_COUNTS = " SELECT (SELECT count(*) FROM entered), (SELECT count(*) FROM gone)"
_NAMES = " SELECT customer_id, TRUE FROM entered UNION ALL SELECT customer_id, FALSE FROM gone"


@dataclass(frozen=True)
class Change:
    """How many came in and went out, and whether people are still waiting to be looked at."""

    entered: int = 0
    left: int = 0
    more: bool = False

    def __add__(self, other: Change) -> Change:
        return Change(self.entered + other.entered, self.left + other.left, self.more or other.more)


@dataclass(frozen=True)
class _Plan:
    known: Known
    node: Node


def refresh_now(*, segment: Segment, tenant: Tenant, now: datetime) -> Change:
    """Bring one segment, and those its rule names, fully up to date.

    Those that name it are told by marking whoever came or went. An archived segment stays as it is.

    Raises:
        InvalidRule: the rule can no longer be understood (an attribute was deleted).
    """
    _lock(tenant)
    catalogue = rules.load(tenant)
    needed = rules.reachable(segment.slug, catalogue)
    if catalogue.segments[segment.slug].archived:
        return Change()
    found = {plan.known.slug: _refill(plan, catalogue, now) for plan in _plans(catalogue, only=needed)}
    if segment.slug not in found:
        rules.parse(rule=catalogue.segments[segment.slug].rule, catalogue=catalogue)  # says what is wrong
    return found[segment.slug]


def refresh_changed(*, tenant: Tenant, now: datetime, batch: int = BATCH) -> Change:
    """Look again at the people marked, and at those whom time moved, in all segments of the tenant.

    Takes at most ``batch`` marks; ``more`` says that some may be left. Does not wait for the disk: what a crash takes
    back, it takes back together with the marks.
    """
    _lock(tenant, durable=False)
    catalogue = rules.load(tenant)
    # A segment that waits for its first filling is left to that.
    plans = [plan for plan in _plans(catalogue) if plan.known.refreshed_version == plan.known.version]
    now = max([now, *(plan.known.refreshed_at for plan in plans)])
    marks, people = _claim(plans, catalogue, now, batch)
    total = Change(more=marks == batch)
    everybody = len(people) > MANY
    if marks == batch and _take_if_many(tenant):
        total, everybody = Change(), True
    if everybody:
        for plan in plans:
            total += _refill(plan, catalogue, now)
        return total
    for plan in plans:
        if people:
            total += _change(plan, catalogue, now, sorted(people))
    if not people:
        Segment.objects.filter(pk__in=[plan.known.id for plan in plans]).update(refreshed_at=now)
    return total


def members(segment: Segment, *, at: datetime | None = None) -> QuerySet[SegmentMember]:
    """Return who is in a segment, or was at a moment."""
    found = SegmentMember.objects.filter(segment=segment)
    if at is None:
        return found.filter(left_at=None)
    return found.filter(entered_at__lte=at).exclude(left_at__lte=at)


def tenants_with_work(*, now: datetime) -> list[int]:
    """Return the ids of tenants that have marks waiting, or whose segments have not felt time for a while.

    Runs as the owner, over all tenants; returns nothing but their ids.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT t.id FROM tenancy_tenant t
               WHERE EXISTS (SELECT FROM customers_segmentdirty d WHERE d.tenant_id = t.id)
                  OR EXISTS (SELECT FROM customers_segment s WHERE s.tenant_id = t.id AND s.archived_at IS NULL
                             AND s.refreshed_version = s.version AND s.refreshed_at < %s)
               ORDER BY t.id""",
            [now - LAG],
        )
        return [row[0] for row in cursor.fetchall()]


def _lock(tenant: Tenant, *, durable: bool = True) -> None:
    """Wait for the tenant's other refreshes, and tell the planner what holds for this transaction.

    A few thousand rows by their index beat a pass over a million (five times as fast, measured); compiling the query
    costs more than it brings.
    """
    statement = (
        "SELECT pg_advisory_xact_lock(%s, %s), set_config('random_page_cost', '1.1', true),"
        " set_config('jit', 'off', true)"
    )
    if not durable:
        statement += ", set_config('synchronous_commit', 'off', true)"
    with connection.cursor() as cursor:
        cursor.execute(statement, [_LOCK, tenant.pk])


def _plans(catalogue: Catalogue, *, only: Iterable[str] | None = None) -> list[_Plan]:
    """Read the rules of live segments, those that others name first; what cannot be read is noted and left out."""
    live = {slug: known for slug, known in catalogue.segments.items() if not known.archived}
    if only is not None:
        live = {slug: known for slug, known in live.items() if slug in only}
    order = TopologicalSorter({
        slug: {target.slug for name in rules_parse.named(known.rule) if (target := catalogue.segment(name))} & set(live)
        for slug, known in live.items()
    })  # fmt: skip
    try:
        slugs = list(order.static_order())
    except CycleError:  # cannot be saved; two people saving at once may still have made one
        slugs = sorted(live)
    plans = []
    for slug in slugs:
        try:
            plans.append(_Plan(live[slug], rules.parse(rule=live[slug].rule, catalogue=catalogue)))
        except rules.InvalidRule as refusal:
            Segment.objects.filter(pk=live[slug].id).update(problem=str(refusal.message)[:300])
    return plans


def _claim(plans: Sequence[_Plan], catalogue: Catalogue, now: datetime, batch: int) -> tuple[int, set[int]]:
    """Take marks off the table, and find whom time moved; returns how many marks and all people."""
    query = Piece(_CLAIM, (catalogue.tenant_id, catalogue.tenant_id, batch))
    for plan in plans:
        moved = rules.touched(plan.node, catalogue=catalogue, since=plan.known.refreshed_at, until=now)
        if moved is not None:
            query += Piece(" UNION ALL (SELECT t.id, FALSE FROM (") + moved + Piece(") t LIMIT %s)", (MANY + 1,))
    rows = _rows(query)
    return sum(row[1] for row in rows), {row[0] for row in rows}


def _take_if_many(tenant: Tenant) -> bool:
    """Take all marks off the table where more than MANY wait, as after an import; returns whether it was so."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT FROM customers_segmentdirty WHERE tenant_id = %s LIMIT %s) d",
            [tenant.pk, MANY + 1],
        )
        if cursor.fetchone()[0] <= MANY:
            return False
        cursor.execute("DELETE FROM customers_segmentdirty WHERE tenant_id = %s", [tenant.pk])
        return True


def _refill(plan: _Plan, catalogue: Catalogue, now: datetime) -> Change:
    """Ask the rule of everybody."""
    now = max([now, *([plan.known.refreshed_at] if plan.known.refreshed_at else [])])
    depends = any(plan.known.slug in _names(known, catalogue) for known in catalogue.segments.values())
    change = _change(plan, catalogue, now, None, mark=depends)
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE customers_segment SET refreshed_at = %s, refreshed_version = %s, problem = '', member_count = (
                 SELECT count(*) FROM customers_segmentmember
                 WHERE tenant_id = %s AND segment_id = %s AND left_at IS NULL)
               WHERE id = %s""",
            [now, plan.known.version, catalogue.tenant_id, plan.known.id, plan.known.id],
        )
    return change


def _names(known: Known, catalogue: Catalogue) -> set[str]:
    found = () if known.archived else rules_parse.named(known.rule)
    return {target.slug for name in found if (target := catalogue.segment(name))}


def _change(
    plan: _Plan, catalogue: Catalogue, now: datetime, people: list[int] | None, *, mark: bool = False
) -> Change:
    """Write the difference between whom the rule holds for and who is in, for everybody or for some people."""
    query = rules.compile(plan.node, catalogue=catalogue, now=now, customers=people)
    some = Piece("") if people is None else Piece("AND m.customer_id = ANY(%s::bigint[])", (people,))
    tenant, segment = catalogue.tenant_id, plan.known.id
    statement = Piece(
        _CHANGE.format(query=query.text, some=some.text),
        (*query.params, now, tenant, segment, *some.params, tenant, segment, now, tenant, segment),
    )
    # A full refresh may move a million: it names them for those alone who want to hear.
    named = people is not None or segment in _watched()
    if people is not None:
        statement += Piece(_FELT, (now, segment))
    if mark:
        statement += Piece(_MARKED, (tenant,))
    rows = _rows(statement + (_NAMES if named else _COUNTS))
    if not named:
        return Change(*rows[0])
    entered, left = [row[0] for row in rows if row[1]], [row[0] for row in rows if not row[1]]
    if rows and segment in _watched():
        _tell(segment, entered, left)
    return Change(len(entered), len(left))


def watch(watcher: Watcher) -> None:
    """Have an app above say which segments of the tenant in scope it wants to hear of; called from ``apps.ready``.

    The names of those who come and go are fetched for these alone: a first filling may move a million.
    """
    if watcher not in _watchers:
        _watchers.append(watcher)


def unwatch(watcher: Watcher) -> None:
    """Take a watcher back."""
    _watchers.remove(watcher)


def _watched() -> set[int]:
    return set().union(*(watcher() for watcher in _watchers))


def _tell(segment_id: int, entered: list[int], left: list[int]) -> None:
    segment = Segment.objects.get(pk=segment_id)
    for start in range(0, max(len(entered), len(left)), BATCH):
        signals.members_changed.send(
            sender=Segment,
            segment=segment,
            entered=entered[start : start + BATCH],
            left=left[start : start + BATCH],
        )


def _rows(statement: Piece) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement.text, statement.params)
        return cursor.fetchall()
