"""What the builder offers: segments to begin with, and the words a tenant's data already knows."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext_lazy as _

from customers.domain.rules_tree import SURVEY_ANSWERED
from customers.models import Event, Segment, Tag, Topic
from cxm import tenancy


@dataclass(frozen=True)
class Starter:
    """A segment most businesses want, ready to be kept or changed."""

    key: str
    name: object
    lead: object
    icon: str
    rule: dict


STARTERS = (
    Starter(
        "vip",
        _("VIP"),
        _("Ordered at least three times and brought 500 or more."),
        "star",
        {"all": [{"trait": "orders_count", "gte": 3}, {"trait": "revenue", "gte": 500}]},
    ),
    Starter(
        "at_risk",
        _("At risk"),
        _("Ordered more than once, but not in the last 60 days."),
        "alert-triangle",
        {"all": [{"trait": "orders_count", "gte": 2}, {"trait": "days_since_last_order", "gt": 60}]},
    ),
    Starter(
        "new",
        _("New this month"),
        _("Became customers in the last 30 days."),
        "sparkles",
        {"all": [{"attribute": "created_at", "within": "P30D"}]},
    ),
    Starter(
        "birthday",
        _("Birthday this month"),
        _("Have their birthday in this calendar month."),
        "cake",
        {"all": [{"attribute": "birthday", "anniversary": "month"}]},
    ),
    Starter(
        "twice",
        _("Bought twice in 90 days"),
        _("Placed two orders or more in the last 90 days."),
        "repeat",
        {"all": [{"order": True, "count": {"gte": 2}, "within": "P90D"}]},
    ),
    Starter(
        "no_open",
        _("No open in 30 days"),
        _("Got an email in the last 30 days and opened none."),
        "mail-off",
        {
            "all": [
                {"event": "Email Sent", "within": "P30D"},
                {"not": {"event": "Email Opened", "within": "P30D"}},
            ]
        },
    ),
)

# One step of the index for each name, however many events there are.
_EVENT_NAMES = """
WITH RECURSIVE names AS (
    (SELECT name FROM customers_event WHERE tenant_id = %(tenant)s ORDER BY name LIMIT 1)
    UNION ALL
    SELECT (SELECT e.name FROM customers_event e WHERE e.tenant_id = %(tenant)s AND e.name > n.name
            ORDER BY e.name LIMIT 1)
    FROM names n WHERE n.name IS NOT NULL
) SELECT name FROM names WHERE name IS NOT NULL LIMIT 200
"""


def starter(key: str) -> Starter | None:
    """Return a starter by key."""
    return next((found for found in STARTERS if found.key == key), None)


def event_names() -> list[str]:
    """Return the names of events the tenant has seen."""
    with connection.cursor() as cursor:
        cursor.execute(_EVENT_NAMES, {"tenant": tenancy.current_id()})
        return [row[0] for row in cursor.fetchall()]


def survey_names() -> list[tuple[str, str]]:
    """Return the surveys the timeline has answers to lately, as (slug, name)."""
    last = Event.objects.filter(name=SURVEY_ANSWERED).order_by("-occurred_at").values_list("properties", flat=True)
    found = {said["slug"]: str(said.get("survey") or said["slug"]) for said in last[:1000] if said.get("slug")}
    return sorted(found.items())


def tag_names() -> list[str]:
    """Return the tenant's tags."""
    return list(Tag.objects.values_list("name", flat=True)[:500])


def topics() -> list[Topic]:
    """Return the subjects people can choose to hear about."""
    return list(Topic.objects.all())


def others(*, than: Segment | None) -> list[Segment]:
    """Return the segments a rule may name."""
    found = Segment.objects.filter(archived_at=None).only("id", "slug", "name")
    return list(found.exclude(pk=than.pk) if than else found)
