"""Answers of ours on their way to the customer by email, through the send ledger."""

from campaigns.domain import messages, templates
from campaigns.models import SendUnit, Template
from campaigns.models.template import Kind
from cxm.audit.actors import SYSTEM, Actor
from feedback.domain import reply_addresses
from feedback.models import Case, CaseMessage, DeskSettings

KIND = "case"
_LOOP = (
    '{% for part in data.paragraphs %}<p dir="auto">{% for line in part %}{{ line }}'
    "{% unless forloop.last %}<br>{% endunless %}{% endfor %}</p>{% endfor %}"
)
_SUBJECT = "{{ data.subject }}"
_BODY = {
    "en": f'{_LOOP}<p style="color:#5d6b70;font-size:13px">{{{{ brand.name }}}} · case {{{{ data.number }}}}</p>',
    "ar": f'{_LOOP}<p style="color:#5d6b70;font-size:13px">{{{{ brand.name }}}} · الحالة {{{{ data.number }}}}</p>',
}


def queue(*, case: Case, said: CaseMessage, by: Actor) -> None:
    """Send what was said to the customer's address, if there is one; answers to it come back into the case."""
    if case.customer is None or not case.customer.email:
        return
    heard = CaseMessage.objects.filter(case=case, direction=CaseMessage.Direction.IN, mail_id__isnull=False)
    earlier = list(heard.order_by("-at", "-id").values_list("mail_id", flat=True)[:5])[::-1]
    sent = messages.send_once(
        kind=KIND,
        key=str(said.pk),
        to=case.customer,
        template=template(),
        data={
            "subject": f"{'Re: ' if earlier else ''}{case.subject} [{case.number}]",
            "number": case.number,
            "paragraphs": [part.split("\n") for part in said.body.split("\n\n") if part.strip()],
        },
        by=by,
        message_class=SendUnit.Class.TRANSACTIONAL,
        reply_to=reply_addresses.make(tenant_id=case.tenant_id, case_id=case.pk),
        references=" ".join(earlier),
    )
    said.ledger_id = sent.pk
    said.save(update_fields=["ledger_id"])


def template() -> Template:
    """Return the template answers are put into; made when the first is sent."""
    settings, _new = DeskSettings.objects.get_or_create()
    if settings.reply_template is None:
        made = templates.create(
            name="Case reply", kind=Kind.CONFIRMATION, language="en", subject=_SUBJECT, body=_BODY["en"], by=SYSTEM
        )
        templates.save_version(template=made, language="ar", subject=_SUBJECT, body=_BODY["ar"], by=SYSTEM)
        settings.reply_template = made
        settings.save(update_fields=["reply_template"])
    return settings.reply_template
