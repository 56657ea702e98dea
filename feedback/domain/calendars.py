"""Working hours of a tenant: saved as versions that never change, one of them used when a rule names none."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from cxm import tenancy
from cxm.audit import domain as audit
from cxm.audit.actors import SYSTEM, Actor
from cxm.lib import clocks, text
from cxm.lib.errors import Conflict, NotFound, Refusal
from feedback.models import BusinessCalendar, CalendarVersion, TargetRule

NINE_TO_FIVE = [["09:00", "17:00"]]
# Countries whose week begins on Sunday.
FROM_SUNDAY = frozenset("SA EG KW QA BH OM JO IQ YE LY SD SY DZ".split())


class UnknownCalendar(NotFound):
    message = _("There is no such business calendar.")


class InvalidName(Refusal):
    code = "invalid_name"
    message = _("Give it a name of at most 100 characters that nothing else has.")


class CalendarInUse(Conflict):
    message = _("The default calendar and those that rules name stay: choose another there first.")


def get(calendar_id: int) -> BusinessCalendar:
    """Return a calendar of the tenant in scope, or refuse with 404."""
    found = BusinessCalendar.objects.filter(pk=calendar_id).first()
    if found is None:
        raise UnknownCalendar
    return found


def listed() -> QuerySet[BusinessCalendar]:
    """Return the calendars in use, the default first."""
    return BusinessCalendar.objects.filter(archived_at=None).order_by("-is_default", "name", "id")


def default() -> BusinessCalendar:
    """Return the calendar used when a rule names none; made from the tenant's country and zone when there is none."""
    found = BusinessCalendar.objects.filter(is_default=True).first()
    if found:
        return found
    with transaction.atomic():
        made, new = BusinessCalendar.objects.get_or_create(is_default=True, defaults={"name": __("Working hours")})
        if new:
            save(calendar=made, rules=usual(), by=SYSTEM)
    return made


def usual() -> dict[str, Any]:
    """Return nine to five on the five working days of the tenant's country, in its zone."""
    tenant = tenancy.current()
    days = ("sun", "mon", "tue", "wed", "thu") if tenant.country in FROM_SUNDAY else clocks.WEEKDAYS[:5]
    return {"zone": tenant.timezone, "week": dict.fromkeys(days, NINE_TO_FIVE), "holidays": [], "extra": {}}


@transaction.atomic
def create(*, name: str, rules: Mapping[str, Any], by: Actor) -> BusinessCalendar:
    """Add a calendar.

    Raises:
        InvalidName
        clocks.InvalidCalendar, clocks.NeverOpens: the hours.
    """
    calendar = BusinessCalendar.objects.create(name=_name(name), is_default=not BusinessCalendar.objects.exists())
    save(calendar=calendar, rules=rules, by=by)
    return calendar


@transaction.atomic
def save(*, calendar: BusinessCalendar, rules: Mapping[str, Any], by: Actor, name: str = "") -> CalendarVersion:
    """Save hours as a new version. Cases that are open keep the version they were given their targets by.

    Raises: as ``create``.
    """
    clocks.Calendar.parse(rules)
    BusinessCalendar.objects.select_for_update().get(pk=calendar.pk)
    if name and name != calendar.name:
        calendar.name = _name(name, but=calendar)
        calendar.save(update_fields=["name"])
    newest = latest(calendar)
    if newest and newest.rules == rules:
        return newest
    last = CalendarVersion.objects.filter(calendar=calendar).aggregate(last=Max("number"))["last"] or 0
    made = CalendarVersion.objects.create(
        calendar=calendar, number=last + 1, rules=dict(rules), created_by=by.label[:254]
    )
    audit.record(by=by, action="calendar.saved", on=calendar, version=made.number)
    return made


def latest(calendar: BusinessCalendar) -> CalendarVersion | None:
    """Return the hours as they are now."""
    return CalendarVersion.objects.filter(calendar=calendar).order_by("-number").first()


def latest_of_all() -> dict[int, CalendarVersion]:
    """Return the newest version of every calendar by the calendar's id, in one query."""
    newest = CalendarVersion.objects.order_by("calendar_id", "-number").distinct("calendar_id")
    return {version.calendar_id: version for version in newest}


@transaction.atomic
def make_default(*, calendar: BusinessCalendar, by: Actor) -> None:
    """Use these hours whenever a rule names none."""
    BusinessCalendar.objects.filter(is_default=True).update(is_default=False)
    BusinessCalendar.objects.filter(pk=calendar.pk).update(is_default=True)
    audit.record(by=by, action="calendar.default", on=calendar)


@transaction.atomic
def archive(*, calendar: BusinessCalendar, by: Actor, now: datetime) -> None:
    """Put hours away; cases that were given their targets by them keep them.

    Raises:
        CalendarInUse: it is the default, or a rule names it.
    """
    if calendar.is_default or TargetRule.objects.filter(calendar=calendar).exists():
        raise CalendarInUse
    BusinessCalendar.objects.filter(pk=calendar.pk).update(archived_at=now)
    audit.record(by=by, action="calendar.archived", on=calendar)


def _name(name: str, *, but: BusinessCalendar | None = None) -> str:
    line = text.clean_line(name)
    taken = BusinessCalendar.objects.filter(name=line).exclude(pk=but.pk if but else None).exists()
    if not line or len(line) > 100 or taken:
        raise InvalidName(fields={"name": str(InvalidName.message)})
    return line
