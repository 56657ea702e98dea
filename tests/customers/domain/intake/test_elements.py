"""The clock of the sender, put right."""

from datetime import UTC, datetime, timedelta

import pytest

from customers.domain.intake import elements

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def occurred(sent_at=None, **raw) -> datetime:
    raw = {"userId": "u", "event": "A", **raw}
    return elements.read(raw, index=0, kind="track", received_at=NOW, sent_at=sent_at).occurred_at


def test_no_time_is_now():
    assert occurred() == NOW


def test_time_without_sent_at_is_taken_as_it_is():
    assert occurred(timestamp="2026-05-31T12:00:00.500Z") == datetime(2026, 5, 31, 12, 0, 0, 500_000, tzinfo=UTC)


def test_zone_counts():
    assert occurred(timestamp="2026-06-01T14:00:00+03:00") == datetime(2026, 6, 1, 11, tzinfo=UTC)


def test_time_without_zone_is_utc():
    assert occurred(timestamp="2026-06-01T11:00:00") == datetime(2026, 6, 1, 11, tzinfo=UTC)


@pytest.mark.parametrize("wrong", [timedelta(hours=-5), timedelta(days=400), timedelta(days=-9000)])
def test_clock_that_goes_wrong(wrong):
    told = {"timestamp": (NOW - timedelta(minutes=10) + wrong).isoformat(), "sentAt": (NOW + wrong).isoformat()}
    assert occurred(**told) == NOW - timedelta(minutes=10)


def test_sent_at_of_the_batch_serves_elements_without_one():
    sent = NOW + timedelta(hours=3)
    assert occurred(sent, timestamp=(sent - timedelta(minutes=1)).isoformat()) == NOW - timedelta(minutes=1)


def test_original_timestamp_wins():
    assert occurred(originalTimestamp="2026-05-01T00:00:00Z", timestamp="2026-05-02T00:00:00Z").day == 1


def test_a_little_future_is_now():
    assert occurred(timestamp=(NOW + timedelta(hours=23)).isoformat()) == NOW


def test_far_future_is_refused():
    with pytest.raises(elements.ElementRefused):
        occurred(timestamp=(NOW + timedelta(hours=25)).isoformat())


def test_extreme_times_are_refused():
    with pytest.raises(elements.ElementRefused):
        occurred(timestamp="0001-01-01T00:00:00Z", sentAt="9999-12-31T23:59:59Z")
