"""What has to be there before it serves: browser files, compiled texts, tables, the demo tenant."""

import hashlib
import subprocess
import sys
from collections.abc import Mapping

from cxm.lib import catalogue
from cxm.local import launch, node
from cxm.local.home import CHECKOUT, Home, Trouble, say

APPS = ("cxm", "customers", "campaigns", "feedback", "journeys", "analytics")


def everything(home: Home, environment: Mapping[str, str], *, demo: bool, embedded: bool) -> bool:
    """Do what is missing; answers whether the demo tenant is there. What was done before costs nothing."""
    node.install(home)
    (home.root / "static").mkdir(exist_ok=True)  # whitenoise looks for it
    catalogue.compile_stale(CHECKOUT / "locale")
    _tables(home, environment, embedded=embedded)
    # Which database has the demo, so that another DATABASE_URL is not taken for one that has it.
    mark = {"database": _digest(environment["DATABASE_URL"])}
    if demo and home.read_state("demo") != mark and any(CHECKOUT.glob("*/management/commands/loaddemo.py")):
        _step("Loading the demo tenant", environment, "loaddemo")
        home.write_state("demo", mark)
    return home.read_state("demo") == mark


def _tables(home: Home, environment: Mapping[str, str], *, embedded: bool) -> None:
    """Migrate, unless this very code has already done so on the embedded database of this home."""
    mark = {
        "code": _digest(_requirements(), *_code()),
        "database": _digest(environment["DATABASE_URL"], _folder_mark(home)),
    }
    if embedded and home.read_state("tables") == mark:
        return
    home.forget_state("tables")
    _step("Bringing the tables up to date", environment, "migrate", "--no-input", "--verbosity", "0")
    home.write_state("tables", mark)


def _folder_mark(home: Home) -> str:
    """Tells this data folder from one put in its place, by a restored backup for example."""
    version_file = home.root / "postgres" / "PG_VERSION"
    if not version_file.exists():
        return ""
    status = version_file.stat()
    return f"{status.st_ino} {status.st_ctime_ns}"


def _requirements() -> str:
    return (CHECKOUT / "requirements.lock").read_text()


def _code() -> list[str]:
    """Everything tables and policies come from: any change of a Python file of ours asks for another look."""
    files = sorted(file for name in APPS for file in (CHECKOUT / name).rglob("*.py"))
    return [f"{file} {status.st_mtime_ns} {status.st_size}" for file in files for status in [file.stat()]]


def _digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _step(sentence: str, environment: Mapping[str, str], *words: str) -> None:
    say(f"{sentence} …")
    child = subprocess.Popen(launch.manage(*words), env=environment, stdout=sys.stderr, stdin=subprocess.DEVNULL)
    try:
        code = child.wait()
    except KeyboardInterrupt:
        child.terminate()
        child.wait()
        raise
    if code:
        raise Trouble(f"{sentence} failed: `script/manage {' '.join(words)}` ended with code {code}; see above.")
