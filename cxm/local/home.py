"""CXM_HOME: the folder that holds everything this checkout keeps (data, logs, locks)."""

import contextlib
import fcntl
import json
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

CHECKOUT = Path(__file__).resolve().parents[2]
LOG_LIMIT = 10 * 1024 * 1024  # bytes; a longer log is rotated once


class Trouble(Exception):
    """Something a person has to mend; its text is a sentence that says what and how."""


def say(sentence: str) -> None:
    """Print one line for a person. Never on standard output, which belongs to the command that was asked for."""
    print(sentence, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Home:
    root: Path

    @classmethod
    def from_environment(cls) -> "Home":
        """The folder named by CXM_HOME, or var/ in the checkout; made when missing."""
        return cls(Path(os.environ.get("CXM_HOME") or CHECKOUT / "var").expanduser().absolute()).made()

    def made(self) -> "Home":
        for folder in (self.root, self.run, self.log):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise Trouble(
                    f"{folder} cannot be made ({error.strerror}): set CXM_HOME to a folder you may write to."
                ) from error
        return self

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    def secret_key_file(self) -> Path:
        """The file with this laptop's own secret key, made at the first call, readable by its owner only."""
        path = self.root / "secret_key"
        if not path.exists() or not path.read_text().strip():
            write_private(path, secrets.token_urlsafe(64))
        return path

    def open_log(self, name: str) -> IO[bytes]:
        """Open log NAME for appending; what is longer than the limit becomes NAME.1 first."""
        path = self.log / f"{name}.log"
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))
        return path.open("ab")

    def log_tail(self, name: str, *, lines: int = 15) -> str:
        path = self.log / f"{name}.log"
        if not path.exists():
            return "(no log)"
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - 20_000))
            return b"\n".join(log.read().splitlines()[-lines:]).decode(errors="replace")

    def read_state(self, name: str) -> dict[str, Any]:
        """What `write_state` kept under NAME; empty when there is none or a crash left half a file."""
        try:
            state = json.loads((self.run / f"{name}.json").read_text())
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    def write_state(self, name: str, state: dict[str, Any]) -> None:
        write_private(self.run / f"{name}.json", json.dumps(state))

    def forget_state(self, name: str) -> None:
        (self.run / f"{name}.json").unlink(missing_ok=True)

    @contextlib.contextmanager
    def locked(self, name: str, *, waiting: bool = True) -> Iterator[bool]:
        """Hold lock NAME; yields whether it was got. The system releases it when the process dies."""
        with (self.run / f"{name}.lock").open("a") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | (0 if waiting else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
                return
            yield True


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 600 in one step: a reader sees the old text or the new, never half."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(path)
