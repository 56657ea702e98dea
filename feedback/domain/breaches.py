"""Targets about to be missed, and missed: found by one sweep over one indexed column, each noted once."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext as __

from customers.domain import events
from cxm import tenancy
from cxm.accounts.domain import members, todos
from cxm.accounts.models import User
from cxm.audit.actors import SYSTEM, Actor
from feedback.domain import facts, heard
from feedback.models import Case, CaseNotice

BATCH = 500
_TICK = timedelta(microseconds=1)  # the finest the database tells moments apart

# Plan: the partial index on check_at finds what is due; all else is by primary key. Each clock that is still running
# gives at most a warning (while there is time) and a breach; the unique key of the notices lets each in once.
_SWEEP = """
WITH held AS MATERIALIZED (
  SELECT id, reopened, first_answered_at, first_warn_at, first_due_at, solve_warn_at, solve_due_at
  FROM feedback_case WHERE tenant_id = %(tenant)s AND check_at <= %(now)s AND {chosen}
  ORDER BY check_at LIMIT {batch} FOR UPDATE SKIP LOCKED
), moments AS (
  SELECT h.id, h.reopened, m.clock, m.kind, m.at, m.due
  FROM held h CROSS JOIN LATERAL (VALUES
    ('first', 'warning', h.first_warn_at, h.first_due_at, h.first_answered_at IS NULL),
    ('first', 'breach', h.first_due_at, h.first_due_at, h.first_answered_at IS NULL),
    ('solve', 'warning', h.solve_warn_at, h.solve_due_at, true),
    ('solve', 'breach', h.solve_due_at, h.solve_due_at, true)) m(clock, kind, at, due, running)
  WHERE m.running AND m.at IS NOT NULL
), noted AS (
  INSERT INTO feedback_casenotice (tenant_id, case_id, clock, kind, passage, due_at, at)
  SELECT %(tenant)s, id, clock, kind, reopened, due, %(now)s FROM moments
  WHERE at <= %(now)s AND (kind = 'breach' OR due > %(now)s)
  ON CONFLICT (tenant_id, case_id, clock, kind, passage) DO NOTHING
  RETURNING case_id, clock, kind, due_at
), moved AS (
  UPDATE feedback_case c SET
    check_at = (SELECT min(m.at) FROM moments m WHERE m.id = c.id AND m.at > %(now)s),
    first_breached_at = coalesce(c.first_breached_at, (SELECT m.at FROM moments m WHERE m.id = c.id
      AND m.clock = 'first' AND m.kind = 'breach' AND m.at <= %(now)s)),
    solve_breached_at = coalesce(c.solve_breached_at, (SELECT m.at FROM moments m WHERE m.id = c.id
      AND m.clock = 'solve' AND m.kind = 'breach' AND m.at <= %(now)s))
  FROM held WHERE c.tenant_id = %(tenant)s AND c.id = held.id
)
SELECT case_id, clock, kind, due_at FROM noted ORDER BY case_id, clock, kind
"""


def tenants_with_work(*, now: datetime) -> list[int]:
    """Return the ids of tenants with something to note. Runs as the owner, over all of them."""
    found = Case.objects.filter(check_at__lte=now).order_by().values_list("tenant_id", flat=True)
    return sorted(set(found[:10_000]))


@transaction.atomic
def sweep(*, now: datetime) -> int:
    """Note what was passed by now in the tenant in scope, a batch at a time; returns how many notices are new."""
    return _note("true", now, {})


def note(*, case: Case, now: datetime) -> None:
    """Note what one case has missed before now: asked before it changes, so that no breach slips between two sweeps.

    What is done at the very moment of its deadline is done in time, so that moment itself is left to the sweep.
    """
    if case.check_at and case.check_at < now:
        _note("id = %(case)s", now - _TICK, {"case": case.pk})
        case.refresh_from_db(fields=["check_at", "first_breached_at", "solve_breached_at"])


def _note(chosen: str, now: datetime, more: dict) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_SWEEP.format(chosen=chosen, batch=BATCH), {"tenant": tenancy.current_id(), "now": now, **more})
        found = cursor.fetchall()
    if found:
        _tell(found, now)
    return len(found)


def _tell(found: Sequence[tuple[int, str, str, datetime]], now: datetime) -> None:
    """Put breaches on the timeline, and what needs somebody on that person's list."""
    cases = facts.with_people(Case.objects.filter(pk__in={row[0] for row in found})).in_bulk()
    breached = [row for row in found if row[2] == CaseNotice.Kind.BREACH]
    events.record([
        happening
        for case_id, clock, _kind, due in breached
        if (happening := facts.happening("Case Breached", cases[case_id], at=due, clock=clock))
    ])  # fmt: skip
    owners = {case.owner_id for case in cases.values() if case.owner_id}
    here = set(members.colleagues().filter(pk__in=owners).values_list("pk", flat=True)) if owners else set()
    with translation.override(tenancy.current().language):  # colleagues read it, whoever's request found it
        for case_id, clock, kind, due in found:
            case = cases[case_id]
            _remind(case, clock, kind, due, assignee=case.owner if case.owner_id in here else None)


def _remind(case: Case, clock: str, kind: str, due: datetime, assignee: User | None) -> None:
    late, first = kind == CaseNotice.Kind.BREACH, clock == CaseNotice.Clock.FIRST
    if first:
        soon, passed = __("Answer case %(number)s soon: %(subject)s"), __("Answer case %(number)s now: %(subject)s")
    else:
        soon, passed = __("Case %(number)s is due soon: %(subject)s"), __("Case %(number)s is late: %(subject)s")
    title = ((passed if late else soon) % {"number": case.number, "subject": case.subject})[: todos.LONGEST]
    todo = todos.create(
        title=title, by=SYSTEM, due_at=due, about=("case", case.pk), assignee=assignee, key=_key(case, clock)
    )
    if late and todo.title != title:
        todos.reword(todo=todo, title=title)  # what was warned of has come


def settle(*, case: Case, clocks: Iterable[str], by: Actor, now: datetime) -> None:
    """Tick off what colleagues were reminded of for these clocks: it is done."""
    portal = f"portal-case:{case.pk}"  # somebody has looked
    keys = [portal, *(_key(case, clock) for clock in clocks), *heard.waiting(case)]
    todos.settle(keys=keys, by=by, now=now)


def _key(case: Case, clock: str) -> str:
    return f"case:{case.pk}:{case.reopened}:{clock}"
