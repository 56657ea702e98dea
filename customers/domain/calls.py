"""Calls: told by a telephone system in any order, shown to those at whom they ring, logged by who took them."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.domain import call_facts, callers, customers, events, interactions, telephony
from customers.domain.call_facts import Word
from customers.models import Call, CallAgent, CallDraft, Customer, Interaction
from cxm import tenancy
from cxm.accounts import bell
from cxm.accounts.domain import todos
from cxm.accounts.models import Todo, User
from cxm.audit import domain as audit
from cxm.audit.actors import SYSTEM, Actor
from cxm.lib import phones, text
from cxm.lib.errors import Conflict, NotFound, Refusal

MISSED = "Call Missed"
RINGS = timedelta(minutes=3)  # nobody lets it ring longer; a system that never says "ended" is not believed
UNTAKEN = timedelta(minutes=15)  # how long an answered call waits for whoever answered it to say so
KEPT = timedelta(hours=12)
DRAFT_FIELDS = ("subject", "outcome", "sentiment", "note", "follow_up", "due_at")


class InvalidCall(Refusal):
    code = "invalid_call"
    message = _("Some fields are not right.")


class CallNotFound(NotFound):
    message = _("There is no such call.")


class NobodyChosen(Conflict):
    code = "nobody_chosen"
    message = _("Say first who it was: choose a person or add a new one.")


def get(call_id: int) -> Call:
    """Return the call with whoever it concerns, or refuse with 404."""
    found = _whole().filter(pk=call_id).first()
    if found is None:
        raise CallNotFound
    return found


@transaction.atomic
def tell(
    *,
    call_id: str,
    state: str,
    by: Actor,
    now: datetime,
    number: str = "",
    queue: str = "",
    agent: str = "",
    at: datetime | None = None,
) -> Call:
    """Take in a word of a telephone system; twice, late and out of order are fine (see call_facts).

    Args:
        call_id: the telephone system's own name of the call.
        state: one of call_facts.STATES.
        number: the caller's, as the system writes it; empty or a word such as "anonymous" when withheld.
        queue, agent: where it rings; who takes it (extension or address).
        at: when it was so; without it, now.

    Raises:
        InvalidCall: no call id, no such state, or more words about one call than a system has.
    """
    _check(call_id, state)
    word = _word(state=state, number=number, queue=queue, agent=agent, at=at, now=now)
    call = _locked(call_id.strip(), now)
    known = call_facts.load(call.told)
    words = call_facts.add(known, word)
    if words == known:
        return call
    if len(words) > call_facts.MOST:
        raise InvalidCall(fields={"call_id": __("Too much was told of this call.")})
    before = _concerned(call)
    _apply(call, words)
    call.save()
    _missed(call, now=now)
    _announce(before | _concerned(call))
    return call


def live(*, user: User, now: datetime) -> list[Call]:
    """Return the calls a colleague sees now: ringing at them, theirs, or begun by them; the newest first."""
    agent = telephony.agent_of(user)
    if agent is None:
        return []
    aside = CallDraft.objects.filter(user=user, aside=True).values("call")
    begun = CallDraft.objects.filter(user=user, aside=False).values("call")
    over_unanswered = Q(state=Call.State.ENDED, answered_at=None)
    wanted = (Q(agent=agent) & ~over_unanswered) | Q(pk__in=begun)
    if agent.state == CallAgent.State.AVAILABLE:
        mine, seated = telephony.queue_ids(agent)
        here = Q(agent=None) & (Q(queue__in=mine) | Q(queue=None) | ~Q(queue__in=seated))
        ringing = Q(state=Call.State.RINGING, received_at__gt=now - RINGS)
        answered = Q(answered_at__isnull=False, received_at__gt=now - UNTAKEN)
        wanted |= here & (ringing | answered)
    found = _whole().filter(wanted, closed_at=None, received_at__gt=now - KEPT).exclude(pk__in=aside)
    return list(found.order_by("-received_at", "-id")[:8])


def recent(*, limit: int = 12) -> list[Call]:
    """Return the latest calls of the whole business, for the list beside the person."""
    return list(_whole().order_by("-received_at", "-id")[:limit])


@transaction.atomic
def take(*, call: Call, user: User, now: datetime) -> None:
    """Say that one has it; it goes from all others. The first counts.

    Raises:
        Conflict: somebody else has it.
    """
    agent = telephony.agent_of(user) or telephony.set_state(user=user, state=CallAgent.State.AVAILABLE, now=now)
    taken = Call.objects.filter(pk=call.pk).filter(Q(agent=None) | Q(agent=agent)).update(agent=agent)
    if not taken:
        raise Conflict(_("Somebody else has taken this call."))
    _announce(_concerned(call) | {user.pk})


@transaction.atomic
def choose(*, call: Call, customer: Customer, by: Actor, now: datetime, keep_number: bool) -> None:
    """Say who is calling; with ``keep_number`` the number is theirs from now on."""
    call.customer, call.match = customer, Call.Match.CHOSEN
    call.save(update_fields=["customer", "match"])
    audit.record(by=by, action="call.matched", on=call, customer=customer.pk)
    if keep_number and call.number:
        callers.add_number(customer=customer, number=call.number, by=by, now=now)
    _announce(_concerned(call))


def draft_of(*, call: Call, user: User) -> dict[str, str]:
    """Return what somebody has written about a call so far."""
    found = CallDraft.objects.filter(call=call, user=user).first()
    return found.values if found else {}


def save_draft(*, call: Call, user: User, values: Mapping[str, str], now: datetime) -> None:
    """Keep what somebody is writing, as it is; not what is typed after the call was logged."""
    if call.closed_at is not None:
        return
    kept = {name: str(values.get(name, "")).replace("\0", "")[: interactions.MOST_NOTE] for name in DRAFT_FIELDS}
    CallDraft.objects.update_or_create(call=call, user=user, defaults={"values": kept, "updated_at": now})


@transaction.atomic
def put_aside(*, call: Call, user: User, now: datetime) -> None:
    """Take the card off one's own pages; what was written stays. A call of one's own that is over is done with."""
    CallDraft.objects.update_or_create(call=call, user=user, defaults={"aside": True, "updated_at": now})
    over = Call.objects.filter(pk=call.pk, state=Call.State.ENDED, agent__user=user, closed_at=None)
    over.update(closed_at=now)
    _announce({user.pk})


@transaction.atomic
def take_up(*, call: Call, user: User, now: datetime) -> None:
    """Bring the card of a call that is not logged yet back to one's own pages."""
    CallDraft.objects.update_or_create(call=call, user=user, defaults={"aside": False, "updated_at": now})
    _announce({user.pk})


