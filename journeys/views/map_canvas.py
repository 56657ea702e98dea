"""A drawing laid out in columns, as templates show it: on the builder, in a version, behind a public link."""

from collections.abc import Mapping

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext_lazy as _

from cxm.lib import time
from journeys.domain import channels, map_content, map_curve, map_live
from journeys.domain.map_live import Figures

DEFAULT_PERIOD = "last_30_days"
PERIODS = ("last_7_days", "last_30_days", "last_90_days", "last_12_months")
# Feelings as faces: icon and word.
FACES: dict[int, tuple[str, Promise]] = {
    2: ("mood-happy", _("Delighted")), 1: ("mood-smile", _("Pleased")), 0: ("mood-empty", _("Neither nor")),
    -1: ("mood-sad", _("Annoyed")), -2: ("mood-cry", _("Upset")),
}  # fmt: skip


def period(request: HttpRequest) -> tuple[str, time.Period]:
    """Return the chosen period, by name and as moments."""
    asked = request.POST.get("period") or request.GET.get("period") or ""
    name = asked if asked in PERIODS else DEFAULT_PERIOD
    zone = time.zone(request.tenant.timezone)
    return name, time.period(name, time.today(timezone.now(), zone), zone)


def figures(content: dict, chosen: time.Period) -> dict[str, Figures]:
    """Return what was measured in a period."""
    return map_live.measure(content=content, since=chosen.start, until=chosen.end)


def laid_out(
    content: dict, *, measured: Mapping[str, Figures] | None, comments: Mapping[str, int] | None = None
) -> dict:
    """Return what the template of a drawing needs.

    Args:
        measured: figures by touchpoint; None where none are shown.
        comments: open comments by place.
    """
    names = {channel.key: channel.name for channel in channels.listed()}
    said, found = comments or {}, measured or {}
    columns, stages = [], []
    for stage in content["stages"]:
        points = stage["touchpoints"] or [None]
        stages.append({"part": stage, "span": len(points), "comments": said.get(stage["id"], 0)})
        columns += [
            _column(stage, point, first=at == 0, names=names, found=found, said=said) for at, point in enumerate(points)
        ]
    drawn = [column["part"] for column in columns]
    return {
        "content": content,
        "stages": stages,
        "columns": columns,
        "curve": map_curve.draw(columns=drawn, figures=found, mirrored=get_language_bidi()) if any(drawn) else None,
        "faces": FACES,
        "measured": measured is not None,
        "bound": any(point and point["event"] for point in drawn),
        "people_at_most": max((figure.people for figure in found.values()), default=0),
    }


def _column(
    stage: dict, point: dict | None, *, first: bool, names: dict, found: Mapping[str, Figures], said: Mapping[str, int]
) -> dict:
    if point is None:
        return {"stage": stage, "part": None, "first": first}
    key = point["channel"]
    icon = channels.KINDS[key][1] if key in channels.KINDS else "point"
    figure = found.get(point["id"])
    face = FACES.get(point["feeling"]) if point["feeling"] is not None else None
    gap = _gap(point, figure)
    return {
        "stage": stage, "part": point, "first": first, "channel": channels.name_of(key, names) if key else "",
        "icon": icon, "figure": figure, "comments": said.get(point["id"], 0), "face": face, "gap": gap,
        "evidence": map_content.EVIDENCE[point["evidence"]], "leaving": _leaving(figure),
    }  # fmt: skip


def _gap(point: dict, figure: Figures | None) -> float | None:
    if figure is None or not figure.is_enough or point["feeling"] is None:
        return None
    distance = figure.satisfaction - point["feeling"]
    return distance if abs(distance) >= map_live.GAP else None


def _leaving(figure: Figures | None) -> float | None:
    return None if figure is None or figure.conversion is None else 1 - figure.conversion
