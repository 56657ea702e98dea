"""Queueing, claiming and running jobs. The row is the queue; Celery only wakes those who look."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from cxm import tenancy
from cxm.audit.actors import Actor
from cxm.jobs.models import Job
from cxm.lib import broker
from cxm.lib.errors import Refusal

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 5
Handler = Callable[[Job], None]


class Overtaken(Exception):
    """Another worker took the job over, because this one was silent for too long; it must stop without a word."""


_handlers: dict[str, Handler | str] = {}
_mourners: dict[str, Handler] = {}


def register(kind: str, handler: Handler | str, *, given_up: Handler | None = None) -> None:
    """Name the function that does jobs of a kind; called from ``apps.ready``.

    A dotted name is brought in with the first job: for work whose libraries not every process should carry.

    The handler gets the job, outside every scope; it works in batches, each in a scope of its own, calls
    ``progress`` after each, and can be run again from anywhere after a crash. A Refusal ends the job as failed with
    its sentence; any other exception is retried and then ends it as failed.

    Args:
        given_up: called in a scope with a job whose workers died one after the other, so that what it was about does
            not look busy for ever.
    """
    _handlers[kind] = handler
    if given_up:
        _mourners[kind] = given_up


def enqueue(
    *,
    kind: str,
    title: str,
    by: Actor,
    payload: dict,
    link: str = "",
    total: int = 0,
    not_before: datetime | None = None,
) -> Job:
    """Queue work in the caller's transaction and wake a worker once it has committed.

    Args:
        kind: a registered kind.
        title: what people see on the page of jobs.
        payload: ids and options for the handler, JSON.
        link: path of the page that shows the outcome.
        total: how many steps, when known.
        not_before: earliest start.
    """
    job = Job.objects.create(
        kind=kind,
        title=title[:200],
        payload=payload,
        link=link,
        total=total,
        by_label=by.label,
        not_before=not_before,
    )
    transaction.on_commit(lambda: wake(tenant_id=job.tenant_id, job_id=job.pk))
    return job


def wake(*, tenant_id: int, job_id: int) -> None:
    """Tell the workers of a queued job. A broker that is away costs a few seconds, never the job: a beat looks too."""
    broker.call("cxm.jobs.run", queue="compute", tenant_id=tenant_id, job_id=job_id)


def waiting(*, now: datetime) -> list[tuple[int, int]]:
    """Return (tenant id, job id) of every job that may start or whose worker has died. Runs as the owner."""
    stale = Q(state=Job.State.RUNNING, lease_until__lt=now)
    ready = Q(state=Job.State.QUEUED) & (Q(not_before=None) | Q(not_before__lte=now))
    return list(Job.objects.filter(ready | stale).order_by("id").values_list("tenant_id", "id")[:200])


def run(*, tenant_id: int, job_id: int, now: Callable[[], datetime]) -> bool:
    """Claim one job and do it; returns False when another worker has it or it is done."""
    job = _claim(tenant_id=tenant_id, job_id=job_id, now=now())
    if job is None:
        return False
    try:
        handler = _handlers[job.kind]
        (import_string(handler) if isinstance(handler, str) else handler)(job)
    except Overtaken:
        log.warning("Job %s (%s) was taken over by another worker.", job.pk, job.kind)
        return False
    except Refusal as refusal:
        _finish(job, state=Job.State.FAILED, error=str(refusal.message), now=now())
    except Exception:
        log.exception("Job %s (%s) failed", job.pk, job.kind)
        if job.attempts >= MAX_ATTEMPTS:
            _finish(
                job,
                state=Job.State.FAILED,
                error=_("Something went wrong on our side. It was logged."),
                now=now(),
            )
        else:
            _give_back(job, after=now() + timedelta(seconds=5 * 4**job.attempts))
    else:
        _finish(job, state=Job.State.DONE, error="", now=now())
    return True


def progress(job: Job, *, done: int, now: datetime, total: int | None = None, silent_for: timedelta = LEASE) -> None:
    """Say how far a job is and that its worker lives. Opens its own scope; call it between batches.

    Args:
        silent_for: how long the worker may now be silent before another one takes over.

    Raises:
        Overtaken: another one already has.
    """
    job.done, job.total = done, job.total if total is None else total
    with tenancy.scope(job.tenant_id):
        alive = _mine(job).update(done=job.done, total=job.total, lease_until=now + silent_for)
    if not alive:
        raise Overtaken


def _claim(*, tenant_id: int, job_id: int, now: datetime) -> Job | None:
    with tenancy.scope(tenant_id):
        free = Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING, lease_until__lt=now)
        job = Job.objects.select_for_update(skip_locked=True).filter(free, pk=job_id).first()
        if job is None or (job.not_before and job.not_before > now):
            return None
        stands = job.done <= job.done_when_claimed
        if job.state == Job.State.RUNNING and job.attempts >= MAX_ATTEMPTS and stands:
            _give_up(job, now=now)
            return None
        job.state, job.attempts, job.lease_until = Job.State.RUNNING, job.attempts + 1, now + LEASE
        job.started_at, job.done_when_claimed = job.started_at or now, job.done
        job.save(update_fields=["state", "attempts", "lease_until", "started_at", "done_when_claimed"])
        return job


def _give_up(job: Job, *, now: datetime) -> None:
    """End a job whose every worker died over it without a word: the next would too."""
    log.error("Job %s (%s) lost its worker %s times", job.pk, job.kind, job.attempts)
    job.state, job.lease_until, job.finished_at = Job.State.FAILED, None, now
    job.error = _("Something went wrong on our side. It was logged.")
    job.save(update_fields=["state", "lease_until", "finished_at", "error"])
    if job.kind in _mourners:
        _mourners[job.kind](job)


def _mine(job: Job) -> QuerySet[Job]:
    """The row, as long as no other worker has claimed it since: each claim counts an attempt."""
    return Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts)


def _finish(job: Job, *, state: str, error: str, now: datetime) -> None:
    with tenancy.scope(job.tenant_id):
        _mine(job).update(
            state=state,
            error=error,
            finished_at=now,
            lease_until=None,
            result=job.result,
            done=F("total") if state == Job.State.DONE else F("done"),
        )


def _give_back(job: Job, *, after: datetime) -> None:
    connection.close_if_unusable_or_obsolete()
    with tenancy.scope(job.tenant_id):
        _mine(job).update(state=Job.State.QUEUED, not_before=after, lease_until=None)
