"""Asking people: by a campaign that carries a survey, one by one, or many at once; and why somebody was not asked."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from campaigns.domain import messages, rendering, senders, starters, units
from campaigns.models import Message, SendUnit, Template
from campaigns.models.template import TRANSACTIONAL, Kind
from customers.domain import events
from customers.models import Customer
from cxm.audit.actors import SYSTEM, Actor
from feedback.domain import etiquette, surveys, tokens, versions
from feedback.models import Invitation, Survey

SENT = "Survey Sent"
KIND = units.SURVEY  # of the send units of invitations, and what units of others carry
State = Invitation.State


@transaction.atomic
def invite(
    *, survey: Survey, customer: Customer, key: str, by: Actor, now: datetime, about: Mapping[str, Any] | None = None
) -> Invitation:
    """Ask one person by email, once for a key. Who was asked too recently is left alone, and the invitation says why.

    Args:
        key: names the occasion: ``order:17``. The same key gives the same invitation.
        about: what the question is about; templates find it under ``data.about``.

    Raises:
        surveys.NotLive: nobody can answer it.
    """
    _check_live(survey)
    etiquette.hold([customer.pk])
    known = Invitation.objects.filter(key=key).first()
    if known is not None:
        return known
    held = etiquette.judge(survey=survey, customer_ids=[customer.pk], now=now).get(customer.pk)
    invitation = _made(survey, customer.pk, key, held, by=by, now=now, about=dict(about or {}))
    invitation.save()
    if held is None:
        message = messages.send_once(
            kind=KIND,
            key=f"i{invitation.pk}",
            to=customer,
            template=template_of(survey=survey),
            data={"about": invitation.about},
            carries={KIND: survey.slug},
            by=by,
        )
        invitation.unit = message.unit
        invitation.save(update_fields=["unit"])
    return invitation


@transaction.atomic
def invite_many(
    *, survey: Survey, customer_ids: Collection[int], key: str, by: Actor, now: datetime, mark: str = ""
) -> int:
    """Ask many people by email, each once for a key, in a few statements.

    Args:
        mark: of the step that asks (campaigns.domain.units).

    Returns:
        How many are asked now: without those asked before under this key, and without those left alone, who have
        their invitation with its reason.

    Raises:
        surveys.NotLive: nobody can answer it.
    """
    _check_live(survey)
    people = etiquette.hold(customer_ids)
    keys = {customer: f"{key}:{customer}"[-200:] for customer in people}
    known = set(Invitation.objects.filter(key__in=keys.values()).values_list("customer_id", flat=True))
    fresh = [customer for customer in people if customer not in known]
    if not fresh:
        return 0
    held = etiquette.judge(survey=survey, customer_ids=fresh, now=now)
    unit = _unit(survey, key, mark)
    made = [_made(survey, each, keys[each], held.get(each), by=by, now=now, unit=unit) for each in fresh]
    Invitation.objects.bulk_create(made, batch_size=1000)
    asked = [each for each in fresh if each not in held]
    messages.queue_many(unit=unit, people={each: {} for each in asked})
    return len(asked)


def admit(unit: SendUnit, customer_ids: Collection[int], now: datetime) -> dict[int, str]:
    """Return against whom the rule of asking speaks, at the moment a message that carries a survey is claimed.

    Writes the invitation of everybody who has none of this unit yet; a second claim finds them and judges nobody anew.
    """
    survey = _carried(unit)
    if survey is None or survey.state != Survey.State.LIVE:
        return dict.fromkeys(customer_ids, etiquette.CLOSED)
    people = etiquette.hold(customer_ids)
    told = dict(Invitation.objects.filter(unit=unit, customer_id__in=people).values_list("customer_id", "reason"))
    fresh = [customer for customer in people if customer not in told]
    held = etiquette.judge(survey=survey, customer_ids=fresh, now=now) if fresh else {}
    Invitation.objects.bulk_create(
        [
            _made(survey, each, f"unit:{unit.pk}:{each}", held.get(each), by=SYSTEM, now=now, unit=unit)
            for each in fresh
        ],
        batch_size=1000,
    )
    return {customer: reason for customer, reason in told.items() if reason} | {
        customer: each.reason for customer, each in held.items()
    }


def fields(unit: SendUnit, languages: Mapping[int, str]) -> dict[int, dict[str, Any]]:
    """Return the merge fields under ``survey.`` of the messages of a unit, by customer."""
    survey = _carried(unit)
    version = versions.published(survey=survey) if survey else None
    if version is None:
        return {}
    asked = versions.asked(version)
    found = Invitation.objects.filter(unit=unit, customer_id__in=languages).exclude(state=State.SKIPPED)
    return {
        customer: tokens.fields(survey, asked, tokens.invitation(number), languages[customer])
        for number, customer in found.values_list("pk", "customer_id")
    }


def sent(unit: SendUnit, customer_ids: Collection[int], now: datetime) -> None:
    """Note that a server took the invitations of these people, and put it on their timelines."""
    survey = _carried(unit)
    if survey is None:
        return
    waiting = Invitation.objects.filter(unit=unit, customer_id__in=customer_ids, state=State.WAITING)
    found = list(waiting.select_for_update(of=("self",)).order_by("pk"))
    for invitation in found:
        invitation.state, invitation.sent_at = State.SENT, now
        invitation.expires_at = now + timedelta(days=survey.answer_days)
    Invitation.objects.bulk_update(found, ["state", "sent_at", "expires_at"], batch_size=1000)
    events.record(
        [
            events.Happening(
                customer_id=invitation.customer_id,
                name=SENT,
                occurred_at=now,
                properties={"survey": survey.name, "slug": survey.slug, "kind": survey.kind,
                            "invitation": invitation.pk},
                channel="email",
                source="feedback",
                message_id=f"survey-sent:{invitation.pk}",
            )
            for invitation in found
        ]
    )  # fmt: skip


def tidy(*, now: datetime) -> int:
    """Leave out invitations whose message the gate or a server refused; returns how many. In a tenant's scope.

    They count as asked no longer, and say the same reason as the message.
    """
    mine = Message.objects.filter(tenant=OuterRef("tenant"), unit=OuterRef("unit"), customer=OuterRef("customer"))
    over = mine.filter(state__in=(Message.State.SKIPPED, Message.State.FAILED))
    waiting = Invitation.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        Exists(over), state=State.WAITING, unit__isnull=False, created_at__lt=now - timedelta(minutes=1)
    )
    gone = list(waiting.annotate(why=Subquery(over.values("reason")[:1])).order_by("pk")[:1000])
    for each in gone:
        each.state, each.reason = State.SKIPPED, each.why or "failed"
    Invitation.objects.bulk_update(gone, ["state", "reason"], batch_size=1000)
    return len(gone)


def tenants_with_waiting(*, now: datetime) -> list[int]:
    """Return the ids of tenants with invitations that wait for their message's fate. Runs as the owner."""
    waiting = Invitation.objects.filter(state=State.WAITING, created_at__lt=now - timedelta(minutes=1))
    return list(waiting.order_by("tenant_id").values_list("tenant_id", flat=True).distinct())


