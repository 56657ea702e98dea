"""The bell: a number for whoever holds the token, without session or database."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cxm.accounts import bell


@pytest.fixture
def address() -> str:
    return bell.address(tenant_id=7, user_id=1_000_001, now=timezone.now())


def test_it_answers_with_the_counter_or_with_nothing_new(client, address):
    first = client.get(address)
    assert (first.status_code, first.headers["Cache-Control"]) == (200, "no-store")
    now = first.text
    assert client.get(address, {"v": now}).status_code == 204
    bell.ring(tenant_id=8, user_ids=[1_000_001])
    bell.ring(tenant_id=7, user_ids=[1_000_002])
    assert client.get(address, {"v": now}).status_code == 204
    bell.ring(tenant_id=7, user_ids=[1_000_001])
    assert client.get(address, {"v": now}).text == str(int(now) + 1)


def test_tokens_altered_expired_or_made_up_hear_nothing(client, address):
    old = bell.address(tenant_id=7, user_id=1_000_001, now=timezone.now() - timedelta(hours=13))
    altered = address[:-1] + ("A" if address[-1] != "A" else "B")
    assert [client.get(path).status_code for path in (old, altered, "/bell/", "/bell/x/y", "/bell/%00")] == [404] * 5
