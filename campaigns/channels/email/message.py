"""A message as bytes: a frame made once per sender and template, per recipient only what differs.

`Letter.render` gives CRLF lines of at most 998 octets, ready for SMTP's DATA: no line begins with a full stop
(quoted-printable writes it `=2E`), so nothing needs stuffing; the final dot is the client's.
"""

import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from django.utils.translation import gettext as _

from cxm.lib.errors import Refusal

from . import headers, limits, weave
from .compiler import Compiled
from .links import MessageMarks, Sign

_LONGEST_SUBJECT = 1_000
_ONE_CLICK = b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"


@dataclass(frozen=True)
class Sender:
    """Who a letter is from, and where its links lead.

    Attributes:
        from_address: its domain is the one messages are signed and identified with.
        return_path: where bounces go; the From address when empty.
        base_url: of the links, without a path's end ("https://mail.example.com").
        feedback_id: Gmail's four fields, or nothing.
    """

    tenant_id: int
    base_url: str
    from_address: str
    from_name: str = ""
    reply_to: str = ""
    return_path: str = ""
    feedback_id: str = ""


class Recipient(NamedTuple):
    """Whom a message is for.

    Attributes:
        message_id: the ledger row's number; Message-ID and every token come from it.
        context: plain data for the template.
        now: when the message is made (aware).
        reply_to: where answers go, instead of the sender's own.
        references: ids of the mails it answers, the last one last.
    """

    message_id: int
    address: str
    now: datetime.datetime
    name: str = ""
    context: Mapping[str, object] = MappingProxyType({})
    reply_to: str = ""
    references: str = ""


@dataclass(frozen=True)
class Envelope:
    """What SMTP is told: the two addresses as they go over the wire."""

    mail_from: str
    recipient: str


class Letter:
    """A compiled template with its sender.

    Raises:
        cxm.lib.addresses.InvalidAddress: an address of the sender that cannot be written.
        Refusal: marketing mail whose unsubscribe address is no plain web address.
    """

    def __init__(self, *, compiled: Compiled, sender: Sender, sign: Sign) -> None:
        self.compiled = compiled
        self.sender = sender
        self._sign = sign
        self._from = headers.address(sender.from_address)
        self._domain = headers.domain_of(self._from).encode()
        self.mail_from = headers.address(sender.return_path) if sender.return_path else self._from
        digest = hashlib.blake2b(f"{compiled.subject}{compiled.html}".encode(), digest_size=12).hexdigest()
        self._boundary = f"=_{digest}".encode()  # "=_" never occurs in quoted-printable
        self._static = self._static_headers()
        self._opening = self._part_head("plain", first=True)
        self._between = b"\r\n" + self._part_head("html")
        self._closing = b"\r\n--" + self._boundary + b"--\r\n"
        if compiled.marketing:
            self._check_way_out()

    def _static_headers(self) -> bytes:
        sender = self.sender
        lines = [b"From: " + headers.mailbox(sender.from_name, self._from)]
        if sender.feedback_id:
            lines.append(b"Feedback-ID: " + headers.feedback_id(sender.feedback_id))
        lines += [
            b"MIME-Version: 1.0",
            b"Content-Language: " + self.compiled.language.encode("ascii", "ignore"),
            b'Content-Type: multipart/alternative; boundary="' + self._boundary + b'"',
        ]
        return b"\r\n".join(lines) + b"\r\n"

    def _part_head(self, kind: str, *, first: bool = False) -> bytes:
        return (
            (b"\r\n" if first else b"")
            + b"--"
            + self._boundary
            + f"\r\nContent-Type: text/{kind}; charset=utf-8\r\n".encode()
            + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        )

    def _check_way_out(self) -> None:
        """Marketing mail has a header and a link to unsubscribe with, or is not built."""
        headers.uri(self._marks(0).unsubscribe())
        if not all("unsubscribe_url" in self.compiled.parts[part].fields for part in ("html", "text")):
            raise Refusal(_("Marketing messages need an unsubscribe link."))

    def _marks(self, message_id: int) -> MessageMarks:
        return MessageMarks(
            sign=self._sign,
            base_url=self.sender.base_url,
            tenant_id=self.sender.tenant_id,
            message_id=message_id,
            opens=self.compiled.tracking.opens,
        )

    def envelope(self, recipient: Recipient) -> Envelope:
        """The addresses for SMTP.

        Raises:
            cxm.lib.addresses.InvalidAddress: the recipient's address cannot be written to.
        """
        return Envelope(self.mail_from, headers.address(recipient.address))

    def message_id(self, recipient: Recipient) -> bytes:
        """`<token@domain>`, always the same for a ledger row: who gets a message twice can tell."""
        token = self._sign("message", self.sender.tenant_id, recipient.message_id)
        return b"<" + token.encode() + b"@" + self._domain + b">"

    def render(self, recipient: Recipient) -> bytes:
        """The whole message.

        Raises:
            cxm.lib.addresses.InvalidAddress: the recipient's address cannot be written to.
            limits.RenderRefused: the template goes beyond the limits with this data.
        """
        compiled, now = self.compiled, recipient.now
        marks = self._marks(recipient.message_id)
        addresses = marks.addresses()
        data = {**recipient.context, **addresses}
        with limits.rendering():
            subject = "".join(compiled.render_part("subject", data, marks, now))
            text = compiled.render_part("text", data, marks, now)
            html = compiled.render_part("html", data, marks, now)
            body = weave.joined([self._opening, *text, self._between, *html, self._closing])
        lines = [
            b"To: " + headers.mailbox(recipient.name, headers.address(recipient.address)),
            b"Subject: " + headers.unstructured(subject[:_LONGEST_SUBJECT], used=9),
            b"Date: " + headers.date(now),
            b"Message-ID: " + self.message_id(recipient),
        ]
        lines += self._conversation(recipient)
        if compiled.marketing:
            lines.append(b"List-Unsubscribe: " + headers.uri(addresses["unsubscribe_url"]))
            lines.append(_ONE_CLICK[:-2])
        return self._static + b"\r\n".join(lines) + b"\r\n" + body

    def _conversation(self, recipient: Recipient) -> list[bytes]:
        """Where answers go, and what this answers (RFC 5322, 3.6.4)."""
        lines = []
        if reply_to := recipient.reply_to or self.sender.reply_to:
            lines.append(b"Reply-To: " + headers.mailbox("", headers.address(reply_to)))
        if ids := headers.message_ids(recipient.references):
            lines += [b"In-Reply-To: " + ids[-1], b"References: " + headers.FOLD.join(ids)]
        return lines
