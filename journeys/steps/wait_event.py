"""Wait until something happens, for so long at most."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.domain import rules, rules_tests
from customers.domain.rules_pieces import Piece
from customers.domain.rules_tree import Happened
from cxm.lib import durations
from journeys.steps.frame import Field, Go, Moment, Move, Names, Path, Person, Stay, Step, StepProblem, nothing, spoken
from journeys.steps.wait import duration_of

KIND, LABEL, ICON, GROUP = "wait_event", _("Wait for something to happen"), "bell", "time"
YES, NO = "yes", "no"
FIELDS = (
    Field("event", "event", _("What should happen")),
    Field("where", "where", _("Only if"), required=False),
    Field("timeout", "duration", _("At most for")),
)
PATHS = (Path(YES, _("It happened")), Path(NO, _("Time is over")))
CHANGES_PERSON = False
LOOK_AGAIN = timedelta(minutes=1)
act = nothing

# What each person did since they reached the step, on the timeline itself: a wake-up that was lost costs nothing.
_FOUND = """
SELECT p.id, min(e.occurred_at)
FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS p(id, customer_id, since, until)
JOIN customers_event e ON e.tenant_id = %s AND e.customer_id = p.customer_id AND e.name = %s
 AND e.occurred_at > p.since AND e.occurred_at <= p.until
"""


def clean(settings: dict, names: Names) -> dict:
    event, where = happening_of(settings, names)
    return {"event": event, "where": where, "timeout": str(duration_of(settings, "timeout"))}


def words(settings: dict, names: Names) -> str:
    said = {"event": settings.get("event") or "…", "time": spoken(settings.get("timeout", ""))}
    return __("Wait for “%(event)s”, at most %(time)s") % said


def choose(step: Step, people: Sequence[Person], moment: Moment) -> dict[int, Move]:
    length, zone = durations.parse(step.settings["timeout"]), ZoneInfo(moment.tenant.timezone)
    until = {person.id: length.after(person.reached_at, zone) for person in people}
    found = happened(step, people, {pk: min(over, moment.now) for pk, over in until.items()}, moment)
    moves: dict[int, Move] = {}
    for person in people:
        if person.id in found:
            moves[person.id] = Go(YES, found[person.id])
        else:
            over = until[person.id]
            moves[person.id] = Go(NO, over) if over <= moment.now else Stay(min(over, _look(person, moment.now, over)))
    return moves


def _look(person: Person, now: datetime, over: datetime) -> datetime:
    """Who has just come looks once more a little later: what was being stored at this very moment woke nobody."""
    soon = person.reached_at + LOOK_AGAIN
    return soon if soon > now else over


def happened(
    step: Step, people: Sequence[Person], until: Mapping[int, datetime], moment: Moment
) -> dict[int, datetime]:  # fmt: skip
    """Return when what a step asks for first happened to people after they reached it, where it has by then."""
    values = (
        [person.id for person in people], [person.customer_id for person in people],
        [person.reached_at for person in people], [until[person.id] for person in people],
        moment.tenant.pk, step.settings["event"],
    )  # fmt: skip
    query = Piece(_FOUND, values)
    for asked in conditions(step.settings["event"], step.settings.get("where") or {}, moment.catalogue):
        query += Piece(" AND ") + asked
    query += " GROUP BY p.id"
    with connection.cursor() as cursor:
        cursor.execute(query.text, query.params)
        return dict(cursor.fetchall())


def happening_of(settings: dict, names: Names) -> tuple[str, dict]:
    """Return the event a step or trigger names, and the conditions on what it carries.

    Raises:
        StepProblem: no name, or conditions that cannot be understood.
    """
    event, where = settings.get("event"), settings.get("where") or {}
    if not isinstance(event, str) or not event.strip() or len(event) > 100 or "\0" in event:
        raise StepProblem(event=__("Say what should happen."))
    event = event.strip()
    try:
        rules.parse(rule={"event": event, "where": where}, catalogue=names.catalogue)
    except rules.InvalidRule as refusal:
        place = "where" if isinstance(where, dict) and where else "event"
        raise StepProblem(**{place: str(refusal.message)}) from refusal
    return event, where


def conditions(event: str, where: dict, catalogue: rules.Catalogue) -> list[Piece]:
    """Return the conditions on events ``e`` as pieces of SQL, as segment rules understand them."""
    node = rules.parse(rule={"event": event, "where": where}, catalogue=catalogue)
    assert isinstance(node, Happened)
    return [rules_tests.event_property(asked).bracketed() for asked in node.where]
