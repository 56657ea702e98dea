"""Jobs whose workers die."""

from datetime import UTC, datetime, timedelta

from cxm import tenancy
from cxm.jobs import domain as jobs
from cxm.jobs.models import Job

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
KIND = "segments.refresh"


def _abandoned(tenant, *, attempts: int, lease_until: datetime) -> Job:
    """A job as a worker leaves it that was killed in the middle."""
    with tenancy.scope(tenant):
        return Job.objects.create(
            kind=KIND, title="Heavy", state="running", attempts=attempts, lease_until=lease_until, started_at=NOW
        )


def _now(tenant, job) -> Job:
    with tenancy.scope(tenant):
        return Job.objects.get(pk=job.pk)


def test_a_job_that_kills_every_worker_ends_as_failed(tenant):
    job = _abandoned(tenant, attempts=jobs.MAX_ATTEMPTS, lease_until=NOW)
    later = NOW + timedelta(seconds=1)

    assert jobs.waiting(now=later) == [(tenant.pk, job.pk)]
    assert not jobs.run(tenant_id=tenant.pk, job_id=job.pk, now=lambda: later)

    found = _now(tenant, job)
    assert (found.state, found.attempts, found.lease_until, found.finished_at, found.error) == (
        "failed",
        jobs.MAX_ATTEMPTS,
        None,
        later,
        "Something went wrong on our side. It was logged.",
    )
    assert jobs.waiting(now=later) == []


def test_a_job_whose_last_worker_lives_is_left_alone(tenant):
    job = _abandoned(tenant, attempts=jobs.MAX_ATTEMPTS, lease_until=NOW + jobs.LEASE)

    assert not jobs.run(tenant_id=tenant.pk, job_id=job.pk, now=lambda: NOW)
    assert _now(tenant, job).state == "running"
