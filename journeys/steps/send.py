"""Send an email. The gate is asked when it is sent; a no keeps its reason in the ledger."""

from collections.abc import Sequence

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from campaigns.domain import messages, rendering, templates, units
from campaigns.models.template import TRANSACTIONAL
from cxm.lib.errors import Refusal
from journeys.steps.frame import Field, Moment, Names, Person, Step, StepProblem, everyone_on

KIND, LABEL, ICON, GROUP = "send", _("Send an email"), "mail", "message"
FIELDS = (
    Field("template", "template", _("Template")),
    Field("offer", "any_offer", _("Offer"), help=_("Each message carries a code of it."), required=False),
    Field("topic", "topic", _("Topic"), help=_("Those who said no to this topic are left out."), required=False),
)
PATHS = ()
CHANGES_PERSON = False
choose = everyone_on


def clean(settings: dict, names: Names) -> dict:
    number, topic = settings.get("template"), settings.get("topic") or ""
    if isinstance(number, bool) or not isinstance(number, int) or number not in names.templates:
        raise StepProblem(template=__("Choose what to send."))
    if topic and (not isinstance(topic, str) or topic not in names.topics):
        raise StepProblem(topic=__("There is no such topic."))
    offer = settings.get("offer") or None
    if offer is not None and (isinstance(offer, bool) or not isinstance(offer, int) or offer not in names.offers):
        raise StepProblem(offer=__("Choose an offer that is on."))
    template = templates.get(template_id=number)
    try:
        rendering.check(template=template, marketing=template.kind not in TRANSACTIONAL)
    except Refusal as refusal:
        raise StepProblem(template=str(refusal.message)) from refusal
    return {"template": number, "topic": topic} | ({"offer": offer} if offer else {})


def words(settings: dict, names: Names) -> str:
    return __("Send “%(name)s”") % {"name": names.templates.get(settings.get("template"), "…")}


def act(step: Step, people: Sequence[Person], moment: Moment) -> None:
    """Write a row of the send ledger for each; a unit of it belongs to (version, step, passage)."""
    for passage in sorted({person.passage for person in people}):
        unit = units.for_step(
            ref=f"{moment.version_id}:{step.id}:{passage}",
            name=moment.name,
            template=templates.get(template_id=step.settings["template"]),
            topic=step.settings["topic"],
            offer_id=step.settings.get("offer"),
        )
        told = {person.customer_id: {"data": person.data} for person in people if person.passage == passage}
        messages.queue_many(unit=unit, people=told)
