"""Single messages: what a program sends to one person, and the test that a marketer sends to themselves."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from campaigns.domain import rendering, senders, waking
from campaigns.domain.audience import LEASE_SIZE
from campaigns.models import Hit, Lease, Message, SendUnit, Template
from campaigns.models.template import TRANSACTIONAL
from customers.domain import customers
from customers.models import Customer
from cxm import tenancy
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import addresses
from cxm.lib.errors import NotFound, Refusal
from cxm.lib.ids import uuid7

FIRST = 1  # before every campaign


class UnknownMessage(NotFound):
    message = _("There is no such message.")


class BadRecipient(Refusal):
    """Neither a customer of ours nor an address."""

    code = "bad_recipient"
    message = _("This is neither a customer nor an email address.")


class UnknownRecipient(NotFound):
    """A customer that does not exist."""

    message = _("There is no such customer.")


def get(*, message_id: int, kinds: Sequence[str] = ()) -> Message:
    """Return a message of the tenant in scope, of a unit of one of these kinds if any are named.

    Raises:
        UnknownMessage: there is none, or it is somebody else's.
    """
    found = ledger(kinds=kinds).select_related("unit__template", "customer").filter(pk=message_id).first()
    if found is None:
        raise UnknownMessage
    return found


def recipient(*, to: int | str) -> Customer | str:
    """Return whom a program means: an address where it holds an @, given back as it is, else a customer.

    Raises:
        UnknownRecipient: there is no such customer.
    """
    return to if isinstance(to, str) and "@" in to else customer(ref=to)


def customer(*, ref: int | str) -> Customer:
    """Return a customer by id (a number) or by external id (text; an id where no external id reads like that).

    Raises:
        UnknownRecipient: there is no such customer, or it is somebody else's.
    """
    written = str(ref).strip()
    is_id = written.isascii() and written.isdigit() and len(written) <= 18
    found = customers.find_by_external_id(written) if isinstance(ref, str) and written else None
    if found is None and is_id:
        found = Customer.objects.filter(pk=int(written)).first()
    if found is None:
        raise UnknownRecipient(fields={"customer": str(UnknownRecipient.message)})
    return found


def ledger(
    *, unit_id: int | None = None, state: str = "", reason: str = "", kinds: Sequence[str] = ()
) -> QuerySet[Message]:
    """Return messages with customer: of a unit, in a state, with a reason, or of units of some kinds."""
    found = Message.objects.select_related("customer").with_shown_state()
    if unit_id is not None:
        found = found.filter(unit_id=unit_id)
    if state in Message.State.values:
        found = found.in_shown_state(state)
    if reason:
        found = found.filter(reason=reason)
    if kinds:
        found = found.filter(unit__kind__in=kinds)
    return found


@transaction.atomic
def send(*, to: Customer | str, template: Template, data: dict[str, Any], by: Actor) -> Message:
    """Queue one message to a customer or an address; what class it is follows from the template's kind.

    Args:
        to: a customer, or an address, which is put down to the customer who has it when there is exactly one.
        data: merge fields under ``data.``.

    Raises:
        BadRecipient: the address is not one.
    """
    transactional = template.kind in TRANSACTIONAL
    return _queue(
        kind="api",
        to=to,
        template=template,
        data=data,
        message_class=SendUnit.Class.TRANSACTIONAL if transactional else SendUnit.Class.MARKETING,
        by=by,
    )


@transaction.atomic
def send_test(*, template: Template, to: str, language: str, as_customer: Customer | None, by: Actor) -> Message:
    """Send a template to a colleague, filled as it would be for a customer. Counts nowhere.

    Raises:
        BadRecipient: the address is not one.
    """
    return _queue(
        kind="test",
        to=to,
        template=template,
        data={},
        message_class=SendUnit.Class.TRANSACTIONAL,
        by=by,
        extra={"as_customer": as_customer.pk if as_customer else None, "language": language},
    )


@transaction.atomic
def send_once(
    *,
    kind: str,
    key: str,
    to: Customer,
    template: Template,
    data: dict[str, Any],
    by: Actor,
    message_class: str | None = None,
    topic: str = "",
    carries: dict[str, Any] | None = None,
    reply_to: str = "",
    references: str = "",
) -> Message:
    """Queue one message to a customer, once for a kind and key however often it is asked for.

    Args:
        kind: what sends: ``survey``, ``case`` …
        key: names the occasion among those of its kind; at most 60 characters.
        data: merge fields under ``data.``.
        message_class: marketing or transactional; by the template's kind when omitted.
        carries: what extras fill (``{"survey": "nps"}``).
        reply_to: where answers to this message go, instead of the sender's.
        references: ids of the mails it answers, ``<id@host>`` each, the last one last.

    Raises:
        rendering.EmptyTemplate, campaigns.channels.email.limits.TemplateRefused: the template cannot be sent.
    """
    known = Message.objects.filter(unit__kind=kind, unit__ref=key).select_related("unit").first()
    if known is not None:
        return known
    transactional = template.kind in TRANSACTIONAL
    own = SendUnit.Class.TRANSACTIONAL if transactional else SendUnit.Class.MARKETING
    try:
        with transaction.atomic():
            return _queue(kind=kind, ref=key, to=to, template=template, data=data, message_class=message_class or own,
                          topic=topic, carries=carries, by=by, extra=_threading(reply_to, references))  # fmt: skip
    except IntegrityError:  # somebody else was asked the same at the same moment, and was first
        return Message.objects.select_related("unit").get(unit__kind=kind, unit__ref=key)


def _queue(
    *,
    kind: str,
    to: Customer | str,
    template: Template,
    data: dict[str, Any],
    message_class: str,
    by: Actor,
    extra: dict[str, Any] | None = None,
    ref: str = "",
    topic: str = "",
    carries: dict[str, Any] | None = None,
) -> Message:
    rendering.check(template=template, marketing=message_class == SendUnit.Class.MARKETING)
    customer, address = (to, to.email) if isinstance(to, Customer) else (None, to)
    if customer is None:
        try:
            parsed = addresses.parse(address)
        except Refusal as problem:
            raise BadRecipient(fields={"to": str(problem.message)}) from problem
        address = str(parsed)  # as profiles have it: the gate compares it with them and with the suppression list
        holders = Customer.objects.filter(email_key=parsed.key)[:2] if kind == "api" else []
        customer = holders[0] if len(holders) == 1 else None
    unit = SendUnit.objects.create(
        kind=kind,
        ref=ref or str(uuid7()),
        topic=topic,
        message_class=message_class,
        template=template,
        versions=rendering.freeze(template=template),
        sender=senders.default(),
        data=carries or {},  # what the message says stands in its own row, and goes with its person
        priority=FIRST,
    )
    rendering.register_links(unit=unit)
    lease = Lease.objects.create(unit=unit, priority=FIRST)
    message = Message.objects.create(
        unit=unit, customer=customer, address=address, lease=lease, data=(extra or {}) | {"data": data}
    )
    audit.record(by=by, action=f"message.{kind}", on=template, message=message.pk)
    tenant_id = tenancy.current_id()
    transaction.on_commit(lambda: waking.wake(tenant_id=tenant_id, queue="transactional"))
    return message


def _threading(reply_to: str, references: str) -> dict[str, Any]:
    """What a message's row keeps of the headers that put it into a conversation."""
    said = {"reply_to": reply_to, "references": references}
    return {"headers": kept} if (kept := {name: value for name, value in said.items() if value}) else {}


