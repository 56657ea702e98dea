"""Makes the virtual environment. Run by the system's Python, so it knows the standard library only."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
LOCK = CHECKOUT / "requirements.lock"


def main() -> int:
    """Have CXM_HOME/venv hold exactly what requirements.lock names, checked by hash."""
    home = Path(os.environ["CXM_HOME"])
    home.mkdir(parents=True, exist_ok=True)
    with (home / "install.lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)  # two scripts started at once install once
        return install(home / "venv")


def install(folder: Path) -> int:
    stamp = folder / "installed.lock"
    if stamp.exists() and stamp.read_bytes() == LOCK.read_bytes():
        return 0
    python = folder / "bin" / "python"
    if not works(python):
        say("Making the virtual environment …")
        if not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)
        if run([sys.executable, "-m", "venv", str(folder)]):
            say("Python could not make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv")
            return 1
    say("Installing the Python packages of requirements.lock …")
    pip = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input"]
    if run([*pip, "--require-hashes", "-r", str(LOCK)]):
        say("The packages could not be installed; the lines above say why. Is the package index reachable?")
        return 1
    stamp.write_bytes(LOCK.read_bytes())
    return 0


def works(python: Path) -> bool:
    """Whether this environment's Python still runs (it does not after its folder or the system's Python moved)."""
    try:
        return subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def run(command: list) -> int:
    return subprocess.run(command, stdout=sys.stderr, check=False).returncode


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
