"""A pipelined SMTP client: many messages on kept connections, one thread, every message's fate known.

`MAIL`, `RCPT` and `DATA` go out in one write, the next message's on the end of the one before (RFC 2920), so a
message costs one round trip; servers without PIPELINING are served in lock step. Reading and writing go on together
(non-blocking sockets), so full buffers never deadlock. The caller is told which messages are about to go on the wire
*before* a byte of them does, and of every answer; never are more than `window` messages of a connection between the
two. When a connection ends, what it certainly did not deliver is `UNSENT`, what it may have is `UNKNOWN`.
"""

import selectors
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from .greeting import CHUNK, CannotConnect, Server, Session
from .replies import Answer, Outcome, ProtocolError, Reply

__all__ = ["CannotConnect", "Connection", "Item", "Server", "deliver"]

WINDOW = 8
_PIECES = 64  # buffers in one gathering write
_END = b".\r\n"


class Item(NamedTuple):
    """A message to send.

    Attributes:
        data: CRLF lines without the final dot.
        dotless: no line begins with a full stop, as in what `message.Letter` makes: nothing to look for and double.
    """

    key: Any
    mail_from: str
    recipient: str
    data: bytes
    dotless: bool = False


class _Transaction:
    """A message on its way."""

    __slots__ = ("ends_at", "item", "refusal")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.refusal: Answer | None = None
        self.ends_at = 0  # position in the stream after the final dot, once the content is queued


