"""`python -m cxm.local up|down|manage|test …`: what script/up, down, manage and test hand over to."""

import os
import subprocess
import sys
from pathlib import Path

from cxm.local import launch, node, services, up
from cxm.local.home import CHECKOUT, Home, Trouble, say


def main(words: list[str]) -> int:
    """Run one of the commands; a Trouble becomes its sentence and exit code 1."""
    try:
        return COMMANDS[words[0]](words[1:])
    except Trouble as trouble:
        say(str(trouble))
        return 1
    except KeyboardInterrupt:
        return 130


def manage(words: list[str]) -> int:
    """manage.py with the services there; standard output belongs to the command alone."""
    home = Home.from_environment()
    with services.using(home) as urls:
        return wait(launch.manage(*words), env=launch.environment(home, urls))


def test(words: list[str]) -> int:
    """Pytest; the whole suite in parallel when no path is named."""
    node.install(Home.from_environment())
    command = [sys.executable, "-m", "pytest", *words]
    named_path = any(Path(word.split("::")[0]).exists() for word in words if not word.startswith("-"))
    if not named_path and not any(word.startswith(("-n", "--numprocesses")) for word in words):
        # One more than there are cores: who waits for a browser or a worker needs none.
        command += ["-n", str((os.cpu_count() or 1) + 1), "--dist", "worksteal"]
    return wait(command, cwd=None if named_path else CHECKOUT)


def wait(command: list[str], **options) -> int:
    """Run to the end. Ctrl-C reaches the child by itself; we only wait for what it makes of it."""
    child = subprocess.Popen(command, **options)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue


COMMANDS = {"up": up.up, "down": up.down, "manage": manage, "test": test}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
