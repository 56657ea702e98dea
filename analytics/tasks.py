"""Doors for Celery."""

from celery import shared_task
from django.utils import timezone

from analytics.domain import forecasts, kpis, rollups
from cxm import tenancy
from cxm.tenancy.models import Tenant


@shared_task(name="analytics.roll_up")
def roll_up(**kwargs) -> None:
    """Add up the days that changed, one task for each tenant with some: the beat's call."""
    for tenant_id in kpis.tenants_with_stale_days(now=timezone.now()):
        roll_up_tenant.apply_async(kwargs={"tenant_id": tenant_id}, queue="compute", expires=60)


@shared_task(name="analytics.roll_up_tenant")
def roll_up_tenant(*, tenant_id: int, **kwargs) -> None:
    """Add up one tenant's days."""
    tenant = Tenant.objects.get(pk=tenant_id)
    with tenancy.scope(tenant):
        rollups.refresh(tenant=tenant, now=timezone.now())


@shared_task(name="analytics.predict")
def predict(**kwargs) -> None:
    """Have value and risk predicted and recent days added up anew, one task for each tenant: the beat's call, nightly,
    before the segments are refreshed."""
    for tenant_id in Tenant.objects.values_list("pk", flat=True):
        predict_tenant.apply_async(kwargs={"tenant_id": tenant_id}, queue="compute")


@shared_task(name="analytics.predict_tenant")
def predict_tenant(*, tenant_id: int, **kwargs) -> None:
    """Queue one tenant's prediction, and have its recent days added up anew."""
    tenant = Tenant.objects.get(pk=tenant_id)
    with tenancy.scope(tenant):
        forecasts.request()
        rollups.mark_changing(tenant=tenant, now=timezone.now())
