"""Opening a connection to a mail server: greeting, encryption, signing in; and saying goodbye. In lock step."""

import base64
import ipaddress
import socket
import ssl
from collections import deque
from dataclasses import dataclass

from .replies import Answer, ProtocolError, Reader, Reply

CHUNK = 262_144


class CannotConnect(Exception):
    """No connection that messages can be sent on; `answer` holds the server's words when it had any."""

    def __init__(self, reason: str, answer: Answer | None = None) -> None:
        self.answer = answer
        super().__init__(reason)


@dataclass(frozen=True)
class Server:
    """Where mail is handed in.

    Attributes:
        tls: "none", "starttls" (refused when the server has none) or "implicit".
        check_certificate: False only for servers of one's own without a certificate anybody knows.
        timeout: seconds without an answer after which a connection is given up.
    """

    host: str
    port: int
    tls: str = "none"
    user: str = ""
    password: str = ""
    hello: str = "localhost"
    check_certificate: bool = True
    timeout: float = 60.0


class Session:
    """A socket on which a server has let us in, and what it said it can do."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.extensions: dict[str, str] = {}
        self.alive = False
        self._socket: socket.socket | None = None
        self._reader = Reader()
        self._replies: deque[Reply] = deque()

    def open(self) -> None:
        """Connect, greet, encrypt, sign in.

        Raises:
            CannotConnect: with the reason, and the server's answer when there was one.
        """
        try:
            self._connect()
            self._say_hello()
            if self.server.tls == "starttls":
                self._start_tls()
            if self.server.user:
                self._sign_in()
        except (OSError, ProtocolError) as err:
            self._hang_up()
            raise CannotConnect(f"{self.server.host}:{self.server.port}: {err}") from err
        except CannotConnect:
            self._hang_up()
            raise
        self._socket.setblocking(False)
        self.alive = True

    def _connect(self) -> None:
        self._socket = socket.create_connection((self.server.host, self.server.port), self.server.timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.server.tls == "implicit":
            self._encrypt()
        self._expect(self._answer(), 220)

    def _say_hello(self) -> None:
        reply = self._command(f"EHLO {self.server.hello}")
        if reply.code // 100 == 5:
            self._expect(self._command(f"HELO {self.server.hello}"), 250)
            return
        self._expect(reply, 250)
        words = (line.partition(" ") for line in reply.text.split("\n")[1:])
        self.extensions = {name.upper(): value for name, _space, value in words}

    def _start_tls(self) -> None:
        if "STARTTLS" not in self.extensions:
            raise CannotConnect("the server offers no encryption (STARTTLS)")
        self._expect(self._command("STARTTLS"), 220)
        if not self._reader.is_empty or self._replies:  # somebody in between spoke before the encryption
            raise CannotConnect("the server spoke on after STARTTLS")
        self._encrypt()
        self._say_hello()

    def _encrypt(self) -> None:
        context = ssl.create_default_context()
        if not self.server.check_certificate:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        self._socket = context.wrap_socket(self._socket, server_hostname=self.server.host)

    def _sign_in(self) -> None:
        if not isinstance(self._socket, ssl.SSLSocket) and not _is_loopback(self._socket):
            raise CannotConnect("a password is not sent over an unencrypted connection")
        ways = self.extensions.get("AUTH", "").upper().split()
        user, password = self.server.user.encode(), self.server.password.encode()
        if "PLAIN" in ways or "LOGIN" not in ways:
            reply = self._command("AUTH PLAIN " + _base64(b"\0" + user + b"\0" + password))
        else:
            self._expect(self._command("AUTH LOGIN"), 334)
            self._expect(self._command(_base64(user)), 334)
            reply = self._command(_base64(password))
        self._expect(reply, 235)

    def _command(self, line: str) -> Reply:
        """One command and its reply, in lock step; only while opening and closing."""
        if not line.isascii() or "\r" in line or "\n" in line:
            raise ProtocolError("not a line of SMTP")
        self._socket.sendall(line.encode() + b"\r\n")
        return self._answer()

    def _answer(self) -> Reply:
        while not self._replies:
            data = self._socket.recv(CHUNK)
            if not data:
                raise ProtocolError("the server closed the connection")
            self._replies.extend(self._reader.feed(data))
        return self._replies.popleft()

    def _expect(self, reply: Reply, code: int) -> None:
        if reply.code != code:
            answer = reply.answer() if reply.code // 100 in (4, 5) else None
            raise CannotConnect(f"{reply.code} {reply.text}", answer)

    def quit(self) -> None:
        """Say goodbye; nothing may be on the way."""
        if self.alive:
            try:
                self._socket.settimeout(min(5.0, self.server.timeout))
                self._command("QUIT")
            except (OSError, ProtocolError):
                pass  # gone already
        self._hang_up()

    def _hang_up(self) -> None:
        self.alive = False
        if self._socket is not None:
            self._socket.close()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _is_loopback(open_socket: socket.socket) -> bool:
    return ipaddress.ip_address(open_socket.getpeername()[0].split("%")[0]).is_loopback
