"""The steps of drawing: each a button or an autosaved field, answered with the canvas as it is now."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __
from django.views.decorators.http import require_POST

from cxm.accounts import permissions
from cxm.tenancy import links
from journeys.domain import map_content, map_editing, maps
from journeys.forms.maps import StageForm
from journeys.models import JourneyMap
from journeys.views import inspector
from journeys.views.maps import canvas_of, frame


@require_POST
@permissions.needs("journeys.change")
def add_stage(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a stage at the end and choose it."""
    part = map_content.stage(request.POST.get("name", "").strip() or __("New stage"))
    return _do(request, pk, map_editing.add_stage, chosen=part["id"], name=part["name"], part=part)


@require_POST
@permissions.needs("journeys.change")
def add_touchpoint(request: HttpRequest, pk: int, part: str) -> HttpResponse:
    """Add a touchpoint at the end of a stage and choose it."""
    made = map_content.touchpoint(request.POST.get("name", "").strip() or __("New touchpoint"),
                                  channel=request.POST.get("channel", ""))  # fmt: skip
    return _do(
        request, pk, map_editing.add_touchpoint, chosen=made["id"], stage_id=part, name=made["name"], part=made
    )  # fmt: skip


@require_POST
@permissions.needs("journeys.change")
def save(request: HttpRequest, pk: int, part: str) -> HttpResponse:
    """Keep what was typed about a part; sent by itself while one types."""
    found = maps.get(pk)
    drawn = map_content.find(found.draft, part)
    is_stage = "touchpoints" in drawn
    form = StageForm(request.POST) if is_stage else inspector.touchpoint_form(drawn, request.POST)
    if not form.is_valid():
        return _wrong(
            request, [f"{form.fields[name].label}: {' '.join(errors)}" for name, errors in form.errors.items()]
        )
    step = map_editing.change_stage if is_stage else map_editing.change_touchpoint
    name = "stage_id" if is_stage else "touchpoint_id"
    return _do(request, pk, step, place=part, chosen=part, typed=True, **{name: part}, **form.values())


@require_POST
@permissions.needs("journeys.change")
def move(request: HttpRequest, pk: int, part: str) -> HttpResponse:
    """Put a part one place earlier or later."""
    by = -1 if request.POST.get("to") == "earlier" else 1
    if "touchpoints" in map_content.find(maps.get(pk).draft, part):
        return _do(request, pk, map_editing.move_stage, chosen=part, typed=True, stage_id=part, places=by)
    return _do(request, pk, map_editing.move_touchpoint, chosen=part, typed=True, touchpoint_id=part, places=by)


@require_POST
@permissions.needs("journeys.change")
def remove(request: HttpRequest, pk: int, part: str) -> HttpResponse:
    """Take a part away; undo brings it back."""
    if "touchpoints" in map_content.find(maps.get(pk).draft, part):
        return _do(request, pk, map_editing.remove_stage, stage_id=part)
    return _do(request, pk, map_editing.remove_touchpoint, touchpoint_id=part)


@require_POST
@permissions.needs("journeys.change")
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the last step back."""
    return _answer(request, maps.undo(journey_map=maps.get(pk)), request.POST.get("at", ""))


@require_POST
@permissions.needs("journeys.change")
def redo(request: HttpRequest, pk: int) -> HttpResponse:
    """Do it again."""
    return _answer(request, maps.redo(journey_map=maps.get(pk)), request.POST.get("at", ""))


def _do(
    request: HttpRequest, pk: int, step: Callable[..., dict], *, chosen: str = "", place: str = "", typed: bool = False,
    **arguments: object,
) -> HttpResponse:  # fmt: skip
    try:
        found = maps.edit(
            journey_map=maps.get(pk), by=request.actor, now=timezone.now(), step=step, place=place, **arguments
        )
    except map_content.InvalidMap as refusal:
        return _wrong(request, [str(words) for words in refusal.fields.values()])
    return _answer(request, found, chosen, typed=typed)


def _answer(request: HttpRequest, found: JourneyMap, chosen: str, *, typed: bool = False) -> HttpResponse:
    """Show the canvas and the bar anew; the inspector, too, unless somebody is typing in it."""
    if not request.htmx:
        at = f"?at={chosen}" if chosen else ""
        return redirect(links.page("journeys:map", found.pk) + at)
    chosen = chosen if map_content.has(found.draft, chosen) else ""
    context = canvas_of(request, found) | frame(request, found, "map") | {"saved": True, "chosen": chosen}
    if not typed:
        context["inspector"] = inspector.context(request, found, chosen)
    return render(request, "journeys/maps/drawn.html", context)


def _wrong(request: HttpRequest, sentences: list[str]) -> HttpResponse:
    if not request.htmx:
        raise map_content.InvalidMap(" ".join(sentences))
    response = render(request, "journeys/maps/wrong.html", {"sentences": sentences}, status=422)
    response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#part-errors", "innerHTML"
    return response