@transaction.atomic
def welcome(*, call: Call, values: Mapping[str, str], by: Actor, now: datetime) -> Customer:
    """Add whoever is calling as somebody new, with the number they call from.

    Raises:
        customers.InvalidCustomer: with the fields that are wrong.
    """
    known = phones.parse(call.number) or phones.parse_possible(call.number)
    made = customers.create(values={**values, "phone": known or ""}, by=by, now=now, source="call")
    choose(call=call, customer=made, by=by, now=now, keep_number=bool(call.number))
    return made


@transaction.atomic
def log(
    *, call: Call, user: User, now: datetime, outcome: str, sentiment: str = "", subject: str = "", note: str = "",
    follow_up: interactions.FollowUp | None = None,
) -> Interaction:  # fmt: skip
    """Make an interaction of a call and of what was written meanwhile; the second click finds the first one's.

    Raises:
        NobodyChosen: it is not known who called.
        InvalidInteraction: a field is not right.
    """
    if call.customer is None:
        raise NobodyChosen
    talked = call.ended_at - call.answered_at if call.ended_at and call.answered_at else None
    made = interactions.log(
        customer=call.customer, channel=Interaction.Channel.PHONE, direction=Interaction.Direction.IN,
        outcome=outcome, sentiment=sentiment, subject=subject, note=note, follow_up=follow_up, by=user.actor,
        at=min(call.answered_at or call.started_at, now),
        duration=max(talked, timedelta(0)) if talked is not None else None,
        call=call, key=f"call:{call.pk}:{user.pk}",
    )  # fmt: skip
    CallDraft.objects.filter(call=call, user=user).delete()
    Call.objects.filter(pk=call.pk, closed_at=None).update(closed_at=now)
    _announce(_concerned(call) | {user.pk})
    return made


