"""What a case's page shows: the thread, the clocks, the person, and where mails of ours are."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from campaigns.models import Message
from customers.models import Traits
from feedback.domain import deadlines, lists
from feedback.models import Case, CaseMessage, CaseNotice, CasePause


@dataclass(frozen=True)
class Said:
    """A message with what became of its mail."""

    message: CaseMessage
    mail: Message | None


@dataclass(frozen=True)
class Thread:
    """A case as its page reads it."""

    said: list[Said]
    clocks: list[deadlines.Clock]
    notices: list[CaseNotice]
    traits: Traits | None
    others: list[Case]
    tone: str


def read(*, case: Case, now: datetime) -> Thread:
    """Return everything about a case in a fixed number of queries."""
    messages = list(CaseMessage.objects.filter(case=case).order_by("at", "id"))
    mails = Message.objects.in_bulk([found.ledger_id for found in messages if found.ledger_id])
    pauses = list(CasePause.objects.filter(case=case).order_by("started_at", "id"))
    known = case.customer_id is not None
    return Thread(
        said=[Said(message, mails.get(message.ledger_id)) for message in messages],
        clocks=deadlines.read(case=case, pauses=pauses, now=now),
        notices=list(CaseNotice.objects.filter(case=case, kind=CaseNotice.Kind.BREACH).order_by("due_at")),
        traits=Traits.objects.filter(customer=case.customer_id).first() if known else None,
        others=lists.history_of(case.customer, but=case) if known else [],
        tone=lists.tone(case, now=now),
    )


def known_causes() -> list[str]:
    """Return the root causes written down most often, to choose from."""
    found = (
        Case.objects.exclude(root_cause="").values("root_cause").annotate(n=Count("id")).order_by("-n", "root_cause")
    )
    return [row["root_cause"] for row in found[:30]]
