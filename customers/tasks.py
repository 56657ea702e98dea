"""Doors for Celery."""

from celery import shared_task
from django.utils import timezone

from customers.domain import classes, imports, memberships, segments
from cxm import tenancy
from cxm.tenancy.models import Tenant


@shared_task(name="customers.refresh_classes")
def refresh_classes(**kwargs) -> None:
    """Wake one task for each tenant, so that none waits for another or falls with it: the beat's call, nightly."""
    for tenant_id in Tenant.objects.values_list("pk", flat=True):
        refresh_classes_of.apply_async(kwargs={"tenant_id": tenant_id}, queue="compute")


@shared_task(name="customers.refresh_classes_of")
def refresh_classes_of(*, tenant_id: int, **kwargs) -> None:
    """Put everybody of one tenant into their class."""
    tenant = Tenant.objects.get(pk=tenant_id)
    with tenancy.scope(tenant):
        classes.refresh_all(tenant=tenant, now=timezone.now())


@shared_task(name="customers.segments.refresh_changed")
def refresh_changed_segments(**kwargs) -> None:
    """Wake one task for each tenant whose segments have something to look at: the beat's call."""
    for tenant_id in memberships.tenants_with_work(now=timezone.now()):
        refresh_changed_segments_of.apply_async(kwargs={"tenant_id": tenant_id}, queue="compute")


@shared_task(name="customers.segments.refresh_changed_of")
def refresh_changed_segments_of(*, tenant_id: int, **kwargs) -> None:
    """Refresh one tenant's segments for the people of whom something changed."""
    segments.refresh_changed(tenant_id=tenant_id, now=timezone.now)


@shared_task(name="customers.segments.refresh_all")
def refresh_all_segments(**kwargs) -> None:
    """Queue a full refresh for every tenant: the beat's call, nightly, after the classes have moved."""
    for tenant in Tenant.objects.all():
        with tenancy.scope(tenant):
            segments.request_refresh()


@shared_task(name="customers.imports.forget_uploads")
def forget_uploads(**kwargs) -> None:
    """Delete uploads that nobody brought in: the beat's call, nightly."""
    imports.forget_uploads(now=timezone.now())
