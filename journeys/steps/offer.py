"""Give people a code of an offer: the same one, however often the step is carried out."""

from collections.abc import Sequence

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from campaigns.domain import issues, offers
from journeys.steps.frame import Field, Moment, Names, Person, Step, StepProblem, everyone_on

KIND, LABEL, ICON, GROUP = "offer", _("Give an offer"), "gift", "customer"
FIELDS = (Field("offer", "offer", _("Offer")),)
PATHS = ()
CHANGES_PERSON = False
choose = everyone_on


def clean(settings: dict, names: Names) -> dict:
    number = settings.get("offer")
    if isinstance(number, bool) or not isinstance(number, int) or number not in names.offers:
        raise StepProblem(offer=__("Choose an offer that is on."))
    return {"offer": number}


def words(settings: dict, names: Names) -> str:
    return __("Give “%(name)s”") % {"name": names.offers.get(settings.get("offer"), "…")}


def act(step: Step, people: Sequence[Person], moment: Moment) -> None:
    offer = offers.get(offer_id=step.settings["offer"])
    for passage in sorted({person.passage for person in people}):
        issues.issue_many(
            offer=offer, customer_ids=[person.customer_id for person in people if person.passage == passage],
            key=f"automation:{moment.version_id}:{step.id}:{passage}", by=moment.by, now=moment.now,
        )  # fmt: skip
