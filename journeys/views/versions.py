"""Published versions of a map: published, looked at, compared, brought back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __
from django.views.decorators.http import require_GET, require_POST

from cxm.accounts import permissions
from cxm.lib import pagination
from cxm.tenancy import links
from journeys.domain import map_versions, maps
from journeys.views import map_canvas as canvas
from journeys.views.maps import frame, today

SIGNS = {"added": ("plus", "good"), "removed": ("minus", "bad"), "moved": ("arrows-exchange", "busy"),
         "changed": ("pencil", "neutral")}  # fmt: skip


@require_POST
@permissions.needs("journeys.change")
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the draft what everybody sees."""
    made = map_versions.publish(
        journey_map=maps.get(pk), by=request.actor, now=timezone.now(), today=today(request),
        note=request.POST.get("note", "")[:1000],
    )  # fmt: skip
    messages.success(request, __("Version %(number)s is published.") % {"number": made.number})
    return redirect(links.page("journeys:map", pk))


@require_GET
@permissions.needs("journeys.view")
def index(request: HttpRequest, pk: int) -> HttpResponse:
    """All versions, the newest first, and what the draft changed since."""
    found = maps.get(pk)
    page = pagination.page(found.versions.defer("content"), order="-number", cursor=request.GET.get("cursor"), limit=25)
    last = map_versions.latest(found)
    context = frame(request, found, "versions") | {
        "versions": page.items, "cursor": page.next_cursor, "first_page": "cursor" not in request.GET,
        "differences": _told(map_versions.compare(last.content, found.draft)) if last else [],
    }  # fmt: skip
    return render(request, "journeys/maps/versions.html", context)


@require_GET
@permissions.needs("journeys.view")
def detail(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A version as it was, and what it changed."""
    found = maps.get(pk)
    version = map_versions.get(journey_map=found, number=number)
    before = _number(request.GET.get("with", ""), number - 1)
    other = map_versions.get(journey_map=found, number=before) if before else None
    context = frame(request, found, "versions") | canvas.laid_out(version.content, measured=None)
    context |= {
        "version": version, "other": other,
        "others": list(found.versions.exclude(number=number).order_by("-number").values_list("number", flat=True)[:50]),
        "differences": _told(map_versions.compare(other.content, version.content)) if other else [],
    }  # fmt: skip
    return render(request, "journeys/maps/version.html", context)


@require_POST
@permissions.needs("journeys.change")
def restore(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Bring a version back into the draft."""
    version = map_versions.get(journey_map=maps.get(pk), number=number)
    map_versions.restore(version=version, by=request.actor, now=timezone.now())
    messages.success(request, __("The draft is version %(number)s again. Undo takes that back.") % {"number": number})
    return redirect(links.page("journeys:map", pk))


def _told(found: list[map_versions.Difference]) -> list[dict]:
    return [
        {"difference": each, "icon": SIGNS[each.kind][0], "tone": SIGNS[each.kind][1],
         "field": map_versions.FIELDS.get(each.field, each.field)}
        for each in found
    ]  # fmt: skip


def _number(asked: str, default: int) -> int:
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else default
