"""Send units of others: a step of an automation, an invitation to a survey."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from campaigns.domain import leases, rendering, senders
from campaigns.models import SendUnit, Template
from campaigns.models.template import TRANSACTIONAL

STEP = "journey"
SURVEY = "survey"


def for_step(*, ref: str, name: str, template: Template, topic: str = "", offer_id: int | None = None) -> SendUnit:
    """Return the send unit of a step, made when the first person comes by; its words are frozen then.

    Args:
        ref: what the unit is for, once: version, step and passage of an automation.
        name: what people call it in reports.
        offer_id: each message carries a code of this offer.

    Raises:
        EmptyTemplate, TemplateRefused: the template has no words, or they do not compile.
    """
    found = SendUnit.objects.filter(kind=STEP, ref=ref).first()
    if found:
        return found
    marketing = template.kind not in TRANSACTIONAL
    rendering.check(template=template, marketing=marketing)
    with transaction.atomic():
        unit, made = SendUnit.objects.get_or_create(
            kind=STEP, ref=ref,
            defaults={
                "message_class": SendUnit.Class.MARKETING if marketing else SendUnit.Class.TRANSACTIONAL,
                "template": template, "versions": rendering.freeze(template=template), "sender": senders.default(),
                "topic": topic, "offer_id": offer_id, "data": {"campaign": {"name": name}},
            },
        )  # fmt: skip
        if made:
            rendering.register_links(unit=unit)
    return unit


def hold(*, versions: Collection[int]) -> None:
    """Hold what steps of these versions have queued; workers stop within a window of messages."""
    _of(versions).update(paused=True)


def let_go(*, versions: Collection[int]) -> None:
    """Go on with what was held."""
    _of(versions).filter(cancelled_at=None).update(paused=False)


def cancel(*, versions: Collection[int], now: datetime) -> int:
    """Leave out what steps of these versions have queued and not sent; returns how many messages.

    Workers stop within a window of messages; what they give back is left out by the sweep.
    """
    _of(versions).update(paused=True, cancelled_at=Coalesce("cancelled_at", now))
    return sum(leases.cancel(unit=unit) for unit in _of(versions))


def mark(*, version: int) -> str:
    """Return how the reference of a survey's unit begins that is queued for a step of this version.

    It is then held, let go and left out with what the step sends itself.
    """
    return f"v{version}:"


def _of(versions: Collection[int]) -> QuerySet[SendUnit]:
    begun = Q(pk=None)
    for number in versions:
        begun |= Q(kind=STEP, ref__startswith=f"{number}:") | Q(kind=SURVEY, ref__startswith=mark(version=number))
    return SendUnit.objects.filter(begun)
