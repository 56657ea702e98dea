"""The guided start of a map in four steps; each keeps what was said in the draft, so a reload loses nothing."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from cxm.accounts import edges, permissions
from cxm.lib.errors import Refusal
from cxm.tenancy import links
from journeys.domain import channels, map_content, map_editing, map_starters, maps, personas
from journeys.forms.maps import StartForm
from journeys.models import JourneyMap
from journeys.views import map_canvas as canvas
from journeys.views.maps import today

STEPS = {1: _("Persona and goal"), 2: _("Stages"), 3: _("Touchpoints"), 4: _("Feelings")}


@permissions.needs("journeys.change")
def new(request: HttpRequest) -> HttpResponse:
    """Step 1: for whom, what for, what to begin with. Makes the map."""
    language = request.LANGUAGE_CODE
    asked = {"persona": request.GET.get("persona", ""), "starter": request.GET.get("starter", "shop")}
    form = StartForm(request.POST or None, language=language, initial=asked)
    if request.method == "POST" and form.is_valid():
        try:
            made = _make(request, form.cleaned_data, language)
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            return redirect(links.page("journeys:map_start", made.pk, 2))
    starters = [(key, found, map_starters.name_of(found, language), map_starters.lead_of(found, language))
                for key, found in map_starters.STARTERS.items()]  # fmt: skip
    context = {"form": form, "steps": STEPS, "step": 1, "starters": starters}
    return render(request, "journeys/maps/start.html", context, status=422 if form.errors else 200)


@permissions.needs("journeys.change")
def step(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Steps 2 to 4: stages, touchpoints, feelings. Buttons change the draft and show the step again."""
    if number not in (2, 3, 4):
        raise Http404
    found = maps.get(pk)
    if request.method == "POST":
        action = request.POST.get("action", "")
        found = _kept(request, found, number, action)
        if action == "next":
            return redirect(links.page("journeys:map", pk) if number == 4 else
                            links.page("journeys:map_start", pk, number + 1))  # fmt: skip
        if not request.htmx:
            return redirect(links.page("journeys:map_start", pk, number))
    known = [(channel.key, channel.name) for channel in channels.listed()]
    context = {
        "map": found, "steps": STEPS, "step": number, "faces": canvas.FACES,
        "channels": known or [(key, str(name)) for key, (name, _icon) in channels.KINDS.items()],
        "before": number - 1, "points": sum(1 for _point in map_content.touchpoints(found.draft)),
    }  # fmt: skip
    template = "start_step" if request.htmx else "start"
    return render(request, f"journeys/maps/{template}.html", context)


def _make(request: HttpRequest, said: dict, language: str) -> JourneyMap:
    if said["new_persona"]:
        persona = personas.create(name=said["new_persona"], by=request.actor)
    else:
        persona = personas.get(int(said["persona"]))
    content = map_starters.content(said["starter"], language)
    content["goal"] = said["goal"] or content["goal"]
    return maps.create(name=said["name"], persona=persona, content=content, by=request.actor, today=today(request))


def _kept(request: HttpRequest, found: JourneyMap, number: int, action: str) -> JourneyMap:
    """Write what the page holds into the draft, then do what its button asks."""
    content = map_content.copied(found.draft)
    {2: _stages, 3: _points, 4: _feelings}[number](request, content)
    verb, _colon, part = action.partition(":")
    if verb == "add" and number == 2:
        content = map_editing.add_stage(content, name=request.POST.get("new", "").strip() or __("New stage"))
    elif verb == "add":
        name = request.POST.get(f"new-{part}", "").strip() or __("New touchpoint")
        content = map_editing.add_touchpoint(content, stage_id=part, name=name,
                                             channel=request.POST.get(f"new-channel-{part}", ""))  # fmt: skip
    elif verb in {"earlier", "later"}:
        by = -1 if verb == "earlier" else 1
        content = (map_editing.move_stage(content, stage_id=part, places=by) if number == 2 else
                   map_editing.move_touchpoint(content, touchpoint_id=part, places=by))  # fmt: skip
    elif verb == "remove":
        content = (map_editing.remove_stage(content, stage_id=part) if number == 2 else
                   map_editing.remove_touchpoint(content, touchpoint_id=part))  # fmt: skip
    if content == found.draft:
        return found
    return maps.replace(journey_map=found, content=content, by=request.actor, now=timezone.now())


def _stages(request: HttpRequest, content: dict) -> None:
    for stage in content["stages"]:
        stage["name"] = request.POST.get(f"name-{stage['id']}", "").strip() or stage["name"]


def _points(request: HttpRequest, content: dict) -> None:
    for point in map_content.touchpoints(content):
        point["name"] = request.POST.get(f"name-{point['id']}", "").strip() or point["name"]
        point["channel"] = request.POST.get(f"channel-{point['id']}", point["channel"])


def _feelings(request: HttpRequest, content: dict) -> None:
    for point in map_content.touchpoints(content):
        asked = request.POST.get(f"feeling-{point['id']}")
        if asked in {"2", "1", "0", "-1", "-2"}:
            point["feeling"] = int(asked)
