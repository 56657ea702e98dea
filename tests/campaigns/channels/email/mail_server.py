"""A mail server that follows a script: real sockets, every oddity on request."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator


class Script:
    """One connection as the server sees it. A script is a function that gets this and does what it likes."""

    def __init__(self, peer: socket.socket) -> None:
        self.peer = peer
        self.peer.settimeout(10)
        self.peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def say(self, *lines: str) -> None:
        self.peer.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def line(self) -> str:
        """The next line, "" when the client is gone."""
        return self.until(b"\r\n").decode().removesuffix("\r\n")

    def until(self, end: bytes) -> bytes:
        held = bytearray(self.buffer)
        searched = 0
        while (at := held.find(end, searched)) < 0:
            searched = max(0, len(held) - len(end))
            data = self.peer.recv(65536)
            if not data:
                return b""
            held += data
        self.buffer = bytes(held[at + len(end) :])
        return bytes(held[: at + len(end)])

    def content(self) -> bytes:
        """A message up to its final dot, dots unstuffed."""
        if self.buffer.startswith(b".\r\n") or (not self.buffer and self.peer.recv(3, socket.MSG_PEEK) == b".\r\n"):
            self.until(b".\r\n")
            return b""
        return (b"\r\n" + self.until(b"\r\n.\r\n")[:-3]).replace(b"\r\n..", b"\r\n.")[2:]

    def greet(self, *extensions: str) -> None:
        self.say("220 test")
        self.line()
        lines = ["test", *extensions]
        self.say(*[f"250-{each}" for each in lines[:-1]], f"250 {lines[-1]}")

    def hang_up(self) -> None:
        self.peer.close()

    def reset(self) -> None:
        """Close without a goodbye (RST)."""
        self.peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.peer.close()


@contextlib.contextmanager
def serving(*scripts: Callable[[Script], None]) -> Iterator[int]:
    """A port at which each connection in turn is served by the next script (the last one serves all that follow)."""
    listener = socket.create_server(("127.0.0.1", 0))
    failures: list[BaseException] = []
    threads: list[threading.Thread] = []

    def serve(script: Callable[[Script], None], peer: socket.socket) -> None:
        try:
            script(Script(peer))
        except (ConnectionError, TimeoutError):
            pass
        except BaseException as err:
            failures.append(err)
        finally:
            peer.close()

    def accept() -> None:
        at = 0
        with contextlib.suppress(OSError):
            while True:
                peer, _address = listener.accept()
                script = scripts[min(at, len(scripts) - 1)]
                at += 1
                threads.append(threading.Thread(target=serve, args=(script, peer), daemon=True))
                threads[-1].start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in threads:
            thread.join(5)
    assert not failures, failures
