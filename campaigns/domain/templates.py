"""Templates: written, saved as versions that never change, seen as a chosen customer sees them."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from campaigns.channels.email import compiler, limits
from campaigns.domain import contexts, extras, rendering
from campaigns.models import Offer, SendUnit, Template, TemplateVersion
from campaigns.models.template import TRANSACTIONAL, Kind
from customers.models import Customer
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import text
from cxm.lib.errors import NotFound, Refusal
from cxm.tenancy import scopes

MAX_LINE = 300
MAX_NAME = 120
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,6})?")
_MJML = re.compile(r"<\s*mjml\b", re.IGNORECASE)


class UnknownTemplate(NotFound):
    message = _("There is no such template.")


class BadTemplate(Refusal):
    """Something about a template, other than its Liquid or layout, is not right."""

    code = "template_invalid"
    message = _("The template cannot be saved like this.")


def get(*, template_id: int) -> Template:
    """Return a template of the tenant in scope.

    Raises:
        UnknownTemplate: there is none, or it is somebody else's.
    """
    found = Template.objects.filter(pk=template_id).first()
    if found is None:
        raise UnknownTemplate
    return found


def listed(*, kind: str = "", search: str = "", archived: bool = False) -> QuerySet[Template]:
    """Return templates, the last touched first.

    Args:
        kind: of one kind only.
        search: part of a name.
        archived: those put away instead of those in use.
    """
    found = Template.objects.filter(archived_at__isnull=not archived).order_by("-updated_at", "-pk")
    if kind in Kind.values:
        found = found.filter(kind=kind)
    if search:
        found = found.filter(name__icontains=search[:MAX_NAME])
    return found


def latest_of(*, templates: Iterable[Template]) -> dict[int, dict[str, TemplateVersion]]:
    """Return the newest version of each language of many templates: {template id: {language: version}}; one query."""
    newest = (
        TemplateVersion.objects.filter(template__in=[template.pk for template in templates])
        .order_by("template_id", "language", "-number")
        .distinct("template_id", "language")
    )
    found: dict[int, dict[str, TemplateVersion]] = {}
    for version in newest:
        found.setdefault(version.template_id, {})[version.language] = version
    return found


def history(*, template: Template, language: str) -> QuerySet[TemplateVersion]:
    """Return the versions of a language, the newest first."""
    return TemplateVersion.objects.filter(template=template, language=language).order_by("-number")


def version(*, template: Template, version_id: int) -> TemplateVersion:
    """Return one version of a template.

    Raises:
        UnknownTemplate: the template has no such version.
    """
    found = TemplateVersion.objects.filter(template=template, pk=version_id).first()
    if found is None:
        raise UnknownTemplate
    return found


@transaction.atomic
def create(*, name: str, kind: str, language: str, subject: str, body: str, by: Actor, preheader: str = "") -> Template:
    """Make a template with its first version.

    Args:
        language: of these words; others are added by ``save_version``.
        subject, preheader: Liquid, one line.
        body: MJML or HTML with Liquid.

    Raises:
        BadTemplate: name, kind or language, or a line with a break in it.
        limits.TemplateRefused, limits.RenderRefused: the words cannot be compiled or never come to an end.
    """
    template = Template.objects.create(name=_name(name), kind=_kind(kind), created_by=by.label)
    audit.record(by=by, action="template.created", on=template)
    save_version(template=template, language=language, subject=subject, body=body, preheader=preheader, by=by)
    return template


@transaction.atomic
def save_version(
    *, template: Template, language: str, subject: str, body: str, by: Actor, preheader: str = ""
) -> TemplateVersion:
    """Keep the words of one language as its next version; the same words again make none.

    Raises: as ``create``.
    """
    check(kind=template.kind, language=language, subject=subject, preheader=preheader, body=body)
    # Two people who save at once get two numbers: the second waits here for the first.
    Template.objects.select_for_update().get(pk=template.pk)
    last = history(template=template, language=language).first()
    words = {"subject": subject, "preheader": preheader, "body": body}
    if last and all(getattr(last, part) == value for part, value in words.items()):
        return last
    saved = TemplateVersion.objects.create(
        template=template,
        language=language,
        number=last.number + 1 if last else 1,
        format=format_of(body),
        created_by=by.label,
        **words,
    )
    template.archived_at = None
    template.save(update_fields=["updated_at", "archived_at"])
    audit.record(by=by, action="template.saved", on=template, language=language, version=saved.number)
    return saved


@transaction.atomic
def rewrite(*, template: Template, by: Actor, language: str = "", **said: str) -> Template:
    """Change what is named of a template: name and kind, and the words of one language, as a new version.

    Args:
        language: of the words; the tenant's own, else the only one there is, when omitted.
        said: any of name, kind, subject, preheader, body.

    Raises: as ``create``.
    """
    change(template=template, by=by, name=said.get("name", template.name), kind=said.get("kind", template.kind))
    versions = rendering.latest(template=template)
    own = scopes.current().language
    language = language or next((code for code in (own, *sorted(versions)) if code in versions), own)
    before = versions.get(language)
    parts = ("subject", "preheader", "body")
    if any(part in said for part in parts):
        words = {part: said.get(part, getattr(before, part, "")) for part in parts}
        save_version(template=template, language=language, by=by, **words)
    return template


@transaction.atomic
def change(*, template: Template, by: Actor, name: str, kind: str) -> Template:
    """Give a template another name or kind.

    Raises:
        BadTemplate: name or kind.
    """
    before = {"name": template.name, "kind": template.kind}
    template.name, template.kind = _name(name), _kind(kind)
    if before == {"name": template.name, "kind": template.kind}:
        return template
    template.save(update_fields=["name", "kind", "updated_at"])
    audit.record(by=by, action="template.changed", on=template, before=before)
    return template


def archive(*, template: Template, by: Actor, now: datetime) -> None:
    """Put a template away: it leaves the lists, what was sent with it stays as it is."""
    template.archived_at = now
    template.save(update_fields=["archived_at", "updated_at"])
    audit.record(by=by, action="template.archived", on=template)


def unarchive(*, template: Template, by: Actor) -> None:
    """Bring a template back into the lists."""
    template.archived_at = None
    template.save(update_fields=["archived_at", "updated_at"])
    audit.record(by=by, action="template.unarchived", on=template)


@transaction.atomic
def duplicate(*, template: Template, by: Actor) -> Template:
    """Copy a template with the newest version of each language."""
    copy = Template.objects.create(
        name=text.clean_line(__("%(name)s (copy)") % {"name": template.name})[:MAX_NAME],
        kind=template.kind,
        created_by=by.label,
    )
    for found in rendering.latest(template=template).values():
        TemplateVersion.objects.create(
            template=copy,
            number=1,
            created_by=by.label,
            **{part: getattr(found, part) for part in ("language", "subject", "preheader", "body", "format")},
        )
    audit.record(by=by, action="template.duplicated", on=copy, copy_of=template.pk)
    return copy


def restore(*, version: TemplateVersion, by: Actor) -> TemplateVersion:
    """Make an old version the newest again, as a version of its own: nothing in between is lost."""
    return save_version(
        template=version.template,
        language=version.language,
        subject=version.subject,
        preheader=version.preheader,
        body=version.body,
        by=by,
    )


def check(*, kind: str, language: str, subject: str, body: str, preheader: str = "") -> compiler.Compiled:
    """Compile words and try them on a made-up person; what passes can be saved.

    Raises: as ``create``.
    """
    if not _LANGUAGE.fullmatch(language):
        raise BadTemplate(fields={"language": __("Write the language as “en” or “ar”.")})
    for part, value in (("subject", subject), ("preheader", preheader)):
        if text.has_header_break(value):
            raise BadTemplate(fields={part: __("This must be one line.")})
        if len(value) > MAX_LINE:
            raise BadTemplate(fields={part: __("At most 300 characters.")})
    if not subject.strip():
        raise BadTemplate(fields={"subject": __("Write a subject.")})
    if not body.strip():
        raise BadTemplate(fields={"body": __("Write the message.")})
    if "\0" in body:
        raise BadTemplate(fields={"body": __("The message holds a character that cannot be kept.")})
    made = compiled(kind=kind, language=language, subject=subject, preheader=preheader, body=body)
    _refuse_walks(made, {"subject": subject, "preheader": preheader, "body": body})
    try:
        made.preview(_context(customer=None, language=language, data={}), now=timezone.now())
    except limits.RenderRefused as problem:
        raise limits.RenderRefused(str(problem.message), fields={"body": str(problem.message)}) from problem
    return made


def compiled(*, kind: str, language: str, subject: str, body: str, preheader: str = "") -> compiler.Compiled:
    """Compile words without tracking, as previews show them.

    Raises:
        limits.TemplateRefused: with the line.
    """
    return compiler.compile_template(
        subject=subject,
        preheader=preheader,
        body=body,
        format=format_of(body),
        language=language,
        marketing=kind not in TRANSACTIONAL,
    )


def preview(
    *,
    kind: str,
    language: str,
    subject: str,
    body: str,
    now: datetime,
    preheader: str = "",
    customer: Customer | None = None,
    data: Mapping[str, Any] | None = None,
    offer: Offer | None = None,
) -> tuple[compiler.Preview, tuple[compiler.Problem, ...]]:
    """Show words, saved or not, as a customer would get them; links untracked.

    Args:
        customer: whose fields fill it; a made-up person when omitted.
        data: merge fields under ``data.``.
        offer: whose words fill ``offer.``, with a placeholder for the code.

    Returns:
        The message, and what the author should look at.

    Raises:
        limits.TemplateRefused, limits.RenderRefused: it does not compile, or not with these data.
    """
    made = compiled(kind=kind, language=language, subject=subject, preheader=preheader, body=body)
    shown = made.preview(
        _context(customer=customer, language=language, data=dict(data or {}), offer=offer, now=now), now=now
    )
    slips = tuple(compiler.unknown_field(path) for path in contexts.unknown(made.fields))
    return shown, made.problems + slips


def preview_saved(
    *,
    template: Template,
    now: datetime,
    language: str = "",
    customer: Customer | None = None,
    data: Mapping[str, Any] | None = None,
    offer: Offer | None = None,
) -> tuple[str, compiler.Preview, tuple[compiler.Problem, ...]]:
    """Show the newest version of a template in the language the customer would get it in, or in the one asked for.

    Returns:
        The language, the message and what the author should look at.

    Raises:
        rendering.EmptyTemplate: no words yet.
        limits.RenderRefused: it fails with these data.
    """
    versions = rendering.latest(template=template)
    if not versions:
        raise rendering.EmptyTemplate
    wanted = language or (customer.language if customer else "")
    unit = SendUnit(versions={code: found.pk for code, found in versions.items()})
    spoken = rendering.language_for(wanted=wanted, unit=unit, default=scopes.current().language)
    found = versions[spoken]
    shown, problems = preview(
        kind=template.kind,
        language=spoken,
        subject=found.subject,
        preheader=found.preheader,
        body=found.body,
        customer=customer,
        data=data,
        offer=offer,
        now=now,
    )
    return spoken, shown, problems


def format_of(body: str) -> str:
    """Return ``mjml`` or ``html``, by what the words themselves say."""
    return TemplateVersion.Format.MJML if _MJML.search(body) else TemplateVersion.Format.HTML


def _context(
    *,
    customer: Customer | None,
    language: str,
    data: dict[str, Any],
    offer: Offer | None = None,
    now: datetime | None = None,
) -> dict[str, Any]:
    tenant = scopes.current()
    shared = contexts.shared(
        unit=SendUnit(data={"data": data}, offer=offer), tenant=tenant, language=language[:2], now=now
    )
    person = contexts.of_customers([customer.pk])[customer.pk] if customer else contexts.made_up(language)
    return rendering.context_of(shared=shared, customer=person, data=None) | extras.specimens(language[:2])


def _refuse_walks(made: compiler.Compiled, sources: Mapping[str, str]) -> None:
    """Names with a leading underscore are the inside of things; whoever asks for them is told, not given nothing."""
    for field in sorted(made.fields):
        inner = re.search(r"(?:^|[.\[\"'])(_[\w-]*)", field)
        if not inner:
            continue
        for part, source in sources.items():
            if inner[1] in source:
                line = source.count("\n", 0, source.index(inner[1])) + 1
                raise limits.TemplateRefused(
                    __("“%(field)s” is not a field of messages.") % {"field": field}, line=line, part=part
                )


def _name(name: str) -> str:
    if text.has_header_break(name):
        raise BadTemplate(fields={"name": __("This must be one line.")})
    cleaned = text.clean_line(name)
    if not cleaned:
        raise BadTemplate(fields={"name": __("Give it a name.")})
    if len(cleaned) > MAX_NAME:
        raise BadTemplate(fields={"name": __("At most 120 characters.")})
    return cleaned


def _kind(kind: str) -> str:
    if kind not in Kind.values:
        raise BadTemplate(fields={"kind": __("Choose one of: %(choices)s.") % {"choices": ", ".join(Kind.values)}})
    return kind
