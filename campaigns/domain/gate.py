"""The one gate before every message, whoever asks: may this go to this person, at this moment?

Asked in SQL for a whole lease at claim time, not at launch: who said no in between is left out. The definition of
consent is `customers.domain.consents`' own; the reasons below are what the report shows.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext_lazy as _

from campaigns.models import Lease, SendUnit

REASONS = {
    "no_address": _("No email address"),
    "suppressed": _("The address is on the suppression list"),
    "unsubscribed": _("Unsubscribed from email"),
    "topic_declined": _("Does not want this topic"),
    "no_consent": _("Has not agreed to email"),
    "duplicate_address": _("Another person of the audience has the same address"),
    "no_code": _("The offer had no code left, or was over"),
    "cancelled": _("The campaign was cancelled"),
    "invalid_address": _("The address cannot be written to"),
    "mailbox_unknown": _("The mailbox does not exist"),
    "mailbox_full": _("The mailbox is full"),
    "render_error": _("The template failed for this person"),
    "internal_error": _("Something went wrong here"),
}

# One pass over the lease: its queued messages with the first reason against each. A lower id wins an address. An
# address that unsubscribed stays out of marketing until its customer says yes again; mail to an address that was put
# down to nobody heeds the no of everybody who has it.
_SQL = """
SELECT m.id, m.customer_id, m.data,
       coalesce(nullif(c.email, ''), m.address) AS email,
       c.language,
       CASE
         WHEN coalesce(nullif(c.email_key, ''), lower(m.address)) = '' THEN 'no_address'
         WHEN EXISTS (SELECT FROM customers_suppression s
                      WHERE s.tenant_id = m.tenant_id AND s.channel = 'email' AND s.reason <> 'unsubscribed'
                        AND s.address_key IN (
                            coalesce(nullif(c.email_key, ''), lower(m.address)),
                            encode(sha256(convert_to(coalesce(nullif(c.email_key, ''), lower(m.address)),
                                                     'UTF8')), 'hex')
                        )) THEN 'suppressed'
         WHEN %(marketing)s AND whole.granted = false THEN 'unsubscribed'
         WHEN %(marketing)s AND EXISTS (
                SELECT FROM customers_suppression s
                WHERE s.tenant_id = m.tenant_id AND s.channel = 'email' AND s.reason = 'unsubscribed'
                  AND s.address_key = coalesce(nullif(c.email_key, ''), lower(m.address))
                  AND NOT coalesce(whole.granted AND whole.at > s.at, false)
                  AND NOT coalesce(topic.granted AND topic.at > s.at, false)) THEN 'unsubscribed'
         WHEN %(marketing)s AND m.customer_id IS NULL AND EXISTS (
                SELECT FROM customers_customer holder
                JOIN customers_consent said ON said.tenant_id = holder.tenant_id AND said.customer_id = holder.id
                 AND said.channel = 'email' AND said.topic IN ('', %(topic)s) AND NOT said.granted
                WHERE holder.tenant_id = m.tenant_id AND holder.email_key = lower(m.address)
                  AND holder.email_key <> '') THEN 'unsubscribed'
         WHEN %(marketing)s AND topic.granted = false THEN 'topic_declined'
         WHEN %(marketing)s AND %(opt_in)s AND coalesce(topic.granted, whole.granted) IS NOT TRUE THEN 'no_consent'
         WHEN %(marketing)s AND EXISTS (
                SELECT FROM customers_customer twin
                JOIN campaigns_message earlier
                  ON earlier.tenant_id = m.tenant_id AND earlier.unit_id = m.unit_id
                 AND earlier.customer_id = twin.id AND earlier.channel = m.channel
                WHERE twin.tenant_id = m.tenant_id AND twin.email_key = c.email_key AND twin.email_key <> ''
                  AND twin.id <> c.id AND earlier.id < m.id AND earlier.state <> 'skipped') THEN 'duplicate_address'
         ELSE ''
       END AS reason
FROM campaigns_message m
LEFT JOIN customers_customer c ON c.tenant_id = m.tenant_id AND c.id = m.customer_id
LEFT JOIN customers_consent whole
       ON whole.tenant_id = m.tenant_id AND whole.customer_id = m.customer_id
      AND whole.channel = 'email' AND whole.topic = ''
LEFT JOIN customers_consent topic
       ON topic.tenant_id = m.tenant_id AND topic.customer_id = m.customer_id
      AND topic.channel = 'email' AND topic.topic = %(topic)s AND %(topic)s <> ''
WHERE m.tenant_id = %(tenant)s AND m.lease_id = %(lease)s AND m.state = 'queued'
ORDER BY m.id
"""


@dataclass(frozen=True)
class Candidate:
    """A queued message as the gate found it; an empty reason means it may go. ``code``: of the unit's offer."""

    message_id: int
    customer_id: int | None
    data: dict | None
    address: str
    language: str
    reason: str
    code: str = ""
    code_expires_at: datetime | None = None


def against(candidate: Candidate, reason: str) -> Candidate:
    """Return a candidate with a reason against it, unless it has one or there is none."""
    return replace(candidate, reason=reason) if reason and not candidate.reason else candidate


def judge(*, lease: Lease, unit: SendUnit, opt_in: bool) -> list[Candidate]:
    """Return the lease's queued messages in the order of their ids, each with the reason against it, if any.

    Args:
        lease: the claimed lease.
        unit: what sends.
        opt_in: whether the tenant writes only to those who said yes.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL,
            {
                "tenant": lease.tenant_id,
                "lease": lease.pk,
                "marketing": unit.message_class == SendUnit.Class.MARKETING,
                "opt_in": opt_in,
                "topic": unit.topic,
            },
        )
        rows = cursor.fetchall()
    return [
        Candidate(
            message_id=row[0],
            customer_id=row[1],
            data=json.loads(row[2]) if row[2] else None,
            address=row[3] or "",
            language=row[4] or "",
            reason=row[5],
        )
        for row in rows
    ]
