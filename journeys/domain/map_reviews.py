"""A map is looked at again every few months: when, and that it was done."""

from datetime import date

from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import time
from journeys.models import JourneyMap


def next_review(*, journey_map: JourneyMap, today: date) -> date:
    """Return when a map that was looked at today is to be looked at again."""
    return time.add_months(today, journey_map.review_months)


def is_due(*, journey_map: JourneyMap, today: date) -> bool:
    """Return whether the day of the review has come."""
    return journey_map.archived_at is None and journey_map.review_due is not None and journey_map.review_due <= today


def reviewed(*, journey_map: JourneyMap, by: Actor, today: date) -> JourneyMap:
    """Note that the map was looked at and still holds; the next review counts from today."""
    journey_map.review_due = next_review(journey_map=journey_map, today=today)
    journey_map.save(update_fields=["review_due"])
    audit.record(by=by, action="map.reviewed", on=journey_map)
    return journey_map
