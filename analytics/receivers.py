"""What analytics hears of the timeline: days that have to be added up again."""

from datetime import datetime, tzinfo
from functools import lru_cache

from django.utils import timezone

from analytics.domain import rollups
from customers.models import Event
from cxm.lib import time
from cxm.tenancy.models import Tenant


def happenings_were_recorded(sender: type, events: list[Event], **kwargs) -> None:
    """Mark the days of late happenings; those of today are counted live."""
    now = timezone.now()
    zone = _zone(events[0].tenant_id, now.replace(second=0, microsecond=0))
    today = time.today(now, zone)
    rollups.mark(days={event.occurred_at.astimezone(zone).date() for event in events} - {today})


def history_was_rewritten(sender: object, **kwargs) -> None:
    """Nothing that was added up may be trusted any more."""
    rollups.mark_all()


@lru_cache(maxsize=1024)
def _zone(tenant_id: int, minute: datetime) -> tzinfo:
    """The zone of a tenant, asked for once a minute: the intake calls this for every batch."""
    return time.zone(Tenant.objects.values_list("timezone", flat=True).get(pk=tenant_id))
