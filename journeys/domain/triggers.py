"""What brings people into an automation, how often, and what it is all for."""

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from customers.domain import rules_tests
from customers.domain.rules_pieces import Piece
from customers.models import Customer
from cxm.tenancy.models import Tenant
from journeys.models import Listener
from journeys.steps import wait_event, wait_until
from journeys.steps.frame import Names, StepProblem

KINDS = {
    "event": _("Something happens"),
    "segment": _("Comes into or goes out of a segment"),
    "date": _("A date comes"),
    "survey": _("Answers a survey"),
    "case": _("A case changes"),
    "manual": _("By hand: the people of a segment"),
    "api": _("A program says so"),
}
AGAIN = {
    "once": _("Once ever"),
    "after": _("Again, once the last time is over"),
    "not_within": _("Again, after a number of days"),
    "always": _("Every time"),
}
CASES = {
    "opened": ("Case Opened", _("A case is opened")),
    "answered": ("Case Answered", _("A case is answered")),
    "solved": ("Case Solved", _("A case is solved")),
    "closed": ("Case Closed", _("A case is closed")),
    "breached": ("Case Breached", _("A case misses its time")),
}
ANSWERED = "Survey Answered"
MOST_DAYS, MOST_DATA = 366, 8_000


class Entry(NamedTuple):
    """Somebody who may come in.

    Args:
        key: what brought them, under a name that counts once.
        at: when it happened.
    """

    customer_id: int
    key: str
    at: datetime
    data: dict


def clean(trigger: Mapping, names: Names) -> dict:
    """Return a trigger as it is kept.

    Raises:
        StepProblem: what is missing, by field.
    """
    kind = trigger.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise StepProblem(kind=__("Choose what brings people in."))
    return {"kind": kind} | _CLEAN.get(kind, lambda trigger, names: {})(trigger, names)


def clean_again(again: Mapping, names: Names) -> dict:
    """Return the rule of who may come in again, as it is kept."""
    rule, days = again.get("rule"), again.get("days")
    if not isinstance(rule, str) or rule not in AGAIN:
        raise StepProblem(rule=__("Choose how often somebody may come in."))
    if rule != "not_within":
        return {"rule": rule}
    return {"rule": rule, "days": _whole(days, 1, MOST_DAYS, "days")}


def clean_goal(goal: Mapping, names: Names) -> dict:
    """Return the goal as it is kept: an event at which people have reached what the automation is for, and leave."""
    event, where = wait_event.happening_of(dict(goal), names)
    return {"event": event, "where": where}


def listens(definition: Mapping) -> list[tuple[str, str, str, str]]:
    """Return what a version must hear of: (kind, ref, role, step)."""
    Kind, Role = Listener.Kind, Listener.Role
    trigger, found = definition["trigger"], []
    if trigger["kind"] == "segment":
        kind = Kind.ENTERED if trigger["when"] == "entered" else Kind.LEFT
        found.append((kind, str(trigger["segment"]), Role.START, ""))
    elif event := happening(trigger)[0]:
        found.append((Kind.EVENT, event, Role.START, ""))
    if definition["goal"]:
        found.append((Kind.EVENT, definition["goal"]["event"], Role.GOAL, ""))
    return found


def happening(trigger: Mapping) -> tuple[str, dict]:
    """Return the event a trigger is about and the conditions on it; no name where it is about none."""
    kind = trigger["kind"]
    if kind == "event":
        return trigger["event"], trigger["where"]
    if kind == "survey":
        where = {"slug": trigger["survey"]} if trigger["survey"] else {}
        return ANSWERED, where | ({"score": trigger["score"]} if trigger["score"] else {})
    if kind == "case":
        return CASES[trigger["when"]][0], {"type": trigger["type"]} if trigger["type"] else {}
    return "", {}


