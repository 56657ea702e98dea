"""Maps: the list, the builder page around the canvas, what a map is about, reviews, putting away."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __
from django.views.decorators.http import require_GET, require_POST

from customers.domain import segment_starters
from cxm.accounts import edges, permissions
from cxm.accounts.domain import members
from cxm.lib import pagination, time
from cxm.lib.errors import Refusal
from cxm.tenancy import links
from feedback.domain import surveys
from journeys.domain import map_comments, map_content, map_curve, map_editing, map_live, map_reviews, maps, personas
from journeys.forms.maps import MapForm
from journeys.models import JourneyMap
from journeys.views import inspector
from journeys.views import map_canvas as canvas


@require_GET
@permissions.needs("journeys.view")
def index(request: HttpRequest) -> HttpResponse:
    """All maps, those last worked on first, each with its curve."""
    words, archived = request.GET.get("q", "")[:100].replace("\0", ""), request.GET.get("archived") == "1"
    asked = request.GET.get("persona", "")
    persona = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None
    found = maps.listed(search=words, persona_id=persona, archived=archived)
    page = pagination.page(found, order="-updated_at", cursor=request.GET.get("cursor"), limit=24)
    context = {
        "rows": [_row(found, today(request)) for found in page.items], "cursor": page.next_cursor, "q": words,
        "archived": archived, "persona": persona, "narrowed": bool(words or persona or archived),
        "personas": list(personas.listed().values_list("pk", "name")),
    }  # fmt: skip
    if request.htmx and not request.htmx.boosted:
        part = "cards" if "cursor" in request.GET else "list#found"
        name, _hash, partial = part.partition("#")
        return render(request, f"journeys/maps/{name}.html" + (f"#{partial}" if partial else ""), context)
    return render(request, "journeys/maps/list.html", context)


@require_GET
@permissions.needs("journeys.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The builder: the canvas, and the inspector of what is chosen. Figures come after the page."""
    found = maps.get(pk)
    chosen = request.GET.get("at", "")
    context = frame(request, found, "map") | canvas_of(request, found, measured=False)
    context["inspector"] = inspector.context(request, found, chosen if map_content.has(found.draft, chosen) else "")
    context |= {"owners": owners(found), "event_names": segment_starters.event_names(),
                "surveys": surveys.live()[:50]}  # fmt: skip
    return render(request, "journeys/maps/detail.html", context)


@require_GET
@permissions.needs("journeys.view")
def drawn(request: HttpRequest, pk: int) -> HttpResponse:
    """The canvas alone, with what was measured."""
    found = maps.get(pk)
    return render(request, "journeys/maps/canvas.html", canvas_of(request, found))


@require_GET
@permissions.needs("journeys.view")
def state(request: HttpRequest, pk: int) -> HttpResponse:
    """Whether somebody else drew meanwhile; asked every few seconds by an open builder."""
    found = maps.get(pk)
    seen = request.GET.get("revision", "")
    last, _next = maps.steps(found)
    context = {"map": found, "behind": seen != str(found.revision), "last": last}
    return render(request, "journeys/maps/behind.html", context)


@permissions.needs("journeys.change")
def settings(request: HttpRequest, pk: int) -> HttpResponse:
    """What the map is about: persona, goal, owner, review."""
    found = maps.get(pk)
    form = MapForm(request.POST or None, journey_map=found)
    if request.method == "POST" and form.is_valid():
        try:
            maps.change(journey_map=found, by=request.actor, today=today(request), **form.values())
            maps.edit(
                journey_map=found, by=request.actor, now=timezone.now(), step=map_editing.set_goal,
                goal=form.cleaned_data["goal"],
            )  # fmt: skip
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            messages.success(request, __("Saved."))
            return redirect(links.page("journeys:map", pk))
    context = frame(request, found, "settings") | {"form": form}
    return render(request, "journeys/maps/settings.html", context, status=422 if form.errors else 200)


@require_POST
@permissions.needs("journeys.change")
def reviewed(request: HttpRequest, pk: int) -> HttpResponse:
    """It was looked at and still holds."""
    map_reviews.reviewed(journey_map=maps.get(pk), by=request.actor, now=timezone.now(), today=today(request))
    messages.success(request, __("Noted. You are reminded again in good time."))
    return redirect(links.page("journeys:map", pk))


@require_POST
@permissions.needs("journeys.change")
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a map away, or bring it back."""
    found = maps.get(pk)
    if found.archived_at:
        maps.unarchive(journey_map=found, by=request.actor)
        messages.success(request, __("The map is back in the list."))
        return redirect(links.page("journeys:map", pk))
    maps.archive(journey_map=found, by=request.actor, now=timezone.now())
    messages.success(request, __("The map was put away. Its public links no longer work."))
    return redirect(links.page("journeys:maps"))


def today(request: HttpRequest) -> object:
    """Return the day it is for the tenant."""
    return time.today(timezone.now(), time.zone(request.tenant.timezone))


def frame(request: HttpRequest, found: JourneyMap, tab: str) -> dict:
    """Return what every page of a map shows around its content."""
    undo, redo = maps.steps(found)
    return {
        "map": found, "tab": tab, "undo": undo, "redo": redo, "kinds": maps.KINDS,
        "changed": found.revision != found.published_revision or not found.published_number,
        "review_is_due": map_reviews.is_due(journey_map=found, today=today(request)),
    }  # fmt: skip


def canvas_of(request: HttpRequest, found: JourneyMap, *, measured: bool = True) -> dict:
    """Return what the canvas shows; with figures, or with places where they will stand."""
    name, chosen = canvas.period(request)
    figures = canvas.figures(found.draft, chosen) if measured else None
    said = map_comments.counts(found)
    return canvas.laid_out(found.draft, measured=figures, comments=said) | {
        "map": found, "period": name, "periods": [(key, time.PERIODS[key]) for key in canvas.PERIODS],
        "editable": permissions.allows(request.membership.role, "journeys.change"), "builder": True,
        "said_of_all": said.get("", 0), "enough": map_live.ENOUGH,
    }  # fmt: skip


def owners(found: JourneyMap) -> list[str]:
    """Return whom one can name as owner: colleagues, and who is named on the map already."""
    named = {part["owner"] for part in (*found.draft["stages"], *map_content.touchpoints(found.draft))}
    return sorted({str(user) for user in members.colleagues()} | named - {""})


def _row(found: JourneyMap, day: object) -> dict:
    points = list(map_content.touchpoints(found.draft))
    return {
        "map": found,
        "points": len(points),
        "curve": map_curve.draw(columns=points, figures={}, mirrored=canvas.get_language_bidi()) if points else None,
        "due": map_reviews.is_due(journey_map=found, today=day),
        "changed": found.revision != found.published_revision,
    }
