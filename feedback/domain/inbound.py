"""Mail of customers: put to the case it proves to belong to, or kept apart. Its subject proves nothing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext_lazy as _

from campaigns.models import Sender
from customers.domain import customers
from customers.models import Customer
from cxm import tenancy
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import signing
from cxm.lib.errors import Conflict, NotFound
from cxm.tenancy.models import Tenant
from feedback.domain import attachments, cases, mail_reading, reply_addresses
from feedback.models import Case, CaseMessage, CaseType, InboundMail

REASONS = {
    "no_proof": _("Nothing in it proves to which case it belongs."),
    "case_gone": _("The case it answers is gone."),
    "closed_long_ago": _("The case it answers was closed long ago."),
}
# A closed case is taken up again by an answer within this time; later mail is looked at first.
REOPEN_WITHIN = timedelta(days=30)
MOST_HOLDERS = 20  # of one address, to choose from: a shared one may be that of thousands


class UnknownMail(NotFound):
    message = _("There is no such mail.")


class AlreadyDecided(Conflict):
    message = _("Somebody has already said what becomes of this mail.")


class KnownSender(Conflict):
    message = _("Somebody has this address by now. Choose who wrote the mail.")


def take(*, raw: bytes, now: datetime) -> CaseMessage | InboundMail | None:
    """Take in one mail, as the owner: the tenant is what its signed token names. Twice is once.

    Returns:
        What was stored; None for mail that is none of ours, or was taken in before.
    """
    mail = mail_reading.read(raw)
    if not mail.sender or _is_our_own(mail.mail_id):
        return None
    tenant_id, case_id, ledger_id = _proof(mail)
    tenant_id = tenant_id or _addressed(mail.recipients)
    tenant = Tenant.objects.filter(pk=tenant_id).first() if tenant_id else None
    if tenant is None:
        return None
    with tenancy.scope(tenant):
        return _store(mail, _case(case_id, ledger_id), bool(case_id or ledger_id), now)


def waiting() -> QuerySet[InboundMail]:
    """Return the mails kept apart, to be looked at, with their files."""
    return InboundMail.objects.filter(state=InboundMail.State.WAITING).prefetch_related(attachments.listed())


def get(mail_id: int) -> InboundMail:
    """Return a mail of the tenant in scope, or refuse with 404."""
    found = InboundMail.objects.filter(pk=mail_id).first()
    if found is None:
        raise UnknownMail
    return found


def likely_customers(mails: Sequence[InboundMail]) -> dict[str, list[Customer]]:
    """Return who the senders may be: the first who have their address, by the address in small letters."""
    keys = {mail.sender.lower() for mail in mails}
    found: dict[str, list[Customer]] = {}
    place = Window(RowNumber(), partition_by="email_key", order_by="id")
    holders = Customer.objects.filter(email_key__in=keys).exclude(email_key="").annotate(place=place)
    for customer in holders.filter(place__lte=MOST_HOLDERS).order_by("id"):
        found.setdefault(customer.email_key, []).append(customer)
    return found


@transaction.atomic
def attach(*, mail: InboundMail, case: Case, by: Actor, now: datetime) -> CaseMessage | None:
    """Put a mail that was kept apart to a case, as if it had come there.

    Raises:
        AlreadyDecided
    """
    mail = _undecided(mail)
    said = cases.hear(
        case=case, body=mail.body, author=f"{mail.sender_name} <{mail.sender}>".strip(), now=now,
        automatic=mail.automatic, mail_id=mail.mail_id,
    )  # fmt: skip
    attachments.hand_on(mail=mail, to=said)
    _decide(mail, InboundMail.State.ATTACHED, case, by)
    return said


@transaction.atomic
def open_case(*, mail: InboundMail, customer: Customer | None, type: CaseType, by: Actor, now: datetime) -> Case:
    """Open a case from a mail that was kept apart.

    Args:
        customer: who wrote it; None adds the sender, whom nobody knows, as a customer.

    Raises:
        AlreadyDecided
        KnownSender: nobody was named, but somebody has the address.
        InvalidCustomer: the address is none that a customer can have.
    """
    mail = _undecided(mail)
    customer = customer or _new_customer(mail, by, now)
    case = cases.open(
        type=type, customer=customer, subject=mail.subject or mail.sender, body=mail.body or "…", channel="email",
        by=by, now=now, key=f"mail:{mail.pk}", mail_id=mail.mail_id,
    )  # fmt: skip
    attachments.hand_on(mail=mail, to=CaseMessage.objects.filter(case=case).order_by("id").first())
    _decide(mail, InboundMail.State.ATTACHED, case, by)
    return case


@transaction.atomic
def discard(*, mail: InboundMail, by: Actor) -> None:
    """Say that a mail needs nothing; its files are dropped.

    Raises:
        AlreadyDecided
    """
    mail = _undecided(mail)
    attachments.hand_on(mail=mail, to=None)
    _decide(mail, InboundMail.State.DISCARDED, None, by)


def _new_customer(mail: InboundMail, by: Actor, now: datetime) -> Customer:
    with connection.cursor() as cursor:  # two mails of one sender make one customer, whoever looks at them and when
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(lower(%s), %s))", [mail.sender, mail.tenant_id])
    if likely_customers([mail]):
        raise KnownSender
    return customers.create(values={"name": mail.sender_name, "email": mail.sender}, by=by, now=now, source="mail")


def _proof(mail: mail_reading.Mail) -> tuple[int, int, int]:
    """Tenant, case and ledger row that the mail proves: by the address it came to, or by the mail it answers."""
    for address in mail.recipients:
        if found := reply_addresses.read(address):
            return found[0], found[1], 0
    for reference in reversed(mail.references):
        if found := _message(reference):
            return found[0], 0, found[1]
    return 0, 0, 0


def _message(mail_id: str) -> tuple[int, int] | None:
    """Tenant and ledger row of a mail of ours: its Message-ID is a signed token."""
    found = signing.unsign("message", mail_id.strip("<>").partition("@")[0])
    return (found[0], found[1]) if found and len(found) == 2 else None


def _is_our_own(mail_id: str) -> bool:
    return _message(mail_id) is not None


def _addressed(recipients: Sequence[str]) -> int:
    """The one tenant that sends from the address this came to. Runs as the owner, over all of them."""
    found = set(Sender.objects.filter(email__in=recipients).order_by().values_list("tenant_id", flat=True))
    return found.pop() if len(found) == 1 else 0


def _case(case_id: int, ledger_id: int) -> Case | None:
    if case_id:
        return Case.objects.filter(pk=case_id).first()
    said = CaseMessage.objects.filter(ledger_id=ledger_id).select_related("case").first() if ledger_id else None
    return said.case if said else None


@transaction.atomic
def _store(mail: mail_reading.Mail, case: Case | None, proven: bool, now: datetime) -> Any:
    too_late = case is not None and case.closed_at is not None and now - case.closed_at > REOPEN_WITHIN
    if case is not None and not too_late:
        author = f"{mail.sender_name} <{mail.sender}>" if mail.sender_name else mail.sender
        said = cases.hear(
            case=case, body=mail.body, quoted=mail.quoted, author=author, now=now, automatic=mail.automatic,
            mail_id=mail.mail_id,
        )  # fmt: skip
        if said is not None:
            attachments.keep(files=mail.attachments, message=said)
        return said
    reason = "closed_long_ago" if too_late else "case_gone" if proven else "no_proof"
    kept, new = InboundMail.objects.get_or_create(
        mail_id=mail.mail_id,
        defaults={
            "sender": mail.sender, "sender_name": mail.sender_name, "recipient": ", ".join(mail.recipients)[:320],
            "subject": mail.subject, "body": mail.body, "automatic": mail.automatic, "reason": reason,
            "received_at": now,
        },
    )  # fmt: skip
    if not new:
        return None
    attachments.keep(files=mail.attachments, mail=kept)
    return kept


def _undecided(mail: InboundMail) -> InboundMail:
    held = InboundMail.objects.select_for_update().get(pk=mail.pk)
    if held.state != InboundMail.State.WAITING:
        raise AlreadyDecided
    return held


def _decide(mail: InboundMail, state: str, case: Case | None, by: Actor) -> None:
    mail.state, mail.case = state, case
    mail.save(update_fields=["state", "case"])
    audit.record(by=by, action=f"inbound_mail.{state}", on=mail, case=case.number if case else None)
