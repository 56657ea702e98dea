import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from campaigns.channels.email import replies, smtp
from tests.campaigns.channels.email.mail_server import Script, serving

SINK = "/usr/sbin/smtp-sink"
BODY = b"Subject: x\r\n\r\nHello\r\n"
Outcome = replies.Outcome


def items(count: int, data: bytes = BODY) -> list[smtp.Item]:
    return [smtp.Item(n, "from@a.test", f"to{n}@b.test", data) for n in range(count)]


def connected(port: int, **changes) -> smtp.Connection:
    connection = smtp.Connection(smtp.Server(**{"host": "127.0.0.1", "port": port, "timeout": 5, **changes}))
    connection.open()
    return connection


class Log:
    """What the caller is told, in order."""

    def __init__(self) -> None:
        self.announced: list = []
        self.answers: dict = {}
        self.most_open = 0

    def on_wire(self, keys: list) -> None:
        assert not set(keys) & set(self.announced)
        self.announced += keys
        self.most_open = max(self.most_open, len(self.announced) - len(self.answers))

    def on_reply(self, key, answer) -> None:
        assert key not in self.answers
        self.answers[key] = answer

    @property
    def outcomes(self) -> dict:
        return {key: str(answer.outcome) for key, answer in self.answers.items()}


def deliver(port_or_connections, sent) -> Log:
    log = Log()
    connections = port_or_connections
    if isinstance(connections, int):
        connections = [connected(connections)]
    smtp.deliver(connections, sent, on_wire=log.on_wire, on_reply=log.on_reply)
    for connection in connections:
        connection.quit()
    return log


def accept_envelope(client: Script, *, rcpt: str = "250 ok", data: str = "354 go") -> None:
    assert client.line().startswith("MAIL FROM:<from@a.test>")
    assert client.line().startswith("RCPT TO:<to")
    assert client.line() == "DATA"
    client.say("250 ok", rcpt, data)


def take_all(client: Script) -> list[bytes]:
    """An obedient server with PIPELINING; what it was given."""
    client.greet("PIPELINING", "SIZE 1000000")
    taken = []
    while line := client.line():
        if line.startswith(("MAIL", "RCPT", "RSET")):
            client.say("250 2.1.0 ok")
        elif line == "DATA":
            client.say("354 go")
            taken.append(client.content())
            client.say("250 2.0.0 taken")
        elif line == "QUIT":
            client.say("221 bye")
            break
    return taken


def test_messages_arrive_whole_and_in_order():
    boxes = []
    bodies = [b"Subject: %d\r\n\r\n.dot\r\n..two\r\nend\r\n" % n for n in range(20)]
    sent = [smtp.Item(n, "from@a.test", "to@b.test", body) for n, body in enumerate(bodies)]

    with serving(lambda client: boxes.append(take_all(client))) as port:
        log = deliver(port, sent)

    assert boxes == [bodies]
    assert set(log.outcomes.values()) == {"accepted"} and len(log.outcomes) == 20
    assert log.answers[0] == replies.Answer(Outcome.ACCEPTED, 250, "2.0.0", "2.0.0 taken")
    assert log.most_open <= smtp.WINDOW


def test_a_message_without_a_last_line_break_gets_one():
    boxes = []

    with serving(lambda client: boxes.append(take_all(client))) as port:
        deliver(port, items(1, b"Subject: x\r\n\r\n.no end"))

    assert boxes == [[b"Subject: x\r\n\r\n.no end\r\n"]]


def test_nothing_goes_on_the_wire_before_it_is_announced():
    seen = []

    def script(client: Script) -> None:
        client.greet("PIPELINING")
        client.peer.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.line()
        seen.append("silence")

    class NotRecorded(Exception):
        pass

    def on_wire(_keys: list) -> None:
        time.sleep(0.1)
        raise NotRecorded

    with serving(script) as port:
        with pytest.raises(NotRecorded):
            smtp.deliver([connected(port)], items(3), on_wire=on_wire, on_reply=lambda *_: None)
        time.sleep(0.4)

    assert seen == ["silence"]


def test_a_refused_recipient_with_a_refused_data_harms_nobody_else():
    boxes = []

    def script(client: Script) -> None:
        client.greet("PIPELINING")
        accept_envelope(client, rcpt="550 5.1.1 nobody", data="554 no valid recipients")
        assert client.line() == "RSET"
        client.say("250 ok")
        accept_envelope(client)
        boxes.append(client.content())
        client.say("250 ok")
        client.line()

    with serving(script) as port:
        log = deliver(port, items(2))

    assert log.outcomes == {0: "failed", 1: "accepted"}
    assert (log.answers[0].code, log.answers[0].enhanced) == (550, "5.1.1")
    assert boxes == [BODY]