_QUEUE_MANY = """
WITH people AS (
    SELECT told.customer_id, told.data, (row_number() OVER (ORDER BY told.customer_id) - 1) / %(size)s AS part
    FROM jsonb_to_recordset(%(people)s::jsonb) AS told(customer_id bigint, data jsonb)
    JOIN customers_customer c ON c.tenant_id = %(tenant)s AND c.id = told.customer_id
    WHERE NOT EXISTS (SELECT FROM campaigns_message m WHERE m.tenant_id = %(tenant)s AND m.unit_id = %(unit)s
                      AND m.customer_id = told.customer_id AND m.channel = 'email')
), made AS (
    INSERT INTO campaigns_lease
        (tenant_id, unit_id, state, priority, worker, token, attempts, upto, on_wire, answered, created_at)
    SELECT %(tenant)s, %(unit)s, 'queued', %(priority)s, '', '', 0, 0, '[]', '{}', now()
    FROM (SELECT DISTINCT part FROM people) parts
    RETURNING id
), leases AS (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS part FROM made
)
INSERT INTO campaigns_message
    (tenant_id, unit_id, customer_id, channel, address, language, state, reason, lease_id, attempts, reply, created_at,
     data)
SELECT %(tenant)s, %(unit)s, people.customer_id, 'email', '', '', 'queued', '', leases.id, 0, '', now(), people.data
FROM people JOIN leases USING (part)
ORDER BY people.customer_id
ON CONFLICT DO NOTHING
"""


def queue_many(*, unit: SendUnit, people: Mapping[int, dict[str, Any]]) -> int:
    """Write a queued message of a unit for each of these people, in one statement; wakes senders after the commit.

    Who has one already keeps it: the unique key of the ledger holds whoever calls, however often. Whether each of them
    may be written to is asked by the gate when it is sent, and a no keeps its reason.

    Args:
        people: the message's own data by customer: ``{7: {"data": {"order_id": "o1"}}}``.

    Returns:
        How many messages were written.
    """
    if not people:
        return 0
    told = [{"customer_id": number, "data": data or None} for number, data in people.items()]
    values = {
        "tenant": unit.tenant_id, "unit": unit.pk, "priority": unit.priority, "size": LEASE_SIZE,
        "people": json.dumps(told, cls=DjangoJSONEncoder),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE_MANY, values)
        written = cursor.rowcount
    if written:
        tenant_id, waiting = unit.tenant_id, -(-written // LEASE_SIZE)
        transaction.on_commit(lambda: waking.wake(tenant_id=tenant_id, waiting=waiting))
    return written


# Units of single messages once kept what their message says.
_FORGET_IN_UNITS = """
UPDATE campaigns_sendunit u SET data = u.data - 'data' FROM campaigns_message m
WHERE m.tenant_id = %(tenant)s AND m.customer_id = ANY(%(people)s::bigint[])
  AND u.tenant_id = m.tenant_id AND u.id = m.unit_id AND u.data ? 'data'
"""


def forget(customer_ids: Sequence[int]) -> None:
    """Keep the rows of erased people for the counts, without person, address, merge data or traces of their device."""
    theirs = Message.objects.filter(customer_id__in=customer_ids)
    Hit.objects.filter(message__in=theirs).update(ip=None, user_agent="")
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_IN_UNITS, {"tenant": tenancy.current_id(), "people": list(customer_ids)})
    theirs.update(customer=None, address="", data=None, reply="")
