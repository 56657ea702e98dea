"""A refresh after ten people changed, against the full refresh."""

import time

from django.utils import timezone

from benchmarks import _data, frame, segment
from customers.domain import events, memberships
from cxm import tenancy

TITLE = "refresh after 10 customers changed, 10 events a customer in the tables"
FLOOR = "the full refresh of the same segment"
UNIT = "refreshes"
SIZE = 1_000_000
TARGET = frame.at_most(0.05, goal=0.005)
ROUNDS = 20


def run(bench: frame.Bench) -> frame.Result:
    tenant = _data.ensure(customers=bench.size, events=bench.size * 10)
    found = segment.prepare(tenant)
    changed = _data.some_ids(tenant, 10)
    with tenancy.scope(tenant):
        memberships.refresh_now(segment=found, tenant=tenant, now=timezone.now())

    def full() -> frame.Lap:
        began = time.perf_counter()
        with tenancy.scope(tenant):
            memberships.refresh_now(segment=found, tenant=tenant, now=timezone.now())
        return frame.Lap(time.perf_counter() - began, 1)

    def delta() -> frame.Lap:
        taken = 0.0
        for _round in range(ROUNDS):
            with tenancy.scope(tenant):
                events.mark_dirty(changed)
            began = time.perf_counter()
            with tenancy.scope(tenant):
                memberships.refresh_changed(tenant=tenant, now=timezone.now())
            taken += time.perf_counter() - began
        return frame.Lap(taken / ROUNDS, 1)

    return bench.measure(floor=full, figure=delta)
