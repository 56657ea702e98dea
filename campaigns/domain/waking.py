"""Telling workers that mail waits. The rows are the queue: whoever misses the call finds them at the next beat."""

import logging

from celery import current_app
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
SLOTS = 8  # workers one tenant may keep busy at once


def wake(*, tenant_id: int, waiting: int = 1, queue: str = "bulk") -> None:
    """Call as many workers as leases wait, at most what one tenant may keep busy; after the commit.

    Args:
        waiting: leases that nobody works on.
        queue: ``transactional`` overtakes ``bulk``.
    """
    try:
        for _slot in range(min(waiting, SLOTS)):
            current_app.send_task("campaigns.send", kwargs={"tenant_id": tenant_id}, queue=queue, expires=30)
    except (OperationalError, RedisError, OSError):
        log.warning("The broker is away; mail of tenant %s waits for the next look.", tenant_id)
