import os
import sys
import time

import psutil

from cxm.local import processes
from cxm.local.home import Home
from cxm.local.supervisor import Program, Supervisor

SLEEP = "import time; time.sleep(60)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
)
# Ignores TERM and leaves a child of its own in another session: the worst an orphan can be.
ORPHAN = (
    "import subprocess, sys, time; "
    f"subprocess.Popen([sys.executable, '-c', {SLEEP!r}], start_new_session=True); print('ready', flush=True); "
    "time.sleep(60)"
)


def supervised(folder, grace=0.3, **programs):
    home = Home(folder).made()
    listed = [Program(name, [sys.executable, "-c", source]) for name, source in programs.items()]
    return Supervisor(home, listed, dict(os.environ), folder=folder, grace=grace)


def when(happened, *, then=lambda running: running.stop(), patience=10):
    """Each tick: once it HAPPENED (or takes too long) do THEN."""
    limit = time.monotonic() + patience

    def tick(running):
        if happened(running) or time.monotonic() > limit:
            then(running)

    return tick


def log_says(running, name, text):
    path = running.home.log / f"{name}.log"
    return path.exists() and text in path.read_text()


def test_everything_ends_even_what_ignores_the_signal(tmp_path):
    supervisor = supervised(tmp_path, plain=SLEEP, stubborn=STUBBORN, orphan=ORPHAN)

    supervisor.run(each_tick=when(lambda s: log_says(s, "stubborn", "ready") and log_says(s, "orphan", "ready")))

    assert processes.marked(tmp_path) == []
    assert [child.process.returncode for child in supervisor.children] == [-15, -9, -15]


def test_a_killed_program_is_started_again(tmp_path, capfd):
    supervisor = supervised(tmp_path, plain=SLEEP)
    numbers = []

    def tick(running):
        process = running.children[0].process
        if process and process.pid not in numbers:
            numbers.append(process.pid)
            if len(numbers) == 2:
                running.stop()
            else:
                process.kill()

    supervisor.run(each_tick=tick)

    told = capfd.readouterr().err
    assert len(numbers) == 2
    assert f"plain: started (process {numbers[0]})\nplain: was killed by signal 9; starting again in 0.5 s." in told
    assert not any(psutil.pid_exists(number) for number in numbers)


def test_a_program_that_keeps_crashing_waits_longer_each_time(tmp_path, capfd):
    supervisor = supervised(tmp_path, broken="raise SystemExit(3)")

    supervisor.run(each_tick=when(lambda running: running.children[0].crashes == 2))

    told = capfd.readouterr().err
    assert "broken: ended with code 3; starting again in 0.5 s" in told
    assert "broken: ended with code 3; starting again in 1 s" in told


def test_a_full_log_is_put_aside(tmp_path):
    supervisor = supervised(tmp_path, plain=SLEEP)
    path = supervisor.home.log / "plain.log"

    def tick(running):
        if path.with_suffix(".log.1").exists():
            running.stop()
        elif path.stat().st_size == 0:
            os.truncate(path, 11 * 1024 * 1024)

    supervisor.run(each_tick=tick)

    assert path.stat().st_size == 0
    assert path.with_suffix(".log.1").stat().st_size == 11 * 1024 * 1024
