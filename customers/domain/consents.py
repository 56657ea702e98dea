"""Yes and no: an append-only ledger, the state that follows from it, and the one definition of "may be written to".

The state of (person, channel, topic) is the newest entry; an empty topic means the whole channel. Somebody may be
written to about a topic when
1. the channel as a whole is not a no, and
2. the topic is a yes; or, where nothing was said about the topic, the channel as a whole is a yes; or, where nothing
   was said at all, the tenant works by opt-out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _
from psycopg2.extras import Json

from customers.domain import events
from customers.models import Consent, ConsentEntry, Customer, Topic
from customers.models.consent import Channel
from cxm import tenancy
from cxm.audit.actors import Actor
from cxm.lib.errors import Refusal
from cxm.tenancy.models import Tenant

GRANTED, WITHDRAWN = "Consent Granted", "Consent Withdrawn"


class ConsentRefused(Refusal):
    code = "invalid_consent"
    message = _("This consent cannot be recorded.")


@dataclass(frozen=True)
class Choice:
    """A yes or a no of somebody.

    Args:
        customer_id: whose.
        channel: one of Channel.
        granted: yes or no.
        at: when it was said; a time to come counts as now, or a later no could not overrule it.
        topic: slug of a topic, empty for the whole channel.
        evidence: what proves it (address, browser, words), JSON.
    """

    customer_id: int
    channel: str
    granted: bool
    at: datetime
    topic: str = ""
    evidence: dict = field(default_factory=dict)


def grant(*, customer: Customer, channel: str, source: str, by: Actor, now: datetime, topic: str = "",
          evidence: dict | None = None) -> None:  # fmt: skip
    """Record a yes given now."""
    record([Choice(customer.pk, channel, True, now, topic, evidence or {})], source=source, by=by, now=now)


def withdraw(*, customer: Customer, channel: str, source: str, by: Actor, now: datetime, topic: str = "",
             evidence: dict | None = None) -> None:  # fmt: skip
    """Record a no given now."""
    record([Choice(customer.pk, channel, False, now, topic, evidence or {})], source=source, by=by, now=now)


@transaction.atomic
def record(choices: Sequence[Choice], *, source: str, by: Actor, now: datetime) -> None:
    """Append choices to the ledger, move the state where they are newer, and write them to the timeline.

    The ledger is the audit of consent: each entry carries actor, source and evidence.

    Args:
        source: where they were said: ``page``, ``api``, ``import``, ``preferences``, ``one_click`` …

    Raises:
        ConsentRefused: an unknown channel or topic.
    """
    if not choices:
        return
    _check(choices)
    tenant_id = tenancy.current_id()
    entries = [
        ConsentEntry(
            tenant_id=tenant_id,
            customer_id=choice.customer_id,
            channel=choice.channel,
            topic=choice.topic,
            granted=choice.granted,
            at=min(choice.at, now),
            source=source[:40],
            actor_label=by.label[:254],
            evidence=choice.evidence,
        )
        for choice in choices
    ]
    ConsentEntry.objects.bulk_create(entries, batch_size=1000)
    _move_state(entries)
    events.record(
        [
            events.Happening(
                customer_id=entry.customer_id,
                name=GRANTED if entry.granted else WITHDRAWN,
                occurred_at=entry.at,
                properties={"channel": entry.channel, "topic": entry.topic},
                channel=entry.channel,
                source=source[:20],
            )
            for entry in entries
        ]
    )


@transaction.atomic
def record_imported(choices: Sequence[Choice], *, by: Actor, now: datetime, source: str = "import") -> int:
    """Record choices out of a file, which never turn a no back on, whatever date they carry.

    Returns:
        How many yeses were passed over because the person had said no to the topic or to the channel.
    """
    refused = _said_no(choices)
    kept = [
        choice
        for choice in choices
        if not (
            choice.granted and {(choice.customer_id, choice.channel, topic) for topic in (choice.topic, "")} & refused
        )
    ]
    record(kept, source=source, by=by, now=now)
    return len(choices) - len(kept)


def state(customer: Customer) -> dict[tuple[str, str], Consent]:
    """Return what holds now for a person, by (channel, topic); what was never said is missing."""
    return {(consent.channel, consent.topic): consent for consent in Consent.objects.filter(customer=customer)}


def history(customer: Customer) -> QuerySet[ConsentEntry]:
    """Return every yes and no of a person, newest first."""
    return ConsentEntry.objects.filter(customer=customer).order_by("-at", "-id")


def is_allowed(*, customer: Customer, channel: str, topic: str, model: str) -> bool:
    """Return whether a person may be written to; the same answer as the SQL."""
    return Customer.objects.filter(allowed(channel=channel, topic=topic, model=model), pk=customer.pk).exists()


def allowed(*, channel: str, topic: str, model: str) -> Q:
    """Return the condition on customers "may be written to" for querysets.

    Args:
        topic: a slug, or empty for messages of no topic.
        model: Tenant.consent_model.
    """
    said = Consent.objects.filter(tenant=OuterRef("tenant"), customer=OuterRef("pk"), channel=channel)
    said = said.filter(topic__in={"", topic})
    condition = ~Q(Exists(said.filter(granted=False)))
    if model == Tenant.ConsentModel.OPT_IN:
        condition &= Q(Exists(said.filter(granted=True)))
    return condition


def allowed_sql(*, tenant: str, customer: str, model: str) -> str:
    """Return the one SQL condition "may be written to"; parameters ``%(channel)s`` and ``%(topic)s``.

    A no to the channel or to the topic closes; under opt-in a yes to one of them must open.

    Args:
        tenant, customer: SQL expressions of the outer query, as ``m.tenant_id`` and ``m.customer_id``.
        model: Tenant.consent_model.
    """
    said = f"""SELECT FROM customers_consent k WHERE k.tenant_id = {tenant} AND k.customer_id = {customer}
        AND k.channel = %(channel)s AND k.topic IN ('', %(topic)s)"""
    sql = f"NOT EXISTS ({said} AND NOT k.granted)"
    if model == Tenant.ConsentModel.OPT_IN:
        sql += f" AND EXISTS ({said} AND k.granted)"
    return f"({sql})"


def _check(choices: Iterable[Choice]) -> None:
    if unknown := {choice.channel for choice in choices} - set(Channel.values):
        raise ConsentRefused(fields={"channel": __("There is no channel %(name)s.") % {"name": sorted(unknown)[0]}})
    topics = {choice.topic for choice in choices} - {""}
    if topics and (missing := topics - set(Topic.objects.filter(slug__in=topics).values_list("slug", flat=True))):
        raise ConsentRefused(fields={"topic": __("There is no topic %(name)s.") % {"name": sorted(missing)[0]}})


def _move_state(entries: list[ConsentEntry]) -> None:
    newest: dict[tuple[int, str, str], ConsentEntry] = {}
    for entry in entries:
        key = (entry.customer_id, entry.channel, entry.topic)
        if key not in newest or entry.at >= newest[key].at:
            newest[key] = entry
    rows = [[*key, newest[key].granted, newest[key].at.isoformat()] for key in sorted(newest)]
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO customers_consent (tenant_id, customer_id, channel, topic, granted, at)
               SELECT %s, (row->>0)::bigint, row->>1, row->>2, (row->>3)::boolean, (row->>4)::timestamptz
               FROM jsonb_array_elements(%s::jsonb) WITH ORDINALITY AS t(row, n) ORDER BY n
               ON CONFLICT (tenant_id, customer_id, channel, topic) DO UPDATE
                 SET granted = EXCLUDED.granted, at = EXCLUDED.at
               WHERE customers_consent.at <= EXCLUDED.at""",
            [tenancy.current_id(), Json(rows)],
        )


def _said_no(choices: Sequence[Choice]) -> set[tuple[int, str, str]]:
    people = {choice.customer_id for choice in choices if choice.granted}
    said = Consent.objects.filter(customer__in=people, granted=False)
    return set(said.values_list("customer_id", "channel", "topic"))
