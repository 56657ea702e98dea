"""What has begun and not ended: it gets longer by itself, so it is counted anew each time and stored nowhere."""

from datetime import date, datetime

from analytics.domain.measures import Spread
from cxm.tenancy.models import Tenant


def by_day(*, tenant: Tenant, first: date, last: date, now: datetime) -> dict[date, dict[str, Spread]]:
    """Return, by the day it began, how long what has not ended has lasted."""
    return {}
