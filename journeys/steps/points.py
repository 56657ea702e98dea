"""Give people points of the loyalty programme, or take some back."""

from collections.abc import Sequence

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from campaigns.domain import points
from cxm.lib import text
from journeys.steps.frame import Field, Moment, Names, Person, Step, StepProblem, everyone_on

KIND, LABEL, ICON, GROUP = "points", _("Give points"), "coins", "customer"
MOST = 100_000
FIELDS = (
    Field("amount", "number", _("How many"), help=_("A number below zero takes points back.")),
    Field("reason", "text", _("What for")),
)
PATHS = ()
CHANGES_PERSON = True
choose = everyone_on


def clean(settings: dict, names: Names) -> dict:
    amount, reason = settings.get("amount"), settings.get("reason")
    if isinstance(amount, bool) or not isinstance(amount, int) or not 0 < abs(amount) <= MOST:
        raise StepProblem(amount=__("A whole number that is not 0, at most 100,000."))
    line = text.clean_line(reason) if isinstance(reason, str) else ""
    if not line or len(line) > 100:
        raise StepProblem(reason=__("Say what for, in at most 100 characters."))
    return {"amount": amount, "reason": line}


def words(settings: dict, names: Names) -> str:
    amount = settings.get("amount") if isinstance(settings.get("amount"), int) else 0
    return ngettext("%(n)s point", "%(n)s points", abs(amount)) % {"n": f"{amount:+}" if amount else "…"}


def act(step: Step, people: Sequence[Person], moment: Moment) -> None:
    """One entry of the ledger for each passage: its key holds whoever comes by again."""
    for passage in sorted({person.passage for person in people}):
        points.add_many(
            customer_ids=[person.customer_id for person in people if person.passage == passage],
            amount=step.settings["amount"], reason=step.settings["reason"],
            key=f"automation:{moment.version_id}:{step.id}:{passage}", by=moment.by, at=moment.now,
        )  # fmt: skip
