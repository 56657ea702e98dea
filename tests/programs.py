"""The product's own programs, run against the tests' database and broker: what cannot be had in one process."""

import os
import signal
import subprocess
import sys
import time
from urllib.parse import urlsplit

from django.db import connection

QUEUES = "transactional,bulk,automation,compute"


def start(*words: str, **variables: str) -> subprocess.Popen:
    """Start ``python -m WORDS`` in a session of its own, with the tests' servers in its environment."""
    server = urlsplit(os.environ["DATABASE_URL"])
    environment = os.environ | {
        "DATABASE_URL": server._replace(path=f"/{connection.settings_dict['NAME']}").geturl(),
        "CXM_LAPTOP": "1",
        "CXM_LOG_LEVEL": "ERROR",
    }
    return subprocess.Popen(
        [sys.executable, "-m", *words],
        env=environment | variables,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def worker(number: int = 0, **variables: str) -> subprocess.Popen:
    """Start a Celery worker of one process for all queues."""
    name = f"test-{os.getpid()}-{number}-{time.monotonic_ns()}@local"
    celery = ["celery", "-A", "cxm", "worker", "--pool", "solo", "-Q", QUEUES, "-n", name, "--loglevel", "error"]
    return start(*celery, **variables)


def beat(**variables: str) -> subprocess.Popen:
    """Start a scheduler that looks every second what is due."""
    return start(
        "celery", "-A", "cxm", "beat", "--max-interval", "1", "--loglevel", "error", "--pidfile", "", **variables
    )


def kill(program: subprocess.Popen) -> None:
    """End a program and its children the hard way: ``kill -9``."""
    os.killpg(program.pid, signal.SIGKILL)
    program.wait()
