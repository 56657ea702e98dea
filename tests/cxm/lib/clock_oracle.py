"""A second, slow opinion on business time: every minute is looked at on the clock of the zone, one after the other.

Knows nothing of the engine, not even its calendar: it reads the JSON.
"""

import datetime
import random
from functools import lru_cache
from zoneinfo import ZoneInfo

MINUTE = datetime.timedelta(minutes=1)
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
# Zones, each with days around which its clocks change: by an hour, by half an hour, at midnight, in Ramadan, never.
ZONES = {
    "Europe/Berlin": ["2026-03-29", "2026-10-25"],
    "America/New_York": ["2026-03-08", "2026-11-01"],
    "Africa/Cairo": ["2026-04-24", "2026-10-30"],
    "Australia/Lord_Howe": ["2026-04-05", "2026-10-04"],
    "America/Havana": ["2026-03-08", "2026-11-01"],
    "America/Santiago": ["2026-04-05", "2026-09-06"],
    "Africa/Casablanca": ["2026-02-15", "2026-03-22"],
    "Asia/Beirut": ["2026-03-29", "2026-10-25"],
    "Asia/Riyadh": ["2026-06-01"],
    "Asia/Kathmandu": ["2026-06-01"],
}


class Oracle:
    def __init__(self, calendar):
        self.zone = ZoneInfo(calendar["zone"])
        self.calendar = calendar
        self.windows_of = lru_cache(None)(self._windows_of)

    def _windows_of(self, day):
        written = self.calendar.get("extra", {}).get(day.isoformat())
        if written is None:
            closed = day.isoformat() in self.calendar.get("holidays", [])
            written = [] if closed else self.calendar["week"].get(DAYS[day.weekday()], [])
        return [(minutes(start), minutes(end)) for start, end in written]

    def is_open(self, moment):
        local = moment.astimezone(self.zone)
        clock, day = local.hour * 60 + local.minute, local.date()
        for start, end in self.windows_of(day):
            if start <= clock < end or (end <= start <= clock):
                return True
        before = self.windows_of(day - datetime.timedelta(days=1))
        return any(end <= start and clock < end for start, end in before)

    def counts(self, moment, pauses):
        return self.is_open(moment) and not any(start <= moment < end for start, end in pauses)

    def due(self, start, target, pauses=(), limit=60 * 24 * 40):
        """The deadline, or None when it is beyond so many minutes."""
        moment, left = start, target
        while left:
            if not limit:
                return None
            limit -= 1
            left -= self.counts(moment, pauses)
            moment += MINUTE
        return moment

    def elapsed(self, start, end, pauses=()):
        count, moment = 0, start
        while moment < end:
            count += self.counts(moment, pauses)
            moment += MINUTE
        return count * MINUTE


def minutes(clock):
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def question(random: random.Random):
    """A calendar, a start, a target in minutes and pauses, near a change of the clocks more often than not."""
    zone = random.choice(list(ZONES))
    around = datetime.date.fromisoformat(random.choice(ZONES[zone]))
    days = [around + datetime.timedelta(days=at) for at in range(-4, 8)]
    week = {day: windows(random) for day in random.sample(DAYS, random.randint(1, 7))}
    week[random.choice(DAYS)] = [["08:00", "16:30"]]
    calendar = {
        "zone": zone,
        "week": week,
        "holidays": [day.isoformat() for day in random.sample(days, random.randint(0, 3))],
        "extra": {day.isoformat(): windows(random) for day in random.sample(days, random.randint(0, 2))},
    }
    start = moment(random, days[:6])
    pauses = [sorted([moment(random, days), moment(random, days)]) for _each in range(random.choice([0, 0, 1, 2, 3]))]
    return calendar, start, random.choice([0, 1, 30, 60, 240, 480, random.randint(1, 1500)]), pauses


def windows(random):
    """Up to three, some overnight, some that overlap, many with an edge in the hours in which clocks change."""
    return [[clock(random), clock(random)] for _each in range(random.choice([0, 1, 1, 1, 2, 3]))]


def clock(random):
    hour = random.choice([0, 1, 2, 3, 23, random.randint(0, 23)])
    return f"{hour:02}:{random.choice([0, 0, 15, 30, 45, random.randint(0, 59)]):02}"


def moment(random, days):
    day = random.choice(days)
    midnight = datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.UTC)
    return midnight + random.randint(0, 24 * 60) * MINUTE
