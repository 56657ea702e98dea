import base64
import hmac
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxm.lib import signing

NUMBERS = st.lists(st.integers(0, 2**128 - 1), max_size=5)


@given(st.text(max_size=10), NUMBERS)
def test_what_is_signed_is_read(kind, numbers):
    token = signing.sign(kind, *numbers)

    assert signing.unsign(kind, token) == tuple(numbers)
    assert set(token) <= set(string.ascii_letters + string.digits + "-_")


@given(NUMBERS, st.integers(0, 10**6), st.sampled_from(string.ascii_letters + string.digits + "-_=é "))
def test_one_changed_character_is_refused(numbers, place, character):
    token = signing.sign("click", *numbers)
    place %= len(token)
    changed = token[:place] + character + token[place + 1 :]

    assert signing.unsign("click", changed) == (tuple(numbers) if changed == token else None)


@given(st.text(max_size=60))
def test_rubbish_is_refused(token):
    assert signing.unsign("click", token) is None


def test_every_other_last_character_is_refused():
    for numbers in [(1,), (1, 2), (1, 2, 300), (7, 2**64)]:
        token = signing.sign("click", *numbers)
        accepted = [
            letter
            for letter in string.ascii_letters + string.digits + "-_"
            if signing.unsign("click", token[:-1] + letter) is not None
        ]
        assert accepted == [token[-1]]


def test_a_token_serves_one_kind_only():
    assert signing.unsign("unsubscribe", signing.sign("open", 7, 12)) is None


def test_padding_shortening_and_lengthening_are_refused():
    token = signing.sign("click", 7, 12)

    for changed in (token + "=", token + "A", token + "AAAA", token[:-1], token[:8], "", "A" * 10_000):
        assert signing.unsign("click", changed) is None


def test_tokens_survive_a_change_of_the_key(settings):
    token = signing.sign("click", 7, 12)
    old = settings.SECRET_KEY

    settings.SECRET_KEY = "another secret key of the installation"
    settings.SECRET_KEY_FALLBACKS = []
    assert signing.unsign("click", token) is None

    settings.SECRET_KEY_FALLBACKS = [old]
    assert signing.unsign("click", token) == (7, 12)
    assert signing.sign("click", 7, 12) != token


def test_the_signature_is_hmac_sha256(settings):
    key = hmac.digest(settings.SECRET_KEY.encode(), b"cxm.lib.signing:click", "sha256")
    payload = b"\x01\x07\x01\x0c"

    token = base64.urlsafe_b64encode(payload + hmac.digest(key, payload, "sha256")[:12]).decode()

    assert signing.unsign("click", token.rstrip("=")) == (7, 12)


def test_tokens_are_short():
    assert len(signing.sign("open", 7, 1_000_000, 3)) <= 30


def test_negative_numbers_are_a_mistake_of_ours():
    with pytest.raises(OverflowError):
        signing.sign("open", -1)
