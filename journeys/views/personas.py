"""Personas: the list, one of them, the form."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as __
from django.views.decorators.http import require_GET, require_POST

from cxm.accounts import edges, permissions
from cxm.lib import pagination
from cxm.lib.errors import Refusal
from cxm.tenancy import links
from journeys.domain import maps, personas
from journeys.forms.personas import PersonaForm


@require_GET
@permissions.needs("journeys.view")
def index(request: HttpRequest) -> HttpResponse:
    """All personas by name."""
    words = request.GET.get("q", "")[:100].replace("\0", "")
    page = pagination.page(personas.listed(search=words), order="name", cursor=request.GET.get("cursor"), limit=24)
    context = {"personas": page.items, "cursor": page.next_cursor, "q": words}
    if request.htmx and not request.htmx.boosted:
        part = "cards.html" if "cursor" in request.GET else "list.html#found"
        return render(request, f"journeys/personas/{part}", context)
    return render(request, "journeys/personas/list.html", context)


@require_GET
@permissions.needs("journeys.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One persona: the four answers, and the maps that are drawn for it."""
    found = personas.get(pk)
    context = {
        "persona": found,
        "answers": [(name, question, getattr(found, name)) for name, question in personas.QUESTIONS.items()],
        "maps": list(maps.listed(persona_id=found.pk)[:50]),
    }
    return render(request, "journeys/personas/detail.html", context)


@permissions.needs("journeys.change")
def new(request: HttpRequest) -> HttpResponse:
    """Describe a persona."""
    form = PersonaForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = personas.create(by=request.actor, **form.values())
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            return redirect(links.page("journeys:persona", made.pk))
    return render(request, "journeys/personas/form.html", {"form": form}, status=422 if form.errors else 200)


@permissions.needs("journeys.change")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a persona."""
    found = personas.get(pk)
    form = PersonaForm(request.POST or None, persona=found)
    if request.method == "POST" and form.is_valid():
        try:
            personas.change(persona=found, by=request.actor, **form.values())
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            messages.success(request, __("Saved."))
            return redirect(links.page("journeys:persona", pk))
    context = {"form": form, "persona": found}
    return render(request, "journeys/personas/form.html", context, status=422 if form.errors else 200)


@require_POST
@permissions.needs("journeys.change")
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a persona for whom no map is drawn."""
    personas.delete(persona=personas.get(pk), by=request.actor)
    messages.success(request, __("The persona is gone."))
    return redirect(links.page("journeys:personas"))