def forget(customer_ids: Collection[int]) -> None:
    """Leave nothing of erased people in the calls: neither number nor words."""
    theirs = Call.objects.filter(customer__in=customer_ids)
    Todo.objects.filter(key__in=[_missed_key(pk) for pk in theirs.values_list("pk", flat=True)]).delete()
    CallDraft.objects.filter(call__in=theirs).delete()
    theirs.update(number="", told=[], customer=None)


def shown_number(call: Call) -> str:
    """Return the number as people write it; empty when it is withheld."""
    return phones.shown(call.number) if call.number else ""


def _whole():
    rows = Call.objects.select_related("queue", "agent__user", "customer__company", "customer__traits")
    return rows.defer("agent__user__password")


def _check(call_id: str, state: str) -> None:
    wrong = {}
    if not call_id.strip() or len(call_id.strip()) > 200:
        wrong["call_id"] = __("Give the telephone system's own id of the call, at most 200 characters.")
    if state not in call_facts.STATES:
        wrong["state"] = __("One of: %(names)s.") % {"names": ", ".join(call_facts.STATES)}
    if wrong:
        raise InvalidCall(fields=wrong)


def _word(*, state: str, number: str, queue: str, agent: str, at: datetime | None, now: datetime) -> Word:
    told = min(at, now) if at else now  # a clock that runs ahead
    return Word(
        at=told.astimezone(UTC), step=call_facts.STATES.index(state), exact=at is not None,
        number=callers.clean(number, country=tenancy.current().country),
        queue=text.clean_line(queue)[:100], agent=text.clean_line(agent)[:254],
    )  # fmt: skip


def _locked(call_id: str, now: datetime) -> Call:
    rows = Call.objects.select_for_update(of=("self",))
    found = rows.filter(call_id=call_id).first()
    if found is None:
        empty = Call(call_id=call_id, state=Call.State.RINGING, started_at=now, received_at=now)
        Call.objects.bulk_create([empty], ignore_conflicts=True)  # another word of it may come at this moment
        found = rows.get(call_id=call_id)
    return found


def _apply(call: Call, words: list[Word]) -> None:
    facts = call_facts.facts(words)
    matched = bool(call.told) and call.number == facts.number
    call.told = call_facts.dump(words)
    call.state, call.number = facts.state, facts.number
    call.started_at, call.answered_at, call.ended_at = facts.started_at, facts.answered_at, facts.ended_at
    call.queue = telephony.queue_called(facts.queue)
    call.agent = telephony.agent_called(facts.agent) or call.agent
    if not matched and call.match != Call.Match.CHOSEN:
        found = callers.find(facts.number)
        call.match, call.customer = found.match, found.customer


def _concerned(call: Call) -> set[int]:
    """Return ids of the users whose pages show the call, or did."""
    if not call.told:
        return set()
    users = set(telephony.ringing_at(call.queue))
    users |= set(CallDraft.objects.filter(call=call).values_list("user", flat=True))
    return users | ({call.agent.user_id} if call.agent else set())


def _announce(user_ids: Collection[int]) -> None:
    transaction.on_commit(partial(bell.ring, tenant_id=tenancy.current_id(), user_ids=user_ids))


def _missed(call: Call, *, now: datetime) -> None:
    """Have somebody call back whom nobody answered; take it back when it turns out that somebody did."""
    key, event = _missed_key(call.pk), f"call:{call.pk}:missed"
    if call.state != Call.State.ENDED or not call.number:
        return
    if call.answered_at is None:
        with translation.override(tenancy.current().language):
            title = __("Call back %(who)s") % {"who": call.customer or shown_number(call)}
        about = ("customer", call.customer_id) if call.customer_id else None
        todos.create(title=title[:200], by=SYSTEM, due_at=now + timedelta(hours=1), about=about, key=key)
        if call.customer_id:
            happening = events.Happening(call.customer_id, MISSED, call.started_at, {}, "phone", "api", event)
            events.record([happening])
    elif waiting := Todo.objects.filter(key=key, done_at=None).first():
        todos.finish(todo=waiting, by=SYSTEM, now=now)
        events.retract(message_ids=[event])


def _missed_key(call_pk: int) -> str:
    return f"call:{call_pk}:missed"
