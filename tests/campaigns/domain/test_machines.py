"""Persons and machines told apart by what they send."""

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.domain import machines

SENT = datetime(2026, 6, 1, 12, tzinfo=UTC)
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"


def _judge(
    *, kind="click", method="GET", agent=CHROME, languages="en", mode="navigate", after=60.0, secure=True
) -> str:
    request = machines.Request(kind, method, agent, languages, mode, secure)
    return machines.judge(request, at=SENT + timedelta(seconds=after), sent_at=SENT)


def test_a_person_who_reads_and_clicks():
    assert _judge() == ""
    assert _judge(agent=IPHONE, mode="") == ""
    assert _judge(kind="open", agent=IPHONE, languages="", mode="") == ""


def test_opens_through_a_persons_proxy_are_a_persons():
    agent = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
    assert _judge(kind="open", agent=agent, languages="", after=1) == ""


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"method": "HEAD"}, "method"),
        ({"kind": "open", "agent": "Mozilla/5.0"}, "apple_proxy"),
        ({"agent": "Python-urllib/3.11"}, "agent"),
        ({"agent": "curl/8.1"}, "agent"),
        ({"agent": ""}, "agent"),
        ({"agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}, "agent"),
        ({"languages": ""}, "no_language"),
        ({"mode": ""}, "not_a_browser"),
        ({"after": 1.0}, "at_once"),
        ({"agent": IPHONE, "mode": "", "after": 4.0}, "too_soon"),
    ],
)
def test_machines(given, reason):
    assert _judge(**given) == reason


def test_a_browser_that_speaks_to_a_plain_http_host_sends_no_fetch_mode():
    assert _judge(mode="", secure=False) == ""


def test_three_links_in_two_seconds_are_a_burst_in_any_order():
    at = [SENT + timedelta(seconds=seconds) for seconds in (0, 1, 2, 9)]

    assert machines.is_burst([(2, at[2]), (0, at[0]), (1, at[1])])
    assert not machines.is_burst([(0, at[0]), (0, at[1]), (1, at[2])])
    assert not machines.is_burst([(0, at[0]), (1, at[1]), (2, at[3])])
