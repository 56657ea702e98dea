"""Moments, days and periods: read as people write them, bounded in their zone, kept in UTC.

Durations are in `cxm.lib.durations`.
"""

import datetime
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext_lazy as _

from cxm.lib import errors, text

DateOrder = Literal["dmy", "mdy", "ymd"]

_LENGTH_LIMIT = 64
_YEARS = range(1800, 2201)  # 1445/05/12 is a date of another calendar: refused, not misread
_KEPT_YEARS = range(1900, 2201)
_DAY = datetime.timedelta(days=1)

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?: (\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?")
_ISO_WITH_ZONE = re.compile(r"\d{4}-\d{2}-\d{2}[t ]\d{2}:\d{2}.*(?:z|[+\-]\d{2}(?::?\d{2})?)")
_NUMERIC = re.compile(r"(\d{1,4})([./\-])(\d{1,2})\2(\d{1,4})")
_WORDED = re.compile(r"(?:(\d{1,2})\W{1,2})?([^\W\d]+(?: [^\W\d]+)?)\W{1,2}(?:(\d{1,2})\W{1,2})?(\d{4})")
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:\.\d+)?)?\s*(am|pm|a\.m\.|p\.m\.|ص|م|صباحا|مساء)?")
_AFTERNOON = {"pm", "p.m.", "م", "مساء"}

_MONTHS = (
    "january jan يناير كانون_الثاني جانفي", "february feb فبراير شباط فيفري", "march mar مارس اذار",
    "april apr ابريل نيسان افريل", "may مايو ايار ماي", "june jun يونيو حزيران جوان", "july jul يوليو تموز جويليه",
    "august aug اغسطس اب اوت", "september sep sept سبتمبر ايلول", "october oct اكتوبر تشرين_الاول",
    "november nov نوفمبر تشرين_الثاني", "december dec ديسمبر كانون_الاول",
)  # fmt: skip
_MONTH_OF = {name.replace("_", " "): number for number, names in enumerate(_MONTHS, 1) for name in names.split()}


class UnknownZone(errors.Refusal):
    """Not a name of the IANA time zone database."""

    code = "unknown_time_zone"
    message = _("This time zone is not known. Use a name such as Asia/Riyadh.")


class UnknownPeriod(errors.Refusal):
    """Not a key of `PERIODS`."""

    code = "unknown_period"
    message = _("This period is not known.")


class Period(NamedTuple):
    """Days `first` to `last` (both inside), and the moments `start` (inside) and `end` (outside), in UTC."""

    first: datetime.date
    last: datetime.date
    start: datetime.datetime
    end: datetime.datetime

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def zone(name: str) -> ZoneInfo:
    """The time zone of that IANA name. Raises UnknownZone."""
    if name not in zone_names():  # never a path into the file system
        raise UnknownZone(fields={"timezone": str(UnknownZone.message)})
    return ZoneInfo(name)


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def infer_date_order(samples: Iterable[str]) -> DateOrder | None:
    """Whether a column writes day or month first, by its dates that leave no doubt; None if none does.

    Give it a whole column, or many rows of it: "12/1/2010" alone says nothing, "13/1/2010" says all.
    Where a column contradicts itself the majority wins; the others then do not parse and are reported.
    """
    votes = {"dmy": 0, "mdy": 0, "ymd": 0}
    for written in samples:
        found = _NUMERIC.match(text.fold(written[:_LENGTH_LIMIT]))
        if not found:
            continue
        first, second = int(found[1]), int(found[3])
        if len(found[1]) == 4:
            votes["ymd"] += 1
        elif first > 12 >= second:
            votes["dmy"] += 1
        elif second > 12 >= first:
            votes["mdy"] += 1
    order = max(votes, key=votes.__getitem__)
    return order if votes[order] else None


def parse_date(written: str, *, order: DateOrder = "dmy") -> datetime.date | None:
    """The day as people write it (ISO, 31/1/2020, 31 Jan 2020, ٣١ يناير ٢٠٢٠), or None. A time is ignored."""
    moment = _parse(written, order)
    return moment and moment.date()


