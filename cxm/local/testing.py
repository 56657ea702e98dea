"""Pytest plugin: a database server and a broker of the tests' own, so that no test touches anything else.

Named with `-p` in pyproject.toml, because the settings are read before any conftest.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cxm.lib import catalogue
from cxm.local import launch, services
from cxm.local.home import CHECKOUT, Home

READY = "CXM_TEST_SERVERS"  # set for xdist's workers, which share the servers of the process that started them


def home() -> Home:
    """The home of the tests' own servers: var/test beside the ordinary data."""
    return Home(Path(os.environ.get(READY) or Home.from_environment().root / "test"))


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config):
    if READY not in os.environ:
        catalogue.compile_stale(CHECKOUT / "locale")
        own = home().made()
        (own.root / "static").mkdir(exist_ok=True)
        lease = services.using(own, durable=False, given={})
        urls = lease.__enter__()
        early_config.add_cleanup(lambda: lease.__exit__(None, None, None))
        given = {name: value for name, value in os.environ.items() if name not in {"EMAIL_URL", "CXM_BASE_URL"}}
        os.environ.update(launch.environment(own, urls, given=given), **{READY: str(own.root)})
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if worker:
        # Each worker has its own database of the broker too (0 belongs to the process without workers).
        address = urlsplit(os.environ["REDIS_URL"])
        os.environ["REDIS_URL"] = address._replace(path=f"/{int(worker.removeprefix('gw')) + 1}").geturl()
    return (yield)
