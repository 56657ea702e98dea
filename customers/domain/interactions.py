"""What colleagues did with a person: written down once, told on the timeline, followed up by a to-do."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.domain import events
from customers.models import Call, Customer, Interaction
from cxm.accounts.domain import todos
from cxm.accounts.models import User
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import text
from cxm.lib.errors import NotFound, Refusal

LOGGED = "Interaction Logged"
MOST_NOTE = 20_000
LONGEST = timedelta(days=7)


class InvalidInteraction(Refusal):
    code = "invalid_interaction"
    message = _("Some fields are not right.")


class InteractionNotFound(NotFound):
    message = _("There is no such interaction.")


@dataclass(frozen=True)
class FollowUp:
    """What is still to be done after it; becomes a to-do about the customer."""

    title: str
    due_at: datetime | None = None
    assignee: User | None = None


def get(interaction_id: int) -> Interaction:
    """Return the interaction with its customer, or refuse with 404."""
    found = Interaction.objects.select_related("customer").filter(pk=interaction_id).first()
    if found is None:
        raise InteractionNotFound
    return found


def of_customer(customer: Customer) -> QuerySet[Interaction]:
    """Return a person's interactions, newest first."""
    return Interaction.objects.filter(customer=customer).order_by("-occurred_at", "-id")


def listed(*, channel: str = "", direction: str = "", outcome: str = "", sentiment: str = "") -> QuerySet[Interaction]:
    """Return all interactions with their people, narrowed by what is not empty."""
    asked = {"channel": channel, "direction": direction, "outcome": outcome, "sentiment": sentiment}
    found = Interaction.objects.select_related("customer")
    return found.filter(**{name: value for name, value in asked.items() if value})


@transaction.atomic
def log(
    *,
    customer: Customer,
    channel: str,
    direction: str,
    outcome: str,
    by: Actor,
    at: datetime,
    duration: timedelta | None = None,
    sentiment: str | None = None,
    subject: str = "",
    note: str = "",
    follow_up: FollowUp | None = None,
    call: Call | None = None,
    key: str | None = None,
) -> Interaction:
    """Write down what was done with a person.

    Args:
        channel, direction, outcome, sentiment: values of Interaction's choices; sentiment may be left open.
        at: when it began.
        duration: how long it took.
        follow_up: makes a to-do about the customer.
        call: the call it tells of.
        key: whoever may tell twice names it: the same key gives the interaction told first.

    Raises:
        InvalidInteraction: with the fields that are wrong.
    """
    values = {"channel": channel, "direction": direction, "outcome": outcome, "sentiment": sentiment or ""}
    line, words = text.clean_line(subject), note.replace("\0", "").strip()
    seconds = None if duration is None else int(duration.total_seconds())
    _check(values, line, words, duration)
    values |= {
        "customer": customer, "occurred_at": at, "duration": seconds, "subject": line, "note": words, "call": call,
        "actor_kind": by.kind, "actor_id": by.id, "actor_label": by.label[:254],
    }  # fmt: skip
    if key:
        made, new = Interaction.objects.get_or_create(key=key, defaults=values)
    else:
        made, new = Interaction.objects.create(**values), True
    if new:
        _tell(made, by, follow_up)
    return made


def _tell(made: Interaction, by: Actor, follow_up: FollowUp | None) -> None:
    properties = {
        "interaction": made.pk, "channel": made.channel, "direction": made.direction, "outcome": made.outcome,
        "subject": made.subject, "sentiment": made.sentiment, "duration": made.duration,
    }  # fmt: skip
    source = "agent" if by.kind == "user" else "api"
    happening = events.Happening(made.customer_id, LOGGED, made.occurred_at, properties, made.channel, source,
                                 f"interaction:{made.pk}")  # fmt: skip
    events.record([happening])
    audit.record(by=by, action="interaction.logged", on=made, customer=made.customer_id)
    if follow_up:
        todos.create(
            title=follow_up.title, due_at=follow_up.due_at, assignee=follow_up.assignee, by=by,
            about=("customer", made.customer_id), key=f"interaction:{made.pk}",
        )  # fmt: skip


def _check(values: dict[str, str], subject: str, note: str, duration: timedelta | None) -> None:
    wrong = {}
    for name, value in values.items():
        allowed = Interaction._meta.get_field(name).choices
        if value not in dict(allowed) and not (name == "sentiment" and not value):
            wrong[name] = __("There is no such choice.")
    if len(subject) > 200:
        wrong["subject"] = __("At most %(length)s characters.") % {"length": 200}
    if len(note) > MOST_NOTE:
        wrong["note"] = __("At most %(length)s characters.") % {"length": MOST_NOTE}
    if duration is not None and not timedelta(0) <= duration <= LONGEST:
        wrong["duration"] = __("Not a time anybody talks.")
    if wrong:
        raise InvalidInteraction(fields=wrong)
