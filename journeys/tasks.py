"""Doors for Celery: what moves people on."""

import time

from celery import shared_task
from django.utils import timezone

from cxm import tenancy
from cxm.tenancy.models import Tenant
from journeys.domain import calls, enrolments, inbox, map_reviews

SLICE = 20.0  # seconds a task works for one tenant before it goes to the back of the queue
QUEUE = "automation"


@shared_task(name="journeys.drain")
def drain(**kwargs) -> None:
    """Wake a worker for each tenant that heard something or has somebody due: the beat's call."""
    for tenant_id in sorted({*inbox.tenants_with_work(), *enrolments.tenants_with_work(now=timezone.now())}):
        work.apply_async(kwargs={"tenant_id": tenant_id}, queue=QUEUE, expires=30)


@shared_task(name="journeys.work")
def work(*, tenant_id: int, **kwargs) -> None:
    """Let in and move on the people of one tenant until nothing is left or the slice is over."""
    tenant = Tenant.objects.get(pk=tenant_id)
    until = time.monotonic() + SLICE
    while time.monotonic() < until:
        heard = inbox.drain(tenant=tenant, now=timezone.now())
        if not heard + enrolments.move_on(tenant=tenant, now=timezone.now()):
            return
    work.apply_async(kwargs={"tenant_id": tenant_id}, queue=QUEUE)


@shared_task(name="journeys.calendar")
def calendar(**kwargs) -> None:
    """Let in whoever's date has come: the beat's call, every few minutes."""
    for tenant in Tenant.objects.filter(pk__in=inbox.tenants_with_dates()):
        inbox.look_at_calendar(tenant=tenant, now=timezone.now())


@shared_task(name="journeys.call")
def call(**kwargs) -> None:
    """Make the calls of steps to other servers: the beat's call."""
    for tenant in Tenant.objects.filter(pk__in=calls.tenants_due(now=timezone.now())):
        until = time.monotonic() + SLICE
        while time.monotonic() < until and calls.send_due(tenant=tenant, clock=timezone.now):
            pass


@shared_task(name="journeys.remind_of_reviews")
def remind_of_reviews(**kwargs) -> None:
    """Remind the owners of maps whose review has come: the beat's call, every hour, since days begin everywhere."""
    now = timezone.now()
    for tenant in Tenant.objects.filter(pk__in=map_reviews.tenants_due(now=now)):
        with tenancy.scope(tenant):
            map_reviews.remind(tenant=tenant, now=now)
