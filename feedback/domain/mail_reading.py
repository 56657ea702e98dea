"""A mail as it came, in our words: who, to whom, what is new in it, and whether a machine wrote it. Never raises."""

import email.policy
import hashlib
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from email.utils import getaddresses
from html import unescape

from cxm.lib import text
from feedback.domain import mail_files
from feedback.domain.mail_files import Attachment, told

LONGEST = 50_000
_ID = re.compile(r"<[!-;=?-~]{1,250}>")
_TAG = re.compile(r"<(script|style|head|title)\b.*?</\1\s*>|<[^>]{0,2000}>", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"<\s*(?:br|/p|/div|/li|/tr|/h\d)\b[^>]{0,200}>", re.IGNORECASE)
# Where what the mail repeats begins: ways in which programs announce it, in English and Arabic, on one line or broken
# once where that was too long.
_QUOTE = re.compile(
    r"^(?:>.*|-{2,} ?(?:Original Message|Forwarded message|الرسالة الأصلية).*|_{20,}"
    r"|On .{4,300}(?:\n.{0,200})?\bwrote:"
    r"|في .{4,300}(?:\n.{0,200})?(?:كتب|تمت كتابة ما يلي).{0,200}(?:\n.{0,200})?[:：]"
    r"|(?:From|من): .+)$",
    re.MULTILINE | re.IGNORECASE,
)
_LINE_END = re.compile(r"[\r\n]+")
_AUTOMATIC = {"bulk", "junk", "auto_reply", "list"}


@dataclass(frozen=True)
class Mail:
    """A mail that came in.

    Args:
        mail_id: its Message-ID, or a hash of it where it has none.
        references: ids of the mails it says to answer, the nearest last.
        body: what is new in it, and the names of files that are not kept.
        quoted: what it repeats of earlier ones.
        automatic: a machine wrote it (RFC 3834): it is not a reply, and is never answered.
        attachments: its files; those without content are the ones that are only named.
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
    attachments: tuple[Attachment, ...] = ()


def read(raw: bytes) -> Mail:
    """Read a mail, however broken."""
    message = _parsed(raw)
    name, sender = next(iter(_addresses(message, "From")), ("", ""))
    words, where = _words(message)
    body, quoted = split(words)
    files = mail_files.read(message, words=where)
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
        body=_with_names(body, [file.name for file in files if file.content is None]),
        quoted=quoted[:LONGEST],
        automatic=_is_automatic(message),
        attachments=files,
    )  # fmt: skip


def split(words: str) -> tuple[str, str]:
    """Part what is new from what is repeated; a mail that only repeats is all new."""
    words = words.replace("\r\n", "\n").replace("\0", "").strip()
    found = _QUOTE.search(words)
    if not found or not words[: found.start()].strip():
        return words, ""
    return words[: found.start()].strip(), words[found.start() :].strip()


def _parsed(raw: bytes) -> EmailMessage:
    """The mail; of parts within parts within parts what stands above them; nothing where that cannot be read either."""
    for parser in (BytesParser, BytesHeaderParser):
        with suppress(*mail_files.FAULTS):
            return parser(policy=email.policy.default).parsebytes(raw)
    return EmailMessage()


def _with_names(body: str, names: Sequence[str]) -> str:
    ending = f"\n\n[{', '.join(names)}]" if names else ""
    return f"{body[: LONGEST - len(ending)]}{ending}".strip()


def _is_automatic(message: EmailMessage) -> bool:
    submitted = _header(message, "Auto-Submitted").strip().lower()
    if submitted and submitted != "no":
        return True
    if _header(message, "Precedence").strip().lower() in _AUTOMATIC:
        return True
    if any(_header(message, name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress")):
        return _header(message, "X-Autoreply").lower() != "no"
    return _header(message, "Return-Path").strip() == "<>" or told(message.get_content_type) == "multipart/report"


def _header(message: EmailMessage, name: str) -> str:
    return told(lambda: str(message.get(name, "")))


def _addresses(message: EmailMessage, name: str) -> list[tuple[str, str]]:
    raw = told(lambda: [str(value) for header, value in message.raw_items() if header.lower() == name.lower()], [])
    whole = [_LINE_END.sub("", value).encode("utf-8", "surrogateescape").decode("utf-8", "replace") for value in raw]
    found = told(lambda: getaddresses(whole), [])
    return [(_decoded(shown), address.strip()) for shown, address in found if "@" in address]


def _decoded(shown: str) -> str:
    """A name as it is meant: one too long for a line comes in pieces, and the blanks between them are not part of it.

    The parser of the whole header keeps those blanks, in the middle of words.
    """
    return told(lambda: str(make_header(decode_header(shown))), shown)


def _words(message: EmailMessage) -> tuple[str, EmailMessage | None]:
    """What a mail says, and the part that says it."""
    plain = _part(message, "plain")
    if plain is not None and (words := _text(plain)).strip():
        return words, plain
    html = _part(message, "html")
    return ("", plain) if html is None else (unescape(_TAG.sub("", _BREAK.sub("\n", _text(html)))), html)


def _part(message: EmailMessage, kind: str) -> EmailMessage | None:
    for part in mail_files.parts(message):
        if mail_files.kind_of(part) == f"text/{kind}" and told(part.get_content_disposition) != "attachment":
            return part
    return None


def _text(part: EmailMessage) -> str:
    payload = told(lambda: part.get_payload(decode=True), b"")
    charset = told(part.get_content_charset, "utf-8")
    words = told(lambda: payload.decode(charset, "replace")) or payload.decode("utf-8", "replace")
    return words.encode("utf-8", "replace").decode()  # some charsets spell surrogates, which no column holds
