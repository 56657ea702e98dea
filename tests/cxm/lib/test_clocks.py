import datetime
import os
import random
import time
from datetime import UTC, timedelta

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from cxm.lib import clocks
from tests.cxm.lib import clock_oracle

NINE_TO_SIX = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
HOUR = timedelta(hours=1)


def utc(*parts):
    return datetime.datetime(*parts, tzinfo=UTC)


def calendar(week=None, zone="Europe/Berlin", **more):
    return clocks.Calendar.parse({"zone": zone, "week": NINE_TO_SIX if week is None else week, **more})


def agree(written, start, target, pauses):
    """The engine and the oracle say the same of one question, forwards and backwards."""
    oracle, found = clock_oracle.Oracle(written), clocks.Calendar.parse(written)
    expected = oracle.due(start, target, pauses)
    if expected is None:
        assert clocks.elapsed(found, start, start + timedelta(days=40), pauses) < timedelta(minutes=target)
        return
    deadline = clocks.due(found, start, timedelta(minutes=target), pauses)
    assert deadline.due == expected
    assert sum((each.length for each in deadline.stretches if each.counted), timedelta()) == timedelta(minutes=target)
    assert clocks.elapsed(found, start, expected, pauses) == timedelta(minutes=target)
    end = start + timedelta(minutes=target * 3 + 700)
    assert clocks.elapsed(found, start, end, pauses) == oracle.elapsed(start, end, pauses)


@pytest.mark.parametrize("seed", range(8))
def test_equals_an_oracle_that_looks_at_every_minute(seed):
    chance = random.Random(seed)
    for _case in range(6):
        agree(*clock_oracle.question(chance))


@pytest.mark.slow
@pytest.mark.skipif("CXM_CLOCK_CASES" not in os.environ, reason="takes minutes; CXM_CLOCK_CASES=1 asks for it")
@pytest.mark.parametrize("seed", range(100, 200))
def test_equals_the_oracle_ten_thousand_times(seed):
    chance = random.Random(seed)
    for _case in range(100):
        agree(*clock_oracle.question(chance))


@settings(max_examples=25)
@given(st.randoms(use_true_random=False))
def test_equals_the_oracle_on_what_hypothesis_finds(chance):
    agree(*clock_oracle.question(chance))


@settings(max_examples=40)
@given(st.randoms(use_true_random=False), st.integers(0, 2000), st.integers(0, 2000))
def test_targets_add_up_and_never_move_a_deadline_back(chance, one, two):
    written, start, _target, pauses = clock_oracle.question(chance)
    found = clocks.Calendar.parse(written)
    first = clocks.due(found, start, timedelta(minutes=one), pauses).due
    both = clocks.due(found, start, timedelta(minutes=one + two), pauses).due
    assert clocks.due(found, first, timedelta(minutes=two), pauses).due == both
    assert first <= both
    assert clocks.remaining(found, start, timedelta(minutes=one), both, pauses) == timedelta(minutes=-two)


def test_a_pause_over_a_weekend_costs_its_working_hours_alone():
    # Friday 16:00 to Monday 10:00 is 66 hours on the wall and 3 at work (anchors of the trade get this wrong).
    start = utc(2026, 11, 27, 13)  # Friday 14:00 in Berlin
    pause = clocks.Pause(utc(2026, 11, 27, 15), utc(2026, 11, 30, 9))
    without = clocks.due(calendar(), start, 6 * HOUR).due
    assert without == utc(2026, 11, 30, 10)
    deadline = clocks.due(calendar(), start, 6 * HOUR, [pause])
    assert deadline.due == utc(2026, 11, 30, 13)  # two hours on Friday, four more from Monday 10:00
    assert deadline.due != without + (pause.end - pause.start)  # which would be at five in the morning
    paused = sum((each.length for each in deadline.stretches if not each.counted), timedelta())
    assert paused == 3 * HOUR


def test_a_deadline_never_falls_into_closed_time_because_of_a_pause():
    pause = clocks.Pause(utc(2026, 11, 26, 8), utc(2026, 11, 27, 8))
    due = clocks.due(calendar(), utc(2026, 11, 26, 8), 12 * HOUR, [pause]).due
    assert due == utc(2026, 11, 30, 11)


def test_pauses_that_overlap_count_once_and_those_outside_working_time_not_at_all():
    start = utc(2026, 11, 30, 8)
    pauses = [
        clocks.Pause(utc(2026, 11, 30, 9), utc(2026, 11, 30, 11)),
        clocks.Pause(utc(2026, 11, 30, 10), utc(2026, 11, 30, 12)),
        clocks.Pause(utc(2026, 11, 30, 20), utc(2026, 12, 1, 5)),
        clocks.Pause(utc(2026, 11, 1, 8), utc(2026, 11, 30, 8, 30)),
    ]
    assert clocks.due(calendar(), start, 5 * HOUR, pauses).due == utc(2026, 11, 30, 16, 30)


