"""What a tenant sets up for its cases: types, queues with their people, and what everybody begins with."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from cxm.accounts.domain import members
from cxm.accounts.models import User
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import text
from cxm.lib.errors import Conflict, NotFound, Refusal
from cxm.tenancy.models import Tenant
from feedback.domain import calendars
from feedback.models import CaseType, Priority, PriorityRule, Queue, QueueMember, ScoreRule, TargetRule

HOUR = 60  # minutes
TYPES = (
    ("question", _("Question"), CaseType.Kind.REQUEST),
    ("request", _("Request"), CaseType.Kind.REQUEST),
    ("complaint", _("Complaint"), CaseType.Kind.COMPLAINT),
)
HIGH_VALUE = 1000


class UnknownType(NotFound):
    message = _("There is no such case type.")


class LastType(Conflict):
    code = "last_type"
    message = _("One type has to stay: without any, nobody can write to you.")


class UnknownQueue(NotFound):
    message = _("There is no such queue.")


class InvalidSetting(Refusal):
    code = "invalid_setting"
    message = _("Some fields are not right.")


def types() -> QuerySet[CaseType]:
    """Return the types in use, in their order."""
    return CaseType.objects.filter(archived_at=None).order_by("position", "name", "id")


def type_by(*, ref: int | str, in_use: bool = False) -> CaseType:
    """Return a case type by id or by its short name, or refuse with 404.

    Args:
        in_use: one that was put away is none.
    """
    known = types() if in_use else CaseType.objects
    found = known.filter(pk=ref) if isinstance(ref, int) else known.filter(slug=ref)
    if (case_type := found.first()) is None:
        raise UnknownType(fields={"type": str(UnknownType.message)})
    return case_type


def queues() -> QuerySet[Queue]:
    """Return the queues, in their order."""
    return Queue.objects.order_by("position", "name", "id")


def queue(queue_id: int) -> Queue:
    """Return a queue of the tenant in scope, or refuse with 404."""
    found = Queue.objects.filter(pk=queue_id).first()
    if found is None:
        raise UnknownQueue
    return found


def queues_with_people() -> list[tuple[Queue, list[User]]]:
    """Return the queues, each with who works on it, in three queries."""
    people = {user.pk: user for user in members.colleagues()}
    working: dict[int, list[User]] = {}
    for queue_id, user_id in QueueMember.objects.values_list("queue_id", "user_id"):
        if user_id in people:
            working.setdefault(queue_id, []).append(people[user_id])
    return [(found, working.get(found.pk, [])) for found in queues()]


def queues_of(user: User) -> QuerySet[Queue]:
    """Return the queues a colleague works on."""
    return queues().filter(members__user=user)


@transaction.atomic
def save_type(
    *, found: CaseType | None, name: str, name_ar: str, kind: str, queue: Queue | None, by: Actor
) -> CaseType:
    """Add a case type, or change one; its short name follows from the first name and stays.

    Raises:
        InvalidSetting: a name that is missing or taken.
    """
    name = _line("name", name)
    case_type = found or CaseType(slug=_free_slug(name), position=CaseType.objects.count())
    case_type.name, case_type.name_ar, case_type.kind, case_type.queue = name, text.clean_line(name_ar), kind, queue
    case_type.save()
    audit.record(by=by, action="case_type.saved", on=case_type, kind=kind)
    return case_type


def archive_type(*, found: CaseType, by: Actor, now: datetime) -> None:
    """Put a type away: old cases keep it, new ones cannot have it.

    Raises:
        LastType: nobody could write about anything any more.
    """
    if not types().exclude(pk=found.pk).exists():
        raise LastType
    CaseType.objects.filter(pk=found.pk).update(archived_at=now)
    audit.record(by=by, action="case_type.archived", on=found)


@transaction.atomic
def save_queue(*, found: Queue | None, name: str, name_ar: str, people: Iterable[User], by: Actor) -> Queue:
    """Add a queue, or change one, with who works on it.

    Raises:
        InvalidSetting: a name that is missing or taken.
    """
    name = _line("name", name)
    if Queue.objects.filter(name=name).exclude(pk=found.pk if found else None).exists():
        raise InvalidSetting(fields={"name": __("There is already a queue with this name.")})
    row = found or Queue(position=Queue.objects.count())
    row.name, row.name_ar = name, text.clean_line(name_ar)
    row.save()
    chosen = {user.pk for user in people}
    QueueMember.objects.filter(queue=row).exclude(user__in=chosen).delete()
    here = members.colleagues().filter(pk__in=chosen)
    QueueMember.objects.bulk_create([QueueMember(queue=row, user=user) for user in here], ignore_conflicts=True)
    audit.record(by=by, action="queue.saved", on=row, people=len(chosen))
    return row


def delete_queue(*, found: Queue, by: Actor) -> None:
    """Remove a queue; its cases stay, in none."""
    audit.record(by=by, action="queue.deleted", on=found)
    found.delete()


@transaction.atomic
def save_rule(*, found: Any, fields: dict[str, Any], by: Actor) -> Any:
    """Store a rule of any kind; what its fields may be stands in their model.

    Raises:
        InvalidSetting: a rule that does nothing, or asks for a trait without a number.
    """
    wrong: dict[str, str] = {}
    fields["name"] = _line("name", fields.get("name", ""))
    if fields.get("trait") and fields.get("at_least") is None:
        wrong["at_least"] = __("From which number on?")
    if isinstance(found, TargetRule) and not (fields.get("first_minutes") or fields.get("solve_minutes")):
        wrong["first_minutes"] = __("Give at least one target.")
    if wrong:
        raise InvalidSetting(fields=wrong)
    for name, value in fields.items():
        setattr(found, name, value)
    if found.pk is None:
        found.position = type(found).objects.count()
    found.save()
    audit.record(by=by, action=f"{found._meta.model_name}.saved", on=found)
    return found


def delete_rule(*, found: Any, by: Actor) -> None:
    """Remove a rule; cases keep the targets it gave them."""
    audit.record(by=by, action=f"{found._meta.model_name}.deleted", on=found)
    found.delete()


@transaction.atomic
def reorder(*, model: type, ids: Sequence[int], by: Actor) -> None:
    """Ask rules in this order from now on; those not named come last, as they were."""
    known = {row.pk: row for row in model.objects.select_for_update().order_by("position", "id")}
    ordered = [known.pop(pk) for pk in dict.fromkeys(ids) if pk in known] + list(known.values())
    for position, row in enumerate(ordered):
        row.position = position
    model.objects.bulk_update(ordered, ["position"])
    audit.record(by=by, action=f"{model._meta.model_name}.ordered")


def tenants_to_begin() -> list[int]:
    """Return the ids of tenants without case types. Runs as the owner."""
    begun = CaseType.objects.filter(tenant_id=OuterRef("pk"))
    return list(Tenant.objects.filter(~Exists(begun)).values_list("pk", flat=True))


@transaction.atomic
def begin(*, by: Actor) -> None:
    """Give a tenant without case types what everybody begins with: types, a queue, hours, targets, two rules."""
    calendar = calendars.default()  # its row is taken first, so that two at once make one set
    type(calendar).objects.select_for_update().get(pk=calendar.pk)
    if CaseType.objects.exists():
        return
    support = Queue.objects.create(name=_said(_("Support"), "en"), name_ar=_said(_("Support"), "ar"))
    made = {
        slug: CaseType.objects.create(
            slug=slug, name=_said(name, "en"), name_ar=_said(name, "ar"), kind=kind, queue=support, position=position
        )
        for position, (slug, name, kind) in enumerate(TYPES)
    }
    PriorityRule.objects.create(name=__("High value"), trait="revenue", at_least=HIGH_VALUE, priority=Priority.HIGH)
    rules = [
        TargetRule(name=__("Urgent"), priority=Priority.URGENT, first_minutes=HOUR, solve_minutes=8 * HOUR),
        TargetRule(name=__("High priority"), priority=Priority.HIGH, first_minutes=2 * HOUR, solve_minutes=16 * HOUR),
        TargetRule(name=__("Complaints"), type=made["complaint"], first_minutes=4 * HOUR, solve_minutes=24 * HOUR),
        TargetRule(name=__("Everything else"), first_minutes=8 * HOUR, solve_minutes=40 * HOUR),
    ]
    for position, rule in enumerate(rules):
        rule.position = position
    TargetRule.objects.bulk_create(rules)
    ScoreRule.objects.create(name=__("Detractors"), kind="nps", at_most=6, type=made["complaint"])
    audit.record(by=by, action="desk.begun")


def _said(words: Any, language: str) -> str:
    with override(language):
        return str(words)


def _line(name: str, written: str) -> str:
    line = text.clean_line(written)
    if not line or len(line) > 100:
        raise InvalidSetting(fields={name: __("Give it a name of at most 100 characters.")})
    return line


def _free_slug(name: str) -> str:
    stem = text.slug(name, length=40) or "type"
    taken = set(CaseType.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    return next(slug for at in range(len(taken) + 1) if (slug := stem if not at else f"{stem}-{at + 1}") not in taken)
