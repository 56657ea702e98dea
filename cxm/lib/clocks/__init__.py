"""Business time: one clock for the badge, the sweep and the report.

A calendar says when a team works; a clock counts that time alone. `(calendar, start, target, pauses) → due, elapsed,
remaining, explanation`, without models. All arithmetic is on moments in UTC, so a night in which the clocks change
is as long as it is; a pause is cut out of the calendar, so that only its working time moves a deadline.
"""

from cxm.lib.clocks.calendar import ALWAYS, WEEKDAYS, Calendar, InvalidCalendar, NeverOpens
from cxm.lib.clocks.walking import Deadline, Pause, TooFarAway, due, elapsed, remaining

__all__ = [
    "ALWAYS",
    "WEEKDAYS",
    "Calendar",
    "Deadline",
    "InvalidCalendar",
    "NeverOpens",
    "Pause",
    "TooFarAway",
    "due",
    "elapsed",
    "remaining",
]
