"""Runs the programs of the product, starts a crashed one again, and ends all of them together."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from cxm.local import processes
from cxm.local.home import LOG_LIMIT, Home, say

QUEUES = "transactional,bulk,automation,compute"
GRACE = 12  # seconds a program has to finish what it is doing
LONGEST_WAIT = 30.0  # seconds between two tries to start a program that keeps crashing
STEADY = 60  # seconds after which a program counts as running well again
TICK = 0.1


@dataclass(frozen=True)
class Program:
    name: str
    words: list[str]
    delay: float = 0.0  # seconds after the others, so that pages are served sooner


@dataclass
class Child:
    program: Program
    process: subprocess.Popen | None = None
    started: float = 0.0
    due: float = 0.0  # when to start it next
    crashes: int = 0


def web_words(*, port: int, workers: int = 2, host: str = "127.0.0.1") -> list[str]:
    words = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)]
    words += ["--workers", str(workers), "--blocking-threads", "2", "--respawn-failed-workers", "--no-ws"]
    return [*words, "--workers-kill-timeout", "5", "--log-level", "warning", "cxm.wsgi:application"]


def worker_words(*, workers: int, name: str = "cxm") -> list[str]:
    words = [sys.executable, "-m", "celery", "-A", "cxm", "worker", "--queues", QUEUES, "--loglevel", "INFO"]
    return [*words, "--concurrency", str(workers), "--hostname", f"{name}@%h", "--without-gossip", "--without-mingle"]


def beat_words() -> list[str]:
    return [sys.executable, "-m", "celery", "-A", "cxm", "beat", "--loglevel", "INFO", "--pidfile="]


def inbox_words(*, port: int) -> list[str]:
    return [sys.executable, "-m", "cxm.local.inbox", "--port", str(port)]


@dataclass
class Supervisor:
    """Give it programs, call `run`. It returns when it was told to stop and everything has ended."""

    home: Home
    programs: list[Program]
    environment: Mapping[str, str]
    folder: Path
    grace: float = GRACE
    children: list[Child] = field(default_factory=list)
    stopping: int = 0  # how often we were told to

    def run(self, *, each_tick: Callable[["Supervisor"], None] = lambda supervisor: None) -> None:
        """Start all and keep them running until SIGTERM, SIGINT or `stop`. To be called in the main thread."""
        self._empty_metrics()
        begun = time.monotonic()
        self.children = [Child(program, due=begun + program.delay) for program in self.programs]
        before = {
            number: signal.signal(number, self._told) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        }
        try:
            while not self.stopping:
                for child in self.children:
                    self._keep(child)
                each_tick(self)
                time.sleep(TICK)
        finally:
            self._end_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _empty_metrics(self) -> None:
        """The folder through which several web processes add up their figures for /metrics."""
        folder = self.home.run / "metrics"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self.environment = dict(self.environment) | {"PROMETHEUS_MULTIPROC_DIR": str(folder)}

    def stop(self) -> None:
        self.stopping += 1

    def _told(self, number: int, frame: object) -> None:
        self.stop()

    def _keep(self, child: Child) -> None:
        if child.process is None:
            if time.monotonic() >= child.due:
                self._start(child)
            return
        if child.process.poll() is None:
            if child.crashes and time.monotonic() - child.started > STEADY:
                child.crashes = 0
            self._rotate(child)
            return
        self._bury(child)

    def _start(self, child: Child) -> None:
        with self.home.open_log(child.program.name) as log:
            child.process = subprocess.Popen(
                child.program.words,
                env=dict(self.environment) | {processes.MARK: str(self.home.root)},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=processes.die_with_parent,  # noqa: PLW1509 - it only calls prctl
            )
        child.started = time.monotonic()
        say(f"{child.program.name}: started (process {child.process.pid})")

    def _bury(self, child: Child) -> None:
        """Take leave of a crashed child and everything it started; plan the next try, each later than the last."""
        code, child.process, group = child.process.returncode, None, child.process.pid
        _kill_group(group)
        wait = min(LONGEST_WAIT, 0.5 * 2**child.crashes)
        child.crashes += 1
        child.due = time.monotonic() + wait
        ending = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        say(f"{child.program.name}: {ending}; starting again in {wait:g} s. See {self._log(child)}")

    def _log(self, child: Child) -> Path:
        return self.home.log / f"{child.program.name}.log"

    def _rotate(self, child: Child) -> None:
        """Copy a full log away and empty it in place: the child keeps writing to the same file."""
        path = self._log(child)
        with contextlib.suppress(OSError):
            if path.stat().st_size > LOG_LIMIT:
                path.with_suffix(".log.1").write_bytes(path.read_bytes())
                os.truncate(path, 0)

    def _end_all(self) -> None:
        running = [child for child in self.children if child.process is not None]
        for child in running:
            with contextlib.suppress(ProcessLookupError):
                child.process.terminate()
        limit = time.monotonic() + self.grace
        while any(child.process.poll() is None for child in running):
            # Told a second time: the person does not want to wait.
            if time.monotonic() > limit or self.stopping > 1:
                break
            time.sleep(0.05)
        for child in running:
            if child.process.poll() is None:
                say(f"{child.program.name}: does not stop by itself, killing it")
            _kill_group(child.process.pid)
            child.process.wait()
        processes.stop(processes.marked(self.home.root), polite=signal.SIGKILL, grace=5)


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    with contextlib.suppress(psutil.Error):
        processes.wait_ended([process for process in psutil.process_iter() if _in_group(process.pid, group)], seconds=2)


def _in_group(pid: int, group: int) -> bool:
    try:
        return os.getpgid(pid) == group
    except OSError:
        return False
