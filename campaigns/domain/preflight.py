"""Before a launch: how many of a segment would get a message now, and how many would be left out, and why.

An estimate: the segment is looked at again at the launch, and the gate asks everybody once more when their message is
claimed. The reasons and their order are the gate's.
"""

from dataclasses import dataclass

from django.db import connection

from campaigns.domain import codes
from campaigns.models import Offer
from campaigns.models.template import TRANSACTIONAL
from customers.models import Segment
from cxm.tenancy import scopes
from cxm.tenancy.models import Tenant

# One pass over the members; of people with one address the first counts.
_SQL = """
WITH people AS (
    SELECT c.email_key,
           CASE
             WHEN c.email_key = '' THEN 'no_address'
             WHEN EXISTS (SELECT FROM customers_suppression s
                          WHERE s.tenant_id = c.tenant_id AND s.channel = 'email' AND s.reason <> 'unsubscribed'
                            AND s.address_key IN (
                              c.email_key, encode(sha256(convert_to(c.email_key, 'UTF8')), 'hex'))) THEN 'suppressed'
             WHEN %(marketing)s AND whole.granted = false THEN 'unsubscribed'
             WHEN %(marketing)s AND EXISTS (
                    SELECT FROM customers_suppression s
                    WHERE s.tenant_id = c.tenant_id AND s.channel = 'email' AND s.reason = 'unsubscribed'
                      AND s.address_key = c.email_key
                      AND NOT coalesce(whole.granted AND whole.at > s.at, false)
                      AND NOT coalesce(topic.granted AND topic.at > s.at, false)) THEN 'unsubscribed'
             WHEN %(marketing)s AND topic.granted = false THEN 'topic_declined'
             WHEN %(marketing)s AND %(opt_in)s AND coalesce(topic.granted, whole.granted) IS NOT TRUE
               THEN 'no_consent'
             ELSE ''
           END AS reason
    FROM customers_segmentmember member
    JOIN customers_customer c ON c.tenant_id = member.tenant_id AND c.id = member.customer_id
    LEFT JOIN customers_consent whole
           ON whole.tenant_id = c.tenant_id AND whole.customer_id = c.id AND whole.channel = 'email'
          AND whole.topic = ''
    LEFT JOIN customers_consent topic
           ON topic.tenant_id = c.tenant_id AND topic.customer_id = c.id AND topic.channel = 'email'
          AND topic.topic = %(topic)s AND %(topic)s <> ''
    WHERE member.tenant_id = %(tenant)s AND member.segment_id = %(segment)s AND member.left_at IS NULL
)
SELECT reason, count(*), count(DISTINCT email_key) FROM people GROUP BY reason
"""


@dataclass(frozen=True)
class Preflight:
    """Who would get a message: ``total`` people, ``reached`` of them, ``left_out`` by reason."""

    total: int
    reached: int
    left_out: dict[str, int]


def look(*, segment: Segment, kind: str, topic: str = "", offer: Offer | None = None) -> Preflight:
    """Count who would get a campaign of a kind and topic if it were sent now to the segment as it is known.

    Args:
        offer: whose codes it carries: who comes after the last one of a pool is left out.
    """
    marketing = kind not in TRANSACTIONAL
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL,
            {
                "tenant": segment.tenant_id,
                "segment": segment.pk,
                "marketing": marketing,
                "opt_in": scopes.current().consent_model == Tenant.ConsentModel.OPT_IN,
                "topic": topic,
            },
        )
        found = {reason: (count, addresses) for reason, count, addresses in cursor.fetchall()}
    passed, addresses = found.pop("", (0, 0))
    left_out = {reason: count for reason, (count, _addresses) in found.items()}
    reached = addresses if marketing else passed
    if passed > reached:
        left_out["duplicate_address"] = passed - reached
    left = codes.pool(offer=offer).free if offer and offer.codes == Offer.Codes.UNIQUE else reached
    if reached > left:
        left_out["no_code"], reached = reached - left, left
    return Preflight(total=passed + sum(count for count, _addresses in found.values()), reached=reached,
                     left_out=left_out)  # fmt: skip
