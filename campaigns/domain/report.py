"""What became of a campaign: each person of the audience in exactly one state of the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import connection

from campaigns.models import Campaign, Message
from cxm.lib import proportions

State = Message.State
LARGE = 5_000  # people of an audience from which the page's figures are remembered for so many seconds
REMEMBERED = 5

_SQL = """
SELECT state, reason, count(*),
       count(opened_at), count(opened_machine_at), count(clicked_at), count(clicked_machine_at),
       count(unsubscribed_at), count(converted_at), coalesce(sum(revenue), 0)
FROM campaigns_message WHERE tenant_id = %(tenant)s AND unit_id = %(unit)s GROUP BY state, reason
UNION ALL
-- In claimed leases alone, a handful: no join for the whole ledger. One statement, so that nobody is in two states.
SELECT 'claimed', '', count(*), 0, 0, 0, 0, 0, 0, 0
FROM campaigns_lease l JOIN campaigns_message m ON m.tenant_id = l.tenant_id AND m.lease_id = l.id
WHERE l.tenant_id = %(tenant)s AND l.unit_id = %(unit)s AND l.state = 'claimed' AND m.state = 'queued'
"""


def of_campaign(*, campaign: Campaign) -> dict:
    """Return the figures of the contract's report, people counted once.

    ``sent`` is whatever a server accepted; ``delivered`` is that without what came back. ``queued`` is whatever has no
    outcome yet; ``claimed`` are those of them that a worker is sending.
    """
    figures = {
        "audience": campaign.audience,
        **dict.fromkeys(
            ["queued", "claimed", "sent", "delivered", "deferred", "failed", "unknown", "bounced", "complained"], 0
        ),
        "skipped": {},
        **dict.fromkeys(
            ["opened", "opened_machine", "clicked", "clicked_machine", "unsubscribed", "converted", "revenue"], 0
        ),
    }
    if campaign.unit_id is None:
        return figures
    with connection.cursor() as cursor:
        cursor.execute(_SQL, {"tenant": campaign.tenant_id, "unit": campaign.unit_id})
        for state, reason, count, *engagement in cursor.fetchall():
            _add_state(figures, state=state, reason=reason, count=count)
            for name, value in zip(
                ["opened", "opened_machine", "clicked", "clicked_machine", "unsubscribed", "converted", "revenue"],
                engagement,
                strict=True,
            ):
                figures[name] += value
    figures["delivered"] = figures["sent"] - figures["bounced"]
    return figures


def shown(*, campaign: Campaign) -> dict:
    """Return the figures for a page: of a large campaign as they were at most some seconds ago.

    Every reader's page asks again and again while a campaign runs, and counting reads the whole ledger of it.
    """
    key = f"campaigns:report:{campaign.tenant_id}:{campaign.pk}:{campaign.state}"
    known = cache.get(key)
    if known is None:
        known = of_campaign(campaign=campaign)
        if campaign.audience >= LARGE:
            cache.set(key, known, REMEMBERED)
    return known


def _add_state(figures: dict, *, state: str, reason: str, count: int) -> None:
    if state == State.SKIPPED:
        figures["skipped"][reason] = figures["skipped"].get(reason, 0) + count
    elif state in {State.ACCEPTED, State.DELIVERED, State.BOUNCED, State.COMPLAINED}:
        figures["sent"] += count
        if state in {State.BOUNCED, State.COMPLAINED}:
            figures[state] += count
    else:
        figures[state] += count


_RATES = {
    "delivery": ("delivered", "sent"),
    "opens": ("opened", "delivered"),
    "clicks": ("clicked", "delivered"),
    "unsubscribes": ("unsubscribed", "delivered"),
    "conversions": ("converted", "delivered"),
    "complaints": ("complained", "delivered"),
}


@dataclass(frozen=True)
class Rate:
    """A share of people: ``part`` of ``whole``, with its 95 % interval (Wilson); no share of nobody."""

    part: int
    whole: int
    share: float | None
    low: float | None
    high: float | None


def rates(*, figures: dict) -> dict[str, Rate]:
    """Return the rates of a report: what became of those whom the message reached."""
    found = {}
    for name, (part_name, whole_name) in _RATES.items():
        part, whole = figures[part_name], figures[whole_name]
        interval = proportions.wilson(min(part, whole), whole)
        low, high = interval or (None, None)
        found[name] = Rate(part, whole, part / whole if whole else None, low, high)
    return found


_LINKS = """
SELECT coalesce(l.url, ''), count(DISTINCT h.message_id) FILTER (WHERE h.machine = '') AS people,
       count(DISTINCT h.message_id) FILTER (WHERE h.machine <> '') AS machines
