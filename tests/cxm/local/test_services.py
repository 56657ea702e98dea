"""Real servers in a folder of the test's own; each start takes well under a second."""

import contextlib
import os
import signal
import socket
import tempfile
from pathlib import Path

import psycopg2
import pytest
import redis

from cxm.local import postgres, processes, services, testing, valkey
from cxm.local.home import Home, Trouble


@pytest.fixture
def home():
    # Not pytest's tmp_path: PostgreSQL's own user must be able to pass through, and it is kept after the run.
    with tempfile.TemporaryDirectory(prefix="cxm-test-") as folder:
        own = Home(Path(folder)).made()
        try:
            yield own
        finally:
            services.stop(own)


@pytest.fixture
def database(home):
    return postgres.Server(home, durable=False)


def ask(server, question, **who):
    with contextlib.closing(psycopg2.connect(server.url(**who))) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(question)
        return cursor.fetchall() if cursor.description else None


def test_the_suite_has_servers_of_its_own():
    assert services.in_use(testing.home())


def test_the_application_is_no_superuser_but_may_enter_the_roles_it_makes(database):
    postgres.start(database)

    assert ask(
        database, "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = 'cxm'"
    ) == [(False, False, True, True)]
    assert ask(database, "CREATE ROLE cxm_app; SET ROLE cxm_app; SELECT current_user::text") == [("cxm_app",)]
    assert ask(database, "SELECT datcollate, datlocprovider::text FROM pg_database WHERE datname = 'cxm'") == [
        ("C", "b")
    ]


def test_extensions_are_in_the_database_and_in_new_ones(database):
    postgres.start(database)
    ask(database, "CREATE DATABASE another")
    for name in ("cxm", "another"):
        found = ask(database, "SELECT extname FROM pg_extension", database=name)
        assert {row[0] for row in found} == {"plpgsql", *postgres.EXTENSIONS}


def test_data_survives_a_killed_server(home, capfd):
    database = postgres.Server(home)
    postgres.start(database)
    ask(database, "CREATE TABLE kept AS SELECT 7 AS number")
    killed = database.process()
    killed.send_signal(signal.SIGKILL)
    processes.wait_ended([killed], seconds=5)

    postgres.start(database)

    assert ask(database, "SELECT number FROM kept") == [(7,)]
    assert "did not stop cleanly" in capfd.readouterr().err


def test_a_process_number_given_again_is_not_taken_for_the_server(database):
    postgres.start(database)
    postgres.stop(database)
    (database.data / "postmaster.pid").write_text(f"{os.getpid()}\n{database.data}\n")  # as a power cut leaves it
    (database.socket_folder / ".s.PGSQL.5432").touch()

    postgres.start(database)

    assert ask(database, "SELECT 1") == [(1,)]


def test_a_first_start_that_died_half_way_begins_again(database):
    (database.home.root / "postgres.unfinished").mkdir()
    (database.home.root / "postgres.unfinished" / "PG_VERSION").write_text("18")
    database.data.mkdir()

    postgres.start(database)

    assert ask(database, "SELECT 1") == [(1,)]


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (["rubbish"], "is not a whole database folder: move it away"),
        (["PG_VERSION", "global/pg_control"], "was written by PostgreSQL 12, this is PostgreSQL"),
    ],
)
def test_a_folder_that_is_not_ours_is_left_alone(database, files, sentence):
    for name in files:
        path = database.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("12")

    with pytest.raises(Trouble, match=sentence):
        postgres.start(database)

    assert (database.data / files[0]).exists()


def test_a_long_folder_name_still_has_a_socket(tmp_path):
    deep = Home(tmp_path / ("x" * 100))
    folder = postgres.Server(deep).socket_folder

    assert len(str(folder)) < postgres.SOCKET_NAME_LIMIT
    assert deep.root not in folder.parents


def test_the_broker_keeps_what_it_holds_and_its_port(home):
    broker = valkey.Server(home)
    valkey.start(broker)
    url = broker.url()
    redis.Redis.from_url(url).set("kept", "7")
    valkey.stop(broker)
    assert broker.process() is None

    valkey.start(broker)

    assert broker.url() == url
    assert redis.Redis.from_url(url).get("kept") == b"7"


def test_the_broker_survives_being_killed(home):
    broker = valkey.Server(home)
    valkey.start(broker)
    killed = broker.process()
    killed.send_signal(signal.SIGKILL)
    processes.wait_ended([killed], seconds=5)

    valkey.start(broker)

    assert redis.Redis.from_url(broker.url()).ping()


def test_the_broker_leaves_a_port_that_was_taken(home, capfd):
    broker = valkey.Server(home, durable=False)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        home.write_state("valkey", {"port": taken, "password": "secret"})

        valkey.start(broker)

    assert broker.state()["port"] != taken
    assert f"Port {taken}, which Valkey had last time, is taken" in capfd.readouterr().err


def test_an_unreadable_broker_file_is_put_aside(home, capfd):
    broker = valkey.Server(home)
    valkey.start(broker)
    redis.Redis.from_url(broker.url()).set("kept", "7")
    valkey.stop(broker)
    for file in (broker.data / "appendonlydir").iterdir():
        file.write_bytes(b"rubbish that no server writes\n")

    valkey.start(broker)

    assert redis.Redis.from_url(broker.url()).get("kept") is None
    assert len(list(broker.data.glob("appendonlydir.unreadable-*"))) == 1
    assert "it begins empty" in capfd.readouterr().err


def test_the_last_user_stops_the_services(home):
    with services.using(home, durable=False, given={}):
        with services.using(home, durable=False, given={}) as urls:
            assert set(urls) == {"DATABASE_URL", "REDIS_URL"}
        assert services.in_use(home)
        assert postgres.Server(home).process() is not None

    assert not services.in_use(home)
    assert [postgres.Server(home).process(), valkey.Server(home).process()] == [None, None]


def test_given_addresses_are_used_and_nothing_is_started(home):
    given = {"DATABASE_URL": "postgresql://elsewhere/db", "REDIS_URL": "redis://elsewhere"}

    with services.using(home, given=given) as urls:
        assert urls == given

    assert not (home.root / "postgres").exists()
    assert not (home.root / "valkey").exists()
