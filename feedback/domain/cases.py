"""What can be done with a case. Page, API, task, mail and journey step call these functions."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from cxm.accounts.domain import members
from cxm.accounts.models import User
from cxm.audit import domain as audit
from cxm.audit.actors import SYSTEM, Actor
from cxm.lib import text
from cxm.lib.errors import Conflict, NotFound, Refusal
from feedback.domain import breaches, deadlines, facts, heard, letters, opening, targets
from feedback.models import Case, CaseMessage, CaseNotice, CasePause, CaseType, Priority, Queue

State = Case.State
# From which state one may go to which.
MOVES = {
    State.NEW: {State.OPEN, State.WAITING, State.SOLVED, State.CLOSED},
    State.OPEN: {State.WAITING, State.SOLVED, State.CLOSED},
    State.WAITING: {State.OPEN, State.SOLVED, State.CLOSED},
    State.SOLVED: {State.OPEN, State.CLOSED},
    State.CLOSED: {State.OPEN},
}
_OUT, _IN, _INTERNAL = CaseMessage.Direction.OUT, CaseMessage.Direction.IN, CaseMessage.Direction.INTERNAL


class UnknownCase(NotFound):
    message = _("There is no such case.")


class WrongState(Conflict):
    code = "wrong_state"
    message = _("The case is not in a state in which this can be done.")


class CauseMissing(Refusal):
    """A complaint about to be closed without what makes it worth something."""

    code = "cause_missing"
    message = _("A complaint is closed with its root cause and what was done about it.")


class NoSuchColleague(Refusal):
    code = "no_such_colleague"
    message = _("Choose somebody who works here.")


def get(case_id: int) -> Case:
    """Return a case of the tenant in scope with its people, or refuse with 404."""
    found = facts.with_people(Case.objects.filter(pk=case_id)).select_related("calendar__calendar", "rule").first()
    if found is None:
        raise UnknownCase
    return found


def by_number(written: str) -> Case:
    """Return the case with the number that somebody wrote, with or without ``#``; or refuse with 404."""
    digits = written.strip().lstrip("#")
    fits = digits.isascii() and digits.isdigit() and len(digits) < 10
    found = Case.objects.filter(number=int(digits)).first() if fits else None
    if found is None:
        raise UnknownCase(fields={"number": str(UnknownCase.message)})
    return found


def names(ids: Sequence[int]) -> dict[int, str]:
    """Return what people call these cases, by id."""
    return {case.pk: str(case) for case in Case.objects.filter(pk__in=ids).only("number", "subject")}


def open(
    *,
    type: CaseType,
    customer: Customer,
    subject: str,
    body: str,
    channel: str,
    by: Actor,
    now: datetime,
    key: str | None = None,
    priority: str | None = None,
    mail_id: str | None = None,
) -> Case:
    """Open a case; the same key gives the case opened first.

    Args:
        body: what the customer said.
        priority: at least this; rules may raise it.

    Raises:
        opening.InvalidCase: a subject, channel or priority that is not one.
    """
    asked = opening.Opening(
        type=type, customer=customer, subject=subject, body=body, channel=channel, key=key, mail_id=mail_id,
        priority=priority or Priority.NORMAL,
    )  # fmt: skip
    made = opening.open_many(openings=[asked], by=by, now=now)
    return made[0] if made else Case.objects.get(key=key)


@transaction.atomic
def answer(*, case: Case, body: str, by: Actor, now: datetime, then: str = State.OPEN) -> CaseMessage:
    """Say something to the customer; where they have an address it goes out by email once this is committed.

    Args:
        then: the state afterwards: open, waiting (for the customer) or solved.

    Raises:
        opening.InvalidCase: nothing was said.
        WrongState: the case is done; reopen it first.
    """
    case = _held(case, now)
    if case.is_done:
        raise WrongState
    said = _say(case, body, by, now, direction=_OUT, public=True)
    _answered(case, said, by, now)
    if then == State.SOLVED:
        _solve(case, by, now)
    else:
        _go(case, then if then in (State.OPEN, State.WAITING) else State.OPEN, by, now)
    letters.queue(case=case, said=said, by=by)
    return said


