"""The address of who asks: the connection's, or behind a proxy the proxy's word and nobody else's."""

import pytest
from allauth.account.adapter import get_adapter

from cxm.accounts import clients

PROXY = "10.0.0.1"


@pytest.mark.parametrize(
    ("behind", "forwarded", "expected"),
    [
        (False, {}, PROXY),
        (False, {"X-Forwarded-For": "203.0.113.7"}, PROXY),
        (True, {}, PROXY),
        (True, {"X-Forwarded-For": "203.0.113.7"}, "203.0.113.7"),
        (True, {"X-Forwarded-For": "198.51.100.1, 203.0.113.7"}, "203.0.113.7"),
        (True, {"X-Forwarded-For": "198.51.100.1,2001:db8::7"}, "2001:db8::7"),
        (True, {"X-Forwarded-For": "203.0.113.7, unknown"}, PROXY),
        (True, {"X-Forwarded-For": ""}, PROXY),
    ],
)
def test_whose_word_is_believed(rf, settings, behind, forwarded, expected):
    settings.BEHIND_PROXY = behind
    request = rf.get("/", REMOTE_ADDR=PROXY, headers=forwarded)

    assert clients.address(request) == expected
    assert get_adapter().get_client_ip(request) == expected  # which counts attempts to sign in
