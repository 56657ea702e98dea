"""Opening cases, one or a thousand at a time, in a few statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from cxm import tenancy
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import text
from cxm.lib.errors import Refusal
from feedback.domain import deadlines, facts, targets
from feedback.models import Case, CaseChannel, CaseMessage, CaseType, Priority

LONGEST_SUBJECT, LONGEST_BODY = 200, 50_000

_NUMBERS = """
INSERT INTO feedback_casecounter (tenant_id, last) VALUES (%(tenant)s, %(count)s)
ON CONFLICT (tenant_id) DO UPDATE SET last = feedback_casecounter.last + %(count)s RETURNING last
"""


class InvalidCase(Refusal):
    code = "invalid_case"
    message = _("Some fields are not right.")


@dataclass(frozen=True)
class Opening:
    """A case to be opened.

    Args:
        body: what the customer said; empty where a colleague only writes a subject down.
        priority: at least this; rules may raise it.
        key: whoever may ask twice names the case: the same key gives the case opened first.
        automatic: the words are a machine's, such as an answer to a survey put into a sentence.
        mail_id: of the mail that brought it.
    """

    type: CaseType
    customer: Customer
    subject: str
    body: str
    channel: str
    priority: str = Priority.NORMAL
    key: str | None = None
    mail_id: str | None = None
    properties: dict | None = None


@transaction.atomic
def open_many(*, openings: Sequence[Opening], by: Actor, now: datetime) -> list[Case]:
    """Open cases: numbers, priority and targets by the rules as they are now, deadlines, the customer's words, facts.

    Returns:
        The cases opened now, without those whose key was known.

    Raises:
        InvalidCase: a subject, channel or priority that is not one.
    """
    fresh = _fresh([_checked(opening) for opening in openings])
    if not fresh:
        return []
    book = targets.Rulebook()
    people = targets.people([opening.customer.pk for opening in fresh], book.all)
    first = _numbers(len(fresh))
    cases = [
        _case(
            opening, number=number, book=book, person=people.get(opening.customer.pk, targets.Person()), by=by, now=now
        )
        for number, opening in enumerate(fresh, start=first)
    ]
    Case.objects.bulk_create(cases, ignore_conflicts=True)  # the key decides between two at the same moment
    made = {found.number: found.pk for found in Case.objects.filter(number__in=[case.number for case in cases])}
    pairs = [(opening, case) for opening, case in zip(fresh, cases, strict=True) if case.number in made]
    for _opening, case in pairs:
        case.pk = made[case.number]
    CaseMessage.objects.bulk_create([_words(opening, case, now) for opening, case in pairs if opening.body])
    facts.record(
        [
            facts.happening("Case Opened", case, at=now, source=by.kind, **(opening.properties or {}))
            for opening, case in pairs
        ]
    )
    if len(pairs) == 1:
        audit.record(by=by, action="case.opened", on=pairs[0][1])
    elif pairs:
        audit.record(by=by, action="case.opened_many", cases=[case.number for _opening, case in pairs][:100])
    return [case for _opening, case in pairs]


def search_words(*, number: int, subject: str, customer: Customer | None) -> str:
    """Return the folded words a case is found by."""
    person = f"{customer.name} {customer.email}" if customer else ""
    return text.fold(f"#{number} {subject} {person}")


def _checked(opening: Opening) -> Opening:
    wrong = {}
    if not text.clean_line(opening.subject):
        wrong["subject"] = __("Say in one line what it is about.")
    if opening.channel not in CaseChannel.values:
        wrong["channel"] = __("Choose one of: %(choices)s.") % {"choices": ", ".join(CaseChannel.values)}
    if opening.priority not in Priority.values:
        wrong["priority"] = __("Choose one of: %(choices)s.") % {"choices": ", ".join(Priority.values)}
    if len(opening.body) > LONGEST_BODY:
        wrong["body"] = __("This text is too long.")
    if wrong:
        raise InvalidCase(fields=wrong)
    return opening


def _fresh(openings: Sequence[Opening]) -> list[Opening]:
    """Those whose key nobody had yet, each key once."""
    keys = {opening.key for opening in openings if opening.key}
    known = set(Case.objects.filter(key__in=keys).values_list("key", flat=True)) if keys else set()
    fresh: list[Opening] = []
    for opening in openings:
        if opening.key is None or opening.key not in known:
            fresh.append(opening)
            known.add(opening.key)
    return fresh


def _numbers(count: int) -> int:
    """The first of so many numbers; the counter's row makes others wait until these are stored."""
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS, {"tenant": tenancy.current_id(), "count": count})
        return cursor.fetchone()[0] - count + 1


def _case(
    opening: Opening, *, number: int, book: targets.Rulebook, person: targets.Person, by: Actor, now: datetime
) -> Case:
    subject = text.clean_line(opening.subject)[:LONGEST_SUBJECT]
    case = Case(
        number=number,
        type=opening.type,
        customer=opening.customer,
        subject=subject,
        search=search_words(number=number, subject=subject, customer=opening.customer),
        channel=opening.channel,
        queue_id=opening.type.queue_id,
        key=opening.key,
        opened_by=by.label[:254],
        opened_at=now,
        updated_at=now,
        unanswered_since=now,
    )
    case.priority = book.priority(
        type_id=opening.type.pk, channel=opening.channel, person=person, asked=opening.priority
    )
    book.apply(case, person)
    deadlines.reckon(case=case, pauses=[])
    return case


def _words(opening: Opening, case: Case, now: datetime) -> CaseMessage:
    return CaseMessage(
        case=case,
        direction=CaseMessage.Direction.IN,
        author=CaseMessage.Author.CUSTOMER,
        author_label=str(opening.customer)[:254],
        channel=opening.channel,
        at=now,
        body=opening.body.replace("\0", "").strip(),
        mail_id=opening.mail_id,
    )
