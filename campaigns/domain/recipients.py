"""Who got a message, who did not, and why: the rows below a report, and the file of them."""

from collections.abc import Iterator

from django.db.models import QuerySet

from campaigns.domain import gate, messages
from campaigns.models import Campaign, Message
from customers.domain import search as finding
from customers.models import Customer
from cxm import tenancy
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import pagination
from cxm.lib.tables import export
from cxm.tenancy.models import Tenant

ORDER = "customer_id"  # served by the ledger's unique index: no other is needed, however many there are
BATCH = 1000
COLUMNS = ("external_id", "name", "email", "state", "reason", "why", "reply", "sent_at", "opened_at",
           "opened_machine_at", "clicked_at", "clicked_machine_at", "unsubscribed_at", "converted_at",
           "revenue")  # fmt: skip


def listed(*, campaign: Campaign, state: str = "", reason: str = "", search: str = "") -> QuerySet[Message]:
    """Return the messages of a campaign: in a state, with a reason, to people who match the words."""
    found = messages.ledger(unit_id=campaign.unit_id or 0, state=state, reason=reason)
    return found.filter(customer_id__in=finding.ids_matching(search)) if search.strip() else found


def of_customer(*, customer: Customer, limit: int = 8) -> list[Message]:
    """Return the newest messages to a person, each with its unit and template."""
    found = (
        Message.objects.filter(customer=customer).with_shown_state().select_related("unit__template", "unit__campaign")
    )
    return list(found.exclude(unit__kind="test").order_by("-id")[:limit])


def stream(
    *, tenant: Tenant, campaign: Campaign, by: Actor, state: str = "", reason: str = "", search: str = ""
) -> Iterator[bytes]:
    """Write down who takes what, then return the rows as CSV in blocks; each batch is read in a scope of its own.

    Call it inside the tenant's scope; the blocks are read later, outside of it. No cell can act as a formula.
    """
    audit.record(by=by, action="campaign.exported", on=campaign, state=state, reason=reason)
    return export.write_csv(_rows(tenant, campaign, {"state": state, "reason": reason, "search": search}))


def _rows(tenant: Tenant, campaign: Campaign, filters: dict[str, str]) -> Iterator[list]:
    yield list(COLUMNS)
    cursor: str | None = None
    while True:
        with tenancy.scope(tenant):
            page = pagination.page(listed(campaign=campaign, **filters), order=ORDER, cursor=cursor, limit=BATCH)
            rows = [_row(message) for message in page.items]
        yield from rows
        cursor = page.next_cursor
        if cursor is None:
            return


def _row(message: Message) -> list:
    person = message.customer
    return [
        person.external_id if person else "",
        person.name if person else "",
        message.address or (person.email if person else ""),
        message.shown_state,
        message.reason,
        str(gate.REASONS.get(message.reason, "")),
        message.reply,
        *(getattr(message, name) for name in COLUMNS[7:]),
    ]
