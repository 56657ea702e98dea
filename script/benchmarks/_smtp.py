"""The raw limit of handing in mail on this machine: Postfix's smtp-source into its smtp-sink, over loopback.

Both programs come with Debian's package postfix; Postfix itself need not run.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

from cxm.local import processes

SESSIONS = 8
_PLACES = "/usr/sbin:/usr/bin:/usr/lib/postfix/sbin"


def program(name: str) -> str:
    """The path of one of the two programs, or a sentence that says where they come from."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":" + _PLACES)
    if found is None:
        raise SystemExit(f"{name} is not here: install Debian's package postfix (it need not run).")
    return found


@contextlib.contextmanager
def sink() -> Iterator[int]:
    """A server that takes every message and forgets it; yields its port."""
    port = processes.free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    child = subprocess.Popen([program("smtp-sink"), *user, f"127.0.0.1:{port}", "1000"])
    try:
        _wait(port)
        yield port
    finally:
        child.terminate()
        child.wait()


def send(port: int, *, size: int, messages: int) -> None:
    """Hand in messages of SIZE bytes over kept connections as fast as it goes."""
    words = [program("smtp-source"), "-d", "-s", str(SESSIONS), "-l", str(size), "-m", str(messages)]
    words += ["-f", "a@example.org", "-t", "b@example.org", f"127.0.0.1:{port}"]
    subprocess.run(words, check=True, timeout=600)


def _wait(port: int) -> None:
    for _attempt in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit("smtp-sink did not start.")