def words(trigger: Mapping, names: Names) -> str:
    """Return a trigger in one line."""
    kind = trigger.get("kind")
    if kind == "event":
        return __("“%(event)s” happens") % {"event": trigger.get("event") or "…"}
    if kind == "segment":
        said = {"name": names.segments.get(trigger.get("segment"), "…")}
        left = trigger.get("when") == "left"
        return (__("Goes out of “%(name)s”") if left else __("Comes into “%(name)s”")) % said
    if kind == "date":
        return _date_words(trigger, names)
    if kind == "case":
        return str(CASES.get(trigger.get("when"), (None, "…"))[1])
    return str(KINDS.get(kind, "…"))


def again_words(again: Mapping) -> str:
    """Return the rule of who may come in again, in one line."""
    if again.get("rule") == "not_within":
        days = again.get("days") or 0
        return ngettext("Not again within %(n)s day", "Not again within %(n)s days", days) % {"n": days}
    return str(AGAIN.get(again.get("rule"), "…"))


# --- events -------------------------------------------------------------------------------------


def events_matching(
    *, event: str, where: Mapping, names: Names, chosen: Piece, most: int | None = None
) -> list[Entry]:  # fmt: skip
    """Return the entries that events make, the earliest first; what they carry is judged as in segment rules."""
    query = Piece(
        """SELECT e.customer_id, 'event:' || e.id, e.occurred_at, e.properties::text FROM customers_event e
           WHERE e.tenant_id = %s AND e.name = %s""",
        (names.tenant.pk, event),
    )
    query += Piece(" AND ") + chosen
    for asked in wait_event.conditions(event, dict(where), names.catalogue):
        query += Piece(" AND ") + asked
    query += Piece(" ORDER BY e.occurred_at, e.id LIMIT %s", (most,))
    with connection.cursor() as cursor:
        cursor.execute(query.text, query.params)
        return [Entry(customer, key, at, _light(json.loads(data))) for customer, key, at, data in cursor.fetchall()]


# --- dates --------------------------------------------------------------------------------------


def dates_between(*, trigger: Mapping, tenant: Tenant, names: Names, since: datetime, until: datetime) -> list[Entry]:
    """Return the entries of a date trigger whose moment lies after ``since`` and not after ``until``.

    The moment is a time of day where each person lives, some days before or after the date; yearly dates of
    29 February are the 28th in years without.
    """
    at, shift, home = time.fromisoformat(trigger["time"]), timedelta(days=trigger["days"]), ZoneInfo(tenant.timezone)
    entries: list[Entry] = []
    for zone, written in _zones(home).items():
        for day, moment in _days(at, shift, zone, since, until):
            entries += [
                Entry(customer, f"date:{day.isoformat()}", moment, {"date": day.isoformat()})
                for customer in _having(trigger, day, written, names)
            ]
    return sorted(entries, key=lambda entry: (entry.at, entry.customer_id))


def _zones(home: ZoneInfo) -> dict[ZoneInfo, list[str]]:
    """Return the zones people live in, with the names they are written under."""
    found: dict[ZoneInfo, list[str]] = {}
    for name in {"", *Customer.objects.exclude(timezone="").values_list("timezone", flat=True).distinct()}:
        found.setdefault(wait_until.zone(name, home), []).append(name)
    return found


def _days(at: time, shift: timedelta, zone: ZoneInfo, since: datetime, until: datetime) -> list[tuple[date, datetime]]:
    """Return the dates meant, each with the moment it is due there."""
    day, last, found = since.astimezone(zone).date(), until.astimezone(zone).date(), []
    while day <= last:
        moment = datetime.combine(day, at, zone)
        if since < moment <= until:
            found.append((day - shift, moment.astimezone(until.tzinfo)))
        day += timedelta(days=1)
    return found


