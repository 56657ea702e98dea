"""Short tokens for links in messages: numbers that nobody can change, guess or move to another kind of link.

They do not expire (an unsubscribe link must work for years) and survive a change of SECRET_KEY as long as the
old key stands in SECRET_KEY_FALLBACKS. They hide nothing: what they hold can be read, only not made.
"""

import base64
import binascii
import hashlib
import hmac
from functools import lru_cache

from django.conf import settings

_MAC = 12  # bytes of HMAC-SHA256 kept: 96 bits
_TOKEN_LIMIT = 512
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def sign(kind: str, *numbers: int) -> str:
    """A URL-safe token that holds the numbers (not negative; a UUID goes as its `.int`) for links of one kind."""
    payload = b"".join([_packed(number) for number in numbers])
    mac = _mac(settings.SECRET_KEY, kind, payload)
    return _encoded(payload + mac)


@lru_cache(maxsize=4096)
def _packed(number: int) -> bytes:
    """A number behind its length. Remembered: all links of a message begin with the same numbers."""
    size = (number.bit_length() + 7) // 8
    return size.to_bytes(1, "big") + number.to_bytes(size, "big")


def unsign(kind: str, token: str) -> tuple[int, ...] | None:
    """The numbers of a token signed for that kind; None for anything else. Never raises."""
    signed = _decoded(token)
    if signed is None or len(signed) < _MAC:
        return None
    payload, mac = signed[:-_MAC], signed[-_MAC:]
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        if hmac.compare_digest(mac, _mac(secret, kind, payload)):
            return _unpacked(payload)
    return None


def _mac(secret: str, kind: str, payload: bytes) -> bytes:
    halves = _halves(secret, kind)
    inner, outer = halves[0].copy(), halves[1].copy()
    inner.update(payload)
    outer.update(inner.digest())
    return outer.digest()[:_MAC]


@lru_cache(maxsize=256)
def _halves(secret: str, kind: str) -> tuple["hashlib._Hash", "hashlib._Hash"]:
    """HMAC-SHA256 (RFC 2104) of that kind's own key, up to the payload.

    Copying the two prepared hashes is three times as fast as `hmac.digest`, and every message has many links.
    """
    key = hmac.digest(secret.encode(), f"cxm.lib.signing:{kind}".encode(), "sha256").ljust(64, b"\0")
    return hashlib.sha256(bytes(byte ^ 0x36 for byte in key)), hashlib.sha256(bytes(byte ^ 0x5C for byte in key))


def _decoded(token: str) -> bytes | None:
    """The bytes of a token in its one spelling: base64 would let the last character vary."""
    if not token.isascii() or len(token) > _TOKEN_LIMIT:
        return None
    try:
        signed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return None
    return signed if _encoded(signed) == token else None


def _encoded(signed: bytes) -> str:
    return binascii.b2a_base64(signed, newline=False).translate(_URL_SAFE).rstrip(b"=").decode()


def _unpacked(payload: bytes) -> tuple[int, ...]:
    numbers, at = [], 0
    while at < len(payload):
        end = at + 1 + payload[at]
        numbers.append(int.from_bytes(payload[at + 1 : end], "big"))
        at = end
    return tuple(numbers)
