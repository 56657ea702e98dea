"""What colleagues say about a map, cell by cell. Whoever may see the map may have a say."""

from collections import Counter
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib.errors import NotFound, Refusal
from journeys.domain import map_content
from journeys.models import JourneyMap, MapComment

LONGEST = 2000
LANES = {
    "": _("All of it"), "actions": _("What they do"), "feeling": _("Feeling"), "pains": _("Pain points"),
    "opportunities": _("Opportunities"), "owner": pgettext_lazy("map", "Owner"), "figures": _("Figures"),
}  # fmt: skip


class CommentNotFound(NotFound):
    message = _("There is no such comment.")


class CommentRefused(Refusal):
    code = "comment_invalid"
    message = _("Write something of at most 2,000 characters.")


def of(*, journey_map: JourneyMap, place: str | None = None) -> QuerySet[MapComment]:
    """Return the comments of a map, or of one place on it, the oldest first."""
    found = journey_map.comments.order_by("id")
    return found if place is None else found.filter(place=place)


def get(*, journey_map: JourneyMap, comment_id: int) -> MapComment:
    """Return a comment of a map, or refuse with 404."""
    found = journey_map.comments.filter(pk=comment_id).first()
    if found is None:
        raise CommentNotFound
    return found


def counts(journey_map: JourneyMap) -> Counter[str]:
    """Return how many open comments there are at each place of a map."""
    return Counter(journey_map.comments.filter(resolved_at=None).values_list("place", flat=True))


def say(*, journey_map: JourneyMap, place: str, lane: str, text: str, by: Actor, now: datetime) -> MapComment:
    """Say something about a cell.

    Raises:
        NoSuchPart: the place is no stage or touchpoint of the map.
        CommentRefused: nothing said, or too much, or of a lane that there is not.
    """
    words = text.replace("\0", "").strip()
    if place:
        map_content.find(journey_map.draft, place)
    if not 1 <= len(words) <= LONGEST or lane not in LANES:
        raise CommentRefused
    return MapComment.objects.create(
        map=journey_map, place=place, lane=lane, text=words, author=by.label[:254], author_id=by.id, at=now
    )


def resolve(*, comment: MapComment, by: Actor, now: datetime) -> MapComment:
    """Note that what was said is dealt with; it stays readable."""
    comment.resolved_at, comment.resolved_by = now, by.label[:254]
    comment.save(update_fields=["resolved_at", "resolved_by"])
    audit.record(by=by, action="map_comment.resolved", on=comment.map, comment=comment.pk)
    return comment


def reopen(*, comment: MapComment, by: Actor) -> MapComment:
    """Take a resolved comment up again."""
    comment.resolved_at, comment.resolved_by = None, ""
    comment.save(update_fields=["resolved_at", "resolved_by"])
    audit.record(by=by, action="map_comment.reopened", on=comment.map, comment=comment.pk)
    return comment