def _having(trigger: Mapping, day: date, zones: list[str], names: Names) -> list[int]:
    field = names.catalogue.attribute(trigger["attribute"])
    query = Piece("SELECT c.id FROM customers_customer c WHERE c.tenant_id = %s AND c.timezone = ANY(%s) AND ",
                  (names.tenant.pk, zones))  # fmt: skip
    column = Piece(f"({field.sql})", field.params)
    if trigger["yearly"]:
        days = rules_tests.anniversary_days(day, "today")[day.year]
        query += (
            Piece("to_char(") + column + Piece(", 'MMDD') = ANY(%s) AND ", (days,)) + column + Piece(" < %s", (day,))
        )
    else:
        query += column + Piece(" = %s", (day,))
    with connection.cursor() as cursor:
        cursor.execute(query.text, query.params)
        return [found for (found,) in cursor.fetchall()]


# --- one kind after the other -------------------------------------------------------------------


def _event(trigger: Mapping, names: Names) -> dict:
    event, where = wait_event.happening_of(dict(trigger), names)
    return {"event": event, "where": where}


def _segment(trigger: Mapping, names: Names) -> dict:
    number, when = trigger.get("segment"), trigger.get("when", "entered")
    if isinstance(number, bool) or not isinstance(number, int) or number not in names.segments:
        raise StepProblem(segment=__("Choose a segment."))
    if when not in ("entered", "left"):
        raise StepProblem(when=__("Choose one of the two."))
    return {"segment": number, "when": when}


def _date(trigger: Mapping, names: Names) -> dict:
    name = trigger.get("attribute", "birthday")
    field = names.catalogue.attribute(name) if isinstance(name, str) else None
    if field is None or field.kind != "date":
        raise StepProblem(attribute=__("Choose an attribute that is a date."))
    return {
        "attribute": name, "days": _whole(trigger.get("days", 0), -MOST_DAYS, MOST_DAYS, "days"),
        "time": wait_until.time_of({"time": trigger.get("time", "09:00")}),
        "yearly": trigger.get("yearly") is not False,
    }  # fmt: skip


def _survey(trigger: Mapping, names: Names) -> dict:
    survey, score = trigger.get("survey") or "", trigger.get("score") or {}
    if not isinstance(survey, str) or len(survey) > 100:
        raise StepProblem(survey=__("Choose a survey."))
    try:
        wait_event.happening_of({"event": ANSWERED, "where": {"score": score} if score else {}}, names)
    except StepProblem as problem:
        raise StepProblem(score=next(iter(problem.fields.values()))) from problem
    return {"survey": survey, "score": score}


def _case(trigger: Mapping, names: Names) -> dict:
    when, kind = trigger.get("when", "opened"), trigger.get("type") or ""
    if not isinstance(when, str) or when not in CASES:
        raise StepProblem(when=__("Choose what happens to the case."))
    if not isinstance(kind, str) or len(kind) > 100:
        raise StepProblem(type=__("Choose a type of case."))
    return {"when": when, "type": kind}


_CLEAN = {"event": _event, "segment": _segment, "date": _date, "survey": _survey, "case": _case}


def _whole(value: object, least: int, most: int, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        said = {"least": least, "most": most}
        raise StepProblem(**{name: __("A whole number from %(least)s to %(most)s.") % said})
    return value


def _date_words(trigger: Mapping, names: Names) -> str:
    field = names.catalogue.attribute(str(trigger.get("attribute", "")))
    said = {"name": field.label if field else "…", "time": trigger.get("time", "…")}
    days = trigger.get("days") or 0
    if not days:
        return __("“%(name)s”, at %(time)s") % said
    said["days"] = ngettext("%(n)s day", "%(n)s days", abs(days)) % {"n": abs(days)}
    before = __("%(days)s before “%(name)s”, at %(time)s")
    return (before if days < 0 else __("%(days)s after “%(name)s”, at %(time)s")) % said


def _light(data: dict) -> dict:
    """What an event carries, as far as a message or a call may want it: all of it, of large ones the plain values."""
    if len(json.dumps(data)) <= MOST_DATA:
        return data
    plain = {key: value for key, value in data.items() if isinstance(value, str | int | float | bool)}
    return {key: value for key, value in list(plain.items())[:50] if len(str(value)) <= 100}
