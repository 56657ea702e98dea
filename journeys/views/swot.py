"""Strengths, weaknesses, opportunities, threats of a journey; and what becomes of them and of pain points: actions."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __
from django.views.decorators.http import require_GET, require_POST

from cxm.accounts import permissions
from cxm.accounts.domain import todos
from cxm.lib.errors import Refusal
from cxm.tenancy import links
from journeys.domain import map_actions, map_content, map_editing, maps
from journeys.forms.maps import ActionForm
from journeys.views.maps import frame


@require_GET
@permissions.needs("journeys.view")
def index(request: HttpRequest, pk: int) -> HttpResponse:
    """The four fields, and below them everything on the map that wants something done."""
    found = maps.get(pk)
    taken = map_actions.of(found)
    entries = sorted(found.draft["swot"], key=lambda entry: entry["priority"])
    context = frame(request, found, "swot") | {
        "fields": [
            {"kind": kind, "label": label, "entries": [(entry, taken.get(entry["id"])) for entry in entries
                                                       if entry["kind"] == kind]}
            for kind, label in map_content.SWOT.items()
        ],
        "items": [(item, taken.get(item.id), _label(item.kind))
                  for item in map_actions.items(found.draft) if item.place],
        "priorities": map_content.PRIORITIES,
        "form": ActionForm(),
    }  # fmt: skip
    return render(request, "journeys/maps/swot.html", context)


@require_POST
@permissions.needs("journeys.change")
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add an entry to one of the four."""
    _edit(request, pk, map_editing.add_entry, kind=request.POST.get("kind", ""),
          text=request.POST.get("text", ""), priority=_priority(request))  # fmt: skip
    return redirect(links.page("journeys:map_swot", pk))


@require_POST
@permissions.needs("journeys.change")
def change(request: HttpRequest, pk: int, entry: str) -> HttpResponse:
    """Change the priority of an entry, or take it away."""
    if request.POST.get("action") == "remove":
        _edit(request, pk, map_editing.remove_entry, entry_id=entry)
        messages.success(request, __("Removed. Undo on the map brings it back."))
    else:
        _edit(request, pk, map_editing.change_entry, entry_id=entry, priority=_priority(request))
    return redirect(links.page("journeys:map_swot", pk))


@require_POST
@permissions.needs("journeys.change")
def take_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a pain point, an opportunity or an entry somebody's to-do."""
    found, form = maps.get(pk), ActionForm(request.POST)
    if not form.is_valid():
        raise Refusal(__("Choose a colleague and a day from the list."))
    map_actions.take_up(journey_map=found, by=request.actor, **form.values())
    messages.success(request, __("It stands among the to-dos now."))
    return redirect(links.page("journeys:map_swot", pk))


@require_POST
@permissions.needs("journeys.change")
def finish(request: HttpRequest, pk: int, item: str) -> HttpResponse:
    """Tick an action off."""
    todo = map_actions.of(maps.get(pk)).get(item)
    if todo is None:
        raise map_content.NoSuchPart
    todos.finish(todo=todo, by=request.actor, now=timezone.now())
    return redirect(links.page("journeys:map_swot", pk))


def _edit(request: HttpRequest, pk: int, step: object, **arguments: object) -> None:
    try:
        maps.edit(journey_map=maps.get(pk), by=request.actor, now=timezone.now(), step=step, **arguments)
    except map_content.InvalidMap as refusal:
        raise map_content.InvalidMap(" ".join(str(words) for words in refusal.fields.values())) from refusal


def _priority(request: HttpRequest) -> int:
    asked = request.POST.get("priority", "")
    return int(asked) if asked in {"1", "2", "3"} else 2


def _label(kind: str) -> object:
    return __("Pain point") if kind == "pains" else __("Opportunity")
