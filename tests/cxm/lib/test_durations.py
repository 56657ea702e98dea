import datetime
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxm.lib import durations
from cxm.lib.durations import Duration

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("written", "duration"),
    [
        ("P90D", Duration(days=90)),
        ("PT2H", Duration(seconds=7200)),
        ("P1M", Duration(months=1)),
        ("PT1M", Duration(seconds=60)),
        ("P1Y2M3W4DT5H6M7S", Duration(months=14, days=25, seconds=18367)),
        ("P0D", Duration()),
    ],
)
def test_parse(written, duration):
    assert durations.parse(written) == duration


@pytest.mark.parametrize(
    "written",
    ["", "P", "PT", "P1DT", "90D", "P-1D", "-P1D", "P1.5D", "p1d", "P1D ", "P1H", "PT1D", "P101Y", "P999999D",
     "P١D", "P1D\n", "P" + "1" * 30 + "D", None, 90],
)  # fmt: skip
def test_refused(written):
    with pytest.raises(durations.InvalidDuration):
        durations.parse(written)


@given(st.integers(0, 1000), st.integers(0, 5000), st.integers(0, 10**7))
def test_written_and_read(months, days, seconds):
    duration = Duration(months, days, seconds)

    assert durations.parse(str(duration)) == duration


def test_by_the_calendar_of_the_zone():
    noon = datetime.datetime(2026, 3, 28, 11, tzinfo=UTC)  # the clocks change the night after

    assert Duration(days=1).after(noon, BERLIN) == datetime.datetime(2026, 3, 29, 10, tzinfo=UTC)
    assert Duration(seconds=86400).after(noon, BERLIN) == datetime.datetime(2026, 3, 29, 11, tzinfo=UTC)
    assert Duration(months=1).before(datetime.datetime(2026, 3, 31, 10, tzinfo=UTC), BERLIN) == datetime.datetime(
        2026, 2, 28, 11, tzinfo=UTC
    )
    assert Duration(days=1).before(Duration(days=1).after(noon, BERLIN), BERLIN) == noon


def test_for_sql_and_display():
    assert Duration(1, 2, 3).interval == "1 months 2 days 3 seconds"
    assert Duration(days=90).approximate == datetime.timedelta(days=90)
