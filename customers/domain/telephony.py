"""Who sits at the telephone: queues, the agents of each, and whether they take calls now."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.models import CallAgent, CallQueue, QueueAgent
from cxm.accounts.domain import members
from cxm.accounts.models import User
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import text
from cxm.lib.errors import NotFound, Refusal


class InvalidQueue(Refusal):
    code = "invalid_queue"
    message = _("Some fields are not right.")


class QueueNotFound(NotFound):
    message = _("There is no such queue.")


def queues() -> QuerySet[CallQueue]:
    """Return the queues, each with its seats at hand."""
    return CallQueue.objects.prefetch_related("seats").order_by("name", "id")


def get_queue(queue_id: int) -> CallQueue:
    """Return the queue, or refuse with 404."""
    found = CallQueue.objects.filter(pk=queue_id).first()
    if found is None:
        raise QueueNotFound
    return found


def queue_called(told: str) -> CallQueue | None:
    """Return the queue that the telephone system calls so."""
    return CallQueue.objects.filter(key=text.fold(told)[:100]).first() if told else None


@transaction.atomic
def add_queue(*, name: str, key: str, agents: Collection[User], by: Actor, now: datetime) -> CallQueue:
    """Make a queue with its agents.

    Raises:
        InvalidQueue: no name or key, or the key is another queue's.
    """
    line, folded = _checked(name, key, None)
    queue = CallQueue.objects.create(name=line, key=folded)
    _seat(queue, agents, now=now)
    audit.record(by=by, action="call_queue.created", on=queue)
    return queue


@transaction.atomic
def change_queue(
    *, queue: CallQueue, name: str, key: str, agents: Collection[User], by: Actor, now: datetime
) -> CallQueue:
    """Give a queue other words and other agents.

    Raises:
        InvalidQueue: as for add_queue.
    """
    queue.name, queue.key = _checked(name, key, queue)
    queue.save(update_fields=["name", "key"])
    _seat(queue, agents, now=now)
    audit.record(by=by, action="call_queue.changed", on=queue, agents=[user.email for user in agents])
    return queue


@transaction.atomic
def remove_queue(*, queue: CallQueue, by: Actor) -> None:
    """Take a queue away; its calls stay, without a queue."""
    audit.record(by=by, action="call_queue.removed", on=queue)
    queue.delete()


def agent_of(user: User) -> CallAgent | None:
    """Return what a colleague is at the telephone; nothing before they took part."""
    return CallAgent.objects.filter(user=user).first()


def set_state(*, user: User, state: str, now: datetime, extension: str | None = None) -> CallAgent:
    """Take calls, pause, or leave; the first time makes the seat.

    Raises:
        InvalidQueue: no such state.
    """
    if state not in CallAgent.State.values:
        raise InvalidQueue(fields={"state": __("There is no such state.")})
    values = {"state": state, "changed_at": now}
    if extension is not None:
        values["extension"] = text.clean_line(extension)[:20]
    return CallAgent.objects.update_or_create(user=user, defaults=values)[0]


def agent_called(told: str) -> CallAgent | None:
    """Return the agent the telephone system names, by extension or by the address they sign in with."""
    if not told:
        return None
    return (
        CallAgent.objects.filter(extension=told).order_by("id").first()
        or CallAgent.objects.filter(user__email=told.lower()).first()
    )


def ringing_at(queue: CallQueue | None) -> list[int]:
    """Return ids of the users a call in a queue rings at: those who take calls now.

    A call in no queue, or in one without seats, rings at everybody who takes calls: better twice than nowhere.
    """
    able = CallAgent.objects.filter(state=CallAgent.State.AVAILABLE)
    if queue is not None:
        seated = list(able.filter(seats__queue=queue).values_list("user", flat=True))
        if seated or QueueAgent.objects.filter(queue=queue).exists():
            return seated
    return list(able.values_list("user", flat=True))


def queue_ids(agent: CallAgent) -> tuple[list[int], list[int]]:
    """Return the queues an agent sits at, and those that have seats at all."""
    rows = QueueAgent.objects.values_list("queue", "agent")
    return sorted({queue for queue, seated in rows if seated == agent.pk}), sorted({queue for queue, _seated in rows})


def seated(queue: CallQueue) -> Sequence[int]:
    """Return ids of the users who sit at a queue."""
    return list(QueueAgent.objects.filter(queue=queue).values_list("agent__user", flat=True))


def _checked(name: str, key: str, queue: CallQueue | None) -> tuple[str, str]:
    line, folded = text.clean_line(name)[:100], text.fold(key or name)[:100]
    if not line or not folded:
        raise InvalidQueue(fields={"name": __("A queue needs a name.")})
    if CallQueue.objects.filter(key=folded).exclude(pk=queue and queue.pk).exists():
        raise InvalidQueue(fields={"key": __("Another queue is called so.")})
    return line, folded


def _seat(queue: CallQueue, users: Collection[User], *, now: datetime) -> None:
    chosen = members.colleagues().filter(pk__in=[user.pk for user in users])
    agents = [
        CallAgent.objects.get_or_create(user=user, defaults={"state": CallAgent.State.AWAY, "changed_at": now})[0]
        for user in chosen
    ]
    QueueAgent.objects.filter(queue=queue).exclude(agent__in=agents).delete()
    QueueAgent.objects.bulk_create(
        [QueueAgent(queue=queue, agent=agent) for agent in agents],
        ignore_conflicts=True,
    )
