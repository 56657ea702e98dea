"""What analytics hears of the timeline: days that have to be added up again."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from functools import lru_cache

from django.utils import timezone

from analytics.domain import rollups
from customers.models import Event
from cxm import tenancy
from cxm.lib import time
from cxm.tenancy.models import Tenant
from feedback.models import Case, Response


def happenings_were_recorded(sender: type, events: list[Event], **kwargs) -> None:
    """Mark the days of late happenings; those of today are counted live."""
    _mark({event.occurred_at for event in events} | {*_cases(events), *_answers(events)})


def facts_were_corrected(sender: type, moments: set[datetime], **kwargs) -> None:
    """Mark the days on which corrected facts were, and those on which they are now."""
    _mark(moments)


def _mark(moments: set[datetime]) -> None:
    now = timezone.now()
    zone = _zone(tenancy.current_id(), now.replace(second=0, microsecond=0))
    rollups.mark(days={moment.astimezone(zone).date() for moment in moments} - {time.today(now, zone)})


def _cases(events: list[Event]) -> Iterator[datetime]:
    """What happens to a case changes the days on which it was opened and solved."""
    numbers = {event.properties.get("case") for event in events if event.name.startswith("Case ")}
    if wanted := [number for number in numbers if isinstance(number, int)]:
        for opened, solved in Case.objects.filter(pk__in=wanted).values_list("opened_at", "solved_at"):
            yield opened
            if solved:
                yield solved
    # Opened again, a case is solved no more: the day on which it was is known from the timeline alone.
    again = {event.customer_id for event in events if event.name == "Case Reopened"}
    if again:
        yield from Event.objects.filter(customer__in=again, name="Case Solved").values_list("occurred_at", flat=True)


def _answers(events: list[Event]) -> Iterator[datetime]:
    """A new answer may take the place of an earlier one in its wave, which then counts no more."""
    people = {event.customer_id for event in events if event.name == "Survey Answered"}
    if people:
        yield from Response.objects.filter(customer__in=people).values_list("answered_at", flat=True)


def history_was_rewritten(sender: object, **kwargs) -> None:
    """Nothing that was added up may be trusted any more."""
    rollups.mark_all()


@lru_cache(maxsize=1024)
def _zone(tenant_id: int, minute: datetime) -> tzinfo:
    """The zone of a tenant, asked for once a minute: the intake calls this for every batch."""
    return time.zone(Tenant.objects.values_list("timezone", flat=True).get(pk=tenant_id))
