"""What it was all for: reaching it is counted and stands on the timeline."""

from collections.abc import Sequence

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.domain import events
from cxm.lib import text
from journeys.steps.frame import Field, Moment, Names, Person, Step, StepProblem, everyone_on

KIND, LABEL, ICON, GROUP = "goal", _("Goal reached"), "target", "flow"
REACHED = "Journey Goal Reached"
FIELDS = (Field("name", "text", _("What was reached")),)
PATHS = ()
CHANGES_PERSON = False
choose = everyone_on


def clean(settings: dict, names: Names) -> dict:
    name = settings.get("name")
    line = text.clean_line(name) if isinstance(name, str) else ""
    if not line or len(line) > 100:
        raise StepProblem(name=__("Give the goal a name of at most 100 characters."))
    return {"name": line}


def words(settings: dict, names: Names) -> str:
    return __("Goal: %(name)s") % {"name": settings.get("name") or "…"}


def act(step: Step, people: Sequence[Person], moment: Moment) -> None:
    events.record([
        events.Happening(
            person.customer_id, REACHED, person.reached_at,
            {"automation": moment.automation_id, "name": moment.name, "goal": step.settings["name"]},
            source="journeys", message_id=moment.key(step, person),
        )
        for person in people
    ])  # fmt: skip
