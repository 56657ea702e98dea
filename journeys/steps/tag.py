"""Put a tag on people, or take it off."""

from collections.abc import Sequence

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.domain import tags
from cxm.lib import text
from journeys.steps.frame import Field, Moment, Names, Person, Step, StepProblem, everyone_on

KIND, LABEL, ICON, GROUP = "tag", _("Tag"), "tag", "customer"
ADD, REMOVE = "add", "remove"
FIELDS = (
    Field("action", "choice", _("Do what"), choices=lambda: [(ADD, __("Put on")), (REMOVE, __("Take off"))]),
    Field("tag", "tag", _("Tag")),
)
PATHS = ()
CHANGES_PERSON = True
choose = everyone_on


def clean(settings: dict, names: Names) -> dict:
    word = settings.get("tag")
    line = text.clean_line(word) if isinstance(word, str) else ""
    if not text.fold(line) or len(line) > 60 or len(text.fold(line)) > 80:
        raise StepProblem(tag=__("A tag needs a word of at most 60 characters."))
    action = settings.get("action", ADD)
    if action not in {ADD, REMOVE}:
        raise StepProblem(action=__("Choose one of the two."))
    return {"action": action, "tag": line}


def words(settings: dict, names: Names) -> str:
    said = {"tag": settings.get("tag") or "…"}
    return (__("Take off the tag “%(tag)s”") if settings.get("action") == REMOVE else __("Tag with “%(tag)s”")) % said


def act(step: Step, people: Sequence[Person], moment: Moment) -> None:
    change = tags.remove if step.settings["action"] == REMOVE else tags.add
    change(customer_ids=[person.customer_id for person in people], names=[step.settings["tag"]], by=moment.by)