def listed(*, survey: Survey, state: str = "") -> QuerySet[Invitation]:
    """Return who was asked and who was left alone, newest first."""
    found = Invitation.objects.filter(survey=survey).select_related("customer").order_by("-pk")
    return found.filter(state=state) if state in State.values else found


def template_of(*, survey: Survey) -> Template:
    """Return the template an invitation is sent with: the survey's, else the newest feedback request that names it."""
    if survey.template is not None and survey.template.archived_at is None:
        return survey.template
    found = Template.objects.filter(kind=Kind.FEEDBACK, archived_at=None).order_by("-updated_at", "-pk")
    named = next((each for each in found[:20] if KIND in rendering.asks(template=each)), None)
    return named or starters.start(kind=Kind.FEEDBACK, by=SYSTEM)


def _made(
    survey: Survey, customer: int, key: str, held: etiquette.Held | None, *, by: Actor, now: datetime, **more: Any
) -> Invitation:
    return Invitation(
        survey=survey,
        customer_id=customer,
        key=key,
        state=State.SKIPPED if held else State.WAITING,
        reason=held.reason if held else "",
        until=held.until if held else None,
        created_by=by.label[:254],
        created_at=now,
        expires_at=now + timedelta(days=survey.answer_days),
        **more,
    )


def _unit(survey: Survey, key: str, mark: str) -> SendUnit:
    """Return the unit of a round of invitations, made when it is asked for first."""
    ref = f"{mark}{survey.pk}:{hashlib.blake2b(key.encode(), digest_size=16).hexdigest()}"
    found = SendUnit.objects.filter(kind=KIND, ref=ref).first()
    if found is not None:
        return found
    template = template_of(survey=survey)
    rendering.check(template=template, marketing=template.kind not in TRANSACTIONAL)
    unit, made = SendUnit.objects.get_or_create(
        kind=KIND,
        ref=ref,
        defaults={
            "template": template,
            "versions": rendering.freeze(template=template),
            "sender": senders.default(),
            "data": {KIND: survey.slug},
            "message_class": SendUnit.Class.TRANSACTIONAL
            if template.kind in TRANSACTIONAL
            else SendUnit.Class.MARKETING,
        },
    )
    if made:
        rendering.register_links(unit=unit)
    return unit


def _carried(unit: SendUnit) -> Survey | None:
    return Survey.objects.filter(slug=unit.data.get(KIND, "")).first()


def _check_live(survey: Survey) -> None:
    if survey.state != Survey.State.LIVE:
        raise surveys.NotLive
