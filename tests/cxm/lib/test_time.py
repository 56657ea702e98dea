import datetime
from datetime import UTC, date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxm.lib import time

RIYADH, BERLIN, CAIRO = ZoneInfo("Asia/Riyadh"), ZoneInfo("Europe/Berlin"), ZoneInfo("Africa/Cairo")


def utc(*parts):
    return datetime.datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "order", "moment"),
    [
        ("2010-12-01T08:26:00Z", "dmy", utc(2010, 12, 1, 8, 26)),
        ("2010-12-01 08:26", "dmy", utc(2010, 12, 1, 5, 26)),
        ("2010-12-01T08:26:00.250+03:00", "dmy", utc(2010, 12, 1, 5, 26, 0, 250_000)),
        ("2010-12-01T08:26:00.123456789", "dmy", utc(2010, 12, 1, 5, 26, 0, 123_456)),
        ("2010-12-01T08:26:00-0530", "dmy", utc(2010, 12, 1, 13, 56)),
        ("2010-12-01", "mdy", utc(2010, 11, 30, 21)),
        ("12/1/2010 8:26", "mdy", utc(2010, 12, 1, 5, 26)),
        ("12/1/2010 8:26", "dmy", utc(2010, 1, 12, 5, 26)),
        ("2010/12/1 08:26:30", "dmy", utc(2010, 12, 1, 5, 26, 30)),
        ("1.12.2010 20:26", "dmy", utc(2010, 12, 1, 17, 26)),
        ("1-12-10", "dmy", utc(2010, 11, 30, 21)),
        ("1/12/99", "dmy", utc(1999, 11, 30, 21)),
        ("12/1/2010 8:26 PM", "mdy", utc(2010, 12, 1, 17, 26)),
        ("12/1/2010 12:05 am", "mdy", utc(2010, 11, 30, 21, 5)),
        ("1 Dec 2010", "mdy", utc(2010, 11, 30, 21)),
        ("December 1, 2010, 8:26", "dmy", utc(2010, 12, 1, 5, 26)),
        ("١ ديسمبر ٢٠١٠", "dmy", utc(2010, 11, 30, 21)),
        ("1 كانون الأول 2010", "dmy", utc(2010, 11, 30, 21)),
        ("١\u200f/١٢\u200f/٢٠١٠ ٨:٢٦ م", "dmy", utc(2010, 12, 1, 17, 26)),
        ("1291191960", "dmy", utc(2010, 12, 1, 8, 26)),
        ("1291191960000", "dmy", utc(2010, 12, 1, 8, 26)),
    ],
)
def test_parse_moment(written, order, moment):
    assert time.parse_moment(written, zone=RIYADH, order=order) == moment


@pytest.mark.parametrize(
    "written",
    ["", "x", "2010", "31/31/2010", "2010-02-30", "1445/05/12", "12-05-1445", "1/2/3/4", "25:00", "1/2/2010 25:00",
     "1/2/2010 13:00 PM", "2010-12-01T99:00Z", "99999999999", "12 Foo 2010", "1" * 100, "1/2/2010 later",
     "0000-00-00", "1/12/010"],
)  # fmt: skip
def test_no_moment(written):
    assert time.parse_moment(written, zone=RIYADH) is None


def test_parse_date():
    assert time.parse_date("31/1/2020 10:00") == date(2020, 1, 31)
    assert time.parse_date("1/31/2020", order="mdy") == date(2020, 1, 31)
    assert time.parse_date("2020-01-31T23:30:00-08:00") == date(2020, 1, 31)
    assert time.parse_date("") is None


def test_times_the_clocks_skip_or_repeat():
    assert time.parse_moment("2026-03-29 02:30", zone=BERLIN) == utc(2026, 3, 29, 1, 30)
    assert time.parse_moment("2026-10-25 02:30", zone=BERLIN) == utc(2026, 10, 25, 0, 30)


@given(st.datetimes(min_value=datetime.datetime(1900, 1, 1), max_value=datetime.datetime(2100, 1, 1)))
def test_iso_is_read_as_written(moment):
    assert time.parse_moment(moment.isoformat(), zone=UTC) == moment.replace(tzinfo=UTC)


@given(st.text(max_size=25))
def test_any_text_is_a_moment_or_not(written):
    moment = time.parse_moment(written, zone=UTC)

    assert moment is None or moment.tzinfo is UTC


@pytest.mark.parametrize(
    ("samples", "order"),
    [
        (["12/1/2010 8:26", "12/13/2010 9:00"], "mdy"),
        (["1/12/2010", "13/12/2010"], "dmy"),
        (["2010/12/13"], "ymd"),
        (["1/2/2010", "3/4/2010"], None),
        (["", "x"], None),
        (["13/12/2010", "14/12/2010", "12/14/2010"], "dmy"),
        (["١٣/١٢/٢٠١٠"], "dmy"),
    ],
)
def test_infer_date_order(samples, order):
    assert time.infer_date_order(samples) == order


