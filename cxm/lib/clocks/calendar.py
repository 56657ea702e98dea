"""When a team works: windows of each weekday, holidays, days that differ; read from JSON and checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from cxm.lib import errors, time

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_WINDOWS, MOST_DAYS = 24, 4000  # of a day; of holidays and extra days
_KEYS = {"zone", "week", "holidays", "extra"}
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MIDNIGHT = 24 * 60

Windows = tuple[tuple[timedelta, timedelta], ...]


class InvalidCalendar(errors.Refusal):
    """Not a calendar; `fields` names each wrong place."""

    code = "invalid_calendar"
    message = _("These working hours cannot be read.")


class NeverOpens(errors.Refusal):
    """A calendar without any working time."""

    code = "calendar_never_opens"
    message = _("These working hours are never open: add a window to at least one day.")


@dataclass(frozen=True)
class Calendar:
    """Working hours in one time zone. Make it with `parse`.

    A window is two distances from its day's midnight on the clock of the zone; one that runs into the next day ends
    beyond 24 hours. It is open at the moments at which that clock shows a time inside it: a time that the clocks skip
    is never shown, one that they repeat is shown twice.

    Args:
        week: the windows that begin on each weekday, Monday first.
        holidays: days on which no window of the week begins.
        extra: the windows of days that differ, whatever weekday or holiday they are.
    """

    zone: ZoneInfo
    week: tuple[Windows, ...]
    holidays: frozenset[date] = frozenset()
    extra: Mapping[date, Windows] = field(default_factory=dict)

    @classmethod
    def parse(cls, written: Any) -> "Calendar":
        """Read `{"zone", "week": {"mon": [["09:00", "17:00"]]}, "holidays": ["2026-12-25"], "extra": {date: windows}}`.

        A window whose end is not after its start runs into the next day. Windows may overlap: time counts once.

        Raises:
            InvalidCalendar: with every wrong place in `fields`.
            NeverOpens: it has no window at all.
        """
        return _Reading(written).calendar()

    def windows(self, day: date) -> Windows:
        """The windows that begin on that day."""
        if day in self.extra:
            return self.extra[day]
        return () if day in self.holidays else self.week[day.weekday()]

    @property
    def last_extra(self) -> date | None:
        """The last day with windows, where the week itself has none; None where the week goes on for ever."""
        return None if any(self.week) else max(day for day, windows in self.extra.items() if windows)


class _Reading:
    """One pass over what was written; collects every mistake before it refuses."""

    def __init__(self, written: Any) -> None:
        self.wrong: dict[str, str] = {}
        self.written = written if isinstance(written, Mapping) else self._no("calendar", __("Write an object."), {})

    def calendar(self) -> Calendar:
        for key in sorted(set(map(str, self.written)) - _KEYS):
            self._no(key, __("A calendar has zone, week, holidays and extra."), None)
        found = Calendar(zone=self._zone(), week=self._week(), holidays=self._holidays(), extra=self._extra())
        if self.wrong:
            path, sentence = next(iter(self.wrong.items()))
            raise InvalidCalendar(f"{path}: {sentence}", fields=self.wrong)
        if not any(found.week) and not any(found.extra.values()):
            raise NeverOpens
        return found

    def _zone(self) -> ZoneInfo:
        name = self.written.get("zone")
        try:
            return time.zone(name if isinstance(name, str) else "")
        except time.UnknownZone as refusal:
            return self._no("zone", str(refusal.message), ZoneInfo("UTC"))

    def _week(self) -> tuple[Windows, ...]:
        week = self._mapping("week")
        for day in sorted(set(map(str, week)) - set(WEEKDAYS)):
            self._no(f"week.{day}", __("The days are mon, tue, wed, thu, fri, sat and sun."), None)
        return tuple(self._windows(f"week.{day}", week.get(day, [])) for day in WEEKDAYS)

    def _holidays(self) -> frozenset[date]:
        days = self.written.get("holidays", [])
        if not isinstance(days, list | tuple) or len(days) > MOST_DAYS:
            return self._no("holidays", __("Write a list of dates."), frozenset())
        return frozenset(self._day(f"holidays[{at}]", day) for at, day in enumerate(days))

    def _extra(self) -> dict[date, Windows]:
        days = self._mapping("extra")
        if len(days) > MOST_DAYS:
            return self._no("extra", __("There are too many days in it."), {})
        return {self._day(f"extra.{day}", day): self._windows(f"extra.{day}", windows) for day, windows in days.items()}

    def _mapping(self, key: str) -> Mapping:
        found = self.written.get(key, {})
        return found if isinstance(found, Mapping) else self._no(key, __("Write an object of days."), {})

    def _windows(self, path: str, written: Any) -> Windows:
        if not isinstance(written, list | tuple) or len(written) > MOST_WINDOWS:
            return self._no(path, __('Write a list of windows such as ["09:00", "17:00"].'), ())
        return tuple(sorted(self._window(f"{path}[{at}]", window) for at, window in enumerate(written)))

    def _window(self, path: str, written: Any) -> tuple[timedelta, timedelta]:
        pair = written if isinstance(written, list | tuple) and len(written) == 2 else (None, None)
        minutes = [self._minutes(clock) for clock in pair]
        if None in minutes or minutes[0] == _MIDNIGHT:
            return self._no(path, __('A window is a start and an end such as ["09:00", "17:00"].'), (timedelta(),) * 2)
        start, end = minutes
        return timedelta(minutes=start), timedelta(minutes=end if end > start else end + _MIDNIGHT)

    @staticmethod
    def _minutes(clock: Any) -> int | None:
        found = _CLOCK.fullmatch(clock) if isinstance(clock, str) else None
        minutes = int(found[1]) * 60 + int(found[2]) if found else None
        return minutes if minutes is None or minutes <= _MIDNIGHT else None

    def _day(self, path: str, written: Any) -> date:
        try:
            return date.fromisoformat(written if isinstance(written, str) and _DAY.fullmatch(written) else "")
        except ValueError:
            return self._no(path, __("Write a date such as 2026-12-25."), date.min)

    def _no(self, path: str, sentence: str, instead: Any) -> Any:
        self.wrong.setdefault(path, sentence)
        return instead


ALWAYS = Calendar(zone=ZoneInfo("UTC"), week=(((timedelta(), timedelta(days=1)),),) * 7)
