"""Durations of ISO 8601 ("P90D", "PT2H", "P1M"): validated, added by the calendar, handed to SQL."""

import datetime
import re
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from cxm.lib import errors, time

_PATTERN = re.compile(
    r"P(?=.)(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?"
    r"(?:T(?=.)(?:(\d{1,8})H)?(?:(\d{1,8})M)?(?:(\d{1,8})S)?)?",
    re.ASCII,
)
_LONGEST = datetime.timedelta(days=36_525)  # a hundred years: anything longer is a mistake


class InvalidDuration(errors.Refusal):
    """Not a duration, or one that nobody means (negative, beyond a hundred years)."""

    code = "invalid_duration"
    message = _("Write a duration such as P90D (90 days), P3M (3 months) or PT2H (2 hours).")


class Duration(NamedTuple):
    """Calendar months, calendar days and seconds: three things that do not convert into one another."""

    months: int = 0
    days: int = 0
    seconds: int = 0

    @property
    def interval(self) -> str:
        """As PostgreSQL reads it: a parameter cast with `::interval`."""
        return f"{self.months} months {self.days} days {self.seconds} seconds"

    @property
    def approximate(self) -> datetime.timedelta:
        """Its usual length, for comparison and display only: a month is 30.4375 days."""
        return datetime.timedelta(days=self.months * 30.4375 + self.days, seconds=self.seconds)

    def __str__(self) -> str:
        """ISO 8601; `parse` reads it back."""
        date = f"{self.months}M" * bool(self.months) + f"{self.days}D" * bool(self.days)
        return f"P{date}T{self.seconds}S" if self.seconds or not date else f"P{date}"

    def after(self, moment: datetime.datetime, zone: datetime.tzinfo) -> datetime.datetime:
        """The moment so much later: months and days by the calendar and clock of `zone`, seconds exactly."""
        return self._moved(moment, zone, 1)

    def before(self, moment: datetime.datetime, zone: datetime.tzinfo) -> datetime.datetime:
        """The moment so much earlier."""
        return self._moved(moment, zone, -1)

    def _moved(self, moment: datetime.datetime, zone: datetime.tzinfo, sign: int) -> datetime.datetime:
        if self.months or self.days:
            local = moment.astimezone(zone)
            day = time.add_months(local.date(), sign * self.months) + datetime.timedelta(days=sign * self.days)
            moment = datetime.datetime.combine(day, local.timetz())
        return moment.astimezone(datetime.UTC) + datetime.timedelta(seconds=sign * self.seconds)


def parse(written: str) -> Duration:
    """The duration written in ISO 8601, whole numbers only. Raises InvalidDuration."""
    found = _PATTERN.fullmatch(written) if isinstance(written, str) else None
    if not found:
        raise InvalidDuration
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    duration = Duration(
        months=years * 12 + months, days=weeks * 7 + days, seconds=hours * 3600 + minutes * 60 + seconds
    )
    if duration.months > 1200 or duration.approximate > _LONGEST:
        raise InvalidDuration
    return duration
