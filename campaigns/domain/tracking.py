"""Opens, clicks and unsubscriptions: what came through the links of a message."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

from campaigns.domain import machines, rendering
from campaigns.models import Hit, Link, Message
from customers.domain import consents, events, suppressions
from customers.models import Topic, Traits
from cxm.audit.actors import Actor


@dataclass(frozen=True)
class Visit:
    """A request, as the edge saw it."""

    request: machines.Request
    ip: str | None
    at: datetime


@transaction.atomic
def record(*, message_id: int, link_index: int | None, visit: Visit, url: str = "") -> Hit | None:
    """Keep a request for the pixel (no link) or a link; count it as a person's unless a rule says otherwise.

    A burst of clicks found now takes back what its first clicks had counted.

    Returns:
        The hit, or None when the message is gone.
    """
    message = (
        Message.objects.select_for_update(of=("self",)).select_related("unit__template").filter(pk=message_id).first()
    )
    if message is None:
        return None
    reason = machines.judge(visit.request, at=visit.at, sent_at=message.sent_at)
    hit = Hit.objects.create(
        message=message,
        kind=visit.request.kind,
        link_index=link_index,
        at=visit.at,
        method=visit.request.method[:7],
        user_agent=visit.request.agent[:300],
        ip=visit.ip,
        machine=reason,
        rule_version=machines.RULES,
    )
    if hit.kind == Hit.Kind.CLICK and not reason and _burst_at(message, visit.at):
        _take_back(message, at=visit.at)
        hit.machine = "burst"
    _count(message, hit)
    if not hit.machine:
        if message.opened_at is None:  # who follows a link has seen the message, pictures or not
            _tell_timeline(message, hit, kind=Hit.Kind.OPEN)
        if hit.kind == Hit.Kind.CLICK:
            _tell_timeline(message, hit, kind=Hit.Kind.CLICK, url=url)
    return hit


def target(*, unit_id: int, language: str, index: int) -> str | None:
    """Return where a registered link of a unit leads."""
    link = Link.objects.filter(unit_id=unit_id, language=language, index=index).first()
    return link.url if link else None


@transaction.atomic
def unsubscribe(*, message: Message, by: Actor, now: datetime, evidence: dict, source: str) -> None:
    """Take a person off the list of the message: its topic, or all email when it had none. Twice is once.

    A message that was put down to no customer takes its address off all marketing.

    Args:
        evidence: address and browser of the request, and how it was asked.
        source: ``one_click`` (RFC 8058) or ``page``.
    """
    if message.customer_id is None:
        _unsubscribe_address(message, by=by, now=now)
        return
    consents.withdraw(
        customer=message.customer,
        channel="email",
        # A topic that is no more: then they want no mail at all of that kind, which is all we can know.
        topic=message.unit.topic if Topic.objects.filter(slug=message.unit.topic).exists() else "",
        source=source,
        by=by,
        evidence=evidence,
        now=now,
    )
    Message.objects.filter(pk=message.pk, unsubscribed_at=None).update(unsubscribed_at=now)
    events.record(
        [
            events.Happening(
                customer_id=message.customer_id,
                name="Email Unsubscribed",
                occurred_at=now,
                properties={
                    "message": message.pk,
                    "unit": message.unit_id,
                    "subject": message.unit.title,
                    "topic": message.unit.topic,
                },
                channel="email",
                source="tracking",
                message_id=f"unsubscribe:{message.pk}",
            )
        ]
    )


def _unsubscribe_address(message: Message, *, by: Actor, now: datetime) -> None:
    """Take an address off marketing that is nobody's, or of several people: there is no one to keep consent of."""
    if message.unit.kind == rendering.TEST or not message.address:  # a colleague's; or erased, and stopped for good
        return
    suppressions.add(channel="email", address=message.address, reason=suppressions.UNSUBSCRIBED, by=by)
    Message.objects.filter(pk=message.pk, unsubscribed_at=None).update(unsubscribed_at=now)


def _burst_at(message: Message, at: datetime) -> bool:
    recent = Hit.objects.filter(message=message, kind=Hit.Kind.CLICK, at__gte=at - machines.BURST)
    return machines.is_burst(list(recent.values_list("link_index", "at")))


def _take_back(message: Message, *, at: datetime) -> None:
    Hit.objects.filter(message=message, kind=Hit.Kind.CLICK, at__gte=at - machines.BURST, machine="").update(
        machine="burst", rule_version=machines.RULES
    )
    click, opened = (
        Hit.objects.filter(message=message, kind=kind, machine="").order_by("at").first()
        for kind in (Hit.Kind.CLICK, Hit.Kind.OPEN)
    )
    message.clicked_at = click.at if click else None
    message.opened_at = min((hit.at for hit in (click, opened) if hit), default=None)
    message.save(update_fields=["clicked_at", "opened_at"])
    gone = [kind for kind, at in ((Hit.Kind.CLICK, message.clicked_at), (Hit.Kind.OPEN, message.opened_at)) if not at]
    events.retract(message_ids=[f"{kind}:{message.pk}" for kind in gone])


def _count(message: Message, hit: Hit) -> None:
    machine = "_machine" if hit.machine else ""
    fields = [f"{'opened' if hit.kind == Hit.Kind.OPEN else 'clicked'}{machine}_at"]
    if fields == ["clicked_at"]:
        fields.append("opened_at")
    Message.objects.filter(pk=message.pk).update(**{field: Coalesce(field, hit.at) for field in fields})


def _tell_timeline(message: Message, hit: Hit, *, kind: str, url: str = "") -> None:
    if message.customer_id is None:
        return
    opened = kind == Hit.Kind.OPEN
    events.record(
        [
            events.Happening(
                customer_id=message.customer_id,
                name="Email Opened" if opened else "Email Link Clicked",
                occurred_at=hit.at,
                properties={"message": message.pk, "unit": message.unit_id, "subject": message.unit.title}
                | ({} if opened else {"url": url}),
                channel="email",
                source="tracking",
                message_id=f"{kind}:{message.pk}",
            )
        ]
    )
    field = "last_open_at" if opened else "last_click_at"
    earlier = Q(**{field: None}) | Q(**{f"{field}__lt": hit.at})
    Traits.objects.filter(earlier, customer_id=message.customer_id).update(**{field: hit.at})
