"""Doors for Celery: the send path's clock and muscle."""

import logging
import os
import socket
import time

from celery import shared_task
from django.utils import timezone

from campaigns.domain import campaigns, leases, points, points_rules, sending, waking
from cxm import tenancy
from cxm.tenancy.models import Tenant

log = logging.getLogger(__name__)
SLICE = 20.0  # seconds a task works for one tenant before it goes to the back of the queue


@shared_task(name="campaigns.send")
def send(*, tenant_id: int, **kwargs) -> None:
    """Send for one tenant until nothing waits or the slice is over; then queue up behind the others."""
    tenant = Tenant.objects.get(pk=tenant_id)
    worker = f"{socket.gethostname()}:{os.getpid()}"
    if sending.work(tenant=tenant, worker=worker, clock=timezone.now, until=time.monotonic() + SLICE):
        send.apply_async(kwargs={"tenant_id": tenant_id}, queue="bulk")
    else:
        campaigns.close_finished(now=timezone.now())


@shared_task(name="campaigns.drain")
def drain(**kwargs) -> None:
    """Wake senders for every tenant with leases waiting; start what is due. The beat's call."""
    now = timezone.now()
    for tenant_id, campaign_id in campaigns.due(now=now):
        with tenancy.scope(Tenant.objects.get(pk=tenant_id)):
            campaigns.launch_due(campaign_id=campaign_id, now=now)
    for tenant_id, waiting, sending_now in leases.tenants_with_work(now=now):
        waking.wake(tenant_id=tenant_id, waiting=min(waiting, waking.SLOTS - sending_now))


@shared_task(name="campaigns.lapse_points")
def lapse_points(**kwargs) -> None:
    """Let points go whose time is over, and mend balances beside the traits: one portion of people at a time."""
    now = timezone.now()
    for tenant in Tenant.objects.filter(pk__in=points_rules.tenants()):
        more = True
        while more:
            with tenancy.scope(tenant):
                more = points.lapse(now=now)
        with tenancy.scope(tenant):
            points.recount(now=now)


@shared_task(name="campaigns.sweep")
def sweep(**kwargs) -> None:
    """Take back what dead workers held, queue what waited long enough, end what is finished."""
    now = timezone.now()
    for tenant in Tenant.objects.filter(pk__in=leases.tenants_to_sweep(now=now)):
        leases.recover(tenant=tenant, now=now)
        leases.requeue_deferred(tenant=tenant, now=now)
    campaigns.close_finished(now=now)