def test_a_refused_recipient_with_a_granted_data_gets_a_lone_dot():
    boxes = []

    def script(client: Script) -> None:
        client.greet("PIPELINING")
        accept_envelope(client, rcpt="450 4.2.1 later")
        assert client.content() == b""
        client.say("554 no valid recipients")
        accept_envelope(client)
        boxes.append(client.content())
        client.say("250 ok")
        client.line()

    with serving(script) as port:
        log = deliver(port, items(2))

    assert log.outcomes == {0: "deferred", 1: "accepted"}
    assert boxes == [BODY]


def test_the_first_digit_of_the_code_decides():
    def script(client: Script) -> None:
        client.greet("PIPELINING")
        for word in ("450 5.7.32 they disagree", "552-5.3.4 too large\r\n552 5.3.4 really", "250 ok"):
            while client.line() != "DATA":
                pass
            client.say("250 ok", "250 ok", "354 go")
            client.content()
            client.say(word)
        client.line()

    with serving(script) as port:
        log = deliver(port, items(3))

    assert log.outcomes == {0: "deferred", 1: "failed", 2: "accepted"}
    assert log.answers[0].enhanced == "5.7.32"
    assert log.answers[1].text == "5.3.4 too large\n5.3.4 really"


@pytest.mark.parametrize("code", ["421 4.3.2 shutting down"])
def test_421_to_an_envelope_defers_it_and_leaves_the_rest_unsent(code):
    def script(client: Script) -> None:
        client.greet("PIPELINING")
        client.line()
        client.say(code)

    with serving(script) as port:
        log = deliver(port, items(4))

    assert log.outcomes == {0: "deferred", 1: "unsent", 2: "unsent", 3: "unsent"}


def test_421_after_the_content_is_no_acceptance():
    def script(client: Script) -> None:
        client.greet("PIPELINING")
        accept_envelope(client)
        client.content()
        client.say("421 4.3.2 no")

    with serving(script) as port:
        log = deliver(port, items(3))

    assert log.outcomes == {0: "deferred", 1: "unsent", 2: "unsent"}


@pytest.mark.parametrize("end", ["hang_up", "reset"])
def test_a_connection_lost_after_the_final_dot_leaves_one_unknown(end):
    def script(client: Script) -> None:
        client.greet("PIPELINING")
        accept_envelope(client)
        client.content()
        client.line()
        getattr(client, end)()

    with serving(script) as port:
        log = deliver(port, items(5))

    assert log.outcomes == {0: "unknown", 1: "unsent", 2: "unsent", 3: "unsent", 4: "unsent"}


@pytest.mark.parametrize("end", ["hang_up", "reset"])
def test_a_connection_lost_within_the_content_is_certainly_no_delivery(end):
    large = b"Subject: x\r\n\r\n" + b"x" * 60 + b"\r\n" + (b"y" * 70 + b"\r\n") * 400_000

    def script(client: Script) -> None:
        client.greet("PIPELINING")
        accept_envelope(client)
        client.peer.recv(1000)
        getattr(client, end)()

    with serving(script) as port:
        log = deliver(port, items(2, large))

    assert log.outcomes == {0: "unsent", 1: "unsent"}


def test_a_refusal_within_the_content_is_heard():
    large = b"Subject: x\r\n\r\n" + (b"y" * 70 + b"\r\n") * 400_000

    def script(client: Script) -> None:
        client.greet("PIPELINING")
        accept_envelope(client)
        client.peer.recv(1000)
        client.say("552 5.3.4 enough")
        time.sleep(0.2)

    with serving(script) as port:
        log = deliver(port, items(2, large))

    assert log.outcomes == {0: "failed", 1: "unsent"}


def test_silence_is_given_up_and_unknown_only_after_the_dot():
    def after_dot(client: Script) -> None:
        client.greet("PIPELINING")
        accept_envelope(client)
        client.content()
        client.line()
        time.sleep(1)

    def before(client: Script) -> None:
        client.greet("PIPELINING")
        client.line()
        time.sleep(1)

    with serving(after_dot, before) as port:
        first = deliver([connected(port, timeout=0.3)], items(2))
        second = deliver([connected(port, timeout=0.3)], items(2))

    assert first.outcomes == {0: "unknown", 1: "unsent"}
    assert second.outcomes == {0: "unsent", 1: "unsent"}


