"""Links of a message: which lead where, how a click carries its target, what a message adds to a template.

A static address is registered with the template (`Compiled.links`) and the link carries only its index. An
address made from data cannot be registered, so the link carries it, and the signature covers a digest of it:
`/t/c/TOKEN~TARGET`, TOKEN = sign("click", tenant, message, index, digest). Either way nobody but us can make a
link lead anywhere (rule 98), and the address is kept byte for byte.
"""

import base64
import binascii
import functools
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from . import liquid

SEPARATOR = "~"  # stands in no token and is never escaped in an address
_PLAIN_BASE = re.compile(r"https?://[A-Za-z0-9:/._-]+")
Sign = Callable[..., str]


@dataclass(frozen=True)
class Link:
    """A link of a template: `url` as the template writes it, Liquid included unless `fixed`."""

    index: int
    url: str
    fixed: bool


def digest(url: str) -> int:
    """63 bits of the address: together with the signature, nobody finds another address that fits."""
    return int.from_bytes(hashlib.blake2b(url.encode(), digest_size=8).digest(), "big") >> 1


@functools.lru_cache(maxsize=2048)
def _carried(url: str) -> tuple[int, str]:
    return digest(url), base64.urlsafe_b64encode(url.encode()).rstrip(b"=").decode()


def split(token: str) -> tuple[str, str]:
    """The signed part of a click's token, and the address it carries ("" when the template knows it)."""
    signed, _separator, carried = token.partition(SEPARATOR)
    if not carried:
        return signed, ""
    try:
        return signed, base64.urlsafe_b64decode(carried + "=" * (-len(carried) % 4)).decode()
    except (binascii.Error, ValueError):
        return signed, ""


def target(numbers: Sequence[int], carried: str, *, registered: str | None) -> str | None:
    """Where a click leads: `numbers` are what the signature vouches for, after "click".

    (tenant, message, index): the `registered` address of that link; (tenant, message, index, digest): the carried
    one. None for a link that does not exist or an address that is not the one signed.
    """
    if len(numbers) == 4:
        return carried if carried and digest(carried) == numbers[3] else None
    return registered if len(numbers) == 3 and not carried else None


class MessageMarks(liquid.Marks):
    """The addresses of one message: links, pixel, unsubscribe, preferences, view."""

    __slots__ = ("_base", "_clicks", "_message", "_sign", "_tenant", "opens", "pieces")

    def __init__(self, *, sign: Sign, base_url: str, tenant_id: int, message_id: int, opens: bool = True) -> None:
        self._sign = sign
        self._base = base_url.rstrip("/")
        self._tenant = tenant_id
        self._message = message_id
        self._clicks: dict[tuple[int, str], str] = {}
        self.opens = opens
        # with nothing in the address that HTML would escape
        self.pieces = {} if _PLAIN_BASE.fullmatch(base_url) else None

    def click(self, index: int, url: str, *, fixed: bool) -> str:
        made = self._clicks.get((index, url))  # the text part has the same links
        if made is None:
            if fixed:
                made = f"{self._base}/t/c/{self._sign('click', self._tenant, self._message, index)}"
            else:
                number, carried = _carried(url)
                signed = self._sign("click", self._tenant, self._message, index, number)
                made = f"{self._base}/t/c/{signed}{SEPARATOR}{carried}"
            self._clicks[index, url] = made
        return made

    def pixel(self) -> str:
        return f"{self._base}/t/o/{self._sign('open', self._tenant, self._message)}" if self.opens else ""

    def addresses(self) -> dict[str, str]:
        """What every message may link to, by the names templates know it by."""
        return {
            "unsubscribe_url": self.unsubscribe(),
            "preferences_url": self.preferences(),
            "view_url": self.view(),
        }

    def unsubscribe(self) -> str:
        return f"{self._base}/u/{self._sign('unsubscribe', self._tenant, self._message)}"

    def preferences(self) -> str:
        return f"{self._base}/p/{self._sign('preferences', self._tenant, self._message)}"

    def view(self) -> str:
        return f"{self._base}/m/{self._sign('view', self._tenant, self._message)}"
