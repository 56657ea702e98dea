"""The files of a mail: which of its parts are some, what they are called, what they hold. Never raises."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.errors import InvalidBase64LengthDefect, MessageError
from email.message import EmailMessage
from typing import Any

from cxm.lib import text

MOST, LARGEST, TOGETHER = 20, 10 * 1024 * 1024, 25 * 1024 * 1024  # of one mail: files, bytes of each, bytes of all
TOLD = 2 * MOST  # files with content or without; of more nothing is said
LONGEST_NAME = 100
# What the parser raises over hostile headers and parts, the deeply nested included.
FAULTS = (ValueError, LookupError, AttributeError, TypeError, AssertionError, RecursionError, MessageError)
_FORWARDED = "message/rfc822"
_FOLDER = re.compile(r"[/\\]")


@dataclass(frozen=True)
class Attachment:
    """A file of a mail.

    Args:
        content: its bytes; None where it is only named, for being too large, one too many, empty or broken.
    """

    name: str
    content_type: str
    content: bytes | None


def read(message: EmailMessage, *, words: EmailMessage | None) -> tuple[Attachment, ...]:
    """Read the files of a mail in their order, pictures within its words among them.

    Args:
        words: the part that was read as what the mail says, and so is no file.
    """
    found: list[Attachment] = []
    kept, left = 0, TOGETHER
    for part in parts(message):
        if len(found) == TOLD:
            break
        if part is words or not _is_file(part):
            continue
        content = _content(part, at_most=min(LARGEST, left)) if kept < MOST else None
        if content is not None:
            kept, left = kept + 1, left - len(content)
        found.append(Attachment(_name(part), text.clean_line(kind_of(part))[:100], content))
    return tuple(found)


def parts(message: EmailMessage) -> Iterator[EmailMessage]:
    """Yield the parts that hold something, in their order; a forwarded mail is one, whatever it holds itself."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        if part.is_multipart() and not kind_of(part).startswith("message/"):
            waiting.extend(reversed(part.get_payload()))
        else:
            yield part


def kind_of(part: EmailMessage) -> str:
    """Return the type that a part says it has."""
    return told(part.get_content_type, "application/octet-stream")


def told(ask: Callable[[], Any], otherwise: Any = "") -> Any:
    """Return what a mail answers, or something else where the parser gives up on it."""
    try:
        return ask() or otherwise
    except FAULTS:
        return otherwise


def _is_file(part: EmailMessage) -> bool:
    kind = kind_of(part)
    main, disposition = kind.partition("/")[0], told(part.get_content_disposition)
    if main == "multipart":  # one without an end, or without parts
        return False
    if main not in ("text", "message") or kind == _FORWARDED or disposition == "attachment":
        return True
    # Some programs give what is said a name, too: it is a file only where it is meant as one.
    return disposition == "inline" and bool(told(part.get_filename))


def _content(part: EmailMessage, *, at_most: int) -> bytes | None:
    content = told(lambda: _forwarded(part) if part.is_multipart() else part.get_payload(decode=True), None)
    if any(isinstance(defect, InvalidBase64LengthDefect) for defect in part.defects):
        return None  # nothing could be decoded: these are the letters themselves
    return content if content and len(content) <= at_most else None


def _forwarded(part: EmailMessage) -> bytes | None:
    """A mail within a mail, as it is; None for reports, and for one that was encoded once more."""
    inner = part.get_payload()
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if kind_of(part) != _FORWARDED or len(inner) != 1 or encoding in ("base64", "quoted-printable"):
        return None
    return inner[0].as_bytes(policy=part.policy.clone(refold_source="none", linesep="\r\n"))


def _name(part: EmailMessage) -> str:
    """Its name without folders, in one line, with its ending however long it is."""
    kind = kind_of(part)
    name = text.clean_line(_FOLDER.split(told(part.get_filename))[-1]).strip(". ") or _unnamed(kind)
    if kind == _FORWARDED and not name.lower().endswith(".eml"):
        name = f"{name}.eml"
    if len(name) > LONGEST_NAME:
        stem, dot, ending = name.rpartition(".")
        ending = f"{dot}{ending}" if stem and len(ending) <= 10 else ""
        name = text.clean_line(f"{name[: LONGEST_NAME - len(ending)]}{ending}")
    return name


def _unnamed(kind: str) -> str:
    main, _slash, sub = kind.partition("/")
    ending = re.sub("[^a-z0-9]", "", sub.partition("+")[0])[:10]
    if kind == _FORWARDED:
        return "message.eml"
    return f"image.{ending}" if main == "image" and ending else "file"
