"""Processes by what they are, not by number alone: numbers are given again after a crash."""

import contextlib
import ctypes
import os
import signal
import socket
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

MARK = "CXM_RUN"  # in the environment of every process a supervisor starts; says for which CXM_HOME
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def identity(pid: int) -> dict[str, float]:
    """What tells this process from a later one of the same number."""
    return {"pid": pid, "created": psutil.Process(pid).create_time()}


def find(known: dict) -> psutil.Process | None:
    """The living process of an `identity`, or None when it ended (a zombie has ended)."""
    try:
        process = psutil.Process(int(known["pid"]))
        same = abs(process.create_time() - float(known["created"])) < 1.0
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except (KeyError, TypeError, ValueError, psutil.Error):
        return None


def ended(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return True


def wait_ended(processes: Iterable[psutil.Process], *, seconds: float) -> list[psutil.Process]:
    """Wait until all have ended or the time is over; answers those still alive."""
    limit = time.monotonic() + seconds
    alive = list(processes)
    while alive:
        alive = [process for process in alive if not ended(process)]
        if time.monotonic() >= limit:
            break
        if alive:
            time.sleep(0.02)
    return alive


def send(processes: Iterable[psutil.Process], number: int) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.send_signal(number)


def stop(processes: Iterable[psutil.Process], *, polite: int = signal.SIGTERM, grace: float = 10.0) -> None:
    """Ask to end, wait `grace` seconds, then kill what is left."""
    processes = list(processes)
    send(processes, polite)
    left = wait_ended(processes, seconds=grace)
    send(left, signal.SIGKILL)
    wait_ended(left, seconds=5)


def marked(home: Path) -> list[psutil.Process]:
    """Every living process that a supervisor of this home started, whoever is its parent now."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(MARK) == str(home) and not ended(process):
                found.append(process)
    return found


def die_with_parent() -> None:
    """Run in a child between fork and exec: when the parent is killed, the kernel ends the child too (Linux)."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def port_is_free(port: int) -> bool:
    """Whether 127.0.0.1:port can be listened on now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
