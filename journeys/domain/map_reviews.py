"""A map is looked at again every few months: when, who is reminded, and that it was done."""

from datetime import date, datetime, timedelta

from django.db.models import F, Q
from django.utils import translation
from django.utils.translation import gettext as __

from cxm.accounts.domain import members, todos
from cxm.accounts.models import User
from cxm.audit import domain as audit
from cxm.audit.actors import SYSTEM, Actor
from cxm.lib import time
from cxm.tenancy.models import Tenant
from journeys.models import JourneyMap


def next_review(*, journey_map: JourneyMap, today: date) -> date:
    """Return when a map that was looked at today is to be looked at again."""
    return time.add_months(today, journey_map.review_months)


def is_due(*, journey_map: JourneyMap, today: date) -> bool:
    """Return whether the day of the review has come."""
    return journey_map.archived_at is None and journey_map.review_due is not None and journey_map.review_due <= today


def reviewed(*, journey_map: JourneyMap, by: Actor, now: datetime, today: date) -> JourneyMap:
    """Note that the map was looked at and still holds; the next review counts from today."""
    journey_map.review_due = next_review(journey_map=journey_map, today=today)
    journey_map.save(update_fields=["review_due"])
    settle(journey_map=journey_map, by=by, now=now)
    audit.record(by=by, action="map.reviewed", on=journey_map)
    return journey_map


def settle(*, journey_map: JourneyMap, by: Actor, now: datetime) -> None:
    """Tick off what reminded of a review that is done."""
    for todo in todos.about("map", journey_map.pk).filter(key__startswith=f"map-review:{journey_map.pk}:"):
        todos.finish(todo=todo, by=by, now=now)


def tenants_due(*, now: datetime) -> list[int]:
    """Return the tenants with a review of which nobody was told; run as the owner, by the beat.

    A day ahead of UTC, for where it is tomorrow already: every tenant is asked again by its own calendar.
    """
    due = JourneyMap.objects.filter(_untold(now.date() + timedelta(days=1)))
    return sorted(due.values_list("tenant", flat=True).distinct())


def remind(*, tenant: Tenant, now: datetime) -> int:
    """Give the owner of each map whose review has come a to-do, once for each date; returns how many. In a scope."""
    today = time.today(now, time.zone(tenant.timezone))
    found = list(JourneyMap.objects.select_for_update(of=("self",), skip_locked=True).filter(_untold(today)))
    for journey_map in found:
        with translation.override(tenant.language):
            title = __("Look at the map “%(map)s” again") % {"map": journey_map.name}
        todos.create(
            title=title[: todos.LONGEST],
            by=SYSTEM,
            due_at=time.day_bounds(today, time.zone(tenant.timezone))[1],
            assignee=_still_here(journey_map),
            about=("map", journey_map.pk),
            key=f"map-review:{journey_map.pk}:{journey_map.review_due}",
        )
        journey_map.reminded_of = journey_map.review_due
        journey_map.save(update_fields=["reminded_of"])
    return len(found)


def _untold(today: date) -> Q:
    told = Q(reminded_of=F("review_due"))
    return Q(archived_at=None, review_due__lte=today) & (Q(reminded_of=None) | ~told)


def _still_here(journey_map: JourneyMap) -> User | None:
    return members.colleagues().filter(pk=journey_map.owner_id).first()
