"""The deadlines of a case: reckoned by the one clock, stored, and read by list, badge, sweep and figures alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cxm.lib import clocks
from feedback.models import Case, CasePause

WARN_AT = 0.75  # of the target: what is left is for somebody to hurry
FIELDS = ["first_warn_at", "first_due_at", "solve_warn_at", "solve_due_at", "due_at", "check_at", "paused_at"]


@dataclass(frozen=True)
class Clock:
    """One target of a case as a person reads it.

    Args:
        kind: ``first`` or ``solve``.
        state: ``running``, ``paused``, ``met``, ``missed`` (done, too late), ``late`` (still open, past its time).
        left: working time until it is due; below nothing by how much it is late. None once it is done.
        explanation: sentences; empty while the clock stands.
    """

    kind: str
    state: str
    target: timedelta
    due_at: datetime | None
    done_at: datetime | None
    left: timedelta | None
    explanation: list[str]


def reckon(*, case: Case, pauses: Sequence[CasePause]) -> None:
    """Set the stored deadlines of a case from its targets, its calendar and the times its clock stood.

    What is answered or solved keeps the deadline that held then. Saves nothing.
    """
    standing = next((pause for pause in pauses if pause.ended_at is None), None)
    case.paused_at = standing.started_at if standing else None
    calendar = calendar_of(case)
    holes = ended(pauses)
    if case.first_answered_at is None:
        case.first_warn_at, case.first_due_at = _moments(case, calendar, case.first_minutes, holes)
    if case.solved_at is None:
        case.solve_warn_at, case.solve_due_at = _moments(case, calendar, case.solve_minutes, holes)
    case.due_at = min(filter(None, pending(case)), default=None)
    case.check_at = _next_check(case)


def reckon_answered(*, case: Case, pauses: Sequence[CasePause], now: datetime) -> None:
    """Set the deadline a first answer is judged by, where it comes while the clock stands: as if it ran on from now.

    Without it the answer would have no deadline at all, and the figures would leave it out. Saves nothing.
    """
    if case.paused_at and case.first_minutes is not None and case.first_answered_at is None:
        target = timedelta(minutes=case.first_minutes)
        case.first_due_at = clocks.due(calendar_of(case), case.opened_at, target, ended(pauses, until=now)).due


def pending(case: Case) -> list[datetime | None]:
    """Return the deadlines still to be kept."""
    if case.solved_at or case.is_done:
        return []
    return [case.solve_due_at, *([case.first_due_at] if case.first_answered_at is None else [])]


def calendar_of(case: Case) -> clocks.Calendar:
    """Return the hours the targets of a case are reckoned by."""
    return clocks.Calendar.parse(case.calendar.rules) if case.calendar else clocks.ALWAYS


def ended(pauses: Sequence[CasePause], *, until: datetime | None = None) -> list[clocks.Pause]:
    """Return pauses for the clock; one that goes on ends ``until`` then, or is left out."""
    return [clocks.Pause(pause.started_at, pause.ended_at or until) for pause in pauses if pause.ended_at or until]


def read(*, case: Case, pauses: Sequence[CasePause], now: datetime) -> list[Clock]:
    """Return the clocks of a case for its page, each with what is left and why its deadline is where it is."""
    parts = [
        ("first", case.first_minutes, case.first_due_at, case.first_answered_at, case.first_breached_at),
        ("solve", case.solve_minutes, case.solve_due_at, case.solved_at, case.solve_breached_at),
    ]
    return [_clock(case, pauses, now, part) for part in parts if part[1] is not None]


def _clock(case: Case, pauses: Sequence[CasePause], now: datetime, part: tuple) -> Clock:
    kind, minutes, due_at, done_at, breached_at = part
    target, calendar = timedelta(minutes=minutes), calendar_of(case)
    told: list[str] = []
    if due_at:
        reckoned = clocks.due(calendar, case.opened_at, target, _holes(pauses, done_at))
        # Other hours since it was done lead elsewhere: rather no way told than one to another moment.
        told = reckoned.explanation if reckoned.due == due_at else []
    if done_at:
        state = "missed" if breached_at or (due_at and done_at > due_at) else "met"
        return Clock(kind, state, target, due_at, done_at, None, told)
    left = clocks.remaining(calendar, case.opened_at, target, now, ended(pauses, until=now))
    # Nothing is left from the deadline on, through the night after it too; a clock stopped just then is not late.
    late = left < timedelta() or (not left and (breached_at or not case.paused_at))
    state = "late" if late else "paused" if case.paused_at else "running"
    return Clock(kind, state, target, due_at, None, left, told)


def _holes(pauses: Sequence[CasePause], done_at: datetime | None) -> list[clocks.Pause]:
    """The pauses a deadline was reckoned with: what came after it was done moved it no more."""
    holes = ended(pauses, until=done_at)
    return holes if done_at is None else [clocks.Pause(start, min(end, done_at)) for start, end in holes]


def _moments(
    case: Case, calendar: clocks.Calendar, minutes: int | None, pauses: Sequence[clocks.Pause]
) -> tuple[datetime | None, datetime | None]:
    """When to warn and when it is due; neither is known while the clock stands."""
    if minutes is None or case.paused_at:
        return None, None
    target = timedelta(minutes=minutes)
    warn, due = (clocks.due(calendar, case.opened_at, part, pauses).due for part in (target * WARN_AT, target))
    return warn, due


def _next_check(case: Case) -> datetime | None:
    """The next moment at which the sweep has something to note; those it noted are told apart by their rows."""
    if case.is_done or case.paused_at:
        return None
    first = [case.first_warn_at, case.first_due_at] if case.first_answered_at is None else []
    return min(filter(None, [*first, case.solve_warn_at, case.solve_due_at]), default=None)
