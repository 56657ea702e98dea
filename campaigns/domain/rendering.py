"""From frozen template versions to bytes: what the compiler of the email channel makes of our rows."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from campaigns.channels.email import compiler, links, message
from campaigns.domain import contexts, extras, issues, offer_words
from campaigns.models import Link, Message, SendUnit, Template, TemplateVersion
from cxm.lib import signing
from cxm.lib.errors import Refusal
from cxm.tenancy import scopes
from cxm.tenancy.models import Tenant

TRACKED = compiler.TrackingPlan(opens=True, clicks=True)
UNTRACKED = compiler.TrackingPlan(opens=False, clicks=False)
TEST = "test"


class EmptyTemplate(Refusal):
    """A template without words in any language."""

    code = "empty_template"
    message = _("The template has no text yet.")


def latest(*, template: Template) -> dict[str, TemplateVersion]:
    """Return the newest version of each language."""
    versions = TemplateVersion.objects.filter(template=template).order_by("language", "number")
    return {version.language: version for version in versions}


def freeze(*, template: Template) -> dict[str, int]:
    """Return language → version id, as a send unit keeps it."""
    return {language: version.pk for language, version in latest(template=template).items()}


def check(*, template: Template, marketing: bool) -> None:
    """Refuse a template that has no text or does not compile.

    Raises:
        EmptyTemplate: it has no version.
        campaigns.channels.email.limits.TemplateRefused: with the line of the mistake.
    """
    versions = latest(template=template)
    if not versions:
        raise EmptyTemplate
    for version in versions.values():
        compiled(version=version, marketing=marketing)


def asks(*, template: Template) -> set[str]:
    """Return the first words of the fields that the newest versions ask for: ``customer``, ``survey``."""
    paths = [compiled(version=each, marketing=True).fields for each in latest(template=template).values()]
    return {re.split(r"[.\[]", path)[0] for fields in paths for path in fields}


def compiled(*, version: TemplateVersion, marketing: bool, tracked: bool = True) -> compiler.Compiled:
    """Return the compiled form of a version; each process compiles it once."""
    return compiler.compile_template(
        subject=version.subject,
        preheader=version.preheader,
        body=version.body,
        format=version.format,
        language=version.language,
        tracking=TRACKED if tracked else UNTRACKED,
        marketing=marketing,
    )


def register_links(*, unit: SendUnit) -> None:
    """Write down where each fixed link of a unit leads: the redirector follows these rows alone."""
    rows = [
        Link(unit=unit, language=language, index=link.index, url=link.url)
        for language, version in versions_of(unit).items()
        for link in _compiled_for(unit, version).links
        if link.fixed
    ]
    Link.objects.bulk_create(rows, ignore_conflicts=True)


def versions_of(unit: SendUnit) -> dict[str, TemplateVersion]:
    """Return the frozen version of each language of a unit."""
    found = TemplateVersion.objects.in_bulk(unit.versions.values())
    return {language: found[pk] for language, pk in unit.versions.items()}


def language_for(*, wanted: str, unit: SendUnit, default: str) -> str:
    """Return the language of a message: the reader's where the template speaks it, else the tenant's, else any."""
    spoken = unit.versions
    return next((code for code in (wanted, wanted[:2], default) if code in spoken), None) or min(spoken)


@dataclass(frozen=True)
class Press:
    """Everything needed to print the messages of a unit in one language."""

    letter: message.Letter
    shared: dict[str, Any]


def press(*, unit: SendUnit, tenant: Tenant, language: str) -> Press:
    """Make the press for a unit and a language, in the tenant's scope."""
    sender = unit.sender
    return Press(
        letter=message.Letter(
            compiled=_compiled_for(unit, versions_of(unit)[language]),
            sender=message.Sender(
                tenant_id=tenant.pk,
                base_url=settings.BASE_URL,
                from_address=sender.email,
                from_name=sender.name_in(language),
                reply_to=sender.reply_to,
                feedback_id=f"u{unit.pk}:t{tenant.pk}:{unit.kind}:cxm{tenant.pk:05d}",
            ),
            sign=signing.sign,
        ),
        shared=contexts.shared(unit=unit, tenant=tenant, language=language),
    )


def context_of(
    *,
    shared: dict[str, Any],
    customer: dict[str, Any] | None,
    data: dict | None,
    offer: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Return the merge fields of one message: the unit's, the person's, and the message's own data on top.

    Args:
        offer: the code of this message and until when it holds, over what the unit says of its offer.
    """
    own = (data or {}).get("data")
    given = {"offer": shared["offer"] | offer} if offer else {}
    return shared | {"customer": customer or contexts.NOBODY} | given | ({"data": shared["data"] | own} if own else {})


def html_of(*, message: Message, now: datetime) -> str:
    """Return a message as HTML for the browser, its links untracked."""
    tenant = scopes.current()
    language = message.language or language_for(
        wanted=message.customer.language if message.customer else "", unit=message.unit, default=tenant.language
    )
    version = versions_of(message.unit)[language]
    marketing = message.unit.message_class == SendUnit.Class.MARKETING
    known = contexts.of_customers([message.customer_id]) if message.customer_id else {}
    context = context_of(
        shared=contexts.shared(unit=message.unit, tenant=tenant, language=language),
        customer=known.get(message.customer_id),
        data=message.data,
        offer=_offer_of(message, tenant, language) if message.unit.offer_id else None,
    )
    context |= extras.fields(message.unit, {message.customer_id: language} if message.customer_id else {}).get(
        message.customer_id, {}
    )
    marks = links.MessageMarks(
        sign=signing.sign, base_url=settings.BASE_URL, tenant_id=tenant.pk, message_id=message.pk, opens=False
    )
    shown = compiled(version=version, marketing=marketing, tracked=False).preview(context | marks.addresses(), now=now)
    return shown.html


def _offer_of(message: Message, tenant: Tenant, language: str) -> dict[str, str] | None:
    held = issues.of_message(message_id=message.pk)
    end = offer_words.end(held.expires_at, tenant=tenant, language=language) if held else ""
    return {"code": held.code, "expires": end} if held else None


def _compiled_for(unit: SendUnit, version: TemplateVersion) -> compiler.Compiled:
    marketing = unit.message_class == SendUnit.Class.MARKETING
    return compiled(version=version, marketing=marketing, tracked=unit.kind != TEST)
