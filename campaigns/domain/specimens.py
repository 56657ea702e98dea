"""A message exactly as it would leave, for one customer, without sending or storing anything."""

from datetime import datetime
from typing import Any

from campaigns.channels.email import message
from campaigns.domain import contexts, extras, rendering, senders
from campaigns.models import Offer, SendUnit, Template
from campaigns.models.template import TRANSACTIONAL
from customers.models import Customer
from cxm.tenancy import scopes


def make(
    *, template: Template, customer: Customer, now: datetime, language: str = "", offer: Offer | None = None
) -> dict[str, Any]:
    """Render the newest version of a template for a customer.

    Args:
        language: to force one; the customer's own, as a campaign would choose, when omitted.
        offer: whose words fill ``offer.``, with a placeholder for the code.

    Returns:
        language, from, to, subject, preheader, html, text, and ``source``: the bytes of the message as text. Links in
        ``html`` and ``text`` are untracked; those in ``source`` are tracked and belong to message 0, which is nobody's.

    Raises:
        rendering.EmptyTemplate: no words yet.
        campaigns.channels.email.limits.RenderRefused: it fails for this customer.
        cxm.lib.addresses.InvalidAddress: the customer's address cannot be written to.
    """
    tenant = scopes.current()
    versions = rendering.freeze(template=template)
    if not versions:
        raise rendering.EmptyTemplate
    marketing = template.kind not in TRANSACTIONAL
    unit = SendUnit(
        pk=0,
        kind="campaign",
        message_class=SendUnit.Class.MARKETING if marketing else SendUnit.Class.TRANSACTIONAL,
        versions=versions,
        sender=senders.default(),
        offer=offer,
    )
    spoken = rendering.language_for(wanted=language or customer.language, unit=unit, default=tenant.language)
    press = rendering.press(unit=unit, tenant=tenant, language=spoken)
    person = contexts.of_customers([customer.pk])[customer.pk]
    context = rendering.context_of(shared=press.shared, customer=person, data=None)
    context |= extras.specimens(spoken)
    recipient = message.Recipient(message_id=0, address=customer.email, now=now, name=customer.name, context=context)
    plain = rendering.compiled(version=rendering.versions_of(unit)[spoken], marketing=marketing, tracked=False)
    shown = plain.preview(context, now=now)
    return {
        "language": spoken,
        "from": str(unit.sender),
        "to": customer.email,
        "subject": shown.subject,
        "preheader": shown.preheader,
        "html": shown.html,
        "text": shown.text,
        "source": bytes(press.letter.render(recipient)).decode("utf-8", "replace"),
    }