@pytest.mark.parametrize(
    ("word", "outcome"),
    [("hello there", "unknown"), ("199 what", "unknown"), ("354 go on", "unknown"), ("250-never" * 3000, "unknown")],
)
def test_what_is_no_smtp_ends_the_connection(word, outcome):
    def script(client: Script) -> None:
        client.greet("PIPELINING")
        accept_envelope(client)
        client.content()
        client.say(word)
        client.line()

    with serving(script) as port:
        log = deliver(port, items(2))

    assert log.outcomes == {0: outcome, 1: "unsent"}


def test_an_odd_answer_to_data_is_told():
    def script(client: Script) -> None:
        client.greet("PIPELINING")
        accept_envelope(client, data="250 fine")
        client.line()

    with serving(script) as port:
        log = deliver(port, items(2))

    assert log.outcomes == {0: "unsent", 1: "unsent"}


def test_replies_in_pieces_and_with_bare_line_feeds_are_read():
    def script(client: Script) -> None:
        client.greet("PIPELINING")
        client.line()
        for byte in b"250 ok\n250-a\r\n250 b\r\n354 go\r\n":
            client.peer.sendall(bytes([byte]))
            time.sleep(0.002)
        client.content()
        client.say("250 ok")
        client.line()

    with serving(script) as port:
        assert deliver(port, items(1)).outcomes == {0: "accepted"}


def test_without_pipelining_every_command_waits_for_its_answer():
    seen = []

    def script(client: Script) -> None:
        client.greet("8BITMIME")
        for answer in ("250 ok", "550 5.1.1 nobody", "250 reset", "250 ok", "250 ok", "354 go"):
            seen.append(client.line().split(":")[0])
            assert client.buffer == b""
            client.say(answer)
        seen.append(client.content())
        client.say("250 ok")
        client.line()

    with serving(script) as port:
        log = deliver(port, items(2))

    assert seen == ["MAIL FROM", "RCPT TO", "RSET", "MAIL FROM", "RCPT TO", "DATA", BODY]
    assert log.outcomes == {0: "failed", 1: "accepted"}


def test_several_connections_share_the_work_and_one_lost_harms_only_its_own():
    def dying(client: Script) -> None:
        client.greet("PIPELINING")
        accept_envelope(client)
        client.hang_up()

    with serving(dying, take_all) as port:
        log = deliver([connected(port), connected(port), connected(port)], items(200))

    outcomes = list(log.outcomes.values())
    assert len(outcomes) == 200
    assert outcomes.count("accepted") >= 200 - smtp.WINDOW
    assert set(outcomes) <= {"accepted", "unsent", "unknown"}
    assert outcomes.count("unknown") <= 1


def test_what_was_not_taken_when_the_last_connection_ends_stays_with_the_caller():
    def dying(client: Script) -> None:
        client.greet("PIPELINING")
        client.line()

    source = iter(items(100))
    with serving(dying) as port:
        log = deliver([connected(port)], source)

    assert set(log.outcomes.values()) == {"unsent"} and len(log.outcomes) == smtp.WINDOW
    assert len(list(source)) == 100 - smtp.WINDOW


def test_an_error_of_the_iterator_is_raised_after_what_was_announced_is_answered():
    def source():
        yield from items(5)
        raise LookupError("no template")

    log = Log()
    with serving(take_all) as port:
        connection = connected(port)
        with pytest.raises(LookupError):
            smtp.deliver([connection], source(), on_wire=log.on_wire, on_reply=log.on_reply)
        connection.quit()

    assert list(log.outcomes.values()) == ["accepted"] * 5


def test_large_messages_and_chatty_servers_never_deadlock():
    large = b"Subject: x\r\n\r\n" + (b"z" * 70 + b"\r\n") * 30_000

    def chatty(client: Script) -> None:
        client.peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.greet("PIPELINING")
        while line := client.line():
            if line == "DATA":
                client.say("250-" + "a" * 3000, "250 ok", "250-" + "b" * 3000, "250 ok", "354 go")
                client.content()
                client.say("250 ok")
            elif line == "QUIT":
                client.say("221 bye")

    with serving(chatty) as port:
        log = deliver([connected(port, timeout=20)], items(3, large))

    assert set(log.outcomes.values()) == {"accepted"}


def test_a_kept_connection_is_used_again():
    boxes = []
    with serving(lambda client: boxes.append(take_all(client))) as port:
        connection = connected(port)
        for _round in range(3):
            log = Log()
            smtp.deliver([connection], items(10), on_wire=log.on_wire, on_reply=log.on_reply)
            assert set(log.outcomes.values()) == {"accepted"}
        connection.quit()

    assert [len(box) for box in boxes] == [30]


