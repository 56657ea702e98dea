"""Work of listening and repairing that the clock starts."""

from celery import shared_task
from django.utils import timezone, translation

from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.tenancy.models import Tenant
from feedback.domain import breaches, closing, desk, invitations, mailboxes, responses


@shared_task(name="feedback.surveys")
def look_at_surveys(**kwargs) -> None:
    """Have every tenant tidied where invitations wait or responses were left half-way."""
    now = timezone.now()
    waiting = {*invitations.tenants_with_waiting(now=now), *responses.tenants_with_quiet(now=now)}
    for tenant_id in sorted(waiting):
        tidy_surveys.delay(tenant_id=tenant_id)


@shared_task(name="feedback.surveys.tidy")
def tidy_surveys(*, tenant_id: int, **kwargs) -> None:
    """Leave out invitations that were refused; tell of responses that will not go on. Twice is once."""
    now = timezone.now()
    with tenancy.scope(Tenant.objects.get(pk=tenant_id)):
        invitations.tidy(now=now)
        responses.settle_quiet(now=now)


@shared_task(name="feedback.begin")
def begin_desks(**kwargs) -> None:
    """Give new tenants the case types, targets and hours that everybody begins with."""
    for tenant in Tenant.objects.filter(pk__in=desk.tenants_to_begin()):
        with tenancy.scope(tenant), translation.override(tenant.language):
            desk.begin(by=SYSTEM)


@shared_task(name="feedback.sweep")
def look_at_cases(**kwargs) -> None:
    """Have the clocks of every tenant looked at where a case comes near its target or misses it."""
    for tenant_id in breaches.tenants_with_work(now=timezone.now()):
        sweep_cases.delay(tenant_id=tenant_id)


@shared_task(name="feedback.sweep.tenant")
def sweep_cases(*, tenant_id: int, **kwargs) -> None:
    """Note warnings and missed targets, each once."""
    tenant = Tenant.objects.get(pk=tenant_id)
    with tenancy.scope(tenant), translation.override(tenant.language):
        breaches.sweep(now=timezone.now())


@shared_task(name="feedback.mail")
def read_mail(**kwargs) -> None:
    """Take in what customers wrote."""
    mailboxes.read(now=timezone.now())


@shared_task(name="feedback.close")
def close_solved(**kwargs) -> None:
    """Close what was solved and stayed silent; complaints wait for their root cause."""
    now = timezone.now()
    for tenant_id in closing.tenants_with_silent(now=now):
        with tenancy.scope(Tenant.objects.get(pk=tenant_id)):
            closing.close_silent(now=now)
