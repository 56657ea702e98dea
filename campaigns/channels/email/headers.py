"""Header fields as bytes: encoded words, addresses, identifiers. No value of anybody can begin a line of its own."""

import base64
import datetime
import functools
import re
from email.utils import format_datetime

from django.utils.translation import gettext as _

from cxm.lib import addresses, text
from cxm.lib.errors import Refusal

FOLD = b"\r\n "
_WORD_BYTES = 42  # of UTF-8 in an encoded word: 56 of base64, 68 with its frame
_LINE = 76
_URL = re.compile(r"https?://[!#-;=?-\[\]_a-z~]+", re.IGNORECASE)
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")


def address(written: str) -> str:
    """`written` as it goes over the wire: ASCII, its domain in A-labels.

    Raises:
        addresses.InvalidAddress: not an address, or one whose local part needs SMTPUTF8 (rule 51).
    """
    return str(addresses.parse(written))


def domain_of(wire_address: str) -> str:
    return wire_address.rpartition("@")[2]


def unstructured(value: str, *, used: int) -> bytes:
    """A subject or the like: ASCII folded at blanks, the rest in encoded words (RFC 2047).

    Args:
        used: columns the field's name already takes on the first line.
    """
    value = text.clean_line(value)
    if value.isascii():
        if len(value) + used <= _LINE and "=?" not in value:
            return value.encode()
        if "=?" not in value and max(map(len, value.split(" ")), default=0) < _LINE:
            return _folded(value, used)
    return FOLD.join(_encoded_words(value))


def _folded(value: str, used: int) -> bytes:
    lines = [""]
    for word in value.split():
        room = _LINE - (used if len(lines) == 1 else 1)
        if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
            lines.append(word)
        else:
            lines[-1] += f" {word}" if lines[-1] else word
    return FOLD.join(line.encode() for line in lines)


def _encoded_words(value: str) -> list[bytes]:
    """Words of at most 75 characters, none of which cuts a character in two (rule 35)."""
    raw = value.encode("utf-8", "replace")
    words = []
    at = 0
    while at < len(raw):
        end = min(at + _WORD_BYTES, len(raw))
        while end < len(raw) and raw[end] & 0xC0 == 0x80:
            end -= 1
        words.append(b"=?utf-8?b?" + base64.b64encode(raw[at:end]) + b"?=")
        at = end
    return words


def mailbox(name: str, wire_address: str) -> bytes:
    """`Name <address>`: quoted where needed, encoded where not ASCII; only the address without a name."""
    name = text.clean_line(name)
    bracketed = f"<{wire_address}>".encode()
    if not name:
        return wire_address.encode()
    if not name.isascii() or "=?" in name or len(name) > 60:
        return FOLD.join([*_encoded_words(name), bracketed])
    if _PHRASE.fullmatch(name):
        shown = name.encode()
    else:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        shown = f'"{escaped}"'.encode()
    return shown + (b" " if len(shown) + len(bracketed) < _LINE - 12 else FOLD) + bracketed


@functools.lru_cache(maxsize=64)
def date(moment: datetime.datetime) -> bytes:
    """RFC 5322's date, in UTC."""
    return format_datetime(moment.astimezone(datetime.UTC)).encode()


def uri(url: str) -> bytes:
    """`<url>` for a List- field: ASCII only (rule 17).

    Raises:
        Refusal: an address that is not ASCII or not the web.
    """
    if not _URL.fullmatch(url) or len(url) > 900:
        raise Refusal(_("The address for unsubscribing must be a plain web address: %(url)s") % {"url": url[:100]})
    return f"<{url}>".encode()


_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")


def message_ids(written: str, *, most: int = 20) -> list[bytes]:
    """The ids in a References or In-Reply-To field, ``<…>`` each; what is none is left out, of many the last stay."""
    return [found.encode() for found in _MESSAGE_ID.findall(written)][-most:]


_FEEDBACK = re.compile(r"[A-Za-z0-9._-]*:[A-Za-z0-9._-]*:[A-Za-z0-9._-]*:[A-Za-z0-9._-]{5,15}")


def feedback_id(value: str) -> bytes:
    """Gmail's `campaign:tenant:type:sender` (rule 11).

    Raises:
        Refusal: not four fields, or a last one that is not 5 to 15 characters long.
    """
    if not _FEEDBACK.fullmatch(value):
        raise Refusal(_("A Feedback-ID has four parts, the last of 5 to 15 characters: %(id)s") % {"id": value[:80]})
    return value.encode()