def test_a_pause_longer_than_the_target():
    pause = clocks.Pause(utc(2026, 11, 30, 8), utc(2027, 1, 4, 8))
    assert clocks.due(calendar(), utc(2026, 11, 30, 8), HOUR, [pause]).due == utc(2027, 1, 4, 9)


def test_the_night_the_clocks_skip_an_hour_has_seven_hours_to_eight():
    night = calendar({"sun": [["00:00", "08:00"]]})
    start = utc(2026, 3, 28, 23)  # midnight in Berlin
    assert clocks.elapsed(night, start, start + 24 * HOUR) == 7 * HOUR
    assert clocks.due(night, start, 7 * HOUR).due == utc(2026, 3, 29, 6)
    assert clocks.elapsed(night, utc(2026, 10, 24, 22), utc(2026, 10, 25, 22)) == 9 * HOUR


def test_windows_with_an_edge_that_does_not_exist_or_exists_twice():
    skipped = calendar({"sun": [["02:30", "04:00"]]})
    assert clocks.due(skipped, utc(2026, 3, 28, 12), timedelta(minutes=1)).due == utc(2026, 3, 29, 1, 1)
    assert clocks.elapsed(skipped, utc(2026, 3, 29), utc(2026, 3, 30)) == HOUR
    gone = calendar({"sun": [["02:00", "03:00"]]})
    assert clocks.elapsed(gone, utc(2026, 3, 28), utc(2026, 4, 3)) == timedelta()
    twice = calendar({"sun": [["02:00", "03:00"]]})
    assert clocks.elapsed(twice, utc(2026, 10, 24), utc(2026, 10, 26)) == 2 * HOUR


def test_days_of_unequal_length():
    # A walker that keeps the closing time of the day before goes wrong here.
    uneven = calendar({"mon": [["09:00", "18:00"]], "tue": [["09:00", "12:00"]], "wed": [["10:00", "20:00"]]})
    assert clocks.due(uneven, utc(2026, 11, 30, 16), 9 * HOUR).due == utc(2026, 12, 2, 14)


def test_several_windows_overnight_holidays_and_days_that_differ():
    written = {
        "week": {"mon": [["09:00", "12:30"], ["13:30", "18:00"]], "fri": [["22:00", "06:00"]]},
        "holidays": ["2026-12-25", "2026-12-21"],
        "extra": {"2026-12-19": [["10:00", "14:00"]], "2026-12-21": [["10:00", "11:00"]], "2026-12-28": []},
    }
    found = calendar(**written)
    start = utc(2026, 12, 18, 10)
    dues = [clocks.due(found, start, HOUR * hours).due for hours in (8, 12, 13, 14)]
    assert dues == [utc(2026, 12, 19, 5), utc(2026, 12, 19, 13), utc(2026, 12, 21, 10), utc(2027, 1, 1, 22)]
    new_year = clocks.elapsed(found, utc(2026, 12, 24, 12), utc(2026, 12, 28))
    assert new_year == timedelta()  # the holiday closes the night that begins on it


def test_a_deadline_at_the_end_of_a_window_stays_there():
    assert clocks.due(calendar(), utc(2026, 11, 27, 8), 9 * HOUR).due == utc(2026, 11, 27, 17)
    assert clocks.due(calendar(), utc(2026, 11, 28, 8), timedelta()).due == utc(2026, 11, 28, 8)
    assert clocks.elapsed(calendar(), utc(2026, 11, 28), utc(2026, 11, 27)) == timedelta()


def test_seconds_are_exact():
    start = utc(2026, 11, 27, 16, 59, 30, 250_000)
    assert clocks.due(calendar(), start, timedelta(minutes=1)).due == utc(2026, 11, 30, 8, 0, 30, 250_000)
    assert clocks.elapsed(calendar(), start, start + timedelta(seconds=10)) == timedelta(seconds=10)


def test_around_the_clock_counts_every_hour():
    assert clocks.due(clocks.ALWAYS, utc(2026, 11, 27, 16), 48 * HOUR).due == utc(2026, 11, 29, 16)
    assert clocks.elapsed(calendar({"mon": [["00:00", "24:00"]]}), utc(2026, 11, 29), utc(2026, 12, 2)) == 24 * HOUR