class Connection(Session):
    """One kept connection. Opened by `open()`; used by `deliver`; ended by `quit()` or the server."""

    def __init__(self, server: Server, *, window: int = WINDOW) -> None:
        super().__init__(server)
        self.window = window
        self._out: deque[memoryview] = deque()
        self._queued = self._sent = 0
        self._can_write = True
        self._waiting: deque[_Transaction] = deque()
        self._expected: deque[tuple[str, _Transaction | None]] = deque()
        self._envelope: _Transaction | None = None  # its DATA is not answered yet
        self._content = 0  # messages complete but for the answer
        self._unreset = False
        self._last_heard = 0.0
        self._report: Callable[[Any, Answer], None] = lambda _key, _answer: None

    # what `deliver` asks

    def fileno(self) -> int:
        return self._socket.fileno()

    @property
    def busy(self) -> int:
        """Messages announced and not answered."""
        return len(self._waiting) + (self._envelope is not None) + self._content

    @property
    def room(self) -> int:
        return self.window - self.busy

    @property
    def size_limit(self) -> int:
        """The largest message the server takes, in bytes; 0 when it does not say."""
        value = self.extensions.get("SIZE", "")
        return int(value) if value.isdigit() else 0

    @property
    def wants_to_write(self) -> bool:
        return bool(self._out) and self._can_write

    @property
    def is_at_work(self) -> bool:
        return bool(self.busy) or self.wants_to_write

    @property
    def gives_up_at(self) -> float:
        return self._last_heard + self.server.timeout

    def enqueue(self, item: Item, report: Callable[[Any, Answer], None]) -> None:
        """Take a message that has been announced."""
        if not self.busy:
            self._last_heard = time.monotonic()
        self._report = report
        self._waiting.append(_Transaction(item))
        self._start_next()

    # writing

    def _put(self, *pieces: bytes) -> None:
        for piece in pieces:
            self._out.append(memoryview(piece))
            self._queued += len(piece)

    def write(self) -> None:
        """Send what the socket takes."""
        try:
            while self._out and self._can_write:
                if isinstance(self._socket, ssl.SSLSocket):
                    sent = self._socket.send(self._out[0])
                else:
                    sent = self._socket.sendmsg(islice(self._out, _PIECES))
                self._sent += sent
                self._last_heard = time.monotonic()
                while sent:
                    first = self._out[0]
                    if sent < len(first):
                        self._out[0] = first[sent:]
                        return  # the socket is full
                    sent -= len(first)
                    self._out.popleft()
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            return
        except OSError:
            # what the server said before it closed is still to be read; then the reading ends too
            self._can_write = False

    def _start_next(self) -> None:
        """Send the next envelope when the last one is through."""
        if self._envelope is not None or not self._waiting or not self.alive:
            return
        pipelined = "PIPELINING" in self.extensions
        if self._expected and not pipelined:
            return
        if self._unreset:
            self._unreset = False
            self._put(b"RSET\r\n")
            self._expected.append(("rset", None))
            if not pipelined:
                return
        self._envelope = tx = self._waiting.popleft()
        opening = f"MAIL FROM:<{tx.item.mail_from}>\r\n".encode()
        if pipelined:
            self._put(opening + f"RCPT TO:<{tx.item.recipient}>\r\nDATA\r\n".encode())
            self._expected.extend([("mail", tx), ("rcpt", tx), ("data", tx)])
        else:
            self._put(opening)
            self._expected.append(("mail", tx))

    # reading

    def read(self) -> None:
        """Take what the server says."""
        try:
            while True:
                data = self._socket.recv(CHUNK)
                if not data:
                    self._lose("the server closed the connection")
                    return
                self._last_heard = time.monotonic()
                for reply in self._reader.feed(data):
                    self._handle(reply)
                    if not self.alive:
                        return
                if len(data) < CHUNK and not isinstance(self._socket, ssl.SSLSocket):
                    return
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except (OSError, ProtocolError) as err:
            self._lose(str(err))

    def _handle(self, reply: Reply) -> None:
        if not self._expected:
            raise ProtocolError(f"{reply.code} {reply.text}")
        kind, tx = self._expected.popleft()
        try:
            getattr(self, f"_on_{kind}")(reply, tx)
        except ProtocolError:
            self._expected.appendleft((kind, tx))  # its fate is still to be told
            raise
        if reply.code == 421:
            self._lose(f"421 {reply.text}")
        elif self.alive:
            self._start_next()

    def _on_rset(self, _reply: Reply, _tx: None) -> None:
        """Whatever it says: the next MAIL tells whether it mattered."""

    def _on_mail(self, reply: Reply, tx: _Transaction) -> None:
        self._on_step(reply, tx, f"RCPT TO:<{tx.item.recipient}>\r\n".encode(), "rcpt")

    def _on_rcpt(self, reply: Reply, tx: _Transaction) -> None:
        self._on_step(reply, tx, b"DATA\r\n", "data")

    def _on_step(self, reply: Reply, tx: _Transaction, following: bytes, kind: str) -> None:
        answer = reply.answer()
        if answer.outcome is not Outcome.ACCEPTED and tx.refusal is None:
            tx.refusal = answer
        if "PIPELINING" in self.extensions:
            return  # the rest of the envelope is under way: its replies come whatever this one says
        if tx.refusal:
            self._envelope = None
            self._unreset = True
            self._finish(tx, tx.refusal)
        else:
            self._put(following)
            self._expected.append((kind, tx))

    def _on_data(self, reply: Reply, tx: _Transaction) -> None:
        if reply.code != 354:
            answer = tx.refusal or reply.answer()
            if answer.outcome is Outcome.ACCEPTED:
                raise ProtocolError(f"{reply.code} in answer to DATA")
            self._envelope = None
            self._unreset = True
            self._finish(tx, answer)
            return
        self._envelope = None
        if tx.refusal:
            # the server waits for content though it knows no recipient: an empty one ends it (RFC 2920, 3.1)
            self._put(_END)
            self._expected.append(("nothing", tx))
            self._finish(tx, tx.refusal)
        else:
            data = tx.item.data
            if not tx.item.dotless and (data[:1] == b"." or b"\r\n." in data):
                data = _stuffed(data)
            self._put(data, _END if data.endswith(b"\r\n") else b"\r\n" + _END)
            tx.ends_at = self._queued
            self._content += 1
            self._expected.append(("dot", tx))

    def _on_nothing(self, _reply: Reply, _tx: _Transaction) -> None:
        """The end of an empty message to nobody."""

    def _on_dot(self, reply: Reply, tx: _Transaction) -> None:
        answer = reply.answer()
        self._content -= 1
        if self._sent >= tx.ends_at:
            self._finish(tx, answer)
            return
        # an answer before the question was complete: believe a refusal, and leave
        early = Answer(Outcome.UNKNOWN, answer.code, answer.enhanced, answer.text)
        self._finish(tx, early if answer.outcome is Outcome.ACCEPTED else answer)
        self._lose("the server answered before the message was complete")

    def _finish(self, tx: _Transaction, answer: Answer) -> None:
        self._report(tx.item.key, answer)

    def _lose(self, reason: str) -> None:
        """The connection is over: tell the fate of everything that was on it."""
        self._hang_up()
        unanswered = [tx for kind, tx in self._expected if kind == "dot"]
        if self._envelope is not None:
            unanswered.append(self._envelope)
        unanswered += self._waiting
        self._expected.clear()
        self._waiting.clear()
        self._envelope = None
        self._content = 0
        for tx in unanswered:
            complete = tx.ends_at and self._sent >= tx.ends_at
            lost = Answer(Outcome.UNKNOWN if complete else Outcome.UNSENT, text=reason)
            self._finish(tx, tx.refusal or lost)

    def give_up(self) -> None:
        """End a connection that has been silent for too long."""
        self._lose("the server did not answer in time")


