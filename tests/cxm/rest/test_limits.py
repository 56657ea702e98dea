"""Token buckets against the real broker."""

import uuid

import pytest

from cxm.rest import limits


@pytest.fixture
def bucket() -> str:
    return str(uuid.uuid4())


def test_full_bucket_then_wait(bucket):
    assert [limits.take(bucket=bucket, rate=0.1, size=3) for _step in range(5)] == [0, 0, 0, 10, 10]


def test_buckets_are_apart(bucket):
    assert limits.take(bucket=bucket, rate=0.1, size=1) == 0
    assert limits.take(bucket=f"{bucket}b", rate=0.1, size=1) == 0


def test_broker_away_lets_through(bucket, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    limits._script.cache_clear()
    try:
        assert limits.take(bucket=bucket, rate=0.1, size=1) == 0
        assert limits.take(bucket=bucket, rate=0.1, size=1) == 0
    finally:
        limits._script.cache_clear()


@pytest.mark.urls("tests.cxm.rest.probe")
def test_call_beyond_the_limit(api, settings):
    settings.API_LIMITS = settings.API_LIMITS | {"api": (0.5, 2)}
    answers = [api.get("/api/v1/probes/") for _step in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "2"
    assert answers[2].json()["error"]["code"] == "too_many_requests"
