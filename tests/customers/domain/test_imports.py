"""Customers brought in from files."""

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from customers.domain import imports
from customers.models import Customer, CustomerTag, Import
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.audit.models import Entry
from cxm.jobs import domain as jobs
from cxm.jobs.models import Job


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def work(tenant) -> None:
    """Do what is queued, as a worker does."""
    for tenant_id, job_id in jobs.waiting(now=timezone.now()):
        assert jobs.run(tenant_id=tenant_id, job_id=job_id, now=timezone.now)


def bring(tenant, content: str | bytes, *, kind="customers", mapping=None, dry_run=False) -> Import:
    data = content.encode() if isinstance(content, str) else content
    with tenancy.scope(tenant):
        found = imports.bring(
            file=ContentFile(data), filename="people.csv", kind=kind, mapping=mapping, dry_run=dry_run, by=SYSTEM
        )
    work(tenant)
    with tenancy.scope(tenant):
        found.refresh_from_db()
        job = Job.objects.get(pk=found.job_id)
    assert (found.state, found.error, job.error) == ("done", "", "")
    return found


def counts(found: Import) -> tuple[int, int, int, int]:
    return found.total, found.created, found.updated, found.rejected


def test_people_become_customers(tenant):
    found = bring(
        tenant,
        "Customer ID,First name,Last name,E-mail,Mobile,Country,City,Birthday,Company,Tags,Customer since\n"
        "1,Zoë,O'Neil,Zoe@Example.COM,020 7946 0958,United Kingdom,London,1990-05-06,Acme Ltd,vip; press,2020-01-02\n"
        "2,محمد,الأحمد,m@example.com,+966501234567,السعودية,الرياض,,,,\n",
    )
    assert counts(found) == (2, 2, 0, 0), found.summary
    with tenancy.scope(tenant):
        one, two = Customer.objects.order_by("external_id")
        assert (one.name, one.email, one.email_key, one.phone) == (
            "Zoë O'Neil",
            "Zoe@example.com",
            "zoe@example.com",
            "+442079460958",
        )
        assert (one.country, one.city, str(one.birthday), one.company.name) == (
            "GB",
            "London",
            "1990-05-06",
            "Acme Ltd",
        )
        assert one.created_at.isoformat() == "2020-01-02T00:00:00+00:00"
        assert one.search == "zoe o'neil zoe@example.com +442079460958 1 acme ltd"
        assert sorted(CustomerTag.objects.filter(customer=one).values_list("tag__name", flat=True)) == ["press", "vip"]
        assert (two.name, two.country, two.name_key) == ("محمد الأحمد", "SA", "محمد الاحمد")
        assert not found.file
        assert Entry.objects.filter(action="import.applied").count() == 1