def deliver(
    connections: Sequence[Connection],
    items: Iterable[Item],
    *,
    on_wire: Callable[[list[Any]], None],
    on_reply: Callable[[Any, Answer], None],
) -> None:
    """Send `items` over open connections until they are all answered or no connection is left.

    Items are taken from the iterator as room comes free; what has not been taken when the connections end stays in
    it. An exception of the iterator or of `on_wire` is raised again once everything announced is answered.

    Args:
        on_wire: called with the keys about to be sent, before a byte of them is; at most half the windows of all
            connections together at a time (all of them at the beginning).
        on_reply: called once for every announced key, and for an item that cannot be sent at all.
    """
    source = iter(items)
    failure: Exception | None = None
    exhausted = False
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            if connection.alive:
                selector.register(connection, selectors.EVENT_READ)
        watched = {connection: selectors.EVENT_READ for connection in connections if connection.alive}
        while True:
            live = [connection for connection in connections if connection.alive]
            if live and not exhausted and failure is None and _has_room(live):
                try:
                    exhausted = not _refill(live, source, on_wire, on_reply)
                except Exception as err:  # of the caller's code: raised again below
                    failure = err
            if not any(connection.is_at_work for connection in live):
                if exhausted or failure or not live:
                    break
                continue
            _exchange(selector, watched, live)
    if failure is not None:
        raise failure


def _has_room(live: list[Connection]) -> bool:
    room, whole = sum(each.room for each in live), sum(each.window for each in live)
    return room * 2 >= whole


def _refill(
    live: list[Connection],
    source: Iterator[Item],
    on_wire: Callable[[list[Any]], None],
    on_reply: Callable[[Any, Answer], None],
) -> bool:
    """Announce and hand out as many items as there is room for; whether there may be more."""
    room = {each: each.room for each in live}
    wanted = sum(room.values())
    limit = min((each.size_limit for each in live if each.size_limit), default=0)
    taken: list[Item] = []
    more = True
    failure: Exception | None = None
    while len(taken) < wanted:
        try:
            item = next(source)
        except StopIteration:
            more = False
            break
        except Exception as err:  # what was taken before is sent all the same
            failure = err
            break
        if refusal := _impossible(item, limit):
            on_reply(item.key, refusal)
        else:
            taken.append(item)
    if taken:
        on_wire([item.key for item in taken])
        for item in taken:
            roomiest = max(room, key=room.__getitem__)
            room[roomiest] -= 1
            roomiest.enqueue(item, on_reply)
    if failure is not None:
        raise failure
    return more


def _exchange(selector: selectors.BaseSelector, watched: dict[Connection, int], live: list[Connection]) -> None:
    """Write what can be written, wait for something to happen, read it."""
    for connection in live:
        if connection.wants_to_write:
            connection.write()
        wish = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.wants_to_write else 0)
        if watched[connection] != wish:
            selector.modify(connection, wish)
            watched[connection] = wish
    soonest = min(connection.gives_up_at for connection in live if connection.is_at_work)
    for ready, events in selector.select(max(0.0, soonest - time.monotonic())):
        if events & selectors.EVENT_READ:
            ready.fileobj.read()
    now = time.monotonic()
    for connection in live:
        if connection.alive and connection.is_at_work and now >= connection.gives_up_at:
            connection.give_up()
        if not connection.alive:
            selector.unregister(connection)


def _impossible(item: Item, limit: int) -> Answer | None:
    """Why an item cannot go on any wire."""
    for address in (item.mail_from, item.recipient):
        if not address.isascii() or not address.isprintable() or any(c in address for c in " <>") or len(address) > 320:
            return Answer(Outcome.FAILED, 553, "5.1.3", "not an address")
    if not item.recipient:
        return Answer(Outcome.FAILED, 553, "5.1.3", "no recipient")
    if limit and len(item.data) > limit:
        return Answer(Outcome.FAILED, 552, "5.3.4", f"larger than the server takes ({limit} bytes)")
    return None


def _stuffed(data: bytes) -> bytes:
    stuffed = data.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed[:1] == b"." else stuffed
