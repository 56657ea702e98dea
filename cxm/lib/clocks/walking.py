"""Walking through working time: where a deadline falls, and how much of the time is used."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from cxm.lib import errors
from cxm.lib.clocks import words
from cxm.lib.clocks.calendar import Calendar

FAR = timedelta(days=20 * 366)  # a deadline beyond is a mistake; also what bounds every search
_DAY, _SECOND, _NONE = timedelta(days=1), timedelta(seconds=1), timedelta()


class TooFarAway(errors.Refusal):
    """A target that does not fit into the working time of the years to come."""

    code = "target_too_far_away"
    message = _(
        "The working hours do not have as much time as the target asks for, not in twenty years: "
        "add working hours or choose a shorter target."
    )


class Pause(NamedTuple):
    """A time in which the clock stands, from `start` (inside) to `end` (outside)."""

    start: datetime
    end: datetime


class Stretch(NamedTuple):
    """Time from `start` to `end` in UTC, and whether the clock ran in it or stood because of a pause."""

    start: datetime
    end: datetime
    counted: bool = True

    @property
    def length(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True)
class Deadline:
    """When the target is used up, in UTC, and the way there.

    Args:
        stretches: the working time that was walked through, counted or paused, in order; the last ends at `due`.
    """

    due: datetime
    calendar: Calendar
    start: datetime
    target: timedelta
    stretches: tuple[Stretch, ...]

    @property
    def explanation(self) -> list[str]:
        """Why the deadline is where it is: sentences in the language of the reader."""
        return words.explain(self)


def due(calendar: Calendar, start: datetime, target: timedelta, pauses: Sequence[Pause] = ()) -> Deadline:
    """The earliest moment at which `target` of working time has passed since `start`, the pauses left out.

    Args:
        start: aware; a target of nothing is due at once.
        pauses: ended ones, in any order; they may overlap. Of one that goes on the end is not known, and so is no
            deadline: ask `remaining` instead.

    Raises:
        TooFarAway: the calendar has not so much time in twenty years.
    """
    start, left, walked = start.astimezone(UTC), target, []
    if left <= _NONE:
        return Deadline(start, calendar, start, target, ())
    for stretch in _stretches(calendar, start, pauses):
        if stretch.counted and stretch.length >= left:
            end = stretch.start + left
            walked.append(Stretch(stretch.start, end))
            return Deadline(end, calendar, start, target, tuple(walked))
        walked.append(stretch)
        left -= stretch.length if stretch.counted else _NONE
    raise TooFarAway


def elapsed(calendar: Calendar, start: datetime, end: datetime, pauses: Sequence[Pause] = ()) -> timedelta:
    """The working time between two moments, the pauses left out; nothing when `end` is not after `start`."""
    end, used = end.astimezone(UTC), _NONE
    for stretch in _stretches(calendar, start.astimezone(UTC), pauses, until=end):
        used += stretch.length if stretch.counted else _NONE
    return used


def remaining(
    calendar: Calendar, start: datetime, target: timedelta, now: datetime, pauses: Sequence[Pause] = ()
) -> timedelta:
    """The working time left of the target at `now`; below nothing by how much it is overdue."""
    return target - elapsed(calendar, start, now, pauses)


def _stretches(
    calendar: Calendar, start: datetime, pauses: Sequence[Pause], until: datetime | None = None
) -> Iterator[Stretch]:
    """The working time from `start` on, cut at the edges of the pauses."""
    holes = _merged(sorted((a.astimezone(UTC), b.astimezone(UTC)) for a, b in pauses if b > a))
    hole = next(holes, None)
    for opened, closed in _merged(_openings(calendar, start, until or start + FAR)):
        at = opened
        while at < closed:
            while hole and hole[1] <= at:
                hole = next(holes, None)
            paused = hole is not None and hole[0] <= at
            edge = hole[1 if paused else 0] if hole else closed
            end = min(edge, closed)
            yield Stretch(at, end, not paused)
            at = end


def _merged(intervals: Iterator | list) -> Iterator[tuple[datetime, datetime]]:
    """Intervals in order of their starts, those that touch or overlap as one."""
    held = None
    for start, end in intervals:
        if held is None:
            held = (start, end)
        elif start <= held[1]:
            held = (held[0], max(held[1], end))
        else:
            yield held
            held = (start, end)
    if held:
        yield held


def _openings(calendar: Calendar, start: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """What is open from `start` to `until` in UTC, in order of the starts; may touch or overlap."""
    last = calendar.last_extra
    for begin, end, offset in _offsets(calendar.zone, start, until):
        local_begin, local_end = (begin + offset).replace(tzinfo=None), (end + offset).replace(tzinfo=None)
        if last and local_begin.date() > last + _DAY:
            return
        for opened, closed in _windows(calendar, local_begin.date(), local_end.date()):
            inside = max(opened, local_begin), min(closed, local_end)
            if inside[0] < inside[1]:
                yield tuple(clock.replace(tzinfo=UTC) - offset for clock in inside)


def _windows(calendar: Calendar, first: date, last: date) -> list[tuple[datetime, datetime]]:
    """The windows that touch the days `first` to `last`, as the clock of the zone shows them."""
    found, day = [], first - _DAY  # a window of the evening before may reach in
    while day <= last:
        midnight = datetime(day.year, day.month, day.day)
        found += [(midnight + start, midnight + end) for start, end in calendar.windows(day)]
        day += _DAY
    return sorted(found)


def _offsets(zone: ZoneInfo, start: datetime, until: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """The time from `start` to `until` in pieces of at most a day, each with the one distance from UTC it has."""
    offset = _offset(zone, start)
    while start < until:
        end = min(start + _DAY, until)
        following = _offset(zone, end)
        if following == offset:
            yield start, end, offset
        else:
            change = _change(zone, start, end, offset)
            yield start, change, offset
            yield change, end, following
        start, offset = end, following


def _change(zone: ZoneInfo, before: datetime, after: datetime, offset: timedelta) -> datetime:
    """The second at which the clocks of the zone change, between a moment before and one after."""
    low = before.replace(microsecond=0)
    while after - low > _SECOND:
        middle = low + ((after - low) / 2 // _SECOND or 1) * _SECOND
        if _offset(zone, middle) == offset:
            low = middle
        else:
            after = middle
    return after


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset()
