"""A deadline in words: which hours were counted, which were not and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cxm.lib import formats

if TYPE_CHECKING:
    from cxm.lib.clocks.walking import Deadline, Stretch

MOST = 14  # sentences about days; a longer way is told by its beginning and its end
_ONE_DAY = timedelta(days=1)


def explain(deadline: Deadline, *, system: str = "latn") -> list[str]:
    """The way to the deadline in sentences, in the language of the reader and the zone of the calendar.

    Args:
        system: the digits of the business, see `cxm.lib.formats.digits`.
    """
    return _Telling(deadline, system).sentences()


class _Telling:
    def __init__(self, deadline: Deadline, system: str) -> None:
        self.deadline, self.system = deadline, system
        self.zone = deadline.calendar.zone
        self.language = translation.get_language() or "en"
        self.left = deadline.target

    def sentences(self) -> list[str]:
        first = _("The clock starts on %(when)s (%(zone)s); the target is %(target)s of working time.") % {
            "when": self._moment(self.deadline.start),
            "zone": self.zone.key,
            "target": self._span(self.deadline.target),
        }
        last = _("Due on %(when)s.") % {"when": self._moment(self.deadline.due)}
        return [first, *self._shortened(list(self._days())), last]

    def _shortened(self, days: list[str]) -> list[str]:
        if len(days) <= MOST:
            return days
        half = MOST // 2
        skipped = len(days) - 2 * half
        between = ngettext("… and %(n)s more line like these …", "… and %(n)s more lines like these …", skipped)
        return [*days[:half], between % {"n": formats.number(skipped, **self._style)}, *days[-half:]]

    def _days(self) -> Iterator[str]:
        """A sentence for each day with working time, and one for each run of days without."""
        seen = self.deadline.start.astimezone(self.zone).date()
        if not self.deadline.calendar.windows(seen):
            seen -= _ONE_DAY  # the day of the start itself is worth a word when it is closed
        for stretch in self.deadline.stretches:
            opened, closed = stretch.start.astimezone(self.zone), stretch.end.astimezone(self.zone)
            yield from self._closed(seen + _ONE_DAY, opened.date())
            yield self._line(opened, closed, stretch)
            seen = closed.date()

    def _line(self, opened: datetime, closed: datetime, stretch: Stretch) -> str:
        words = {"day": self._day(opened.date()), "from": self._clock(opened), "to": self._clock(closed)}
        if closed.date() != opened.date():
            words["to"] = f"{self._day(closed.date())}, {words['to']}"
        words["length"] = self._span(stretch.length)
        if not stretch.counted:
            return _("%(day)s, %(from)s–%(to)s: paused, %(length)s not counted.") % words
        self.left -= stretch.length
        words["left"] = self._span(self.left)
        if opened.date() in self.deadline.calendar.extra:
            return _("%(day)s, %(from)s–%(to)s (hours of that day): %(length)s counted, %(left)s left.") % words
        return _("%(day)s, %(from)s–%(to)s: %(length)s counted, %(left)s left.") % words

    def _closed(self, first: date, until: date) -> Iterator[str]:
        """Sentences for the days from `first` up to `until`, which is outside, on which nothing opened."""
        holiday = self.deadline.calendar.holidays.__contains__
        days = [first + _ONE_DAY * at for at in range(max((until - first).days, 0))]
        for is_holiday, run in groupby(days, key=holiday):
            found = list(run)
            words = {"day": self._day(found[0]), "last": self._day(found[-1])}
            if is_holiday:
                yield (_("%(day)s: holiday.") if len(found) == 1 else _("%(day)s to %(last)s: holidays.")) % words
            else:
                yield (_("%(day)s: closed.") if len(found) == 1 else _("%(day)s to %(last)s: closed.")) % words

    @property
    def _style(self) -> dict[str, str]:
        return {"language": self.language, "system": self.system}

    def _span(self, length: timedelta) -> str:
        return formats.span(length, **self._style)

    def _day(self, day: date) -> str:
        return formats.day(day, style="EEE d MMM", **self._style)

    def _clock(self, moment: datetime) -> str:
        return formats.digits(f"{moment:%H:%M}", **self._style)

    def _moment(self, moment: datetime) -> str:
        return formats.moment(moment.astimezone(self.zone), **self._style)
