"""Doors for Celery: letters of the house."""

from celery import shared_task
from django.utils import timezone

from cxm.accounts.domain import letters


@shared_task(name="accounts.deliver")
def deliver(*, tenant_id: int, invitation_id: int, **kwargs) -> None:
    """Try to send the letter of one invitation."""
    letters.deliver(tenant_id=tenant_id, invitation_id=invitation_id, now=timezone.now())


@shared_task(name="accounts.drain")
def drain(**kwargs) -> None:
    """Wake workers for the letters that may be tried now. The beat's call."""
    for tenant_id, invitation_id in letters.waiting(now=timezone.now()):
        letters.wake(tenant_id=tenant_id, invitation_id=invitation_id)
