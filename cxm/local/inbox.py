"""The local inbox: an SMTP server that delivers nothing and keeps every message under CXM_HOME/inbox.

One message is one file `TIME-ID.eml`, TIME in nanoseconds, so that names sort by arrival. Two lines of ours stand
before the message: Return-Path and X-Envelope-To, what the sender said on the wire.
"""

import argparse
import asyncio
import contextlib
import email.parser
import email.policy
import itertools
import os
import re
import secrets
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, syntax

from cxm.local.home import Home, Trouble, say

NAME = re.compile(r"\d{20}-[0-9a-f]{8}")
HEADERS_AT_MOST = 64 * 1024  # bytes read of a message to list it
SIZE_LIMIT = 35 * 1024 * 1024  # bytes
LINE_LIMIT = 998  # bytes before the line end; RFC 5322, 2.1.1


@dataclass(frozen=True)
class Entry:
    """What the list shows of a message; the texts are decoded, and the sender's own words."""

    id: str
    received: datetime
    sender: str
    recipients: tuple[str, ...]  # of the envelope
    shown_sender: str  # of the From header
    subject: str
    size: int


# --- reading ------------------------------------------------------------------------------------


def list_messages(folder: Path, *, limit: int = 50, before: str = "", to: str = "") -> list[Entry]:
    """The newest messages, at most LIMIT, older than the id BEFORE, to one address when TO is given."""
    found = (_entry(folder / f"{name}.eml") for name in _ids(folder) if not before or name < before)
    wanted = (entry for entry in found if entry and (not to or _has(entry, to)))
    return list(itertools.islice(wanted, limit))


def read_message(folder: Path, message_id: str) -> bytes | None:
    """The whole message as it came; None when there is none of this id. Any text is safe to ask with."""
    if not NAME.fullmatch(message_id):
        return None
    with contextlib.suppress(FileNotFoundError):
        return (folder / f"{message_id}.eml").read_bytes()
    return None


def ids_after(folder: Path, cursor: str, *, limit: int) -> list[str]:
    """The ids of at most LIMIT messages that came after the one with the id CURSOR, the oldest first."""
    return sorted(name for name in _ids(folder) if name > cursor)[:limit]


def count(folder: Path) -> int:
    return sum(1 for _ in _ids(folder))


def delete_all(folder: Path) -> int:
    """Empty the inbox; answers how many messages it held."""
    deleted = 0
    for name in _ids(folder):
        (folder / f"{name}.eml").unlink(missing_ok=True)
        deleted += 1
    return deleted


def _ids(folder: Path) -> Iterator[str]:
    try:
        names = [entry.name[:-4] for entry in os.scandir(folder) if entry.name.endswith(".eml")]
    except FileNotFoundError:
        return
    yield from sorted((name for name in names if NAME.fullmatch(name)), reverse=True)


def _has(entry: Entry, address: str) -> bool:
    return address.casefold() in {recipient.casefold() for recipient in entry.recipients}


def _entry(path: Path) -> Entry | None:
    try:
        with path.open("rb") as file:
            head = file.read(HEADERS_AT_MOST)
            size = os.fstat(file.fileno()).st_size
    except FileNotFoundError:  # deleted meanwhile
        return None
    headers = email.parser.BytesHeaderParser(policy=email.policy.default).parsebytes(head)
    own = email.parser.BytesHeaderParser(policy=email.policy.compat32).parsebytes(head)
    return Entry(
        id=path.stem,
        received=datetime.fromtimestamp(int(path.stem[:20]) / 1e9, tz=UTC),
        sender=str(own.get("Return-Path", "")).strip().strip("<>"),
        recipients=tuple(part.strip() for part in str(own.get("X-Envelope-To", "")).split(",") if part.strip()),
        shown_sender=_shown(headers, "From"),
        subject=_shown(headers, "Subject"),
        size=size,
    )


