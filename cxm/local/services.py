"""The embedded services together: started when their URL is not given, stopped when nobody uses them any more."""

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping

from cxm.local import postgres, valkey
from cxm.local.home import Home


def start(home: Home, *, durable: bool = True, given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Start what is not given by DATABASE_URL and REDIS_URL; answers both URLs."""
    urls = {name: given[name] for name in ("DATABASE_URL", "REDIS_URL") if given.get(name)}
    with home.locked("services"):
        if "DATABASE_URL" not in urls:
            server = postgres.Server(home, durable)
            postgres.start(server)
            urls["DATABASE_URL"] = server.url()
        if "REDIS_URL" not in urls:
            broker = valkey.Server(home, durable)
            valkey.start(broker)
            urls["REDIS_URL"] = broker.url()
    return urls


def stop(home: Home) -> list[str]:
    """Stop both; answers the names of those that ran."""
    stopped = []
    with home.locked("services"):
        for name, kind in (("valkey", valkey), ("postgres", postgres)):
            server = kind.Server(home)
            if server.process() is not None:
                kind.stop(server)
                stopped.append(name)
    return stopped


@contextlib.contextmanager
def using(home: Home, *, durable: bool = True, given: Mapping[str, str] = os.environ) -> Iterator[dict[str, str]]:
    """Have the services for a while. The last user stops them.

    A user is a shared lock on one file, which the system drops even when the user is killed.
    """
    home.made()
    with (home.run / "users.lock").open("a") as users:
        with home.locked("users-door"):
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield start(home, durable=durable, given=given)
        finally:
            with home.locked("users-door"):
                if _is_last(users):
                    stop(home)


def in_use(home: Home) -> bool:
    """Whether any process holds the services now."""
    with home.locked("users-door"), (home.run / "users.lock").open("a") as users:
        return not _is_last(users)


def _is_last(users) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        fcntl.flock(users, fcntl.LOCK_UN)
        return False
    return True
