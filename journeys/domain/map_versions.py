"""Published versions of a map: kept for good, compared, brought back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import text
from cxm.lib.errors import Conflict, NotFound
from journeys.domain import map_content, map_reviews, maps
from journeys.models import JourneyMap, MapVersion

FIELDS = {
    "name": _("Name"), "goal": _("Goal"), "owner": pgettext_lazy("map", "Owner"),
    "channel": _("Channel"), "actions": _("What they do"),
    "feeling": _("Feeling"), "evidence": _("Evidence"), "moment": _("Moment of truth"),
    "moment_why": _("Why it matters"), "event": _("Event"), "survey": _("Survey"), "pains": _("Pain points"),
    "opportunities": _("Opportunities"), "stage": _("Stage"),
}  # fmt: skip


class VersionNotFound(NotFound):
    message = _("There is no such version.")


class NothingToPublish(Conflict):
    code = "nothing_to_publish"
    message = _("Draw at least one touchpoint before you publish the map.")


class AlreadyPublished(Conflict):
    code = "already_published"
    message = _("Nothing changed since the last version.")


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same in two versions.

    Args:
        kind: added, removed, moved or changed.
        noun: stage, touchpoint or swot.
        name: of the part, as it is now (or was, when it is gone).
        field: what of it, empty for the whole.
        before, after: what stood there.
    """

    kind: str
    noun: str
    name: str
    field: str = ""
    before: str = ""
    after: str = ""


@transaction.atomic
def publish(*, journey_map: JourneyMap, by: Actor, now: datetime, today: date, note: str = "") -> MapVersion:
    """Keep the draft as the next version, which everybody sees from now on; the next review counts from today.

    Raises:
        NothingToPublish: there is no touchpoint on it.
        AlreadyPublished: it is as the last version.
    """
    found = maps._locked(journey_map)
    if next(map_content.touchpoints(found.draft), None) is None:
        raise NothingToPublish
    last = latest(found)
    if last and (last.content, last.name) == (found.draft, found.name):
        raise AlreadyPublished
    found.published_number += 1
    found.published_revision = found.revision
    version = MapVersion.objects.create(
        map=found, number=found.published_number, name=found.name,
        persona_name=found.persona.name if found.persona else "", content=found.draft,
        note=text.clean_line(note)[:300], published_by=by.label[:254], published_at=now,
    )  # fmt: skip
    found.review_due = map_reviews.next_review(journey_map=found, today=today)
    found.save(update_fields=["published_number", "published_revision", "review_due"])
    map_reviews.settle(journey_map=found, by=by, now=now)
    audit.record(by=by, action="map.published", on=found, version=version.number)
    return version


def latest(journey_map: JourneyMap) -> MapVersion | None:
    """Return the version everybody sees, if there is one."""
    return journey_map.versions.filter(number=journey_map.published_number).first()


def get(*, journey_map: JourneyMap, number: int) -> MapVersion:
    """Return a version of a map, or refuse with 404."""
    found = journey_map.versions.filter(number=number).first()
    if found is None:
        raise VersionNotFound
    return found


def restore(*, version: MapVersion, by: Actor, now: datetime) -> JourneyMap:
    """Bring a version back into the draft; it can be taken back, and the version stays what it is."""
    found = maps.replace(journey_map=version.map, content=version.content, by=by, now=now)
    audit.record(by=by, action="map.restored", on=found, version=version.number)
    return found


def compare(before: dict, after: dict) -> list[Difference]:
    """Return what is different in two drawings, in the order of the second."""
    return [*_stages(before, after), *_touchpoints(before, after), *_swot(before, after)]


def _stages(before: dict, after: dict) -> Iterator[Difference]:
    yield from _parts("stage", before["stages"], after["stages"], ("name", "goal", "owner"))
    known = {found["id"] for found in before["stages"]} & {found["id"] for found in after["stages"]}
    orders = [[found["id"] for found in each["stages"] if found["id"] in known] for each in (before, after)]
    for stage in after["stages"]:
        if stage["id"] in known and orders[0].index(stage["id"]) != orders[1].index(stage["id"]):
            yield Difference("moved", "stage", stage["name"])


def _touchpoints(before: dict, after: dict) -> Iterator[Difference]:
    fields = [name for name in map_content.touchpoint("") if name != "id"]
    yield from _parts("touchpoint", [*map_content.touchpoints(before)], [*map_content.touchpoints(after)], fields)
    homes = [{inner["id"]: stage for stage in each["stages"] for inner in stage["touchpoints"]}
             for each in (before, after)]  # fmt: skip
    for found in map_content.touchpoints(after):
        was, now = homes[0].get(found["id"]), homes[1][found["id"]]
        if was and was["id"] != now["id"]:
            yield Difference("moved", "touchpoint", found["name"], "stage", was["name"], now["name"])


def _swot(before: dict, after: dict) -> Iterator[Difference]:
    yield from _parts("swot", before["swot"], after["swot"], ("text", "kind", "priority"))


def _parts(noun: str, before: list[dict], after: list[dict], fields: tuple | list) -> Iterator[Difference]:
    was, now = ({found["id"]: found for found in parts} for parts in (before, after))
    for part_id, found in now.items():
        if part_id not in was:
            yield Difference("added", noun, _title(found))
        for field in fields if part_id in was else ():
            old, new = _said(field, was[part_id][field]), _said(field, found[field])
            if old != new:
                yield Difference("changed", noun, _title(found), field, old, new)
    for part_id in was.keys() - now.keys():
        yield Difference("removed", noun, _title(was[part_id]))


def _title(part: dict) -> str:
    return part.get("name") or part["text"]


def _said(field: str, value: object) -> str:
    """Return a field's value as somebody reads it."""
    if isinstance(value, list):
        return " · ".join(found["text"] for found in value)
    if isinstance(value, dict):
        return " ".join(part for part in (value["name"], value["property"], value["value"]) if part)
    if isinstance(value, bool):
        return __("Yes") if value else __("No")
    if field in ("evidence", "kind", "priority"):
        known = {"evidence": map_content.EVIDENCE, "kind": map_content.SWOT, "priority": map_content.PRIORITIES}
        return str(known[field][value])
    return "" if value is None else f"{value:+d}" if field == "feeling" and value else str(value)
