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


def test_a_job_that_gets_on_may_lose_its_worker_as_often_as_it_likes(tenant):
    job = _abandoned(tenant, attempts=jobs.MAX_ATTEMPTS, lease_until=NOW)
    with tenancy.scope(tenant):
        Job.objects.filter(pk=job.pk).update(done=5, done_when_claimed=4)
    later = NOW + timedelta(seconds=1)

    claimed = jobs._claim(tenant_id=tenant.pk, job_id=job.pk, now=later)
    assert (claimed.attempts, claimed.done_when_claimed) == (jobs.MAX_ATTEMPTS + 1, 5)
    assert jobs._claim(tenant_id=tenant.pk, job_id=job.pk, now=later + 2 * jobs.LEASE) is None
    assert _now(tenant, job).state == "failed"
