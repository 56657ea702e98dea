"""Open a case about somebody, once for a passage."""

from collections.abc import Sequence

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from cxm.lib import text
from feedback.domain import opening
from feedback.models import CaseChannel, CaseType
from journeys.steps.frame import Field, Moment, Names, Person, Step, StepProblem, everyone_on

KIND, LABEL, ICON, GROUP = "case", _("Open a case"), "lifebuoy", "team"
FIELDS = (
    Field("type", "case_type", _("Type")),
    Field("subject", "text", _("Subject")),
    Field("body", "long", _("What it is about")),
)
PATHS = ()
CHANGES_PERSON = False
choose = everyone_on


def clean(settings: dict, names: Names) -> dict:
    number, subject, body = settings.get("type"), settings.get("subject"), settings.get("body")
    if isinstance(number, bool) or not isinstance(number, int) or number not in names.case_types:
        raise StepProblem(type=__("Choose a type of case."))
    line = text.clean_line(subject) if isinstance(subject, str) else ""
    if not line or len(line) > 200:
        raise StepProblem(subject=__("Give it a subject of at most 200 characters."))
    if not isinstance(body, str) or not body.strip() or len(body) > 2000:
        raise StepProblem(body=__("Say what it is about, in at most 2,000 characters."))
    return {"type": number, "subject": line, "body": body.strip()}


def words(settings: dict, names: Names) -> str:
    return __("Open a case: %(subject)s") % {"subject": settings.get("subject") or "…"}


def act(step: Step, people: Sequence[Person], moment: Moment) -> None:
    found = Customer.objects.in_bulk({person.customer_id for person in people})
    kind = CaseType.objects.get(pk=step.settings["type"])
    openings = [
        opening.Opening(
            type=kind, customer=found[person.customer_id], subject=step.settings["subject"],
            body=step.settings["body"], channel=CaseChannel.API, key=moment.key(step, person),
        )
        for person in people
        if person.customer_id in found
    ]  # fmt: skip
    opening.open_many(openings=openings, by=moment.by, now=moment.now)
