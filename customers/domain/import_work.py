"""The work of an import, step by step: stage, check, apply. Each transaction leaves a marker, so that whoever comes
after a crash goes on exactly there; whoever comes while another is at it finds the marker moved and stops."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from customers.domain import (
    attributes,
    identities,
    import_customers,
    import_orders,
    import_reading,
    import_rejects,
    import_staging,
    segments,
)
from customers.models import Customer, Import, Order, OrderLine, StagedCustomer, StagedLine, StagedOrder, Traits
from cxm import tenancy
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.jobs import domain as jobs
from cxm.jobs.models import Job
from cxm.lib import tables
from cxm.lib.errors import Refusal
from cxm.tenancy.models import Tenant

log = logging.getLogger(__name__)
CUSTOMERS_A_CHUNK, ORDERS_A_CHUNK = 5_000, 1_000
# The tables that grow, looked at again as they do: the planner must not take them for what they were.
_ANALYZED_AFTER = {2, 20, 200}
_GROWING = {Import.Kind.CUSTOMERS: (Customer,), Import.Kind.ORDERS: (Customer, Order, OrderLine, Traits)}
CHECKING = timedelta(minutes=15)
COLLISIONS = 5


class Run:
    """One worker's go at an import."""

    def __init__(self, job: Job, clock: Callable[[], datetime]) -> None:
        self.job = job
        self.clock = clock
        self.tenant = Tenant.objects.get(pk=job.tenant_id)
        with tenancy.scope(self.tenant):
            self.found = Import.objects.get(pk=job.payload["import"])
        self.by = Actor(**job.payload["by"])

    @contextmanager
    def transaction(self) -> Iterator[Import]:
        """A scope with the import's row locked, if it stands where this worker left it.

        Not waited for on the disk: rows and marker are kept or lost together, and what is lost is read from the file
        again. The last transaction, after which people are told that it is done, waits for all of them.

        Raises:
            jobs.Overtaken: another worker has moved it.
        """
        with tenancy.scope(self.tenant):
            _wait_for_disk("off")
            locked = Import.objects.select_for_update().get(pk=self.found.pk)
            if (locked.step, locked.marker, locked.state) != (self.found.step, self.found.marker, self.found.state):
                raise jobs.Overtaken
            yield locked
            locked.save()
        self.found = locked

    def progress(self, *, done: int, silent_for: timedelta = jobs.LEASE) -> None:
        total = self.found.total
        jobs.progress(self.job, done=min(done, total), total=total, now=self.clock(), silent_for=silent_for)


