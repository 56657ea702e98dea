"""Maps: made, drawn step by step with undo, put away."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from cxm.accounts.models import Membership, User
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import text, time
from cxm.lib.errors import Conflict, NotFound, Refusal
from journeys.domain import map_content
from journeys.models import JourneyMap, MapChange, Persona

# Steps that can be taken back; typing on in one place within this time is one step.
STEPS, ONE_STEP = 50, timedelta(seconds=60)
REVIEW_MONTHS = 4
# Every step of map_editing, in words for the button that takes it back.
KINDS = {
    "set_goal": _("goal"), "add_stage": _("stage added"), "change_stage": _("stage changed"),
    "move_stage": _("stage moved"), "remove_stage": _("stage removed"), "add_touchpoint": _("touchpoint added"),
    "change_touchpoint": _("touchpoint changed"), "move_touchpoint": _("touchpoint moved"),
    "remove_touchpoint": _("touchpoint removed"), "set_items": _("pain points and opportunities"),
    "add_entry": _("SWOT entry added"), "change_entry": _("SWOT entry changed"),
    "remove_entry": _("SWOT entry removed"), "replace": _("whole map replaced"),
}  # fmt: skip


class MapNotFound(NotFound):
    message = _("There is no such map.")


class MapRefused(Refusal):
    code = "map_invalid"
    message = _("This map cannot be kept like this.")


class NothingToUndo(Conflict):
    code = "nothing_to_undo"
    message = _("There is nothing to take back.")


def get(map_id: int) -> JourneyMap:
    """Return the map with its persona and owner, or refuse with 404."""
    found = _rows().filter(pk=map_id).first()
    if found is None:
        raise MapNotFound
    return found


def listed(*, search: str = "", persona_id: int | None = None, archived: bool = False) -> QuerySet[JourneyMap]:
    """Return maps, those last worked on first, by part of a name and by persona."""
    found = _rows().filter(archived_at__isnull=not archived)
    if search:
        found = found.filter(name__icontains=search)
    if persona_id is not None:
        found = found.filter(persona=persona_id)
    return found.order_by("-updated_at", "-id")


def create(
    *,
    name: str,
    by: Actor,
    today: date,
    persona: Persona | None = None,
    content: object = None,
    owner: User | None = None,
) -> JourneyMap:
    """Make a map whose first review is due in four months.

    Raises:
        MapRefused: no name, or an owner who is no colleague.
        InvalidMap: the content is no map.
    """
    drawn = map_content.parse(map_content.empty() if content is None else content)
    made = JourneyMap.objects.create(
        name=_name(name),
        persona=persona,
        owner=_colleague(owner)
        or _colleague(User.objects.defer("password").filter(pk=by.id).first() if by.kind == "user" else None),
        draft=drawn,
        review_months=REVIEW_MONTHS,
        review_due=time.add_months(today, REVIEW_MONTHS),
        created_by=by.label[:254],
    )
    audit.record(by=by, action="map.created", on=made)
    return made


@transaction.atomic
def change(*, journey_map: JourneyMap, by: Actor, today: date, **fields: object) -> JourneyMap:
    """Change what the map is about, not what is drawn.

    Args:
        fields: any of name, persona, owner, state, review_months (1 to 24; the next review moves with it).

    Raises:
        MapRefused: a field cannot be kept.
    """
    found = _locked(journey_map)
    before = {name: str(getattr(found, name)) for name in fields}
    if "name" in fields:
        fields["name"] = _name(str(fields["name"]))
    if fields.get("owner"):
        fields["owner"] = _colleague(fields["owner"])
    if "review_months" in fields:
        months = fields["review_months"]
        if not isinstance(months, int) or not 1 <= months <= 24:
            raise MapRefused(fields={"review_months": __("Between 1 and 24 months.")})
        if months != found.review_months:
            found.review_due = time.add_months(today, months)
    if fields.get("state", found.state) not in JourneyMap.State.values:
        raise MapRefused(fields={"state": __("This is not known.")})
    for name in {"name", "persona", "owner", "state", "review_months"} & set(fields):
        setattr(found, name, fields[name])
    found.save()
    audit.record(by=by, action="map.changed", on=found, before=before)
    return found


@transaction.atomic
def edit(
    *,
    journey_map: JourneyMap,
    by: Actor,
    now: datetime,
    step: Callable[..., dict],
    place: str = "",
    **arguments: object,
) -> JourneyMap:
    """Do one step of ``map_editing`` to the draft as it is now, whoever changed it meanwhile, and keep the way back.

    Args:
        step: a function of map_editing; ``arguments`` go to it.
        place: what is worked on; steps of one kind by one person in one place within a minute are taken back together.

    Raises:
        InvalidMap: the draft would be no map any more.
        NoSuchPart: the part was taken away meanwhile.
    """
    found = _locked(journey_map)
    drawn = map_content.parse(step(found.draft, **arguments))
    if drawn == found.draft:
        return found
    _keep_step(found, kind=step.__name__, place=place, after=drawn, by=by, now=now)
    return _drawn(found, drawn)


def replace(*, journey_map: JourneyMap, content: object, by: Actor, now: datetime) -> JourneyMap:
    """Put another drawing in place of the draft; it can be taken back like any step.

    Raises:
        InvalidMap: with the path of what is wrong.
    """
    drawn = map_content.parse(content)

    def replace(_before: dict) -> dict:
        return drawn

    return edit(journey_map=journey_map, by=by, now=now, step=replace)


@transaction.atomic
def undo(*, journey_map: JourneyMap) -> JourneyMap:
    """Take the last step back, whoever did it.

    Raises:
        NothingToUndo: all that is remembered was taken back.
    """
    found = _locked(journey_map)
    last = found.changes.filter(number=found.position).first()
    if last is None:
        raise NothingToUndo
    found.position -= 1
    return _drawn(found, last.before)


@transaction.atomic
def redo(*, journey_map: JourneyMap) -> JourneyMap:
    """Do again what was taken back last.

    Raises:
        NothingToUndo: nothing was.
    """
    found = _locked(journey_map)
    following = found.changes.filter(number=found.position + 1).first()
    if following is None:
        raise NothingToUndo(__("There is nothing to do again."))
    found.position += 1
    return _drawn(found, following.after)


def steps(journey_map: JourneyMap) -> tuple[MapChange | None, MapChange | None]:
    """Return the step that undo would take back and the one that redo would do again."""
    around = (journey_map.position, journey_map.position + 1)
    found = {step.number: step for step in journey_map.changes.filter(number__in=around).defer("before", "after")}
    return found.get(around[0]), found.get(around[1])


def archive(*, journey_map: JourneyMap, by: Actor, now: datetime) -> JourneyMap:
    """Put a map away; its links stop working and nobody is reminded of it."""
    journey_map.archived_at = now
    journey_map.save(update_fields=["archived_at"])
    audit.record(by=by, action="map.archived", on=journey_map)
    return journey_map


def unarchive(*, journey_map: JourneyMap, by: Actor) -> JourneyMap:
    """Take a map back into the list."""
    journey_map.archived_at = None
    journey_map.save(update_fields=["archived_at"])
    audit.record(by=by, action="map.unarchived", on=journey_map)
    return journey_map


def _locked(journey_map: JourneyMap) -> JourneyMap:
    return _rows().select_for_update(of=("self",)).get(pk=journey_map.pk)


def _rows() -> QuerySet[JourneyMap]:
    # In a scope nobody may read a password, not even its hash.
    return JourneyMap.objects.select_related("persona", "owner").defer("owner__password")


def _drawn(found: JourneyMap, content: dict) -> JourneyMap:
    found.draft, found.revision = content, found.revision + 1
    found.save(update_fields=["draft", "revision", "position", "updated_at"])
    return found


def _keep_step(found: JourneyMap, *, kind: str, place: str, after: dict, by: Actor, now: datetime) -> None:
    found.changes.filter(number__gt=found.position).delete()
    last = found.changes.filter(number=found.position).defer("before", "after").first()
    same = last and place and (last.kind, last.place, last.by) == (kind, place, by.label[:254])
    if same and now - last.at < ONE_STEP:
        MapChange.objects.filter(pk=last.pk).update(after=after)
        return
    found.position += 1
    MapChange.objects.create(
        map=found, number=found.position, kind=kind, place=place[:60], before=found.draft, after=after,
        by=by.label[:254], at=now,
    )  # fmt: skip
    found.changes.filter(number__lte=found.position - STEPS).delete()


def _name(name: str) -> str:
    line = text.clean_line(name)
    if not line or len(line) > 120:
        raise MapRefused(fields={"name": __("Give it a name of at most 120 characters.")})
    return line


def _colleague(user: object) -> User | None:
    if user is None:
        return None
    if not Membership.objects.filter(user=user).exists():
        raise MapRefused(fields={"owner": __("This is no colleague of yours.")})
    return user
