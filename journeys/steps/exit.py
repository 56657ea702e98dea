"""Out of the automation, whatever comes after."""

from collections.abc import Sequence

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from journeys.steps.frame import Leave, Moment, Move, Names, Person, Step, nothing

KIND, LABEL, ICON, GROUP = "exit", _("End here"), "door-exit", "flow"
FIELDS = ()
PATHS = ()
CHANGES_PERSON = False
act = nothing


def clean(settings: dict, names: Names) -> dict:
    return {}


def words(settings: dict, names: Names) -> str:
    return __("End here")


def choose(step: Step, people: Sequence[Person], moment: Moment) -> dict[int, Move]:
    return dict.fromkeys((person.id for person in people), Leave("exit"))
