"""Doors for Celery."""

from celery import shared_task
from django.utils import timezone

from cxm.rest import idempotency


@shared_task(name="cxm.rest.sweep")
def sweep(**kwargs) -> None:
    """Forget old answers; the beat's call, once an hour."""
    idempotency.sweep(now=timezone.now())
