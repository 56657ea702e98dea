"""Work of listening that the clock starts."""

from celery import shared_task
from django.utils import timezone

from cxm import tenancy
from feedback.domain import invitations, responses


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
    with tenancy.scope(tenant_id):
        invitations.tidy(now=now)
        responses.settle_quiet(now=now)
