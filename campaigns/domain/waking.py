"""Telling workers that mail waits. The rows are the queue: whoever misses the call finds them at the next beat."""

from cxm.lib import broker

SLOTS = 8  # workers one tenant may keep busy at once


def wake(*, tenant_id: int, waiting: int = 1, queue: str = "bulk") -> None:
    """Call as many workers as leases wait, at most what one tenant may keep busy; after the commit.

    Args:
        waiting: leases that nobody works on.
        queue: ``transactional`` overtakes ``bulk``.
    """
    for _slot in range(min(waiting, SLOTS)):
        if not broker.call("campaigns.send", queue=queue, expires=30, tenant_id=tenant_id):
            break
