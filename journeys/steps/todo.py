"""Give a colleague something to do: a call, a note by hand."""

from collections.abc import Sequence
from datetime import timedelta

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from cxm.accounts.domain import todos
from cxm.lib import text
from journeys.steps.frame import Field, Moment, Names, Person, Step, StepProblem, everyone_on

KIND, LABEL, ICON, GROUP = "todo", _("Give a to-do"), "checkbox", "team"
FIELDS = (
    Field("title", "text", _("What is to be done")),
    Field("days", "number", _("Within how many days")),
    Field("note", "long", _("Note"), required=False),
)
PATHS = ()
CHANGES_PERSON = False
choose = everyone_on


def clean(settings: dict, names: Names) -> dict:
    title, days, note = settings.get("title"), settings.get("days", 2), settings.get("note") or ""
    line = text.clean_line(title) if isinstance(title, str) else ""
    if not line or len(line) > todos.LONGEST:
        raise StepProblem(title=__("Say in one line of at most 200 characters what is to be done."))
    if isinstance(days, bool) or not isinstance(days, int) or not 0 <= days <= 365:
        raise StepProblem(days=__("A whole number from %(least)s to %(most)s.") % {"least": 0, "most": 365})
    if not isinstance(note, str) or len(note) > 2000:
        raise StepProblem(note=__("At most 2,000 characters."))
    return {"title": line, "days": days, "note": note}


def words(settings: dict, names: Names) -> str:
    return __("To-do: %(title)s") % {"title": settings.get("title") or "…"}


def act(step: Step, people: Sequence[Person], moment: Moment) -> None:
    for person in people:
        todos.create(
            title=step.settings["title"], note=step.settings["note"], about=("customer", person.customer_id),
            due_at=person.reached_at + timedelta(days=step.settings["days"]), by=moment.by,
            key=moment.key(step, person),
        )  # fmt: skip