@transaction.atomic
def note(*, case: Case, body: str, by: Actor, now: datetime) -> CaseMessage:
    """Write something down for colleagues; the customer never sees it.

    Raises:
        opening.InvalidCase: nothing was written.
    """
    case = _held(case, now)
    said = _say(case, body, by, now, direction=_INTERNAL, public=False)
    _save(case, now)
    return said


@transaction.atomic
def hear(
    *,
    case: Case,
    body: str,
    author: str,
    now: datetime,
    automatic: bool = False,
    quoted: str = "",
    mail_id: str | None = None,
    channel: str = "email",
) -> CaseMessage | None:
    """Take in what the customer said: it wakes a case that waited or was done, and tells whose it is.

    A machine's words wake nothing.

    Returns:
        The message, or None where this mail was taken in before.
    """
    case = _held(case, now)
    said = CaseMessage(
        case=case,
        direction=_IN,
        author=CaseMessage.Author.AUTO if automatic else CaseMessage.Author.CUSTOMER,
        author_label=author[:254],
        channel=channel,
        at=now,
        body=_clean(body) or "…",
        quoted=_clean(quoted),
        mail_id=mail_id,
    )
    if not _taken_in(said):
        return None
    if automatic:
        _save(case, now)
        return said
    if case.is_done:
        _reopen(case, SYSTEM, now)
    case.unanswered_since = case.unanswered_since or now
    facts.record([facts.happening("Case Replied", case, at=now, source=channel)])
    _go(case, State.OPEN if case.state == State.WAITING else case.state, SYSTEM, now)
    heard.wrote(case=case, said=said, now=now)
    return said


@transaction.atomic
def wait(*, case: Case, by: Actor, now: datetime) -> Case:
    """Wait for the customer: the clock stands until they answer.

    Raises:
        WrongState: the case is done.
    """
    return _go(_held(case, now), State.WAITING, by, now)


@transaction.atomic
def resume(*, case: Case, by: Actor, now: datetime) -> Case:
    """Work on it again: the clock runs on. A new case is open from here.

    Raises:
        WrongState: the case is done; reopen it instead.
    """
    case = _held(case, now)
    if case.is_done:
        raise WrongState
    return _go(case, State.OPEN, by, now)


@transaction.atomic
def solve(*, case: Case, by: Actor, now: datetime, answer: str = "") -> Case:
    """Hold the case to be solved: stops its clock, and tells the customer where there is something to say.

    Raises:
        WrongState: the case is done already.
    """
    case = _held(case, now)
    if case.is_done:
        raise WrongState
    said = _say(case, answer, by, now, direction=_OUT, public=True) if answer.strip() else None
    if said:
        _answered(case, said, by, now)
    _solve(case, by, now)
    if said:
        letters.queue(case=case, said=said, by=by)
    return case


@transaction.atomic
def close(*, case: Case, by: Actor, now: datetime, root_cause: str = "", action: str = "") -> Case:
    """Close the case for good. One that is not solved yet is solved with it.

    Raises:
        CauseMissing: a complaint without root cause or action.
        WrongState: it is closed.
    """
    case = _held(case, now)
    case.root_cause = text.clean_line(root_cause)[:120] or case.root_cause
    case.action = _clean(action)[:2000] or case.action
    if case.type.kind == CaseType.Kind.COMPLAINT:
        said = {"root_cause": case.root_cause, "action": case.action}
        missing = {name: __("A complaint needs this to be closed.") for name, value in said.items() if not value}
        if missing:
            raise CauseMissing(fields=missing)
    if not case.is_done:
        _solve(case, by, now)
    _go(case, State.CLOSED, by, now)
    facts.record([facts.happening("Case Closed", case, at=now, root_cause=case.root_cause)])
    return case


