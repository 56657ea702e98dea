import os
import smtplib
import socket
import subprocess
import sys
import time

import pytest

from cxm.local import inbox, processes
from cxm.local.home import CHECKOUT

MESSAGE = b"From: Shop <shop@x.test>\r\nTo: a@y.test\r\nSubject: =?utf-8?b?2YXYsdit2KjYpw==?=\r\n\r\nHello.\r\n.dot\r\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    home, port = tmp_path_factory.mktemp("home"), processes.free_port()
    child = subprocess.Popen(
        [sys.executable, "-m", "cxm.local.inbox", "--port", str(port)],
        env=os.environ | {"CXM_HOME": str(home)},
        cwd=CHECKOUT,
    )
    limit = time.monotonic() + 20
    while processes.port_is_free(port) and time.monotonic() < limit:
        time.sleep(0.02)
    yield home / "inbox", port
    child.terminate()
    assert child.wait(10) == 0


@pytest.fixture
def folder(served):
    inbox.delete_all(served[0])
    return served[0]


def test_messages_are_kept_whole_and_listed_newest_first(served, folder):
    with smtplib.SMTP("127.0.0.1", served[1]) as client:
        client.sendmail("bounce@x.test", ["a@y.test", "b@y.test"], MESSAGE)
        client.sendmail("bounce@x.test", ["c@y.test"], MESSAGE.replace(b"Hello", b"Second"))

    newest, oldest = inbox.list_messages(folder)
    assert (oldest.sender, oldest.recipients, oldest.subject, oldest.shown_sender) == (
        "bounce@x.test",
        ("a@y.test", "b@y.test"),
        "مرحبا",
        "Shop <shop@x.test>",
    )
    trace = b"Return-Path: <bounce@x.test>\r\nX-Envelope-To: a@y.test, b@y.test\r\n"
    assert inbox.read_message(folder, oldest.id) == trace + MESSAGE
    assert [entry.id for entry in inbox.list_messages(folder, limit=1)] == [newest.id]
    assert [entry.id for entry in inbox.list_messages(folder, before=newest.id)] == [oldest.id]
    assert [entry.id for entry in inbox.list_messages(folder, to="C@y.test")] == [newest.id]
    assert inbox.count(folder) == 2
    assert inbox.delete_all(folder) == 2
    assert inbox.list_messages(folder) == []


@pytest.mark.parametrize(
    "content", [b"", b"one line\r\n", b"\r\n", b"ends with dots..\r\n..\r\n", b"a.\r\n" * 3000, b"x" * 900 + b"\r\n"]
)
def test_pipelined_commands_in_one_write(served, folder, content):
    stuffed = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
    envelope = b"MAIL FROM:<s@x.test>\r\nRCPT TO:<r@y.test>\r\nDATA\r\n"
    with socket.create_connection(("127.0.0.1", served[1]), 5) as client, client.makefile("rb") as answers:
        client.sendall(b"EHLO me\r\n" + envelope)
        lines = [answers.readline().strip() for _ in range(10)]
        # The next envelope rides on the end of the data.
        client.sendall(stuffed + b".\r\n" + envelope + stuffed + b".\r\nQUIT\r\n")
        codes = [answers.readline()[:3] for _ in range(6)]

    assert {b"250-PIPELINING", b"250-8BITMIME", b"250-SMTPUTF8"} < set(lines)
    assert lines[-1].startswith(b"354")
    assert codes == [b"250", b"250", b"250", b"354", b"250", b"221"]
    kept = [inbox.read_message(folder, entry.id) for entry in inbox.list_messages(folder)]
    trace = b"Return-Path: <s@x.test>\r\nX-Envelope-To: r@y.test\r\n"
    assert kept == [trace + content] * 2


def test_too_long_a_line_is_refused(served, folder):
    with smtplib.SMTP("127.0.0.1", served[1]) as client, pytest.raises(smtplib.SMTPDataError, match="Line too long"):
        client.sendmail("s@x.test", ["r@y.test"], b"x" * 1200 + b"\r\n")

    assert inbox.count(folder) == 0


@pytest.mark.parametrize("asked", ["", "../secret", "0" * 20, "x", "0" * 20 + "-" + "0" * 8])
def test_only_real_ids_are_read(folder, asked):
    assert inbox.read_message(folder, asked) is None


def test_a_taken_port_is_said_in_a_sentence(served):
    answer = subprocess.run(
        [sys.executable, "-m", "cxm.local.inbox", "--port", str(served[1])],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 1
    assert f"The inbox cannot listen on port {served[1]}" in answer.stderr
