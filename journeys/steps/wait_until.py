"""Wait until a time of day, on any day or on certain days of the week."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from journeys.steps.frame import Field, Go, Moment, Move, Names, Person, Stay, Step, StepProblem, nothing

KIND, LABEL, ICON, GROUP = "wait_until", _("Wait until a time"), "calendar-clock", "time"
DAYS = {"mon": _("Monday"), "tue": _("Tuesday"), "wed": _("Wednesday"), "thu": _("Thursday"), "fri": _("Friday"),
        "sat": _("Saturday"), "sun": _("Sunday")}  # fmt: skip
FIELDS = (
    Field("time", "time", _("At"), help=_("Where the person lives; where you are, if that is not known.")),
    Field("days", "days", _("On"), help=_("Every day when none is chosen."), required=False),
)
PATHS = ()
CHANGES_PERSON = False
act = nothing


def clean(settings: dict, names: Names) -> dict:
    days = settings.get("days") or []
    if not isinstance(days, list) or not all(isinstance(day, str) and day in DAYS for day in days):
        raise StepProblem(days=__("Choose days of the week."))
    return {"time": time_of(settings), "days": [day for day in DAYS if day in days]}


def words(settings: dict, names: Names) -> str:
    at, days = settings.get("time", "…"), settings.get("days") or []
    if not days:
        return __("Wait until %(time)s") % {"time": at}
    return __("Wait until %(days)s, %(time)s") % {"time": at, "days": ", ".join(str(DAYS[day]) for day in days)}


def choose(step: Step, people: Sequence[Person], moment: Moment) -> dict[int, Move]:
    zones = zones_of(people, moment)
    at = time.fromisoformat(step.settings["time"])
    days = {number for number, day in enumerate(DAYS) if day in step.settings["days"]} or set(range(7))
    moves: dict[int, Move] = {}
    for person in people:
        over = following(person.reached_at, at, days, zones[person.customer_id])
        moves[person.id] = Go(at=over) if over <= moment.now else Stay(over)
    return moves


def following(since: datetime, at: time, days: set[int], zone: ZoneInfo) -> datetime:
    """Return the first moment from ``since`` on at which it is that time on one of the days there."""
    today = since.astimezone(zone).date()
    for ahead in range(9):
        day = today + timedelta(days=ahead)
        found = datetime.combine(day, at, zone).astimezone(UTC)
        if found >= since and day.weekday() in days:
            return found
    raise AssertionError("a week has seven days")


def zones_of(people: Sequence[Person], moment: Moment) -> dict[int, ZoneInfo]:
    """Return where each person lives, as far as it is known."""
    home = ZoneInfo(moment.tenant.timezone)
    named = Customer.objects.filter(pk__in={person.customer_id for person in people}).exclude(timezone="")
    zones = dict.fromkeys((person.customer_id for person in people), home)
    return zones | {pk: zone(name, home) for pk, name in named.values_list("pk", "timezone")}


def zone(name: str, otherwise: ZoneInfo) -> ZoneInfo:
    """Return a zone by its name; a name nobody knows counts as none."""
    try:
        return ZoneInfo(name) if name else otherwise
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return otherwise


def time_of(settings: dict, name: str = "time") -> str:
    """Return a setting that is a time of day, as HH:MM."""
    try:
        return time.fromisoformat(settings.get(name) or "").replace(tzinfo=None).strftime("%H:%M")
    except (ValueError, TypeError) as error:
        raise StepProblem(**{name: __("Write a time such as 09:00.")}) from error
