"""Tell another server. The row is written here; a worker sends it, signed as Standard Webhooks."""

from collections.abc import Sequence

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from cxm.lib import http
from journeys.models import Call
from journeys.steps.frame import Field, Moment, Names, Person, Step, StepProblem, everyone_on

KIND, LABEL, ICON, GROUP = "webhook", _("Call a webhook"), "webhook", "team"
FIELDS = (Field("url", "url", _("Address"), help=_("It gets who came by, and what brought them, as JSON.")),)
PATHS = ()
CHANGES_PERSON = False
choose = everyone_on


def clean(settings: dict, names: Names) -> dict:
    url = settings.get("url")
    try:
        http.check_url(url if isinstance(url, str) else "")
    except http.NotAllowed as refusal:
        raise StepProblem(url=str(refusal.message)) from refusal
    return {"url": url}


def words(settings: dict, names: Names) -> str:
    return __("Call %(url)s") % {"url": settings.get("url") or "…"}


def act(step: Step, people: Sequence[Person], moment: Moment) -> None:
    found = Customer.objects.filter(pk__in={person.customer_id for person in people})
    known = {row["id"]: row for row in found.values("id", "external_id", "name", "email", "phone", "language")}
    calls = [
        Call(
            enrolment_id=person.id, node=step.id, url=step.settings["url"], due_at=moment.now,
            body={
                "type": "automation.step", "timestamp": person.reached_at.isoformat(),
                "data": {"automation": moment.automation_id, "step": step.id, "passage": person.passage,
                         "customer": known[person.customer_id], "event": person.data},
            },
        )
        for person in people
        if person.customer_id in known
    ]  # fmt: skip
    Call.objects.bulk_create(calls, ignore_conflicts=True)
