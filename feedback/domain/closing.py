"""Solved cases that nobody wrote in any more are closed by themselves."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from cxm.audit.actors import SYSTEM
from feedback.domain import cases
from feedback.models import Case, CaseType, DeskSettings

AT_ONCE = 500


def tenants_with_silent(*, now: datetime) -> list[int]:
    """Return the ids of tenants with cases solved a day ago or more. Runs as the owner, over all of them."""
    found = _silent(since=now - timedelta(days=1))
    return list(found.order_by("tenant_id").values_list("tenant_id", flat=True).distinct())


def close_silent(*, now: datetime) -> int:
    """Close requests that were solved so many days ago as the tenant says; returns how many.

    A complaint waits for somebody to write down its root cause.
    """
    days = DeskSettings.objects.values_list("close_after_days", flat=True).first()
    days = DeskSettings._meta.get_field("close_after_days").default if days is None else days
    if days == 0:
        return 0
    # Locked as they are found: a customer who writes at this moment comes before or after, and is heard either way.
    found = _silent(since=now - timedelta(days=days)).order_by("solved_at")
    silent = list(found.select_for_update(of=("self",), skip_locked=True, no_key=True)[:AT_ONCE])
    for case in silent:
        cases.close(case=case, by=SYSTEM, now=now)
    return len(silent)


def _silent(*, since: datetime) -> QuerySet[Case]:
    found = Case.objects.filter(state=Case.State.SOLVED, solved_at__lte=since)
    return found.exclude(type__kind=CaseType.Kind.COMPLAINT)
