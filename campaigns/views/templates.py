"""The template studio: what there is, what to start from, the editor, its versions."""

from django.conf import settings
from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __
from django.views.decorators.http import require_GET, require_POST

from campaigns.domain import contexts, messages, rendering, starters, templates
from campaigns.forms.templates import TemplateForm
from campaigns.models import Template, TemplateVersion
from campaigns.models.template import Kind
from campaigns.views import previews
from cxm.accounts import edges, permissions
from cxm.accounts.domain import drafts
from cxm.accounts.models import Draft
from cxm.lib import pagination
from cxm.lib.errors import Refusal
from cxm.tenancy import links

DRAFTS = "template"
EMPTY_BODY = """<mjml>
  <mj-body>
    <mj-section>
      <mj-column>
        <mj-text></mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""


@require_GET
@permissions.needs("campaigns.view")
def index(request: HttpRequest) -> HttpResponse:
    """The list: by kind, by part of a name, those put away."""
    kind, search = request.GET.get("kind", ""), request.GET.get("q", "").replace("\0", "")
    archived = request.GET.get("archived") == "1"
    found = templates.listed(kind=kind, search=search, archived=archived)
    page = pagination.page(found, order="-updated_at", cursor=request.GET.get("cursor"), limit=25)
    versions = templates.latest_of(templates=page.items)
    rows = [{"template": found, "versions": list(versions.get(found.pk, {}).values())} for found in page.items]
    context = {
        "rows": rows, "cursor": page.next_cursor, "kinds": Kind.choices, "kind": kind, "q": search,
        "archived": archived, "narrowed": bool(kind or search or archived),
    }  # fmt: skip
    part = "campaigns/templates_rows.html" if "cursor" in request.GET else "campaigns/templates.html#found"
    return render(request, part if request.htmx else "campaigns/templates.html", context)


@require_GET
@permissions.needs("campaigns.change")
def new(request: HttpRequest) -> HttpResponse:
    """What to start from."""
    language = request.LANGUAGE_CODE[:2]
    found = [(starters.read(kind, language if language in starters.LANGUAGES else "en"), Kind(kind).label)
             for kind in starters.KINDS]  # fmt: skip
    return render(request, "campaigns/template_new.html", {"starters": found})


@require_POST
@permissions.needs("campaigns.change")
def start(request: HttpRequest) -> HttpResponse:
    """Make a template from a starter."""
    made = starters.start(kind=request.POST.get("kind", ""), by=request.actor)
    return redirect(_editor(made, request.LANGUAGE_CODE[:2]))


@permissions.needs("campaigns.change")
def write(request: HttpRequest) -> HttpResponse:
    """Write a template from nothing."""
    language = _language(request, None)
    form = TemplateForm(request.POST or None, initial={"body": EMPTY_BODY, "kind": Kind.NEWSLETTER})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = templates.create(
                name=said["name"], kind=said["kind"], language=language, by=request.actor, **form.words()
            )
        except Refusal as refusal:
            return _studio(request, form, None, language, refusal=refusal)
        _over(request, None, language)
        notices.success(request, __("Saved."))
        return redirect(_editor(made, language))
    if kept := _kept(request, None, language):
        form = TemplateForm(initial=kept.content)
    return _studio(request, form, None, language, kept=kept)


@require_GET
@permissions.needs("campaigns.view")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The editor, with the newest words of a language, or an older version's (``?version=``)."""
    template = templates.get(template_id=pk)
    language = _language(request, template)
    asked = request.GET.get("version", "")
    if asked.isascii() and asked.isdigit() and len(asked) < 19:
        words = templates.version(template=template, version_id=int(asked))
        language = words.language
    else:
        words = templates.history(template=template, language=language).first()
    initial = {"name": template.name, "kind": template.kind, "body": EMPTY_BODY}
    if words:
        initial |= {part: getattr(words, part) for part in ("subject", "preheader", "body")}
    kept = None if asked else _kept(request, template, language)
    form = TemplateForm(initial=initial | (kept.content if kept else {}))
    return _studio(request, form, template, language, version=words, kept=kept)


