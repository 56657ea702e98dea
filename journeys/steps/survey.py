"""Ask people: the invitation says why where somebody is left alone."""

from collections.abc import Sequence

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from campaigns.domain import units
from feedback.domain import invitations, surveys
from journeys.steps.frame import Field, Moment, Names, Person, Step, StepProblem, everyone_on

KIND, LABEL, ICON, GROUP = "survey", _("Ask a survey"), "message-question", "message"
FIELDS = (Field("survey", "survey_number", _("Survey"), help=_("Whoever was asked too recently is left alone.")),)
PATHS = ()
CHANGES_PERSON = False
choose = everyone_on


def clean(settings: dict, names: Names) -> dict:
    number = settings.get("survey")
    if isinstance(number, bool) or not isinstance(number, int) or number not in names.surveys:
        raise StepProblem(survey=__("Choose a survey that is live."))
    return {"survey": number}


def words(settings: dict, names: Names) -> str:
    return __("Ask “%(name)s”") % {"name": names.surveys.get(settings.get("survey"), "…")}


def act(step: Step, people: Sequence[Person], moment: Moment) -> None:
    survey = surveys.get(survey_id=step.settings["survey"])
    for passage in sorted({person.passage for person in people}):
        invitations.invite_many(
            survey=survey, customer_ids=[person.customer_id for person in people if person.passage == passage],
            key=f"automation:{moment.version_id}:{step.id}:{passage}", by=moment.by, now=moment.now,
            mark=units.mark(version=moment.version_id),
        )  # fmt: skip
