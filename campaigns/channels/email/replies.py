"""What a mail server answers, and what it means for a message."""

import enum
import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_LINE = 4_096
MAX_LINES = 128
_LINE = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?", re.DOTALL)
DEAD = "mailbox_unknown"
_DEAD = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})  # no such mailbox or host, moved, takes no mail
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")


class Outcome(enum.StrEnum):
    """What became of a message."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"  # the server says: later
    FAILED = "failed"  # the server says: never
    UNSENT = "unsent"  # certainly not accepted: the connection ended before the message was complete
    UNKNOWN = "unknown"  # complete on the wire, and no answer came


class Answer(NamedTuple):
    """The server's last word on a message; `code` 0 when it said none."""

    outcome: Outcome
    code: int = 0
    enhanced: str = ""
    text: str = ""

    @property
    def reason(self) -> str:
        """Why the message did not arrive, where the enhanced code says so: a bare 550 is said of much else."""
        if self.outcome is Outcome.FAILED and self.enhanced in _DEAD:
            return DEAD
        return "mailbox_full" if self.enhanced in {"4.2.2", "5.2.2"} else ""


_MEANING = {2: Outcome.ACCEPTED, 4: Outcome.DEFERRED, 5: Outcome.FAILED}


class ProtocolError(Exception):
    """The server says what is no SMTP."""


class Reply(NamedTuple):
    """One reply, its lines joined."""

    code: int
    text: str

    def answer(self) -> Answer:
        """Meaning for the message: the first digit of the code decides, whatever the enhanced one says (rule 67).

        Raises:
            ProtocolError: neither success nor refusal.
        """
        outcome = _MEANING.get(self.code // 100)
        if outcome is None:
            raise ProtocolError(f"unexpected reply {self.code} {self.text}")
        enhanced = _ENHANCED.match(self.text)
        return Answer(outcome, self.code, enhanced[1] if enhanced else "", self.text)


class Reader:
    """Puts replies together from bytes as they come."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._lines: list[str] = []

    @property
    def is_empty(self) -> bool:
        return not self._buffer and not self._lines

    def feed(self, data: bytes) -> Iterator[Reply]:
        """The replies that `data` completes.

        Raises:
            ProtocolError: a line that is none of a reply, or replies without end.
        """
        self._buffer += data
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end]).rstrip(b"\r")
            del self._buffer[: end + 1]
            found = _LINE.fullmatch(line)
            if not found or len(line) > MAX_LINE or len(self._lines) >= MAX_LINES:
                raise ProtocolError(f"not a reply: {line[:80]!r}")
            self._lines.append((found[3] or b"").decode("utf-8", "replace"))
            if found[2] != b"-":
                text, self._lines = "\n".join(self._lines), []
                yield Reply(int(found[1]), text)
        if len(self._buffer) > MAX_LINE:
            raise ProtocolError("a reply without end")
