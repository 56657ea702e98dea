"""Different ways for different people: the first path whose rule holds, in the order they stand."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.domain import rules
from journeys.steps.frame import Go, Moment, Move, Names, Path, Person, Step, StepProblem, nothing

KIND, LABEL, ICON, GROUP = "branch", _("Branch"), "git-branch", "flow"
ELSE = "else"
FIELDS = ()
PATHS = (Path("a", "", {"rule": {"all": []}}), Path(ELSE, _("Everybody else")))
FREE_PATHS = True
CHANGES_PERSON = False
act = nothing


def clean(settings: dict, names: Names) -> dict:
    return {}


def clean_path(path: Path, names: Names) -> dict:
    """Return the settings of a path: the rule of those who take it."""
    if path.key == ELSE:
        return {}
    rule = path.settings.get("rule")
    try:
        rules.parse(rule=rule, catalogue=names.catalogue)
    except rules.InvalidRule as refusal:
        raise StepProblem(rule=str(refusal.message)) from refusal
    if rule == {"all": []}:
        raise StepProblem(rule=__("Say who goes this way."))
    return {"rule": rule}


def words(settings: dict, names: Names) -> str:
    return __("Branch")


def choose(step: Step, people: Sequence[Person], moment: Moment) -> dict[int, Move]:
    moves: dict[int, Move] = {}
    asked_at: dict[datetime, list[Person]] = {}
    for person in people:
        asked_at.setdefault(moment.of(person), []).append(person)
    for now, group in asked_at.items():
        moves |= _choose(step, group, moment, now)
    return moves


def _choose(step: Step, people: Sequence[Person], moment: Moment, now: datetime) -> dict[int, Move]:
    moves: dict[int, Move] = {}
    left = list(people)
    for path in step.paths:
        if path.key == ELSE or not left:
            continue
        node = rules.parse(rule=path.settings["rule"], catalogue=moment.catalogue)
        asked = sorted({person.customer_id for person in left})
        query = rules.compile(node, catalogue=moment.catalogue, now=now, customers=asked)
        with connection.cursor() as cursor:
            cursor.execute(query.text, query.params)
            held = {found for (found,) in cursor.fetchall()}
        go = Go(path.key)
        moves |= {person.id: go for person in left if person.customer_id in held}
        left = [person for person in left if person.customer_id not in held]
    return moves | dict.fromkeys((person.id for person in left), Go(ELSE))
