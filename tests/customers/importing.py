"""Bringing files in, as a person and a worker do."""

from datetime import datetime

from django.core.files.base import ContentFile
from django.utils import timezone

from customers.domain import imports
from customers.models import Import
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.jobs import domain as jobs
from cxm.jobs.models import Job
from cxm.tenancy.models import Tenant


def now() -> datetime:
    return timezone.now()


def work() -> None:
    """Do what is queued."""
    for tenant_id, job_id in jobs.waiting(now=now()):
        assert jobs.run(tenant_id=tenant_id, job_id=job_id, now=timezone.now)


def queue(
    tenant: Tenant, content: str | bytes, *, kind="customers", mapping=None, dry_run=False, name="f.csv", **options
) -> Import:
    data = content.encode() if isinstance(content, str) else content
    with tenancy.scope(tenant):
        return imports.bring(
            file=ContentFile(data, name=name), filename=name, kind=kind, mapping=mapping, dry_run=dry_run, by=SYSTEM,
            options=options,
        )  # fmt: skip


def finished(tenant: Tenant, found: Import) -> Import:
    with tenancy.scope(tenant):
        found.refresh_from_db()
        job = Job.objects.get(pk=found.job_id)
    assert (found.error, job.error, job.state) == ("", "", "done")
    return found


def bring(tenant: Tenant, content: str | bytes, **how) -> Import:
    """The whole way of a file; the import as it is afterwards."""
    found = queue(tenant, content, **how)
    work()
    return finished(tenant, found)


def counts(found: Import) -> tuple[int, int, int, int]:
    return found.total, found.created, found.updated, found.rejected
