"""What a case's page shows: the thread, the clocks, the person, and where mails of ours are."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from campaigns.models import Message
from customers.models import Traits
from feedback.domain import attachments, deadlines, lists
from feedback.models import Case, CaseMessage, CaseNotice, CasePause

LATELY = 500  # cases


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
    messages = CaseMessage.objects.filter(case=case).select_related("user").defer("user__password")
    messages = list(messages.prefetch_related(attachments.listed()).order_by("at", "id"))
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
    """Return the root causes written down most often of late, to choose from."""
    lately = Case.objects.exclude(root_cause="").order_by("-id").values_list("root_cause", flat=True)[:LATELY]
    return [cause for cause, _n in Counter(lately).most_common(30)]