@transaction.atomic
def reopen(*, case: Case, by: Actor, now: datetime) -> Case:
    """Take a solved or closed case up again: its clock runs on from where it stood.

    Raises:
        WrongState: it is open.
    """
    return _reopen(_held(case, now), by, now)


@transaction.atomic
def assign(*, case: Case, owner: User | None, by: Actor, now: datetime) -> Case:
    """Give the case to a colleague, or to nobody.

    Raises:
        NoSuchColleague: somebody who does not work here.
    """
    if owner is not None and not members.colleagues().filter(pk=owner.pk).exists():
        raise NoSuchColleague(fields={"owner": str(NoSuchColleague.message)})
    case = _held(case, now)
    case.owner = owner
    audit.record(by=by, action="case.assigned", on=case, to=str(owner or ""))
    return _save(case, now)


@transaction.atomic
def change(
    *,
    case: Case,
    by: Actor,
    now: datetime,
    type: CaseType | None = None,
    priority: str = "",
    queue: Queue | None = None,
    subject: str = "",
) -> Case:
    """Change what a case is; another type or priority means the targets of the rules as they are now.

    Raises:
        opening.InvalidCase: a priority that is none.
    """
    if priority and priority not in Priority.values:
        raise opening.InvalidCase(fields={"priority": __("Choose one of the list.")})
    case = _held(case, now)
    before = {
        "type": case.type.slug,
        "priority": case.priority,
        "queue": str(case.queue or ""),
        "subject": case.subject,
    }
    case.subject = text.clean_line(subject)[: opening.LONGEST_SUBJECT] or case.subject
    case.search = opening.search_words(number=case.number, subject=case.subject, customer=case.customer)
    case.queue = queue or case.queue
    moved = (type is not None and type.pk != case.type_id) or (priority not in ("", case.priority))
    case.type, case.priority = type or case.type, priority or case.priority
    if moved:
        _aim(case)
    audit.record(by=by, action="case.changed", on=case, before=before)
    return _save(case, now)


@transaction.atomic
def rearrange(
    *,
    case: Case,
    by: Actor,
    now: datetime,
    owner: User | None,
    queue: Queue | None = None,
    type: CaseType | None = None,
    priority: str = "",
) -> Case:
    """Say all at once whose a case is and what it is; what is left out stays.

    Raises: as ``assign`` and ``change``.
    """
    if (owner.pk if owner else None) != case.owner_id:
        assign(case=case, owner=owner, by=by, now=now)
    return change(case=case, by=by, now=now, type=type, priority=priority, queue=queue)


def _aim(case: Case) -> None:
    """Give a case the targets that the rules have for it now."""
    book = targets.Rulebook()
    people = targets.people([case.customer_id] if case.customer_id else [], book.all)
    answered_within, solved_within = case.first_minutes, case.solve_minutes
    book.apply(case, people.get(case.customer_id, targets.Person()))
    # What is over keeps its deadline, and so the target that it came from.
    if case.first_answered_at:
        case.first_minutes = answered_within
    if case.is_done:
        case.solve_minutes = solved_within
    deadlines.reckon(case=case, pauses=_pauses(case))


def _held(case: Case, now: datetime) -> Case:
    """Return the case as it is now, locked, with what it has missed until now noted."""
    found = Case.objects.select_for_update(of=("self",)).select_related("type", "customer", "queue", "calendar")
    held = found.filter(pk=case.pk).first()
    if held is None:
        raise UnknownCase
    breaches.note(case=held, now=now)
    return held


def _go(case: Case, state: str, by: Actor, now: datetime) -> Case:
    """Move a case to a state, let its clock stand or run on, and store it."""
    if state != case.state:
        if state not in MOVES[case.state]:
            raise WrongState
        audit.record(by=by, action=f"case.{state}", on=case, before=case.state)
        case.state = state
        if state == State.CLOSED:
            case.closed_at = now
    _keep_pause(case, now)
    deadlines.reckon(case=case, pauses=_pauses(case))
    return _save(case, now)