def test_day_bounds():
    assert time.day_bounds(date(2026, 1, 1), RIYADH) == (utc(2025, 12, 31, 21), utc(2026, 1, 1, 21))
    start, end = time.day_bounds(date(2026, 3, 29), BERLIN)
    assert end - start == datetime.timedelta(hours=23)
    start, end = time.day_bounds(date(2026, 10, 25), BERLIN)
    assert end - start == datetime.timedelta(hours=25)
    # Cairo skips from midnight to one o'clock: the day starts at the change
    assert time.day_bounds(date(2026, 4, 24), CAIRO) == (utc(2026, 4, 23, 22), utc(2026, 4, 24, 21))


@given(
    st.dates(min_value=date(1990, 1, 1), max_value=date(2035, 1, 1)),
    st.sampled_from(["Asia/Riyadh", "Africa/Cairo", "America/Havana", "Asia/Beirut", "Pacific/Apia", "Europe/London"]),
)
def test_days_follow_one_another_without_gap(day, name):
    zone = ZoneInfo(name)
    before, here = time.day_bounds(day - datetime.timedelta(days=1), zone), time.day_bounds(day, zone)

    assert before[1] == here[0] <= here[1]


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", date(2026, 11, 22), date(2026, 11, 22)),
        ("yesterday", date(2026, 11, 21), date(2026, 11, 21)),
        ("last_7_days", date(2026, 11, 16), date(2026, 11, 22)),
        ("last_30_days", date(2026, 10, 24), date(2026, 11, 22)),
        ("last_90_days", date(2026, 8, 25), date(2026, 11, 22)),
        ("last_12_months", date(2025, 11, 23), date(2026, 11, 22)),
        ("this_week", date(2026, 11, 16), date(2026, 11, 22)),
        ("last_week", date(2026, 11, 9), date(2026, 11, 15)),
        ("this_month", date(2026, 11, 1), date(2026, 11, 22)),
        ("last_month", date(2026, 10, 1), date(2026, 10, 31)),
        ("this_quarter", date(2026, 10, 1), date(2026, 11, 22)),
        ("last_quarter", date(2026, 7, 1), date(2026, 9, 30)),
        ("this_year", date(2026, 1, 1), date(2026, 11, 22)),
        ("last_year", date(2025, 1, 1), date(2025, 12, 31)),
    ],
)
def test_period(name, first, last):
    period = time.period(name, date(2026, 11, 22), RIYADH)

    assert (period.first, period.last) == (first, last)
    assert (period.start, period.end) == (
        time.day_bounds(first, RIYADH)[0],
        time.day_bounds(last, RIYADH)[1],
    )


def test_every_period_is_known_and_others_are_refused():
    for name in time.PERIODS:
        time.period(name, date(2024, 2, 29), UTC)
    with pytest.raises(time.UnknownPeriod):
        time.period("next_week", date(2026, 1, 1), UTC)


def test_previous():
    period = time.period("last_30_days", date(2026, 11, 22), RIYADH)

    before = time.previous(period, RIYADH)

    assert (before.days, before.end) == (30, period.start)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (utc(2026, 11, 22, 12), utc(2026, 11, 15, 12)),  # 15:00 in Riyadh
        (utc(2026, 11, 22, 21), utc(2026, 11, 15, 21)),  # over
        (utc(2026, 11, 20, 12), utc(2026, 11, 13, 12)),  # in the middle
        (utc(2026, 11, 15, 20), utc(2026, 11, 8, 21)),  # not begun: empty
    ],
)
def test_comparable(now, end):
    week = time.between(date(2026, 11, 16), date(2026, 11, 22), RIYADH)

    before = time.comparable(week, RIYADH, now)

    assert (before.first, before.last, before.start) == (date(2026, 11, 9), date(2026, 11, 15), utc(2026, 11, 8, 21))
    assert before.end == end


def test_comparable_goes_by_the_clock_on_the_wall_where_it_changes():
    now = utc(2026, 10, 27, 9)  # 10:00 in winter

    before = time.comparable(time.between(date(2026, 10, 25), date(2026, 10, 27), BERLIN), BERLIN, now)

    assert before.end == utc(2026, 10, 24, 8)  # 10:00 in summer


def test_add_months():
    assert time.add_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert time.add_months(date(2024, 11, 30), 1) == date(2024, 12, 30)
    assert time.add_months(date(2024, 12, 31), 2) == date(2025, 2, 28)
    assert time.add_months(date(2024, 3, 31), -13) == date(2023, 2, 28)


def test_zone():
    assert time.zone("Asia/Riyadh") == RIYADH
    for name in ("", "Riyadh", "../../etc/passwd", "Asia"):
        with pytest.raises(time.UnknownZone):
            time.zone(name)


def test_today():
    assert time.today(utc(2026, 11, 22, 22), RIYADH) == date(2026, 11, 23)
