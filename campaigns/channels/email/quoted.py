"""Quoted-printable in pieces that can be put together in any order.

Every piece begins and ends in column 0: a piece that does not end with a line break ends with a soft one. So pieces
encoded beforehand, and pieces encoded per recipient, join into lines of at most 76 characters. A full stop at the
beginning of a line is written `=2E`: no line of a body ever needs SMTP's dot stuffing.
"""

import binascii
import re
from collections.abc import Callable

from markupsafe import escape

SOFT = b"=\r\n"
_WIDTH = 75
_DOT = ord(".")
_NEWLINE = re.compile(r"\r\n?|\n")
_SPECIAL = re.compile(rb"[^ !-<>-~]")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9:/._~-]+")
_ESCAPES = {bytes((byte,)): b"=%02X" % byte for byte in range(256)}
_REMEMBERED_LENGTH, _REMEMBERED = 200, 8192


def encode(text: str) -> bytes:
    """`text` as one piece; line breaks of any kind become CRLF."""
    if not text:
        return b""
    if len(text) <= _WIDTH and "\n" not in text and "\r" not in text and text[0] != ".":
        # the usual value: one short line, in C; longer ones it would break in its own way
        made = binascii.b2a_qp(text.encode("utf-8", "replace"))
        if len(made) <= _WIDTH:
            return made + SOFT
    lines = _NEWLINE.split(text)
    last = lines.pop()
    done = [_line(line.encode("utf-8", "replace"), ends=True) + b"\r\n" for line in lines]
    if last:
        done.append(_line(last.encode("utf-8", "replace"), ends=False) + SOFT)
    return b"".join(done)


def _line(raw: bytes, *, ends: bool) -> bytes:
    """One line without its end, soft breaks inside; `ends` when a hard break follows (no blank may precede it)."""
    coded = _SPECIAL.sub(_escape, raw)
    if ends and coded[-1:] == b" ":
        coded = coded[:-1] + b"=20"
    if len(coded) <= _WIDTH and coded[:1] != b".":
        return coded
    pieces = []
    at = 0
    while at < len(coded):
        lead = b""
        if coded[at : at + 1] == b".":
            lead, at = b"=2E", at + 1
        end = at + _WIDTH - len(lead)
        if end < len(coded):
            if coded[end - 1 : end] == b"=":
                end -= 1
            elif coded[end - 2 : end - 1] == b"=":
                end -= 2
        pieces.append(lead + coded[at:end])
        at = end
    return SOFT.join(pieces)


def _escape(found: re.Match) -> bytes:
    return _ESCAPES[found.group()]


class Memo(dict):
    """A function of a text that remembers short ones: cities, prices and titles come again and again.

    `memo.__getitem__` is the function; what it remembers is bounded.
    """

    def __init__(self, encode: Callable[[str], bytes]) -> None:
        super().__init__()
        self.encode = encode

    def __missing__(self, value: str) -> bytes:
        made = self.encode(value)
        if len(value) <= _REMEMBERED_LENGTH:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[value] = made
        return made


def encode_address(url: str) -> bytes:
    """As `encode`, for addresses of ours: nothing in them needs escaping, they are only broken into lines."""
    if not _ADDRESS.fullmatch(url):
        return encode(url)
    raw = url.encode()
    if _WIDTH < len(raw) <= 2 * _WIDTH and raw[_WIDTH] != _DOT:
        return raw[:_WIDTH] + SOFT + raw[_WIDTH:] + SOFT
    lines = [raw[at : at + _WIDTH] for at in range(0, len(raw), _WIDTH)]
    return encode(url) if any(line[0] == _DOT for line in lines) else SOFT.join(lines) + SOFT


def encode_escaped(text: str) -> bytes:
    """`text` escaped for HTML, then as `encode`."""
    return encode(str(escape(text)))


encode_value = Memo(encode).__getitem__
encode_escaped_value = Memo(encode_escaped).__getitem__
