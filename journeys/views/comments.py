"""What colleagues say about a map."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from cxm.accounts import permissions
from cxm.tenancy import links
from journeys.domain import map_comments, map_content, maps
from journeys.models import JourneyMap
from journeys.views import inspector
from journeys.views.maps import canvas_of


@require_POST
@permissions.needs("journeys.view")
def say(request: HttpRequest, pk: int) -> HttpResponse:
    """Say something: everybody who sees the map may."""
    found = maps.get(pk)
    place = request.POST.get("place", "")
    map_comments.say(
        journey_map=found, place=place, lane=request.POST.get("lane", ""), text=request.POST.get("text", ""),
        by=request.actor, now=timezone.now(),
    )  # fmt: skip
    return _answer(request, found, place)


@require_POST
@permissions.needs("journeys.view")
def settle(request: HttpRequest, pk: int, comment: int) -> HttpResponse:
    """Note that something said is dealt with, or take it up again."""
    found = maps.get(pk)
    said = map_comments.get(journey_map=found, comment_id=comment)
    if request.POST.get("action") == "reopen":
        map_comments.reopen(comment=said, by=request.actor)
    else:
        map_comments.resolve(comment=said, by=request.actor, now=timezone.now())
    return _answer(request, found, said.place)


def _answer(request: HttpRequest, found: JourneyMap, place: str) -> HttpResponse:
    if not request.htmx:
        return redirect(links.page("journeys:map", found.pk) + (f"?at={place}" if place else ""))
    shown = place if map_content.has(found.draft, place) else ""
    context = canvas_of(request, found) | {"inspector": inspector.context(request, found, shown)}
    return render(request, "journeys/maps/said.html", context)