def _wait_for_disk(said: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL synchronous_commit TO {said}")


def run(job: Job, *, clock: Callable[[], datetime] = timezone.now) -> None:
    """Do an import, or go on with one; registered for jobs of the kind ``import``."""
    go = Run(job, clock)
    if go.found.state not in {Import.State.QUEUED, Import.State.RUNNING}:
        return
    try:
        with go.transaction() as found:
            found.state = Import.State.RUNNING
            found.applied_at = found.applied_at or clock()
        while step := _STEPS.get(go.found.step):
            step(go)
        _finish(go)
    except Refusal as refusal:
        _fail(go, str(refusal.message))
        raise
    except jobs.Overtaken:
        raise
    except Exception as error:
        if job.attempts >= jobs.MAX_ATTEMPTS:
            _fail(go, type(error).__name__)
        raise


def _stage(go: Run) -> None:
    found, path = go.found, go.found.file.path
    layout = tables.Layout.from_dict(found.layout)
    with tenancy.scope(go.tenant):
        definitions = attributes.by_key()
    ways = import_reading.ways(
        path=path,
        layout=layout,
        mapping=found.mapping,
        options=found.options,
        definitions=definitions,
        tenant=go.tenant,
    )
    stage = import_staging.Stage(found, layout, ways)
    for chunk in import_staging.chunks(path, layout, after=found.marker, stage=stage):
        with go.transaction() as locked:
            import_staging.store(locked, chunk)
            locked.marker = chunk.last
            locked.total += chunk.count
            locked.rejected += len(chunk.rejects)
            _count(locked, Counter(ids_made_whole=chunk.made_whole))
        go.progress(done=0)
    with go.transaction() as locked:
        locked.step, locked.marker = Import.Step.STAGED, 0
        locked.summary |= {"date_orders": dict(ways.date_orders), "decimal_marks": dict(ways.decimal_marks)}


def _check(go: Run) -> None:
    go.progress(done=0, silent_for=CHECKING)
    orders = go.found.kind == Import.Kind.ORDERS
    with go.transaction() as locked:
        staged = StagedLine if orders else StagedCustomer
        _analyze(staged)
        called = "customer" if orders else "external_id"
        identities.rename_former(table=staged._meta.db_table, column=called, import_id=locked.pk)
        for reason, numbers in (import_orders if orders else import_customers).check(locked):
            locked.rejected += import_rejects.take_out(locked, reason=reason, numbers=numbers)
        if orders:
            locked.summary["orders"] = import_orders.group(locked, tenant=go.tenant)
            _analyze(StagedOrder)
        locked.step = Import.Step.CHECKED
    import_rejects.fill_cells(go.found, go.tenant)


def _analyze(model: type) -> None:
    """Fresh rows have no statistics, and the plans of the next statements depend on them."""
    with tenancy.as_owner(), connection.cursor() as cursor:
        cursor.execute(f'ANALYZE "{model._meta.db_table}"')


def _apply(go: Run) -> None:
    orders = go.found.kind == Import.Kind.ORDERS
    chunk = _orders_chunk if orders else _customers_chunk
    collisions = chunks = 0
    while True:
        try:
            with go.transaction() as locked:
                _one_at_a_time(go.tenant)
                last = _chunk_end(locked, StagedOrder if orders else StagedCustomer)
                if last is not None:
                    _count(locked, chunk(go, locked, last))
                    locked.marker = last
                else:
                    locked.step, locked.marker = Import.Step.APPLIED, 0
        except IntegrityError:
            # Somebody else made the same customer meanwhile; looked at again, the row means that one.
            collisions += 1
            if collisions > COLLISIONS:
                raise
            log.info("Import %s: a chunk collided with another writer and is done again.", go.found.pk)
            continue
        if last is None:
            return
        collisions, chunks = 0, chunks + 1
        if chunks in _ANALYZED_AFTER and not go.found.dry_run:
            with tenancy.scope(go.tenant):
                for model in _GROWING[go.found.kind]:
                    _analyze(model)
        go.progress(done=go.found.created + go.found.updated + go.found.rejected)


def _one_at_a_time(tenant: Tenant) -> None:
    """Imports of a tenant take turns, chunk by chunk: else two files with one new email would make two people."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('customers.import', %s))", [tenant.pk])


def _chunk_end(found: Import, model: type) -> int | None:
    size = ORDERS_A_CHUNK if model is StagedOrder else CUSTOMERS_A_CHUNK
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT max(number) FROM (SELECT number FROM "{model._meta.db_table}"
                WHERE tenant_id = %s AND import_id = %s AND number > %s ORDER BY number LIMIT %s) chunk""",
            [found.tenant_id, found.pk, found.marker, size],
        )
        return cursor.fetchone()[0]


def _customers_chunk(go: Run, found: Import, last: int) -> Counter:
    rows = import_customers.sort_out(found, after=found.marker, last=last)
    for reason in set(rows.refused.values()):
        numbers = [number for number, why in rows.refused.items() if why == reason]
        found.rejected += import_rejects.take_out(found, reason=reason, numbers=numbers)
    counts = Counter(created=len(rows.new), updated=len(rows.known))
    if found.dry_run:
        return counts + Counter(unchanged=len(rows.known) - import_customers.count_changed(found, rows))
    return counts + import_customers.apply(found, rows, by=go.by, now=go.clock())


def _orders_chunk(go: Run, found: Import, last: int) -> Counter:
    if found.dry_run:
        return Counter()
    return import_orders.apply(found, after=found.marker, last=last, tenant=go.tenant, now=go.clock())


def _count(found: Import, counts: Counter) -> None:
    found.created += counts.pop("created", 0)
    found.updated += counts.pop("updated", 0)
    for name, number in counts.items():
        found.summary[name] = found.summary.get(name, 0) + number


def _finish(go: Run) -> None:
    import_rejects.fill_cells(go.found, go.tenant)
    with go.transaction() as found:
        _wait_for_disk("on")
        if found.dry_run and found.kind == Import.Kind.ORDERS:
            _count(found, import_orders.foresee(found))
        found.summary |= import_rejects.summary(found)
        for model in (StagedCustomer, StagedLine, StagedOrder):
            model.objects.filter(import_id=found.pk)._raw_delete("default")
        found.state, found.finished_at = Import.State.DONE, go.clock()
        counts = {"total": found.total, "created": found.created, "updated": found.updated, "rejected": found.rejected}
        go.job.result = counts
        if not found.dry_run:
            audit.record(by=go.by, action="import.applied", on=found, **counts)
            if found.total > import_customers.REFRESH_ALL_FROM:
                segments.request_refresh(by=go.by)
            storage, name, found.file = found.file.storage, found.file.name, ""
            found.sample = []
            transaction.on_commit(lambda: storage.delete(name))


def _fail(go: Run, sentence: str) -> None:
    with tenancy.scope(go.tenant):
        Import.objects.filter(pk=go.found.pk).update(state=Import.State.FAILED, error=sentence, finished_at=go.clock())


_STEPS: dict[str, Callable[[Run], None]] = {
    Import.Step.NEW: _stage,
    Import.Step.STAGED: _check,
    Import.Step.CHECKED: _apply,
}
