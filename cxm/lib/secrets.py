"""Secrets at rest: what we must read again is encrypted, what we only compare is hashed.

The key comes from SECRET_KEY; old ones in SECRET_KEY_FALLBACKS still decrypt, so a key can be changed.
"""

import base64
import hashlib
import hmac
import secrets
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Undecryptable(Exception):
    """The stored secret was encrypted with a key we no longer have, or was changed."""


def encrypt(plain: str) -> str:
    """ASCII text to store: authenticated encryption (Fernet) with a key derived from SECRET_KEY."""
    return _box().encrypt(plain.encode()).decode()


def decrypt(stored: str) -> str:
    """What `encrypt` was given. Raises Undecryptable."""
    try:
        return _box().decrypt(stored.encode()).decode()
    except (InvalidToken, UnicodeError) as error:
        raise Undecryptable("a stored secret cannot be decrypted: was SECRET_KEY changed?") from error


def reencrypt(stored: str) -> str:
    """The same secret under today's SECRET_KEY. Raises Undecryptable."""
    return encrypt(decrypt(stored))


def new_token(prefix: str = "", *, size: int = 32) -> str:
    """A token of `size` random bytes, URL-safe, after a prefix that says what it is ("cxm_…")."""
    return prefix + secrets.token_urlsafe(size)


def hash_token(token: str) -> str:
    """What is kept of a token to recognise it (64 hex digits).

    Plain SHA-256: a token of 32 random bytes cannot be guessed, so nothing slower is needed. Not for passwords.
    """
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def same(given: str, expected: str) -> bool:
    """Whether two secrets are equal, in a time that does not tell how much of them is."""
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode(errors="replace"))


def _box() -> MultiFernet:
    return _box_of(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


@lru_cache(maxsize=8)
def _box_of(*keys: str) -> MultiFernet:
    derived = [hmac.digest(key.encode(), b"cxm.lib.secrets", "sha256") for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])
