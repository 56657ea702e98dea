"""What a benchmark is written with.

A benchmark is a module of this folder; its file name is its name on the command line. It holds:

    TITLE = "500,000 customers from CSV, mapped, checked, applied"
    FLOOR = "COPY of the file into the bare table with its indexes"
    UNIT = "rows"                                   # what is counted; the table shows UNIT a second
    SIZE = 500_000                                  # the full size; it also runs at a tenth of it for the growth
    TARGET = frame.at_least(0.12, goal=0.40)        # figure ÷ floor as rates; or frame.at_most(…) for seconds ÷ seconds
    MOST = {"p95_ms": 400}                          # what facts may be at most (TARGET = frame.SHOWN: only these)

    def run(bench: frame.Bench) -> frame.Result:
        ...make the data for bench.size...
        return bench.measure(floor=load_bare, figure=import_it, before=clear)

`run` is called in a process of its own with Django set up and an empty, migrated database of its own, on a server with
production durability (fsync and synchronous_commit on); the broker is flushed. `floor` and `figure` are called in turn,
`bench.repeats` times each after one unmeasured round. Each does the work once and answers None (the frame took the
time), the seconds it measured itself, or a `Lap` when it did another number of units than bench.size. `before`, not
measured, runs before every lap with "floor" or "figure". The figure's extra facts (p95, memory) go into `bench.facts`.

Programs of the product are started with `with bench.web(workers=2) as address:`, `with bench.workers(2):` (Celery) or
`with bench.program(words):`; they end with the block. `bench.environment` is what they run in. Tables that the floor
needs may be made freely: the database is dropped afterwards. Nothing here may change what production would do.
"""

import contextlib
import os
import resource
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import psutil

from cxm.local import processes, supervisor


@dataclass(frozen=True)
class Target:
    """The first line a ratio must reach, and the goal; `most` when a small ratio is the good one."""

    first_line: float | None
    goal: float | None
    most: bool = False

    def reached(self, ratio: float) -> bool:
        if self.first_line is None:
            return True
        return ratio <= self.first_line if self.most else ratio >= self.first_line


def at_least(first_line: float, *, goal: float) -> Target:
    """Figure's rate ÷ floor's rate must be at least this."""
    return Target(first_line, goal)


def at_most(first_line: float, *, goal: float) -> Target:
    """Figure's seconds ÷ floor's seconds must be at most this."""
    return Target(first_line, goal, most=True)


SHOWN = Target(None, None, most=True)  # the ratio is shown and not judged: the lines are the module's MOST


@dataclass(frozen=True)
class Lap:
    seconds: float
    units: float

    @property
    def rate(self) -> float:
        return self.units / self.seconds


@dataclass(frozen=True)
class Spread:
    """Units a second over the repeats, and the seconds of the median lap."""

    median: float
    least: float
    most: float
    seconds: float

    @classmethod
    def of(cls, laps: list[Lap]) -> "Spread":
        rates = [lap.rate for lap in laps]
        return cls(
            median=statistics.median(rates),
            least=min(rates),
            most=max(rates),
            seconds=statistics.median(lap.seconds for lap in laps),
        )


@dataclass(frozen=True)
class Result:
    size: int
    repeats: int
    floor: Spread
    figure: Spread
    ratio: float  # figure ÷ floor, as rates for `at_least`, as seconds for `at_most`
    facts: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Bench:
    name: str
    size: int
    target: Target
    repeats: int = 5
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    facts: dict[str, Any] = field(default_factory=dict)

    def measure(
        self,
        *,
        floor: Callable[[], float | Lap | None],
        figure: Callable[[], float | Lap | None],
        before: Callable[[str], None] | None = None,
    ) -> Result:
        """Run both in turn and compare them. One round first to warm up, not counted."""
        laps: dict[str, list[Lap]] = {"floor": [], "figure": []}
        for round_number in range(self.repeats + 1):
            for kind, work in (("floor", floor), ("figure", figure)):
                if before is not None:
                    before(kind)
                lap = self._lap(work)
                if round_number:
                    laps[kind].append(lap)
                _tell(f"{self.name} {self.size:,} {kind} {round_number}: {lap.rate:,.1f} a second")
        low, high = Spread.of(laps["floor"]), Spread.of(laps["figure"])
        ratio = high.seconds / low.seconds if self.target.most else high.median / low.median
        return Result(self.size, self.repeats, low, high, ratio, self.facts)

    def _lap(self, work: Callable[[], float | Lap | None]) -> Lap:
        began = time.perf_counter()
        answer = work()
        taken = time.perf_counter() - began
        if isinstance(answer, Lap):
            return answer
        return Lap(taken if answer is None else float(answer), self.size)

    @contextlib.contextmanager
    def program(self, words: list[str], *, environment: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen]:
        """Run a program for the length of the block. Its output goes to standard error."""
        child = subprocess.Popen(
            words,
            env=dict(self.environment) | dict(environment or {}),
            stdout=sys.stderr,
            start_new_session=True,
            preexec_fn=processes.die_with_parent,  # noqa: PLW1509 - it only calls prctl
        )
        family = psutil.Process(child.pid)
        try:
            yield child
        finally:
            with contextlib.suppress(psutil.Error):
                processes.stop([family, *family.children(recursive=True)], grace=10)
            child.wait()

    @contextlib.contextmanager
    def web(self, *, workers: int = 2) -> Iterator[str]:
        """The product's web server as script/up runs it; yields its address once it answers."""
        port = processes.free_port()
        address = f"http://127.0.0.1:{port}"
        words = supervisor.web_words(port=port, workers=workers)
        with self.program(words, environment={"CXM_BASE_URL": address}) as child:
            _wait_answer(f"{address}/health/live", child)
            yield address

    @contextlib.contextmanager
    def workers(self, count: int = 2) -> Iterator[None]:
        """One Celery worker with COUNT processes, ready to take work."""
        words = supervisor.worker_words(workers=count, name=f"bench-{os.getpid()}")
        with self.program(words) as child:
            _wait_worker(child, dict(self.environment))
            yield

    def memory(self) -> int:
        """The most this process has used so far, in bytes."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _wait_answer(address: str, child: subprocess.Popen, *, seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit and child.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{address} does not answer")


def _wait_worker(child: subprocess.Popen, environment: dict[str, str], *, seconds: float = 60) -> None:
    words = [sys.executable, "-m", "celery", "-A", "cxm", "inspect", "ping", "--timeout", "1"]
    limit = time.monotonic() + seconds
    while time.monotonic() < limit and child.poll() is None:
        if subprocess.run(words, env=environment, capture_output=True, check=False).returncode == 0:
            return
    raise RuntimeError("the Celery worker does not answer")


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
