"""A mail as it came, in our words: who, to whom, what is new in it, and whether a machine wrote it. Never raises."""

import email
import email.policy
import hashlib
import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import getaddresses
from html import unescape

from cxm.lib import text

LONGEST = 50_000
_ID = re.compile(r"<[!-;=?-~]{1,250}>")
_TAG = re.compile(r"<(script|style|head|title)\b.*?</\1\s*>|<[^>]{0,2000}>", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"<\s*(?:br|/p|/div|/li|/tr|/h\d)\b[^>]{0,200}>", re.IGNORECASE)
# Where what the mail repeats begins: ways in which programs announce it, in English and Arabic.
_QUOTE = re.compile(
    r"^(?:>.*|-{2,} ?(?:Original Message|Forwarded message|الرسالة الأصلية).*|_{20,}"
    r"|On .{4,300} wrote:|في .{4,300} كتب.{0,100}[:：]|(?:From|من): .+)$",
    re.MULTILINE | re.IGNORECASE,
)
_AUTOMATIC = {"bulk", "junk", "auto_reply", "list"}


@dataclass(frozen=True)
class Mail:
    """A mail that came in.

    Args:
        mail_id: its Message-ID, or a hash of it where it has none.
        references: ids of the mails it says to answer, the nearest last.
        body: what is new in it.
        quoted: what it repeats of earlier ones.
        automatic: a machine wrote it (RFC 3834): it is not a reply, and is never answered.
    """

    mail_id: str
    sender: str
    sender_name: str
    recipients: tuple[str, ...]
    subject: str
    references: tuple[str, ...]
    body: str
    quoted: str
    automatic: bool


def read(raw: bytes) -> Mail:
    """Read a mail, however broken."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    name, sender = next(iter(_addresses(message, "From")), ("", ""))
    body, quoted = split(_words(message))
    return Mail(
        mail_id=next(iter(_ID.findall(_header(message, "Message-ID"))), f"sha256:{hashlib.sha256(raw).hexdigest()}"),
        sender=sender[:320],
        sender_name=text.clean_line(name)[:200],
        recipients=tuple(dict.fromkeys(
            address.lower() for header in ("X-Envelope-To", "Delivered-To", "To", "Cc")
            for _name, address in _addresses(message, header)
        )),
        subject=text.clean_line(_header(message, "Subject"))[:300],
        references=tuple(_ID.findall(f"{_header(message, 'References')} {_header(message, 'In-Reply-To')}")),
        body=body[:LONGEST],
        quoted=quoted[:LONGEST],
        automatic=_is_automatic(message),
    )  # fmt: skip


def split(words: str) -> tuple[str, str]:
    """Part what is new from what is repeated; a mail that only repeats is all new."""
    words = words.replace("\r\n", "\n").replace("\0", "").strip()
    found = _QUOTE.search(words)
    if not found or not words[: found.start()].strip():
        return words, ""
    return words[: found.start()].strip(), words[found.start() :].strip()


def _is_automatic(message: EmailMessage) -> bool:
    submitted = _header(message, "Auto-Submitted").strip().lower()
    if submitted and submitted != "no":
        return True
    if _header(message, "Precedence").strip().lower() in _AUTOMATIC:
        return True
    if any(_header(message, name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress")):
        return _header(message, "X-Autoreply").lower() != "no"
    return _header(message, "Return-Path").strip() == "<>" or message.get_content_type() == "multipart/report"


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))
    except (ValueError, IndexError, AttributeError, TypeError, KeyError):  # the parser gives up on hostile headers
        return ""


def _addresses(message: EmailMessage, name: str) -> list[tuple[str, str]]:
    return [(shown, address.strip()) for shown, address in getaddresses([_header(message, name)]) if "@" in address]


def _words(message: EmailMessage) -> str:
    plain, html = _part(message, "plain"), ""
    if not plain.strip():
        html = _part(message, "html")
        plain = unescape(_TAG.sub("", _BREAK.sub("\n", html)))
    names = _attached(message)
    return f"{plain}\n\n[{', '.join(names)}]" if names else plain


def _part(message: EmailMessage, kind: str) -> str:
    for part in message.walk():
        if part.get_content_type() == f"text/{kind}" and part.get_content_disposition() != "attachment":
            payload = part.get_payload(decode=True) or b""
            try:
                return payload.decode(part.get_content_charset() or "utf-8", "replace")
            except LookupError:
                return payload.decode("utf-8", "replace")
    return ""


def _attached(message: EmailMessage) -> list[str]:
    found = []
    for part in message.walk():
        try:
            name = part.get_filename() if part.get_content_disposition() == "attachment" else None
        except (ValueError, IndexError, AttributeError, TypeError, KeyError):
            name = None
        if name:
            found.append(text.clean_line(name)[:100])
    return found[:20]