@pytest.mark.parametrize(
    ("mail_from", "recipient"),
    [("a@a.test", "b@b.test>\r\nRCPT TO:<c@c.test"), ("a@a.test", "é@b.test"), ("a b@a.test", "c@c.test"), ("", "")],
)
def test_addresses_that_are_commands_never_reach_a_wire(mail_from, recipient):
    with serving(take_all) as port:
        log = deliver(port, [smtp.Item("evil", mail_from, recipient, BODY), *items(1)])

    assert log.outcomes == {"evil": "failed", 0: "accepted"}
    assert log.announced == [0]


def test_a_message_larger_than_the_server_takes_is_not_tried():
    with serving(take_all) as port:
        log = deliver(port, items(1, b"x" * 2_000_000))

    assert (log.answers[0].code, log.announced) == (552, [])


@pytest.mark.parametrize(
    ("greeting", "code"), [("554 no service", 554), ("421 too many", 421), ("hello", None), ("", None)]
)
def test_a_server_that_does_not_let_in_says_why(greeting, code):
    def script(client: Script) -> None:
        if greeting:
            client.say(greeting)

    with serving(script) as port, pytest.raises(smtp.CannotConnect) as caught:
        connected(port)

    assert (caught.value.answer and caught.value.answer.code) == code


def test_encryption_that_was_asked_for_is_not_done_without():
    def offers_none(client: Script) -> None:
        client.greet("PIPELINING")
        client.line()

    def speaks_early(client: Script) -> None:
        client.greet("STARTTLS")
        client.line()
        client.say("220 go", "250 injected")
        client.line()

    with serving(offers_none, speaks_early) as port:
        for _case in range(2):
            with pytest.raises(smtp.CannotConnect):
                connected(port, tls="starttls")


def certificate(folder: Path) -> tuple[str, str]:
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
         "-subj", "/CN=localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    return str(cert), str(key)


class Keeper:
    """Keeps what aiosmtpd receives."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, list[str], bytes]] = []

    async def handle_DATA(self, _server, _session, envelope) -> str:
        self.messages.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 kept"


def run_aiosmtpd(keeper: Keeper, **options) -> Controller:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(keeper, hostname="127.0.0.1", port=port, **options)
    controller.start()
    return controller


def test_with_aiosmtpd():
    keeper = Keeper()
    controller = run_aiosmtpd(keeper)
    try:
        log = deliver(controller.port, items(25))
    finally:
        controller.stop()

    assert set(log.outcomes.values()) == {"accepted"}
    assert [message[1] for message in keeper.messages] == [[f"to{n}@b.test"] for n in range(25)]
    assert {message[2] for message in keeper.messages} == {BODY}


@pytest.mark.parametrize("password", ["right", "wrong"])
def test_with_aiosmtpd_encrypted_and_signed_in(tmp_path, password):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate(tmp_path))
    keeper = Keeper()

    def authenticator(_server, _session, _envelope, _mechanism, data) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"user", b"right"), handled=False)

    controller = run_aiosmtpd(
        keeper, tls_context=context, require_starttls=True, authenticator=authenticator, auth_required=True
    )
    try:
        if password == "wrong":
            with pytest.raises(smtp.CannotConnect) as caught:
                connected(controller.port, tls="starttls", check_certificate=False, user="user", password=password)
            assert caught.value.answer.code == 535
            return
        with pytest.raises(smtp.CannotConnect, match="CERTIFICATE"):
            connected(controller.port, tls="starttls")
        large = b"Subject: x\r\n\r\n" + (b"q" * 70 + b"\r\n") * 5_000
        connection = connected(controller.port, tls="starttls", check_certificate=False, user="user", password=password)
        log = deliver([connection], items(6, large))
    finally:
        controller.stop()

    assert set(log.outcomes.values()) == {"accepted"}
    assert {message[2] for message in keeper.messages} == {large}


@pytest.mark.skipif(not Path(SINK).exists(), reason="Postfix's smtp-sink is not installed")
def test_with_smtp_sink():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    sink = subprocess.Popen([SINK, "-u", "nobody", f"127.0.0.1:{port}", "100"], stderr=subprocess.DEVNULL)
    try:
        for _try in range(100):
            try:
                connections = [connected(port), connected(port)]
                break
            except smtp.CannotConnect:
                time.sleep(0.02)
        log = deliver(connections, items(500))
    finally:
        sink.terminate()
        sink.wait()

    assert list(log.outcomes.values()) == ["accepted"] * 500
