import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxm.lib import addresses


@pytest.mark.parametrize(
    ("written", "stored", "key"),
    [
        ("ali@example.com", "ali@example.com", "ali@example.com"),
        (" Ali.Ahmad+x@Example.COM ", "Ali.Ahmad+x@example.com", "ali.ahmad+x@example.com"),
        ("\u202aali@example.com\u202c", "ali@example.com", "ali@example.com"),
        ("a@faß.de", "a@xn--fa-hia.de", "a@xn--fa-hia.de"),
        ("a@مثال.إختبار", "a@xn--mgbh0fb.xn--kgbechtv", "a@xn--mgbh0fb.xn--kgbechtv"),
        ("a@XN--MGBH0FB.XN--KGBECHTV", "a@xn--mgbh0fb.xn--kgbechtv", "a@xn--mgbh0fb.xn--kgbechtv"),
        ("o'brien@example.co.uk", "o'brien@example.co.uk", "o'brien@example.co.uk"),
        ("l" * 64 + "@example.com", "l" * 64 + "@example.com", "l" * 64 + "@example.com"),
        ("a@" + "x" * 63 + ".com", "a@" + "x" * 63 + ".com", "a@" + "x" * 63 + ".com"),
    ],
)
def test_parse(written, stored, key):
    address = addresses.parse(written)

    assert (str(address), address.key) == (stored, key)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("ali", "no_at"),
        ("@example.com", "no_at"),
        ("ali@", "no_at"),
        ("a@b@example.com", "no_at"),
        ("a@example.com\r\nBcc: b@example.com", "line_break"),
        ("a@example.com\n", "line_break"),
        ("a\0@example.com", "line_break"),
        ("a\u2028@example.com", "line_break"),
        ("l" * 65 + "@example.com", "too_long"),
        ("a" * 64 + "@" + "b." * 100 + "com", "too_long"),
        ("محمد@example.com", "not_ascii_local"),
        ("zoë@example.com", "not_ascii_local"),
        (".a@example.com", "local"),
        ("a..b@example.com", "local"),
        ('"a b"@example.com', "local"),
        ("a b@example.com", "local"),
        ("Ali <ali@example.com", "local"),
        ("a@[127.0.0.1]", "domain_literal"),
        ("a@127.0.0.1", "domain"),
        ("a@localhost", "domain"),
        ("a@-x.com", "domain"),
        ("a@x..com", "domain"),
        ("a@exa_mple.com", "domain"),
        ("a@example.com>", "domain"),
        ("a@" + "x" * 64 + ".com", "domain"),
        ("a@" + "x." * 130 + "com", "domain"),
        ("a@xn--\xff.com", "domain"),
        ("a@xn--zzzzzz99999.com", "domain"),
    ],
)
def test_refused(written, code):
    with pytest.raises(addresses.InvalidAddress) as refusal:
        addresses.parse(written)

    assert (refusal.value.code, refusal.value.message) == (code, addresses.REASONS[code])


@given(st.one_of(st.emails(), st.text(max_size=30), st.from_regex(r"[a-zß.]{1,9}@[a-zß.-]{1,12}\.com")))
def test_what_is_accepted_is_plain_and_stable(written):
    try:
        address = addresses.parse(written)
    except addresses.InvalidAddress:
        return

    assert str(address).isascii()
    assert addresses.parse(str(address)) == address
    assert addresses.parse(str(address).upper()).key == address.key


def test_to_unicode():
    assert addresses.to_unicode("xn--mgbh0fb.xn--kgbechtv") == "مثال.إختبار"
    assert addresses.to_unicode("xn--a") == "xn--a"
    assert addresses.to_unicode("example.com") == "example.com"