def parse_moment(written: str, *, zone: datetime.tzinfo, order: DateOrder = "dmy") -> datetime.datetime | None:
    """The moment as people write it, in UTC, or None. Without an offset of its own it is in `zone`.

    A time that the clocks skip is read with the offset before the change, one they repeat as the first.
    Also reads Unix time in seconds (10 digits) and milliseconds (13 digits).
    """
    moment = _parse(written, order)
    if moment is None:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    try:
        return aware.astimezone(datetime.UTC)
    except OverflowError:
        return None


def is_kept(day: datetime.date) -> bool:
    """Whether a day lies within the years 1900 to 2200, outside of which nothing of ours happens."""
    return day.year in _KEPT_YEARS


def kept(moment: datetime.datetime) -> datetime.datetime | None:
    """The aware moment in UTC, or None outside the years 1900 to 2200.

    A year before the first can be stored and never be read again; one at the end of all years cannot be shown in
    another zone.
    """
    try:
        found = moment.astimezone(datetime.UTC)
    except OverflowError:
        return None
    return found if is_kept(found) else None


def _parse(written: str, order: DateOrder) -> datetime.datetime | None:
    """The moment as written: naive unless it carries an offset."""
    if len(written) > _LENGTH_LIMIT:
        return None
    try:
        line = text.fold(written)
        if found := _ISO.fullmatch(line.replace("t", " ")):
            return _iso(found)
        if _ISO_WITH_ZONE.fullmatch(line):
            return _within_years(datetime.datetime.fromisoformat(line.upper()))
        if line.isdigit():
            return _unix(line)
        return _worded_or_numeric(line, order)
    except (ValueError, OverflowError):
        return None


def _iso(found: re.Match[str]) -> datetime.datetime | None:
    year, month, day, hour, minute, second, fraction = found.groups()
    microsecond = int(fraction[:6].ljust(6, "0")) if fraction else 0
    moment = datetime.datetime(
        int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), microsecond
    )
    return _within_years(moment)


def _unix(digits: str) -> datetime.datetime | None:
    if len(digits) not in {10, 13}:
        return None
    return datetime.datetime.fromtimestamp(int(digits[:10]), datetime.UTC)


def _worded_or_numeric(line: str, order: DateOrder) -> datetime.datetime | None:
    for pattern, read in ((_NUMERIC, _numeric), (_WORDED, _worded)):
        if found := pattern.match(line):
            day = read(found, order)
            clock = _clock(line[found.end() :].strip(" ,،"))
            return day and clock and _within_years(datetime.datetime.combine(day, clock))
    return None


def _numeric(found: re.Match[str], order: DateOrder) -> datetime.date | None:
    first, second, third = found[1], found[3], found[4]
    if len(first) == 4 or order == "ymd":
        year, month, day = first, second, third
    elif order == "mdy":
        month, day, year = first, second, third
    else:
        day, month, year = first, second, third
    if len(year) not in {2, 4} or len(day) > 2 or len(month) > 2:
        return None
    return datetime.date(_full_year(year), int(month), int(day))


def _full_year(written: str) -> int:
    """Two digits as POSIX reads them: 69–99 are of the last century."""
    year = int(written)
    return year if len(written) == 4 else year + (1900 if year >= 69 else 2000)


def _worded(found: re.Match[str], order: DateOrder) -> datetime.date | None:
    before, name, after, year = found.groups()
    month = _MONTH_OF.get(name)
    if month is None or (before is None) == (after is None):
        return None
    return datetime.date(int(year), month, int(before or after))


def _clock(line: str) -> datetime.time | None:
    if not line:
        return datetime.time()
    found = _CLOCK.fullmatch(line)
    if not found:
        return None
    hour, half = int(found[1]), found[4]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half in _AFTERNOON else 0)
    return datetime.time(hour, int(found[2]), int(found[3] or 0))


def _within_years(moment: datetime.datetime) -> datetime.datetime | None:
    return moment if moment.year in _YEARS else None


def day_bounds(day: datetime.date, zone: datetime.tzinfo) -> tuple[datetime.datetime, datetime.datetime]:
    """(start, end) of the day in the zone, in UTC; the end is the start of the next day.

    23 or 25 hours apart where the clocks change; where they skip midnight, the day starts at the change.
    """
    return _start(day, zone), _start(day + _DAY, zone)


