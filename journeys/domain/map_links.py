"""Public addresses of a map: read only, without a login, taken back at any time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import signing, text
from cxm.lib.errors import Conflict, NotFound, Refusal
from journeys.domain import map_versions
from journeys.models import JourneyMap, MapLink, MapVersion

KIND = "map"
LONGEST_DAYS = 730


class LinkNotFound(NotFound):
    message = _("There is no such link.")


class LinkRefused(Refusal):
    code = "link_invalid"
    message = _("This link cannot be made.")


class NotPublished(Conflict):
    code = "not_published"
    message = _("Publish the map first: a link shows the last published version.")


@dataclass(frozen=True)
class Shared:
    """What a link leads to."""

    link: MapLink
    map: JourneyMap
    version: MapVersion


def create(
    *,
    journey_map: JourneyMap,
    by: Actor,
    now: datetime,
    label: str = "",
    days: int | None = None,
    with_figures: bool = False,
) -> MapLink:
    """Make a link that shows the last published version, now and later.

    Args:
        days: for how long it works; until it is taken back when left out.
        with_figures: whether what was measured is shown, too.

    Raises:
        NotPublished: there is nothing to show yet.
        LinkRefused: a number of days that cannot be.
    """
    if not journey_map.published_number:
        raise NotPublished
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise LinkRefused(fields={"days": __("Between 1 and %(most)s days.") % {"most": LONGEST_DAYS}})
    made = MapLink.objects.create(
        map=journey_map,
        label=text.clean_line(label)[:120],
        with_figures=with_figures,
        created_by=by.label[:254],
        created_at=now,
        expires_at=None if days is None else now + timedelta(days=days),
    )
    audit.record(by=by, action="map.shared", on=journey_map, link=made.pk, with_figures=with_figures)
    return made


def listed(journey_map: JourneyMap) -> list[MapLink]:
    """Return the links of a map, the newest first."""
    return list(journey_map.links.order_by("-id"))


def get(*, journey_map: JourneyMap, link_id: int) -> MapLink:
    """Return a link of a map, or refuse with 404."""
    found = journey_map.links.filter(pk=link_id).first()
    if found is None:
        raise LinkNotFound
    return found


def revoke(*, link: MapLink, by: Actor, now: datetime) -> MapLink:
    """Take a link back, for good."""
    if link.revoked_at is None:
        link.revoked_at = now
        link.save(update_fields=["revoked_at"])
        audit.record(by=by, action="map.unshared", on=link.map, link=link.pk)
    return link


def token(link: MapLink) -> str:
    """Return the word in the link's address."""
    return signing.sign(KIND, link.tenant_id, link.pk)


def numbers(word: str) -> tuple[int, int] | None:
    """Return (tenant, link) of a word that we signed for a link of this kind; None for any other."""
    found = signing.unsign(KIND, word)
    return found if found and len(found) == 2 else None


def opened(*, link_id: int, now: datetime) -> Shared | None:
    """Return what a link shows now; None when it was taken back, its day has come, or the map was put away."""
    link = MapLink.objects.select_related("map__persona").filter(pk=link_id, revoked_at=None).first()
    if link is None or (link.expires_at and link.expires_at <= now) or link.map.archived_at:
        return None
    version = map_versions.latest(link.map)
    return Shared(link, link.map, version) if version else None
