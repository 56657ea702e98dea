"""The sentences of script/up and script/down that need no whole product."""

import socket

import pytest

from cxm.local import launch, up
from cxm.local.__main__ import main
from cxm.local.home import Home


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CXM_HOME", str(tmp_path))
    return Home.from_environment()


def test_a_taken_port_is_said_in_a_sentence(home, capfd):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        assert main(["up", "--port", str(port)]) == 1

    told = f"Port {port} is taken by another program: choose another one with script/up --port N.\n"
    assert capfd.readouterr().err == told


def test_wiping_asks_first(home, capfd):
    kept = home.inbox / "message.eml"
    kept.parent.mkdir()
    kept.touch()

    assert main(["up", "--fresh"]) == 1
    assert kept.exists()
    assert "--fresh wipes all data and asks first" in capfd.readouterr().err


def test_down_says_when_nothing_runs(home, capfd):
    home.write_state("up", {"pid": 1, "created": 0.0, "url": "http://127.0.0.1:1"})  # left by a crash

    assert main(["down"]) == 0
    assert capfd.readouterr().err == "Nothing was running.\n"
    assert home.read_state("up") == {}


def test_wiping_keeps_the_secret_key_and_the_packages(home):
    key = home.secret_key_file().read_text()
    (home.root / "venv").mkdir()
    (home.root / "valkey").mkdir()

    up._wipe(home)

    assert home.secret_key_file().read_text() == key
    assert (home.root / "venv").exists()
    assert not (home.root / "valkey").exists()


def test_the_secret_key_is_for_its_owner_only(home):
    path = home.secret_key_file()

    assert path.stat().st_mode & 0o777 == 0o600
    assert len(path.read_text()) >= 50


def test_what_is_given_wins_over_our_defaults(home):
    given = {"CXM_BASE_URL": "https://cxm.example", "EMAIL_URL": "", "SECRET_KEY": "x" * 60}

    variables = launch.environment(home, {"REDIS_URL": "redis://r"}, port=8123, inbox_port=2600, given=given)

    assert variables["CXM_BASE_URL"] == "https://cxm.example"
    assert variables["EMAIL_URL"] == "smtp://127.0.0.1:2600"
    assert variables["REDIS_URL"] == "redis://r"
    assert "SECRET_KEY_FILE" not in variables


def test_answers_come_from_the_local_inbox_where_what_we_send_ends_there(home):
    ours = launch.environment(home, {}, given={"EMAIL_URL": ""})
    assert (ours["INBOUND_ADDRESS"], ours["INBOUND_URL"]) == ("reply@inbox.localhost", "local:")

    elsewhere = launch.environment(home, {}, given={"EMAIL_URL": "smtp://mail.example"})
    assert {"INBOUND_ADDRESS", "INBOUND_URL"}.isdisjoint(elsewhere)

    own = launch.environment(home, {}, given={"INBOUND_URL": "imaps://u:p@mail.example/INBOX"})
    assert own["INBOUND_URL"] == "imaps://u:p@mail.example/INBOX"