def _start(day: datetime.date, zone: datetime.tzinfo) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(), tzinfo=zone).astimezone(datetime.UTC)


def today(now: datetime.datetime, zone: datetime.tzinfo) -> datetime.date:
    """The day it is in the zone at `now` (aware)."""
    return now.astimezone(zone).date()


def between(first: datetime.date, last: datetime.date, zone: datetime.tzinfo) -> Period:
    """The period of the days `first` to `last`, both inside."""
    return Period(first, last, _start(first, zone), _start(last + _DAY, zone))


def period(name: str, today: datetime.date, zone: datetime.tzinfo) -> Period:
    """The period of that name (a key of `PERIODS`) as seen from `today`. Raises UnknownPeriod.

    "last_N_days" and "last_12_months" end with today; "this_…" run to today; "last_week", "last_month", … are whole.
    Weeks start on Monday (ISO 8601).
    """
    if name not in PERIODS:
        raise UnknownPeriod
    first, last = _RANGES[name](today)
    return between(first, last, zone)


def previous(current: Period, zone: datetime.tzinfo) -> Period:
    """The period of the same number of days right before, for comparison."""
    return between(current.first - current.days * _DAY, current.first - _DAY, zone)


def comparable(current: Period, zone: datetime.tzinfo, now: datetime) -> Period:
    """The period to compare `current` with: as many days right before.

    While `current` is not over, it ends at the same time of its day as it is now: a morning is not compared with a
    whole day. Before `current` has begun it is empty: its end is its start.
    """
    before = previous(current, zone)
    if now >= current.end:
        return before
    alike = (now.astimezone(zone) - current.days * _DAY).astimezone(datetime.UTC)  # aware: by the clock on the wall
    return before._replace(end=max(min(alike, before.end), before.start))


def add_months(day: datetime.date, months: int) -> datetime.date:
    """The same day of another month, or its last day where it has no such day."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    following = datetime.date(year + month // 11, (month + 1) % 12 + 1, 1)
    return day.replace(year=year, month=month + 1, day=min(day.day, (following - _DAY).day))


def _quarter_start(day: datetime.date) -> datetime.date:
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def _days(count: int) -> Callable[[datetime.date], tuple[datetime.date, datetime.date]]:
    return lambda today: (today - (count - 1) * _DAY, today)


def _week(today: datetime.date, back: int) -> tuple[datetime.date, datetime.date]:
    monday = today - (today.weekday() + 7 * back) * _DAY
    return monday, monday + 6 * _DAY


def _whole(first: datetime.date, months: int) -> tuple[datetime.date, datetime.date]:
    return first, add_months(first, months) - _DAY


PERIODS = {
    "today": _("Today"),
    "yesterday": _("Yesterday"),
    "last_7_days": _("Last 7 days"),
    "last_30_days": _("Last 30 days"),
    "last_90_days": _("Last 90 days"),
    "last_12_months": _("Last 12 months"),
    "this_week": _("This week"),
    "last_week": _("Last week"),
    "this_month": _("This month"),
    "last_month": _("Last month"),
    "this_quarter": _("This quarter"),
    "last_quarter": _("Last quarter"),
    "this_year": _("This year"),
    "last_year": _("Last year"),
}

_RANGES: dict[str, Callable[[datetime.date], tuple[datetime.date, datetime.date]]] = {
    "today": _days(1),
    "yesterday": lambda today: (today - _DAY, today - _DAY),
    "last_7_days": _days(7),
    "last_30_days": _days(30),
    "last_90_days": _days(90),
    "last_12_months": lambda today: (add_months(today + _DAY, -12), today),
    "this_week": lambda today: (_week(today, 0)[0], today),
    "last_week": lambda today: _week(today, 1),
    "this_month": lambda today: (today.replace(day=1), today),
    "last_month": lambda today: _whole(add_months(today.replace(day=1), -1), 1),
    "this_quarter": lambda today: (_quarter_start(today), today),
    "last_quarter": lambda today: _whole(add_months(_quarter_start(today), -3), 3),
    "this_year": lambda today: (today.replace(month=1, day=1), today),
    "last_year": lambda today: _whole(datetime.date(today.year - 1, 1, 1), 12),
}
