"""Mailboxes of the installation: read from where the last reading ended, one worker at a time, nothing deleted."""

import imaplib
import logging
import ssl
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import SplitResult, unquote, urlsplit

from django.conf import settings
from django.db import OperationalError, transaction

from cxm.local import inbox
from feedback.domain import inbound
from feedback.models import Mailbox

log = logging.getLogger(__name__)
AT_ONCE = 200  # mails of one reading
LARGEST = 35 * 1024 * 1024  # bytes
TIMEOUT = 20.0


def read(*, now: datetime) -> int:
    """Take in what came since the last reading; returns how many mails were looked at.

    Each mail is taken in and the place noted in a transaction of its own: a reading that dies goes on where it ended.
    """
    if not settings.INBOUND_URL:
        return 0
    name = _name(settings.INBOUND_URL)
    Mailbox.objects.get_or_create(name=name)
    count = 0
    try:
        for place, raw in _newer(settings.INBOUND_URL, Mailbox.objects.get(name=name).cursor):
            with transaction.atomic():
                # Another worker may be reading too: who finds the place gone on leaves it to them.
                held = Mailbox.objects.select_for_update(skip_locked=True).filter(name=name).first()
                if held is None or not _is_after(place, held.cursor):
                    return count
                _take(raw, now)
                Mailbox.objects.filter(pk=held.pk).update(cursor=place, read_at=now, problem="")
            count += 1
    except (OSError, imaplib.IMAP4.error) as problem:
        log.warning("Mailbox %s: %s", name, problem)
        Mailbox.objects.filter(name=name).update(problem=str(problem)[:300], read_at=now)
    return count


def _take(raw: bytes, now: datetime) -> None:
    """One mail that we stumble over must not keep those behind it; what the database refuses for now is read again."""
    try:
        with transaction.atomic():
            inbound.take(raw=raw, now=now)
    except OperationalError:
        raise
    except Exception:
        log.exception("A mail could not be taken in")


def _name(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.username or ''}@{parts.hostname or ''}{parts.path}"  # never the password


def _is_after(place: str, cursor: str) -> bool:
    return _order(place) > _order(cursor)


def _order(place: str) -> tuple:
    return tuple(int(part) if part.isdigit() else part for part in place.split(":")) if place else ()


def _newer(url: str, cursor: str) -> Iterator[tuple[str, bytes]]:
    return _of_local_inbox(cursor) if url.startswith("local:") else _of_imap(url, cursor)


def _of_local_inbox(cursor: str) -> Iterator[tuple[str, bytes]]:
    folder = settings.CXM_HOME / "inbox"
    for name in inbox.ids_after(folder, cursor, limit=AT_ONCE):
        raw = inbox.read_message(folder, name)
        if raw is not None:
            yield name, raw


def _of_imap(url: str, cursor: str) -> Iterator[tuple[str, bytes]]:
    """Mails behind the last uid; a mailbox that was made anew (another uidvalidity) is read from its beginning."""
    parts = urlsplit(url)
    with _server(parts) as server:
        _sign_in(server, unquote(parts.username or ""), unquote(parts.password or ""))
        server.select(unquote(parts.path.strip("/")) or "INBOX", readonly=True)
        validity = (server.response("UIDVALIDITY")[1] or [b"0"])[0].decode()
        era, _colon, last = cursor.partition(":")
        begin = int(last) + 1 if era == validity and last else 1
        _state, found = server.uid("SEARCH", None, f"UID {begin}:*")
        uids = sorted(int(uid) for uid in (found[0] or b"").split())
        for uid in [uid for uid in uids if uid >= begin][:AT_ONCE]:
            _state, data = server.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{LARGEST}>)")
            if data and isinstance(data[0], tuple):
                yield f"{validity}:{uid}", data[0][1]


def _server(parts: SplitResult) -> imaplib.IMAP4:
    if parts.scheme == "imaps":  # imaplib alone would believe any certificate
        context = ssl.create_default_context()
        return imaplib.IMAP4_SSL(parts.hostname, parts.port or 993, ssl_context=context, timeout=TIMEOUT)
    return imaplib.IMAP4(parts.hostname, parts.port or 143, timeout=TIMEOUT)


def _sign_in(server: imaplib.IMAP4, user: str, password: str) -> None:
    """Sign in with LOGIN, which every server knows; it speaks ASCII only, PLAIN speaks UTF-8 (RFC 4616)."""
    if (user + password).isascii():
        server.login(user, password)
    else:
        server.authenticate("PLAIN", lambda _challenge: f"\0{user}\0{password}".encode())
