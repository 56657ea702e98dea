"""Automations: drafted, published, paused, resumed, stopped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Count, F, QuerySet
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from campaigns.domain import units
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import text
from cxm.lib.errors import Conflict, NotFound, Refusal
from cxm.tenancy.models import Tenant
from journeys.domain import enrolments, trees, triggers
from journeys.models import Automation, Call, Enrolment, Listener, Version
from journeys.steps import wait_event
from journeys.steps.frame import Names

State = Automation.State
MAX_NAME, MOST_UNDO = 120, 20
INSIDE = [Enrolment.State.ACTIVE, Enrolment.State.FAILED]


class UnknownAutomation(NotFound):
    message = _("There is no such automation.")


class BadAutomation(Refusal):
    """A field that cannot be kept."""

    code = "automation_invalid"
    message = _("The automation cannot be saved like this.")


class WrongState(Conflict):
    """The automation is not where this could be done."""

    code = "wrong_state"


class Overtaken(Conflict):
    """Somebody else changed the draft meanwhile."""

    code = "draft_overtaken"
    message = _("Somebody else has changed this automation meanwhile. Load the page again to see it.")


class PeopleInside(Conflict):
    """People are inside, and nobody has said what becomes of them."""

    code = "people_inside"
    message = _("People are on their way through the version before. Say what becomes of them.")


def get(*, automation_id: int) -> Automation:
    """Return an automation of the tenant in scope.

    Raises:
        UnknownAutomation: there is none, or it is somebody else's.
    """
    found = Automation.objects.select_related("version").filter(pk=automation_id).first()
    if found is None:
        raise UnknownAutomation
    return found


def listed(*, state: str = "", search: str = "") -> QuerySet[Automation]:
    """Return automations, those changed last first.

    Args:
        state: in this state only.
        search: part of a name.
    """
    found = Automation.objects.select_related("version").order_by("-updated_at", "-pk")
    if state in State.values:
        found = found.filter(state=state)
    return found.filter(name__icontains=search[:MAX_NAME]) if search else found


@transaction.atomic
def create(*, name: str, by: Actor, description: str = "", definition: object = None) -> Automation:
    """Draft an automation; what is missing can be filled in later, publishing asks for it.

    Raises:
        BadAutomation: no name.
        trees.InvalidDefinition: not a tree of steps.
    """
    automation = Automation.objects.create(
        name=_name(name),
        description=text.clean_line(description)[:300],
        draft=trees.empty() if definition is None else trees.shaped(definition),
        created_by=by.label[:254],
    )
    audit.record(by=by, action="automation.created", on=automation)
    return automation


@transaction.atomic
def rename(*, automation: Automation, name: str, by: Actor, description: str | None = None) -> Automation:
    """Call it something else.

    Raises:
        BadAutomation: no name.
    """
    automation = locked(automation)
    before, automation.name = automation.name, _name(name)
    if description is not None:
        automation.description = text.clean_line(description)[:300]
    automation.save(update_fields=["name", "description", "updated_at"])
    audit.record(by=by, action="automation.renamed", on=automation, name=[before, automation.name])
    return automation


@transaction.atomic
def redraw(*, automation: Automation, definition: object, by: Actor, revision: int | None = None) -> Automation:
    """Keep another draft; what is live goes on as it was published. The draft before can be had back.

    Args:
        revision: of the draft this one was made from; None to write over whatever is there.

    Raises:
        Overtaken: somebody else was faster.
        trees.InvalidDefinition: not a tree of steps.
    """
    automation = locked(automation)
    if revision is not None and revision != automation.revision:
        raise Overtaken
    kept = trees.shaped(definition)
    if kept != automation.draft:
        automation.past = [*automation.past, automation.draft][-MOST_UNDO:]
        automation.draft, automation.revision = kept, automation.revision + 1
        automation.save(update_fields=["draft", "past", "revision", "updated_at"])
    return automation


@transaction.atomic
def change(
    *, automation: Automation, by: Actor, name: str | None = None, description: str | None = None,
    definition: object = None, revision: int | None = None,
) -> Automation:  # fmt: skip
    """Change what is handed in: the name, the draft.

    Raises:
        BadAutomation, Overtaken, trees.InvalidDefinition: as ``rename`` and ``redraw``.
    """
    if name is not None or description is not None:
        kept = automation.name if name is None else name
        automation = rename(automation=automation, name=kept, description=description, by=by)
    if definition is not None:
        automation = redraw(automation=automation, definition=definition, revision=revision, by=by)
    return automation


@transaction.atomic
def undo(*, automation: Automation, by: Actor) -> Automation:
    """Go back to the draft before; without one, nothing changes."""
    automation = locked(automation)
    if automation.past:
        automation.draft, automation.revision = automation.past[-1], automation.revision + 1
        automation.past = automation.past[:-1]
        automation.save(update_fields=["draft", "past", "revision", "updated_at"])
    return automation


@transaction.atomic
def duplicate(*, automation: Automation, by: Actor) -> Automation:
    """Draft the same automation again, without its people."""
    copy = Automation.objects.create(
        name=(__("%(name)s (copy)") % {"name": automation.name})[:MAX_NAME], description=automation.description,
        draft=automation.draft, created_by=by.label[:254],
    )  # fmt: skip
    audit.record(by=by, action="automation.duplicated", on=copy, copy_of=automation.pk)
    return copy


@transaction.atomic
def delete(*, automation: Automation, by: Actor) -> None:
    """Throw away a draft that was never published.

    Raises:
        WrongState: it was; what people went through stays.
    """
    automation = locked(automation)
    if automation.version_id:
        raise WrongState(_("This was published: stop it instead. What people went through stays."))
    audit.record(by=by, action="automation.deleted", on=automation)
    automation.delete()


@transaction.atomic
def publish(
    *, automation: Automation, tenant: Tenant, by: Actor, now: datetime, inside: str = "",
    mapping: Mapping[str, str] | None = None,
) -> Version:  # fmt: skip
    """Make the draft the version that people come into; it never changes again.

    Args:
        inside: what becomes of people on their way: ``finish`` on the version they began with, ``move`` to this one,
            or ``leave``. Needed only where there are some.
        mapping: for ``move``: step of before → step of now, or nothing to take out whoever stands there. A step that
            both versions have needs no entry.

    Raises:
        trees.NotReady: something is missing, by place.
        PeopleInside: people are inside and ``inside`` does not say, or ``mapping`` leaves out a step that is gone.
    """
    automation = locked(automation)
    definition = trees.cleaned(automation.draft, Names(tenant))
    enrolments.hold(automation)
    version = Version.objects.create(
        automation=automation, number=Version.objects.filter(automation=automation).count() + 1, definition=definition,
        published_by=by.label[:254], published_at=now,
    )  # fmt: skip
    _settle(automation, version, inside=inside, mapping=mapping or {}, now=now)
    _listen(automation, version)
    if automation.looked_at is None or automation.state == State.STOPPED:
        automation.looked_at = now
    if automation.state in {State.DRAFT, State.STOPPED}:
        automation.state = State.LIVE
    automation.version, automation.problem = version, ""
    automation.draft, automation.revision = definition, automation.revision + 1
    automation.save(
        update_fields=["version", "state", "looked_at", "problem", "draft", "revision", "updated_at"]
    )  # fmt: skip
    audit.record(by=by, action="automation.published", on=automation, version=version.number, inside=inside)
    return version


@transaction.atomic
def pause(*, automation: Automation, by: Actor, now: datetime) -> Automation:
    """Hold everybody where they stand, and what was queued for them; who comes meanwhile waits at the beginning."""
    automation = locked(automation, State.LIVE)
    units.hold(versions=_numbers(automation))
    automation.state, automation.paused_at = State.PAUSED, now
    automation.save(update_fields=["state", "paused_at", "updated_at"])
    audit.record(by=by, action="automation.paused", on=automation)
    return automation


@transaction.atomic
def resume(*, automation: Automation, by: Actor, now: datetime) -> Automation:
    """Go on; whoever was waiting waits as much longer as the pause took."""
    automation = locked(automation, State.PAUSED)
    units.let_go(versions=_numbers(automation))
    pause_took = now - automation.paused_at
    waiting = Enrolment.objects.filter(automation=automation, state__in=INSIDE, due_at__gt=automation.paused_at)
    waiting.filter(reached_at__lte=automation.paused_at).update(
        due_at=F("due_at") + pause_took, reached_at=F("reached_at") + pause_took
    )
    automation.state, automation.paused_at = State.LIVE, None
    automation.save(update_fields=["state", "paused_at", "updated_at"])
    audit.record(by=by, action="automation.resumed", on=automation)
    return automation


@transaction.atomic
def stop(*, automation: Automation, by: Actor, now: datetime) -> Automation:
    """End it: nobody comes in any more, whoever is inside leaves, and what was queued and not sent is left out."""
    automation = locked(automation, State.LIVE, State.PAUSED)
    enrolments.hold(automation)
    automation.state, automation.paused_at = State.STOPPED, None
    automation.save(update_fields=["state", "paused_at", "updated_at"])
    Listener.objects.filter(version__automation=automation).delete()
    left = enrolments.leave(Enrolment.objects.filter(automation=automation), reason="stopped", now=now)
    # Last: whoever was on a step until now may have queued something.
    units.cancel(versions=_numbers(automation), now=now)
    Call.objects.filter(enrolment__automation=automation, state=Call.State.QUEUED).update(
        state=Call.State.FAILED, answer=__("The automation was stopped.")
    )
    audit.record(by=by, action="automation.stopped", on=automation, people=left)
    return automation


def inside(*, automation: Automation) -> dict[str, int]:
    """Return how many people stand at each step now, over all versions."""
    people = Enrolment.objects.filter(automation=automation, state__in=INSIDE).order_by()
    return dict(people.values_list("node").annotate(n=Count("id")))


def lost_steps(*, automation: Automation) -> list[str]:
    """Return the steps where people stand that the draft does not have: a move must say what becomes of them."""
    known = {step["id"] for step in trees.walk(automation.draft["steps"])}
    return sorted(set(inside(automation=automation)) - known)


def locked(automation: Automation, *allowed: str) -> Automation:
    """Return the row, locked, in one of some states.

    Raises:
        WrongState: it is in another.
    """
    # Without its key: those who come in point at the row, and must not wait for us while we wait for them.
    rows = Automation.objects.select_for_update(of=("self",), no_key=True)
    found = rows.select_related("version").get(pk=automation.pk)
    if allowed and found.state not in allowed:
        raise WrongState(
            _("This cannot be done: the automation is “%(state)s”.") % {"state": found.get_state_display()}
        )
    return found


def _numbers(automation: Automation) -> list[int]:
    return list(Version.objects.filter(automation=automation).values_list("pk", flat=True))


def _settle(
    automation: Automation, version: Version, *, inside: str, mapping: Mapping[str, str], now: datetime
) -> None:  # fmt: skip
    """Do with the people inside what was said."""
    people = Enrolment.objects.filter(automation=automation, state__in=INSIDE)
    if not people.exists():
        return
    if inside == "leave":
        enrolments.leave(people, reason="new_version", now=now)
    elif inside == "move":
        _move(automation, version, people, mapping, now)
    elif inside != "finish":
        raise PeopleInside


def _move(
    automation: Automation, version: Version, people: QuerySet[Enrolment], mapping: Mapping[str, str], now: datetime
) -> None:  # fmt: skip
    known = {step.id for step in trees.read(version.definition).order}
    # Those who have gone on stand at the new version: a step may be left and be gone to in one move.
    people = people.exclude(version=version)
    for node in list(people.order_by("node").values_list("node", flat=True).distinct()):
        target = mapping.get(node, node)
        if target and target not in known:
            raise PeopleInside(
                __("Say where people at a step that is gone go on: %(step)s.") % {"step": node},
                fields={f"mapping.{node}": __("Choose a step, or let them leave.")},
            )
        if not target:
            enrolments.leave(people.filter(node=node), reason="new_version", now=now)
        elif target != node:  # a step they have not seen: it looks at them at once
            people.filter(node=node).update(version=version, node=target, due_at=now, reached_at=now, attempts=0)
    people.update(version=version)


def _listen(automation: Automation, version: Version) -> None:
    """Have what happens written to the inbox for this version; the ones before only wake whom they still hold."""
    before = Listener.objects.filter(version__automation=automation)
    before.filter(role__in=[Listener.Role.START]).delete()
    held = Enrolment.objects.filter(automation=automation, state__in=INSIDE).values("version_id")
    before.exclude(version__in=held).delete()
    wanted = triggers.listens(version.definition)
    for step in trees.read(version.definition).order:
        if step.kind == wait_event.KIND:
            wanted.append((Listener.Kind.EVENT, step.settings["event"], Listener.Role.WAKE, step.id))
    Listener.objects.bulk_create(
        [Listener(version=version, kind=kind, ref=ref, role=role, node=node) for kind, ref, role, node in set(wanted)]
    )


def _name(name: str) -> str:
    line = text.clean_line(name)
    if not line:
        raise BadAutomation(fields={"name": __("Give it a name.")})
    if len(line) > MAX_NAME:
        raise BadAutomation(fields={"name": __("At most 120 characters.")})
    return line
