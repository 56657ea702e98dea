"""Doors for Celery."""

from celery import shared_task
from django.utils import timezone

from customers.domain import classes
from cxm import tenancy
from cxm.tenancy.models import Tenant


@shared_task(name="customers.refresh_classes")
def refresh_classes(**kwargs) -> None:
    """Put everybody of every tenant into their class: the beat's call, nightly."""
    for tenant in Tenant.objects.all():
        with tenancy.scope(tenant):
            classes.refresh_all(tenant=tenant, now=timezone.now())
