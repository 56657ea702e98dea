"""Send units of others: a step of an automation, an invitation to a survey."""

from django.db import transaction

from campaigns.domain import rendering, senders
from campaigns.models import SendUnit, Template
from campaigns.models.template import TRANSACTIONAL

STEP = "journey"


def for_step(*, ref: str, name: str, template: Template, topic: str = "") -> SendUnit:
    """Return the send unit of a step, made when the first person comes by; its words are frozen then.

    Args:
        ref: what the unit is for, once: version, step and passage of an automation.
        name: what people call it in reports.

    Raises:
        EmptyTemplate, TemplateRefused: the template has no words, or they do not compile.
    """
    found = SendUnit.objects.filter(kind=STEP, ref=ref).first()
    if found:
        return found
    marketing = template.kind not in TRANSACTIONAL
    rendering.check(template=template, marketing=marketing)
    with transaction.atomic():
        unit, made = SendUnit.objects.get_or_create(
            kind=STEP, ref=ref,
            defaults={
                "message_class": SendUnit.Class.MARKETING if marketing else SendUnit.Class.TRANSACTIONAL,
                "template": template, "versions": rendering.freeze(template=template), "sender": senders.default(),
                "topic": topic, "data": {"campaign": {"name": name}},
            },
        )  # fmt: skip
        if made:
            rendering.register_links(unit=unit)
    return unit