FROM campaigns_message m
JOIN campaigns_hit h ON h.tenant_id = m.tenant_id AND h.message_id = m.id AND h.kind = 'click'
LEFT JOIN campaigns_link l ON l.tenant_id = m.tenant_id AND l.unit_id = m.unit_id AND l.language = m.language
     AND l.index = h.link_index
WHERE m.tenant_id = %s AND m.unit_id = %s AND (m.clicked_at IS NOT NULL OR m.clicked_machine_at IS NOT NULL)
GROUP BY 1 ORDER BY 2 DESC, 3 DESC, 1 LIMIT 50
"""


def links(*, campaign: Campaign) -> list[dict]:
    """Return the links somebody followed, with how many people and machines did; an empty address is made from data."""
    if campaign.unit_id is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_LINKS, [campaign.tenant_id, campaign.unit_id])
        return [{"url": url, "people": people, "machines": machines} for url, people, machines in cursor.fetchall()]


_HOURS = """
SELECT date_trunc('hour', at) AS hour, count(*) FILTER (WHERE what = 'open'), count(*) FILTER (WHERE what = 'click')
FROM (
    SELECT opened_at AS at, 'open' AS what FROM campaigns_message
    WHERE tenant_id = %(tenant)s AND unit_id = %(unit)s AND opened_at < %(until)s
    UNION ALL
    SELECT clicked_at, 'click' FROM campaigns_message
    WHERE tenant_id = %(tenant)s AND unit_id = %(unit)s AND clicked_at < %(until)s
) firsts GROUP BY 1 ORDER BY 1
"""
HOURS = 48


def hours(*, campaign: Campaign) -> list[tuple[datetime, int, int]]:
    """Return (hour, first opens, first clicks) by people, for the first two days after the launch, gaps filled."""
    if campaign.unit_id is None or campaign.launched_at is None:
        return []
    until = campaign.launched_at + timedelta(hours=HOURS)
    with connection.cursor() as cursor:
        cursor.execute(_HOURS, {"tenant": campaign.tenant_id, "unit": campaign.unit_id, "until": until})
        found = {hour: (opens, clicks) for hour, opens, clicks in cursor.fetchall()}
    if not found:
        return []
    first, last = min(found), max(found)
    steps = int((last - first) / timedelta(hours=1)) + 1
    axis = [first + timedelta(hours=step) for step in range(max(steps, 6))]
    return [(hour, *found.get(hour, (0, 0))) for hour in axis]


_BRIEF = """
SELECT unit_id, count(*) FILTER (WHERE state IN ('accepted', 'delivered', 'bounced', 'complained')),
       count(*) FILTER (WHERE state IN ('accepted', 'delivered', 'complained')), count(opened_at), count(clicked_at)
FROM campaigns_message WHERE tenant_id = %s AND unit_id = ANY(%s) GROUP BY unit_id
"""


def brief(*, campaigns: Sequence[Campaign]) -> dict[int, dict[str, int]]:
    """Return sent, delivered, opened and clicked of many campaigns by their id, in one query."""
    units = {campaign.unit_id: campaign.pk for campaign in campaigns if campaign.unit_id}
    if not units:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_BRIEF, [campaigns[0].tenant_id, list(units)])
        return {
            units[unit]: {"sent": sent, "delivered": delivered, "opened": opened, "clicked": clicked}
            for unit, sent, delivered, opened, clicked in cursor.fetchall()
        }