def _shown(headers, name: str) -> str:
    try:
        return str(headers.get(name, ""))
    except (ValueError, IndexError, AttributeError):  # the parser gives up on some hostile headers
        return ""


# --- keeping ------------------------------------------------------------------------------------


def store(folder: Path, *, sender: str, recipients: list[str], content: bytes) -> str:
    """Keep one message; answers its id. It appears whole or not at all."""
    name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
    draft = folder / f".{name}.new"
    trace = f"Return-Path: <{sender}>\r\nX-Envelope-To: {', '.join(recipients)}\r\n"
    with draft.open("wb") as file:
        file.write(trace.encode() + content)
    draft.rename(folder / f"{name}.eml")
    return name


class Keeper:
    """What the SMTP server asks: greeted with the extensions we speak, handed the messages."""

    def __init__(self, folder: Path):
        self.folder = folder

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_DATA(self, server, session, envelope):
        try:
            name = store(
                self.folder,
                sender=envelope.mail_from or "",
                recipients=envelope.rcpt_tos,
                content=envelope.original_content or b"",
            )
        except OSError as error:
            return f"452 4.3.1 The inbox cannot store it: {error.strerror}"
        return f"250 2.0.0 kept as {name}"


class Connection(SMTP):
    """One client. Takes a message in big pieces: line by line, as the base class does, is four times slower."""

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:
        if await self.check_helo_needed():
            return
        if arg or not self.envelope.rcpt_tos:
            await self.push("501 Syntax: DATA" if arg else "503 Error: need RCPT command")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        content = await read_content(self._reader, limit=self.data_size_limit)
        if content is None:
            answer = "552 Error: Too much mail data"
        elif max(map(len, content.split(b"\r\n"))) > LINE_LIMIT:
            answer = "500 Line too long (see RFC5321 4.5.3.1.6)"
        else:
            self.envelope.content = self.envelope.original_content = content
            answer = await self._call_handler_hook("DATA")
        self._set_post_data_state()
        await self.push(answer)


async def read_content(reader: asyncio.StreamReader, *, limit: int) -> bytes | None:
    """Read up to the line with a lone dot, undo the dots put before dots; None when longer than the limit.

    Looks for ".CRLF", of which a message has few, and so takes many lines at once.
    """
    pieces, size, end = [], 0, b"\r\n"
    while not end.endswith(b"\r\n.\r\n"):
        try:
            piece = await reader.readuntil(b".\r\n")
        except asyncio.LimitOverrunError as overrun:
            piece = await reader.readexactly(overrun.consumed)
        end = (end + piece)[-5:]
        size += len(piece)
        if size <= limit:
            pieces.append(piece)
    if size > limit:
        return None
    return (b"\r\n" + b"".join(pieces)).removesuffix(b".\r\n").replace(b"\r\n.", b"\r\n")[2:]


async def serve(folder: Path, port: int) -> None:
    """Take messages on 127.0.0.1:port until told to stop."""
    folder.mkdir(parents=True, exist_ok=True)
    loop = asyncio.get_running_loop()
    keeper = Keeper(folder)

    def connection() -> Connection:
        return Connection(
            keeper, hostname="inbox.localhost", enable_SMTPUTF8=True, data_size_limit=SIZE_LIMIT, loop=loop
        )

    try:
        server = await loop.create_server(connection, "127.0.0.1", port, backlog=256)
    except OSError as error:
        raise Trouble(
            f"The inbox cannot listen on port {port} ({error.strerror}): choose another with script/up --inbox-port N."
        ) from error
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    say(f"The inbox listens on 127.0.0.1:{server.sockets[0].getsockname()[1]}.")
    await stopped.wait()
    server.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m cxm.local.inbox")
    parser.add_argument("--port", type=int, default=2525)
    try:
        asyncio.run(serve(Home.from_environment().inbox, parser.parse_args().port))
    except Trouble as trouble:
        say(str(trouble))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
