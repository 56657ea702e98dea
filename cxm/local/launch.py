"""The environment that programs of this checkout run in: what the outside gave, and our defaults for the rest."""

import os
import sys
from collections.abc import Mapping

from cxm.local.home import CHECKOUT, Home

WEB_PORT = 8000
INBOX_PORT = 2525


def environment(
    home: Home,
    urls: Mapping[str, str],
    *,
    port: int | None = None,
    inbox_port: int | None = None,
    given: Mapping[str, str] = os.environ,
) -> dict[str, str]:
    """Variables for a child process. What is given from outside always wins.

    Ports not named are those of the running `script/up`, else the usual ones.
    """
    running = home.read_state("up")
    port = port or running.get("port") or WEB_PORT
    inbox_port = inbox_port or running.get("inbox_port") or INBOX_PORT
    ours = {
        "CXM_LAPTOP": "1",
        "CXM_BASE_URL": f"http://127.0.0.1:{port}",
        "EMAIL_URL": f"smtp://127.0.0.1:{inbox_port}",
        "DJANGO_SETTINGS_MODULE": "cxm.settings",
        "PYTHONUNBUFFERED": "1",
    }
    if not given.get("EMAIL_URL"):  # what we send ends in the local inbox, so what is answered comes from there
        ours |= {"INBOUND_ADDRESS": "reply@inbox.localhost", "INBOUND_URL": "local:"}
    if not given.get("SECRET_KEY") and not given.get("SECRET_KEY_FILE"):
        ours["SECRET_KEY_FILE"] = str(home.secret_key_file())
    variables = ours | {name: value for name, value in given.items() if value or name not in ours}
    variables |= dict(urls) | {"CXM_HOME": str(home.root)}
    paths = [str(CHECKOUT), *filter(None, given.get("PYTHONPATH", "").split(os.pathsep))]
    variables["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))
    return variables


def manage(*words: str) -> list[str]:
    """The command line of a management command."""
    return [sys.executable, str(CHECKOUT / "manage.py"), *words]
