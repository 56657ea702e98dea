"""Write a value into an attribute of the tenant's own."""

from collections.abc import Sequence

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.domain import attributes
from journeys.steps.frame import Field, Moment, Names, Person, Step, StepProblem, everyone_on

KIND, LABEL, ICON, GROUP = "attribute", _("Change an attribute"), "forms", "customer"
FIELDS = (
    Field("attribute", "attribute", _("Attribute")),
    Field("value", "text", _("New value"), help=_("Empty takes the value away."), required=False),
)
PATHS = ()
CHANGES_PERSON = True
choose = everyone_on


def clean(settings: dict, names: Names) -> dict:
    key, value = settings.get("attribute"), settings.get("value")
    if not isinstance(key, str) or not key:
        raise StepProblem(attribute=__("Choose an attribute."))
    try:
        kept = attributes.clean({key: value}, definitions=names.attributes)
    except attributes.AttributeRefused as refusal:
        field = "value" if key in names.attributes else "attribute"
        raise StepProblem(**{field: str(next(iter(refusal.fields.values())))}) from refusal
    return {"attribute": key, "value": kept[key]}


def words(settings: dict, names: Names) -> str:
    found = names.attributes.get(settings.get("attribute"))
    value = settings.get("value")
    said = {"name": found.label if found else "…", "value": value}
    return (__("Empty “%(name)s”") if value in (None, "") else __("Set “%(name)s” to “%(value)s”")) % said


def act(step: Step, people: Sequence[Person], moment: Moment) -> None:
    attributes.put(
        key=step.settings["attribute"], value=step.settings["value"],
        customer_ids=[person.customer_id for person in people], by=moment.by,
    )  # fmt: skip
