"""`script/up` and `script/down`: the whole product on this machine, and its end."""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping

import psutil

from cxm.local import launch, prepare, processes, services, supervisor
from cxm.local.home import CHECKOUT, Home, Trouble, say

READY_PATIENCE = 180  # seconds
DATA = ("postgres", "postgres.unfinished", "valkey", "inbox", "media", "static")
LOGINS = """\
  tenant demo:  admin@demo.test  marketer@demo.test  agent@demo.test  analyst@demo.test
  tenant other: admin@other.test
  password of all: demo"""


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/up", description="Everything: packages, browser files, database, broker, web, worker, beat, inbox."
    )
    parser.add_argument("--port", type=int, default=launch.WEB_PORT, metavar="N", help="of the pages (8000)")
    parser.add_argument(
        "--inbox-port", type=int, default=launch.INBOX_PORT, metavar="N", help="SMTP, local inbox (2525)"
    )
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="processes of the Celery worker (2)")
    parser.add_argument("--detach", action="store_true", help="return once ready; script/down stops it")
    parser.add_argument("--fresh", action="store_true", help="wipe all data first (asks)")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--no-demo", action="store_true", help="an empty database")
    parser.add_argument("--go", action="store_true", help=argparse.SUPPRESS)  # the background half of --detach
    options = parser.parse_args(words)
    if options.workers < 1:
        parser.error("--workers takes a number from 1 up")
    return options


def up(words: list[str]) -> int:
    """Bring everything up; in the foreground until Ctrl-C, or detached."""
    options, home = parse(words), Home.from_environment()
    if running := _running(home):
        return _already(running, options)
    if options.fresh and not options.go and not (options.yes or _agreed(home)):
        say("Nothing was changed.")
        return 1
    _check_ports(options)
    return _detach(home, words) if options.detach and not options.go else _serve(home, options)


def down(words: list[str]) -> int:
    """Stop everything of this CXM_HOME, however it was started; leaves no process."""
    argparse.ArgumentParser(prog="script/down", description=down.__doc__).parse_args(words)
    home = Home.from_environment()
    running = _running(home)
    if running is not None:
        processes.stop([running], polite=signal.SIGTERM, grace=supervisor.GRACE + 90)
    left = processes.marked(home.root)
    processes.stop(left, polite=signal.SIGTERM, grace=5)
    stopped = services.stop(home)
    home.forget_state("up")
    for name in ("test", "bench"):
        other = Home(home.root / name)
        if other.run.exists() and not services.in_use(other):
            stopped += services.stop(other)
    say("Stopped." if running or left or stopped else "Nothing was running.")
    return 0


# --- before -------------------------------------------------------------------------------------


def _running(home: Home) -> psutil.Process | None:
    return processes.find(home.read_state("up"))


def _already(running: psutil.Process, options: argparse.Namespace) -> int:
    state = Home.from_environment().read_state("up")
    say(f"CXM is already running at {state['url']} (process {running.pid}); script/down stops it.")
    if options.fresh or options.port not in {state["port"], launch.WEB_PORT}:
        say("What was asked for now was not done: stop it first.")
        return 1
    _wait_ready(state["url"], lambda: not processes.ended(running))
    print(f"ready {state['url']}", flush=True)
    return 0


def _agreed(home: Home) -> bool:
    if not sys.stdin.isatty():
        say("--fresh wipes all data and asks first; add --yes where nobody can answer.")
        return False
    return input(f"Wipe all data in {home.root}? Write yes: ").strip().lower() == "yes"


def _check_ports(options: argparse.Namespace) -> None:
    for option, port in (("--port", options.port), ("--inbox-port", options.inbox_port)):
        if not processes.port_is_free(port):
            raise Trouble(f"Port {port} is taken by another program: choose another one with script/up {option} N.")


def _wipe(home: Home) -> None:
    services.stop(home)
    for name in DATA:
        shutil.rmtree(home.root / name, ignore_errors=True)
    logs = (file for file in home.log.iterdir() if file.stem != "up")  # what we are writing this very moment
    for file in (*home.run.glob("*.json"), *logs):
        file.unlink()
    home.made()
    say("All data was wiped.")


# --- detached -----------------------------------------------------------------------------------