def test_a_target_beyond_a_long_closed_time():
    far = calendar({}, extra={"2031-05-02": [["09:00", "17:00"]], "2020-01-01": [["09:00", "17:00"]]})
    began = time.perf_counter()
    assert clocks.due(far, utc(2026, 1, 1), HOUR).due == utc(2031, 5, 2, 8)
    assert time.perf_counter() - began < 1
    with pytest.raises(clocks.TooFarAway):
        clocks.due(far, utc(2031, 5, 3), HOUR)
    with pytest.raises(clocks.TooFarAway):
        clocks.due(calendar({"mon": [["09:00", "09:01"]]}), utc(2026, 1, 1), 100 * HOUR)


@pytest.mark.parametrize(
    "written", [{"zone": "UTC"}, {"zone": "UTC", "week": {"mon": []}, "extra": {"2026-01-01": []}}]
)
def test_a_calendar_that_never_opens_is_refused(written):
    with pytest.raises(clocks.NeverOpens) as refusal:
        clocks.Calendar.parse(written)
    assert "never open" in str(refusal.value.message)


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"zone": "Mars/Base"}, "zone"),
        ({"zone": None}, "zone"),
        ({"zone": "../../etc/passwd"}, "zone"),
        ({"week": {"monday": []}}, "week.monday"),
        ({"week": []}, "week"),
        ({"week": {"mon": [["09:00"]]}}, "week.mon[0]"),
        ({"week": {"mon": [["09:00", "25:00"]]}}, "week.mon[0]"),
        ({"week": {"mon": [["24:00", "08:00"]]}}, "week.mon[0]"),
        ({"week": {"mon": [["24:30", "08:00"]]}}, "week.mon[0]"),
        ({"week": {"mon": "09:00-17:00"}}, "week.mon"),
        ({"week": {"mon": [[9, 17]]}}, "week.mon[0]"),
        ({"week": {"mon": [["0٩:00", "17:00"]]}}, "week.mon[0]"),
        ({"week": {"mon": [["09:00", "17:00"]] * 25}}, "week.mon"),
        ({"holidays": ["25.12.2026"]}, "holidays[0]"),
        ({"holidays": ["2026-02-30"]}, "holidays[0]"),
        ({"holidays": "2026-12-25"}, "holidays"),
        ({"extra": {"tomorrow": []}}, "extra.tomorrow"),
        ({"extra": {"2026-12-19": None}}, "extra.2026-12-19"),
        ({"hours": {}}, "hours"),
    ],
)
def test_a_calendar_that_cannot_be_read_names_the_place(changed, path):
    with pytest.raises(clocks.InvalidCalendar) as refusal:
        clocks.Calendar.parse({"zone": "UTC", "week": NINE_TO_SIX} | changed)
    assert list(refusal.value.fields) == [path]


@pytest.mark.parametrize("written", [None, 7, "UTC", [], [["zone", "UTC"]]])
def test_what_is_no_object_is_no_calendar(written):
    with pytest.raises(clocks.InvalidCalendar):
        clocks.Calendar.parse(written)


def test_explains_its_deadline_in_both_languages():
    found = calendar(holidays=["2026-11-30"])
    pause = clocks.Pause(utc(2026, 12, 1, 9), utc(2026, 12, 1, 10))
    deadline = clocks.due(found, utc(2026, 11, 27, 16), 3 * HOUR, [pause])
    assert deadline.explanation == [
        "The clock starts on 27 Nov 2026, 17:00 (Europe/Berlin); the target is 3 hrs of working time.",
        "Fri 27 Nov, 17:00–18:00: 1 hr counted, 2 hrs left.",
        "Sat 28 Nov to Sun 29 Nov: closed.",
        "Mon 30 Nov: holiday.",
        "Tue 1 Dec, 09:00–10:00: 1 hr counted, 1 hr left.",
        "Tue 1 Dec, 10:00–11:00: paused, 1 hr not counted.",
        "Tue 1 Dec, 11:00–12:00: 1 hr counted, 0 mins left.",
        "Due on 1 Dec 2026, 12:00.",
    ]
    with translation.override("ar"):
        assert "Europe/Berlin" in deadline.explanation[0]
        assert deadline.explanation[0] != deadline.explanation[-1]


def test_a_long_way_is_told_by_its_beginning_and_its_end():
    told = clocks.due(calendar(), utc(2026, 1, 1), 900 * HOUR).explanation
    assert len(told) == 17
    assert told[8].startswith("… and ")


def test_fast_enough_for_every_list():
    found, began = calendar(), time.perf_counter()
    for _case in range(200):
        clocks.due(found, utc(2026, 11, 27, 13), 40 * HOUR)
    assert time.perf_counter() - began < 1  # 5 ms each would already be too slow; half a tenth is usual
