"""What happens in cases, on the timeline of the person it happens to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from customers.domain import events
from feedback.models import Case


def with_people(found: QuerySet[Case]) -> QuerySet[Case]:
    """Return cases with whatever a line about one needs; passwords of owners are out of reach in a scope."""
    return found.select_related("type", "customer", "queue", "owner").defer("owner__password")


def happening(name: str, case: Case, *, at: datetime, source: str = "agent", **more: Any) -> events.Happening | None:
    """Return an event of a case for the timeline; None where the person is not known any more."""
    if case.customer_id is None:
        return None
    return events.Happening(
        customer_id=case.customer_id,
        name=name,
        occurred_at=at,
        channel=case.channel,
        source=source,
        properties={
            "case": case.pk,
            "number": case.number,
            "type": case.type.slug,
            "subject": case.subject,
            "priority": case.priority,
            **more,
        },
    )


def record(happenings: Sequence[events.Happening | None]) -> None:
    """Put events of cases on the timeline."""
    events.record([found for found in happenings if found])
