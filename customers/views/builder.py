"""The builder of segments: the whole draft travels with each request, so nothing is kept in between."""

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __
from django.views.decorators.http import require_POST

from customers.domain import rules, segment_starters, segments
from customers.forms import rule_choices
from customers.forms import rules as form
from customers.forms.rules import Draft
from customers.models import Segment
from cxm.accounts import permissions
from cxm.lib.errors import Refusal
from cxm.tenancy import links


@permissions.needs("segments.change")
def new(request: HttpRequest) -> HttpResponse:
    """Make a segment, from nothing or from a starter."""
    if request.method == "POST":
        return _save(request, None)
    begun = segment_starters.starter(request.GET.get("starter", ""))
    draft = form.draft_of(begun.rule) if begun else form.act(Draft("all"), "add:n:field")
    return _page(
        request, None, draft, name=str(begun.name) if begun else "", description=str(begun.lead) if begun else ""
    )


@permissions.needs("segments.change")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a segment."""
    segment = segments.get(pk)
    if request.method == "POST":
        return _save(request, segment)
    draft = form.draft_of(segment.rule)
    return _page(request, segment, draft, name=segment.name, description=segment.description)


@require_POST
@permissions.needs("segments.change")
def build(request: HttpRequest) -> HttpResponse:
    """Change the draft as a button or a choice asks, and show it again. Stores nothing."""
    segment = _segment(request)
    action = request.POST.get("action", "")
    loose = ""
    draft = form.read(request.POST)
    if action == "json":
        read = form.from_json(request.POST.get("json", ""))
        loose = "" if read else __("This is not JSON.")
        draft = read or draft
    else:
        draft = form.act(draft, action)
    if not request.htmx:
        return _page(request, segment, draft, loose=loose)
    context = _context(request, segment, draft) | {"loose": loose}
    response = render(request, "customers/segments/tree.html", context)
    response.headers["HX-Trigger-After-Settle"] = "rebuilt"
    return response


@require_POST
@permissions.needs("segments.change")
def preview(request: HttpRequest) -> HttpResponse:
    """Count the people of the draft and show some, or what is wrong beside its row. Stores nothing."""
    segment = _segment(request)
    offer = rule_choices.Offer(rules.load(request.tenant), segment)
    draft = rule_choices.dress(form.read(request.POST), offer)
    rule = form.rule_of(draft)
    context: dict = {"draft": draft, "rows": list(draft.walk()), "rule_text": _written(rule)}
    try:
        context["preview"] = segments.preview(
            rule=rule, tenant=request.tenant, now=timezone.now(), itself=segment.slug if segment else ""
        )
        context["words"] = segments.in_words(rule=rule, tenant=request.tenant)
    except rules.InvalidRule as refusal:
        context["loose"] = form.show_errors(draft, refusal.fields)
    except Refusal as refusal:
        context["loose"] = refusal.message
    return render(request, "customers/segments/preview.html", context)


def _save(request: HttpRequest, segment: Segment | None) -> HttpResponse:
    offer = rule_choices.Offer(rules.load(request.tenant), segment)
    draft = rule_choices.dress(form.read(request.POST), offer)
    said = {
        "name": request.POST.get("name", ""),
        "description": request.POST.get("description", ""),
        "rule": form.rule_of(draft),
        "tenant": request.tenant,
        "by": request.actor,
    }
    try:
        saved = segments.change(segment=segment, **said) if segment else segments.create(**said)
    except rules.InvalidRule as refusal:
        loose = form.show_errors(draft, refusal.fields)
        return _page(
            request, segment, draft, loose=loose or __("Something in the conditions is not right yet."), status=422
        )
    except Refusal as refusal:
        errors = refusal.fields or {"name": str(refusal.message)}
        return _page(request, segment, draft, errors=errors, status=422)
    messages.success(request, __("Saved. The segment is being filled."))
    return redirect(links.page("customers:segment", saved.pk))


def _page(
    request: HttpRequest, segment: Segment | None, draft: Draft, *, status: int = 200, loose: str = "",
    errors: dict | None = None, **given: str,
) -> HttpResponse:  # fmt: skip
    context = _context(request, segment, draft) | {
        "name": given.get("name", request.POST.get("name", "")),
        "description": given.get("description", request.POST.get("description", "")),
        "loose": loose,
        "errors": errors or {},
    }
    return render(request, "customers/segments/builder.html", context, status=status)


def _context(request: HttpRequest, segment: Segment | None, draft: Draft) -> dict:
    offer = rule_choices.Offer(rules.load(request.tenant), segment)
    rule_choices.dress(draft, offer)
    return {"segment": segment, "draft": draft, "offer": offer, "rule_text": _written(form.rule_of(draft))}


def _written(rule: dict) -> str:
    return json.dumps(rule, ensure_ascii=False, indent=2)


def _segment(request: HttpRequest) -> Segment | None:
    number = request.POST.get("segment", "")
    return segments.get(int(number)) if number.isascii() and number.isdigit() and len(number) < 19 else None
