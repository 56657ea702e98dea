"""Answers of ours on their way to the customer by email, through the send ledger."""

from django.utils import translation
from django.utils.translation import gettext as __

from campaigns.domain import messages, templates
from campaigns.models import SendUnit, Template
from campaigns.models.template import Kind
from cxm import tenancy
from cxm.audit.actors import SYSTEM, Actor
from cxm.tenancy.links import absolute
from feedback.domain import reply_addresses, score_rules
from feedback.models import Case, CaseMessage, DeskSettings

KIND = "case"
_LOOP = (
    "<div style=\"font:16px/1.7 'IBM Plex Sans Arabic','Segoe UI',Tahoma,Arial,sans-serif;color:#1f2a2e\">"
    "{% for part in data.paragraphs %}<p>"
    # A break alone in a condition would be lost in the text part: Liquid leaves out blocks of mere blanks.
    "{% for line in part %}{% if forloop.first %}{{ line }}{% else %}<br>{{ line }}{% endif %}{% endfor %}"
    "</p>{% endfor %}"
)
_SUBJECT = "{{ data.subject }}"
_FOOT = (
    '<p style="color:#5d6b70;font-size:13px">{{{{ brand.name }}}} · {} {{{{ data.number }}}} · '
    '<a href="{{{{ data.portal }}}}" style="color:#5d6b70">{}</a></p></div>'
)
_BODY = {
    # In Arabic every line comes isolated, and what is isolated says nothing of the direction of what is around it:
    # there dir="auto" would be left to right whatever is written.
    "en": _LOOP.replace("<p>", '<p dir="auto">') + _FOOT.format("case", "All you asked us, on your page"),
    "ar": _LOOP + _FOOT.format("الحالة", "كل ما طلبته منا في صفحتك"),
}


def queue(*, case: Case, said: CaseMessage, by: Actor) -> None:
    """Send what was said to the customer's address, if there is one; answers to it come back into the case."""
    if case.customer is None or not case.customer.email:
        return
    heard = CaseMessage.objects.filter(case=case, direction=CaseMessage.Direction.IN, mail_id__isnull=False)
    earlier = list(heard.order_by("-at", "-id").values_list("mail_id", flat=True)[:5])[::-1]
    called = title(case=case, language=case.customer.language)
    sent = messages.send_once(
        kind=KIND,
        key=str(said.pk),
        to=case.customer,
        template=template(),
        data={
            "subject": f"{'Re: ' if earlier else ''}{called} [{case.number}]",
            "number": case.number,
            "portal": absolute(f"/portal/{case.tenant.slug}/"),  # which sends the link to one's own page
            "paragraphs": [part.split("\n") for part in said.body.split("\n\n") if part.strip()],
        },
        by=by,
        message_class=SendUnit.Class.TRANSACTIONAL,
        reply_to=reply_addresses.make(tenant_id=case.tenant_id, case_id=case.pk),
        references=" ".join(earlier),
    )
    said.ledger_id = sent.pk
    said.save(update_fields=["ledger_id"])


def title(*, case: Case, language: str) -> str:
    """Return what a case is called to its customer.

    What colleagues read of a bad score, "Score 2 in …", says nothing to whoever gave it.
    """
    if not (case.key or "").startswith(score_rules.KEY):
        return case.subject
    with translation.override((language or tenancy.current().language)[:2]):
        return __("Your answer to our survey")


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
