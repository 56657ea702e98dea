"""The people behind the figures of a touchpoint, and the ways people really take."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from customers.domain import segments
from cxm.accounts import permissions
from cxm.lib import time
from cxm.lib.errors import NotFound
from cxm.tenancy import links
from journeys.domain import map_content, map_live, maps
from journeys.views import map_canvas as canvas
from journeys.views.maps import frame

GROUPS = {
    "people": _("Were here"), "reached": _("Came here in order"), "left": _("Went no further"),
    "answers": _("Answered"), "unhappy": _("Unhappy answers"), "cases": _("Opened a case"),
}  # fmt: skip


@require_GET
@permissions.needs("customers.view")
def people(request: HttpRequest, pk: int, part: str) -> HttpResponse:
    """Those who make up a figure."""
    found = maps.get(pk)
    point = map_content.find(found.draft, part)
    group = _group(request)
    name, chosen = canvas.period(request)
    after = request.GET.get("after", "")
    rows, following = map_live.people(
        content=found.draft, touchpoint_id=part, group=group, since=chosen.start, until=chosen.end,
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0,
    )  # fmt: skip
    figure = canvas.figures(found.draft, chosen)[part]
    context = frame(request, found, "map") | {
        "part": point, "group": group, "groups": GROUPS, "rows": rows, "following": following, "figure": figure,
        "period": name, "periods": [(key, time.PERIODS[key]) for key in canvas.PERIODS],
        "rule": segments.in_words(rule=_rule(found, part, group, name), tenant=request.tenant),
        "suggested": f"{point['name']}: {GROUPS[group]}"[:120],
    }  # fmt: skip
    template = "people_rows" if request.htmx and after else "people"
    return render(request, f"journeys/maps/{template}.html", context)


@require_POST
@permissions.needs("segments.change")
def keep(request: HttpRequest, pk: int, part: str) -> HttpResponse:
    """Make a segment of those who make up a figure; it goes on by itself."""
    found = maps.get(pk)
    map_content.find(found.draft, part)
    name, _chosen = canvas.period(request)
    made = segments.create(
        name=request.POST.get("name", ""), rule=_rule(found, part, _group(request), name), tenant=request.tenant,
        by=request.actor, description=__("From the map “%(map)s”") % {"map": found.name},
    )  # fmt: skip
    messages.success(request, __("The segment is being filled."))
    return redirect(links.page("customers:segment", made.pk))


@require_GET
@permissions.needs("journeys.view")
def ways(request: HttpRequest, pk: int) -> HttpResponse:
    """What people really did after each touchpoint, beside what is drawn."""
    found = maps.get(pk)
    name, chosen = canvas.period(request)
    taken = map_live.transitions(content=found.draft, since=chosen.start, until=chosen.end)
    points = {point["id"]: point for point in map_live.bound(found.draft)}
    order = {part: at for at, part in enumerate(points)}
    most = max((way.people for way in taken), default=0)
    rows = [
        {"way": way, "start": points[way.start], "end": points[way.end], "share": way.people / most,
         "back": order[way.end] < order[way.start]}
        for way in taken[:30]
    ]  # fmt: skip
    context = frame(request, found, "ways") | {
        "rows": rows, "most": most, "bound": len(points), "period": name,
        "periods": [(key, time.PERIODS[key]) for key in canvas.PERIODS],
        "undrawn": next((row for row in rows if not row["way"].drawn), None),
    }  # fmt: skip
    return render(request, "journeys/maps/ways.html", context)


def _group(request: HttpRequest) -> str:
    asked = request.POST.get("group") or request.GET.get("group") or "people"
    if asked not in GROUPS:
        raise NotFound(__("There is no such list."))
    return asked


def _rule(found: object, part: str, group: str, period: str) -> dict:
    days = {"last_7_days": 7, "last_90_days": 90, "last_12_months": 365}.get(period, 30)
    return map_live.rule(content=found.draft, touchpoint_id=part, group=group, days=days)
