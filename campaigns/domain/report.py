"""What became of a campaign: each person of the audience in exactly one state of the ledger."""

from django.db import connection

from campaigns.models import Campaign, Message

State = Message.State

_SQL = """
SELECT state, reason, count(*),
       count(opened_at), count(opened_machine_at), count(clicked_at), count(clicked_machine_at),
       count(unsubscribed_at), count(converted_at), coalesce(sum(revenue), 0)
FROM campaigns_message WHERE tenant_id = %s AND unit_id = %s GROUP BY state, reason
"""


def of_campaign(*, campaign: Campaign) -> dict:
    """Return the figures of the contract's report, people counted once.

    ``sent`` is whatever a server accepted; ``delivered`` is that without what came back. While a lease is being
    sent its messages still count as ``queued``.
    """
    figures = {
        "audience": campaign.audience,
        **dict.fromkeys(["queued", "sent", "delivered", "deferred", "failed", "unknown", "bounced", "complained"], 0),
        "skipped": {},
        **dict.fromkeys(
            ["opened", "opened_machine", "clicked", "clicked_machine", "unsubscribed", "converted", "revenue"], 0
        ),
    }
    if campaign.unit_id is None:
        return figures
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [campaign.tenant_id, campaign.unit_id])
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


def _add_state(figures: dict, *, state: str, reason: str, count: int) -> None:
    if state == State.SKIPPED:
        figures["skipped"][reason] = figures["skipped"].get(reason, 0) + count
    elif state in {State.QUEUED, State.CLAIMED}:
        figures["queued"] += count
    elif state in {State.ACCEPTED, State.DELIVERED, State.BOUNCED, State.COMPLAINED}:
        figures["sent"] += count
        if state in {State.BOUNCED, State.COMPLAINED}:
            figures[state] += count
    else:
        figures[state] += count
