"""Doors for Celery."""

from celery import shared_task
from django.utils import timezone

from cxm.jobs import domain


@shared_task(name="cxm.jobs.run")
def run(*, tenant_id: int, job_id: int, **kwargs) -> None:
    """Do one job."""
    domain.run(tenant_id=tenant_id, job_id=job_id, now=timezone.now)


@shared_task(name="cxm.jobs.drain")
def drain(**kwargs) -> None:
    """Wake workers for whatever waits: the beat's call, a few seconds apart."""
    for tenant_id, job_id in domain.waiting(now=timezone.now()):
        domain.wake(tenant_id=tenant_id, job_id=job_id)