@permissions.needs("campaigns.change")
def save(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what was typed as the next version; what cannot be kept stays in the editor with what is wrong.

    The editor then stands at this address: whoever loads it anew, or goes on to another language, comes to the editor.
    """
    template = templates.get(template_id=pk)
    language = _language(request, template)
    if request.method != "POST":
        return redirect(_editor(template, language))
    form = TemplateForm(request.POST)
    if not form.is_valid():
        return _studio(request, form, template, language)
    said = form.cleaned_data
    try:
        templates.rewrite(
            template=template, by=request.actor, language=language, name=said["name"], kind=said["kind"], **form.words()
        )
    except Refusal as refusal:
        return _studio(request, form, template, language, refusal=refusal)
    _over(request, template, language)
    notices.success(request, __("Saved."))
    return redirect(_editor(template, language))


@require_GET
@permissions.needs("campaigns.view")
def versions(request: HttpRequest, pk: int) -> HttpResponse:
    """Every version of a language, newest first."""
    template = templates.get(template_id=pk)
    language = _language(request, template)
    page = pagination.page(
        templates.history(template=template, language=language), order="-number", cursor=request.GET.get("cursor")
    )
    context = {
        "template": template, "language": language, "languages": _languages(template), "versions": page.items,
        "cursor": page.next_cursor, "first_page": "cursor" not in request.GET,
    }  # fmt: skip
    return render(request, "campaigns/versions.html", context)


@require_POST
@permissions.needs("campaigns.change")
def restore(request: HttpRequest, pk: int, version: int) -> HttpResponse:
    """Make an old version the newest again."""
    template = templates.get(template_id=pk)
    found = templates.restore(version=templates.version(template=template, version_id=version), by=request.actor)
    notices.success(request, __("Version %(number)s has these words again.") % {"number": found.number})
    return redirect(_editor(template, found.language))


@require_POST
@permissions.needs("campaigns.change")
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the saved words to oneself, as somebody would get them."""
    template = templates.get(template_id=pk)
    language = _language(request, template)
    messages.send_test(
        template=template,
        to=request.user.email,
        language=language,
        as_customer=previews.customer(request.POST),
        by=request.actor,
    )
    notices.success(request, __("A test is on its way to %(address)s.") % {"address": request.user.email})
    return redirect(_editor(template, language))


@require_POST
@permissions.needs("campaigns.change")
def duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    """Copy a template."""
    copy = templates.duplicate(template=templates.get(template_id=pk), by=request.actor)
    notices.success(request, __("This is the copy."))
    return redirect(_editor(copy, ""))


@require_POST
@permissions.needs("campaigns.change")
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a template away, or bring it back."""
    template = templates.get(template_id=pk)
    if template.archived_at:
        templates.unarchive(template=template, by=request.actor)
        notices.success(request, __("The template is back in the list."))
        return redirect(_editor(template, ""))
    templates.archive(template=template, by=request.actor, now=timezone.now())
    notices.success(request, __("The template was put away. What was sent with it stays as it is."))
    return redirect(links.page("campaigns:templates"))


def _studio(
    request: HttpRequest,
    form: TemplateForm,
    template: Template | None,
    language: str,
    *,
    version: object = None,
    refusal: Refusal | None = None,
    kept: Draft | None = None,
) -> HttpResponse:
    if refusal:
        edges.refuse_form(form, refusal)
    saved = rendering.latest(template=template) if template else {}
    context = {
        "form": form,
        "template": template,
        "language": language,
        "languages": _languages(template, set(saved)),
        "version": version,
        "newest": saved.get(language),
        "fields": contexts.offered(),
        "line": getattr(refusal, "line", 0),
        "draft": kept,
        "draft_ref": _ref(template, language),
        "sitting": drafts.sitting(),
        "newer": _newer(kept, saved.get(language)),
    }
    return render(request, "campaigns/studio.html", context, status=422 if form.errors else 200)


def _ref(template: Template | None, language: str) -> str:
    return f"{template.pk if template else 'new'}-{language}"


def _kept(request: HttpRequest, template: Template | None, language: str) -> Draft | None:
    if request.method != "GET" or not permissions.allows(request.membership.role, "campaigns.change"):
        return None
    return drafts.find(kind=DRAFTS, ref=_ref(template, language), membership=request.membership)


def _over(request: HttpRequest, template: Template | None, language: str) -> None:
    opened = {"membership": request.membership, "sitting": request.POST.get("sitting", "")}
    drafts.discard(kind=DRAFTS, ref=_ref(template, language), **opened, now=timezone.now())


def _newer(kept: Draft | None, newest: TemplateVersion | None) -> str:
    """Say that somebody saved while the draft lay there."""
    if kept is None or newest is None or newest.created_at <= kept.updated_at:
        return ""
    return __("Meanwhile %(who)s saved version %(number)s.") % {"who": newest.created_by, "number": newest.number}


def _languages(template: Template | None, saved: set[str] | None = None) -> list[dict]:
    if saved is None:
        saved = set(rendering.latest(template=template)) if template else set()
    names = dict(settings.LANGUAGES)
    return [{"code": code, "name": names.get(code, code), "saved": code in saved} for code in
            [*names, *sorted(saved - set(names))]]  # fmt: skip


def _language(request: HttpRequest, template: Template | None) -> str:
    asked = request.GET.get("language", "")
    known = {found["code"] for found in _languages(template)} if asked not in dict(settings.LANGUAGES) else {asked}
    if asked in known:
        return asked
    spoken = rendering.latest(template=template) if template else {}
    preferred = (request.tenant.language, request.LANGUAGE_CODE[:2], *sorted(spoken))
    return next((code for code in preferred if code in spoken), request.tenant.language)


def _editor(template: Template, language: str) -> str:
    return links.page("campaigns:template", template.pk) + (f"?language={language}" if language else "")
