"""The side of the builder that shows one part of a map: its fields, what colleagues say of it, what becomes of it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from cxm.accounts import permissions
from journeys.domain import channels, map_comments, map_content, maps
from journeys.forms.maps import StageForm, TouchpointForm
from journeys.models import JourneyMap
from journeys.views import map_canvas as canvas


@require_GET
@permissions.needs("journeys.view")
def show(request: HttpRequest, pk: int, part: str) -> HttpResponse:
    """One part of the map; ``all`` for the map as a whole."""
    found = maps.get(pk)
    chosen = "" if part == "all" else map_content.find(found.draft, part)["id"]
    return render(request, "journeys/maps/inspector.html", {"inspector": context(request, found, chosen)})


def context(request: HttpRequest, found: JourneyMap, chosen: str) -> dict:
    """Return what the inspector shows of a part, or of the whole map where none is chosen."""
    comments = list(map_comments.of(journey_map=found, place=chosen))
    shared = {
        "map": found, "place": chosen, "lanes": map_comments.LANES,
        "comments": [{"comment": said, "lane": map_comments.LANES.get(said.lane, "")} for said in comments],
        "editable": permissions.allows(request.membership.role, "journeys.change"),
    }  # fmt: skip
    if not chosen:
        return shared | {"kind": "map"}
    part = map_content.find(found.draft, chosen)
    if "touchpoints" in part:
        return shared | {"kind": "stage", "part": part, "form": StageForm(initial=part)}
    name, _period = canvas.period(request)
    return shared | {
        "kind": "touchpoint",
        "part": part,
        "form": touchpoint_form(part),
        "faces": canvas.FACES,
        "period": name,
    }


def touchpoint_form(part: dict, data: object = None) -> TouchpointForm:
    """Return the form of a touchpoint with the tenant's channels to choose from."""
    known = [(channel.key, channel.name) for channel in channels.listed()]
    known = known or [(key, str(name)) for key, (name, _icon) in channels.KINDS.items()]
    return TouchpointForm(data, part=part, channels=known)
