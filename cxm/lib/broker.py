"""Telling workers that something waits. The rows are the queues: whoever misses a call finds them at the next beat."""

import logging

from celery import current_app
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


def call(task: str, *, queue: str, expires: float | None = None, **kwargs: object) -> bool:
    """Ask for a task by its name, after the commit; returns False where the broker is away, which costs seconds.

    Args:
        expires: seconds after which nobody needs to come any more.
    """
    try:
        current_app.send_task(task, kwargs=kwargs, queue=queue, expires=expires)
    except (OperationalError, RedisError, OSError):
        log.warning("The broker is away; %s %s waits for the next look.", task, kwargs)
        return False
    return True
