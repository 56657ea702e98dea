"""A mail server's IMAP side, as much of it as a reader of one mailbox needs, with what servers do to readers."""

import base64
import re
import socketserver
import ssl
import threading
from dataclasses import dataclass, field

OK, WRONG = "OK done", "NO [AUTHENTICATIONFAILED] wrong user or password"


@dataclass
class Box:
    """A mailbox behind a user and a password, and what a reader said to it."""

    mails: dict[int, bytes] = field(default_factory=dict)  # by uid
    validity: int = 1
    user: str = "user@shop.example"
    password: str = 'se "cret/'
    breaks_at: int = 0  # the uid at whose fetching the connection is lost
    heard: list[str] = field(default_factory=list)


class Server(socketserver.ThreadingTCPServer):
    """Serves one box on a port of its own; with a context, over TLS."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, box: Box, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.box, self.context = box, context
        threading.Thread(target=self.serve_forever, args=[0.05], daemon=True).start()

    def __exit__(self, *_what: object) -> None:
        self.shutdown()
        self.server_close()

    def get_request(self):
        connection, address = super().get_request()
        if self.context:
            connection = self.context.wrap_socket(connection, server_side=True)
        return connection, address


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.say("* OK ready")
        while line := self.rfile.readline().decode().strip():
            tag, _space, words = line.partition(" ")
            self.server.box.heard.append(words)
            said = self.answer(words)
            if said is None:
                return
            self.say(f"{tag} {said}")
            if words == "LOGOUT":
                return

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def answer(self, words: str) -> str | None:
        box = self.server.box
        if words == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1")
        elif words.startswith("LOGIN "):
            quoted = box.password.replace('"', '\\"')
            return OK if words == f'LOGIN {box.user} "{quoted}"' else WRONG
        elif words == "AUTHENTICATE PLAIN":
            self.say("+ ")
            given = base64.b64decode(self.rfile.readline()).decode()
            return OK if given == f"\0{box.user}\0{box.password}" else WRONG
        elif words == "EXAMINE INBOX":
            self.say(f"* {len(box.mails)} EXISTS")
            self.say(f"* OK [UIDVALIDITY {box.validity}] valid")
        elif found := re.fullmatch(r"UID SEARCH UID (\d+):\*", words):
            # The star is the last mail, so a range that begins behind it holds that one (RFC 3501, 6.4.8).
            last = max(box.mails, default=0)
            fits = [uid for uid in box.mails if uid >= int(found[1]) or uid == last]
            self.say("* SEARCH " + " ".join(map(str, fits)))
        elif found := re.fullmatch(r"UID FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", words):
            return self.fetch(int(found[1]), int(found[2]))
        elif words == "LOGOUT":
            self.say("* BYE")
        else:
            return "BAD not for a reader"
        return OK

    def fetch(self, uid: int, most: int) -> str | None:
        box = self.server.box
        if uid == box.breaks_at:
            return None
        if uid in box.mails:
            raw = box.mails[uid][:most]
            self.wfile.write(b"* 1 FETCH (UID %d BODY[]<0> {%d}\r\n%s)\r\n" % (uid, len(raw), raw))
        return OK