def _keep_pause(case: Case, now: datetime) -> None:
    """Begin or end the pause that belongs to the state."""
    wanted = {State.WAITING: CasePause.Reason.WAITING, State.SOLVED: CasePause.Reason.SOLVED}.get(
        case.state, CasePause.Reason.SOLVED if case.state == State.CLOSED else None
    )
    standing = CasePause.objects.filter(case=case, ended_at=None).first()
    if standing and standing.reason == wanted:
        return
    if standing:
        standing.ended_at = now
        standing.save(update_fields=["ended_at"])
    if wanted:
        CasePause.objects.create(case=case, reason=wanted, started_at=now)


def _answered(case: Case, said: CaseMessage, by: Actor, now: datetime) -> None:
    """A person's answer stops the first clock; words of a machine stop nothing."""
    if said.author == CaseMessage.Author.HUMAN:
        deadlines.reckon_answered(case=case, pauses=_pauses(case), now=now)
        # Of two at once the later may be stored first.
        case.first_answered_at = min(case.first_answered_at or now, now)
        case.unanswered_since = None
        breaches.settle(case=case, clocks=[CaseNotice.Clock.FIRST], by=by, now=now)
        facts.record([facts.happening("Case Answered", case, at=now, by=by.label)])


def _solve(case: Case, by: Actor, now: datetime) -> None:
    """Stop the clock for good: its deadline stays the one that held at this moment."""
    if case.paused_at:  # it waited for the customer: what was cut out is known only now
        CasePause.objects.filter(case=case, ended_at=None).update(ended_at=now)
        deadlines.reckon(case=case, pauses=_pauses(case))
    case.solved_at = now
    case.unanswered_since = None
    breaches.settle(case=case, clocks=CaseNotice.Clock, by=by, now=now)
    _go(case, State.SOLVED, by, now)
    facts.record([facts.happening("Case Solved", case, at=now, by=by.label)])


def _reopen(case: Case, by: Actor, now: datetime) -> Case:
    if not case.is_done:
        raise WrongState
    case.solved_at = case.closed_at = None
    case.reopened += 1
    _go(case, State.OPEN, by, now)
    facts.record([facts.happening("Case Reopened", case, at=now)])
    return case


def _say(case: Case, body: str, by: Actor, now: datetime, *, direction: str, public: bool) -> CaseMessage:
    words = _clean(body)
    if not words:
        raise opening.InvalidCase(fields={"body": __("Write something first.")})
    if len(words) > opening.LONGEST_BODY:
        raise opening.InvalidCase(fields={"body": __("This text is too long.")})
    return CaseMessage.objects.create(
        case=case,
        direction=direction,
        public=public,
        author=CaseMessage.Author.HUMAN if by.kind in ("user", "key") else CaseMessage.Author.AUTO,
        author_label=by.label[:254],
        user_id=by.id if by.kind == "user" else None,
        channel=case.channel,
        at=now,
        body=words,
    )


def _taken_in(said: CaseMessage) -> bool:
    """Store what was heard, unless its mail was taken in before: by this case, or at this moment by another."""
    if said.mail_id is None:
        said.save()
        return True
    known = CaseMessage.objects.filter(mail_id=said.mail_id)
    if known.exists():
        return False
    try:
        with transaction.atomic():
            said.save()
    except IntegrityError:
        if not known.exists():  # refused for another reason than the mail
            raise
        return False
    return True


def _pauses(case: Case) -> list[CasePause]:
    return list(CasePause.objects.filter(case=case).order_by("started_at", "id"))


def _save(case: Case, now: datetime) -> Case:
    case.updated_at = now
    case.save()
    return case


def _clean(body: str) -> str:
    return body.replace("\0", "").replace("\r\n", "\n").strip()