def _detach(home: Home, words: list[str]) -> int:
    """Start the same in the background, show what it says until it is ready or gives up."""
    log = home.log / "up.log"
    with home.open_log("up") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "cxm.local", "up", *words, "--go"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=CHECKOUT,
            start_new_session=True,
        )
        position = output.tell()
    with log.open(errors="replace") as lines:
        lines.seek(position)
        try:
            return _follow(lines, child)
        except KeyboardInterrupt:
            child.terminate()
            child.wait()
            return 130


def _follow(lines, child: subprocess.Popen) -> int:
    ready = False
    while True:
        line = lines.readline()
        if line:
            ready = ready or line.startswith("ready ")
            print(line, end="", flush=True, file=sys.stdout if ready else sys.stderr)
        elif ready:
            return 0
        elif child.poll() is not None:
            if not lines.read(1):
                return child.returncode or 1
        else:
            time.sleep(0.05)


# --- serving ------------------------------------------------------------------------------------


def _serve(home: Home, options: argparse.Namespace) -> int:
    with contextlib.ExitStack() as stack:
        if not stack.enter_context(home.locked("up", waiting=False)):
            raise Trouble("Another script/up is starting on this CXM_HOME right now; wait for it, or run script/down.")
        url = f"http://127.0.0.1:{options.port}"
        state = {"port": options.port, "inbox_port": options.inbox_port, "url": url}
        if options.fresh:
            _wipe(home)
        home.write_state("up", state | processes.identity(os.getpid()))
        stack.callback(home.forget_state, "up")
        signal.signal(signal.SIGTERM, _interrupted)
        processes.stop(processes.marked(home.root), grace=5)  # what a killed supervisor left behind
        urls = stack.enter_context(services.using(home))
        environment = launch.environment(home, urls, port=options.port, inbox_port=options.inbox_port)
        stack.callback(_undisturbed)
        has_demo = prepare.everything(
            home, environment, demo=not options.no_demo, embedded=not os.environ.get("DATABASE_URL")
        )
        return _supervise(home, environment, options, url, has_demo)


def _interrupted(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _undisturbed() -> None:
    """From here on only what stops the services runs; another Ctrl-C must not leave one behind."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _supervise(
    home: Home, environment: Mapping[str, str], options: argparse.Namespace, url: str, has_demo: bool
) -> int:
    programs = [
        supervisor.Program("web", supervisor.web_words(port=options.port)),
        supervisor.Program("worker", supervisor.worker_words(workers=options.workers), delay=2),
        supervisor.Program("beat", supervisor.beat_words(), delay=2),
        supervisor.Program("inbox", supervisor.inbox_words(port=options.inbox_port)),
    ]
    watch = Watch(home, url, has_demo)
    supervisor.Supervisor(home, programs, environment, folder=CHECKOUT).run(each_tick=watch)
    if watch.failure:
        raise Trouble(watch.failure)
    say("Stopping the services …")
    return 0


class Watch:
    """Tells when it serves for the first time, or gives up when it never does."""

    def __init__(self, home: Home, url: str, has_demo: bool):
        self.home, self.url, self.has_demo = home, url, has_demo
        self.limit = time.monotonic() + READY_PATIENCE
        self.ready, self.failure = False, ""

    def __call__(self, running: supervisor.Supervisor) -> None:
        if self.ready:
            return
        broken = next((child.program.name for child in running.children if child.crashes >= 3), None)
        if broken or time.monotonic() > self.limit:
            name = broken or "web"
            self.failure = f"{name} does not come up. The end of its log says:\n{self.home.log_tail(name)}"
            running.stop()
        elif answers(f"{self.url}/health/ready"):
            self.ready = True
            print(f"ready {self.url}", flush=True)
            if self.has_demo:
                print(LOGINS, flush=True)


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310 - our own loopback address
            return answer.status == 200
    except (OSError, urllib.error.HTTPError):
        return False


def _wait_ready(url: str, alive) -> None:
    limit = time.monotonic() + READY_PATIENCE
    while not answers(f"{url}/health/ready"):
        if not alive() or time.monotonic() > limit:
            raise Trouble(f"{url} does not answer; script/down, then script/up again.")
        time.sleep(0.1)
