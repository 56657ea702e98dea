"""Campaigns: drafted, launched, paused, resumed, cancelled, done."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from campaigns.domain import audience, extras, issues, leases, rendering, senders, waking
from campaigns.models import Campaign, Lease, Message, Offer, Sender, SendUnit, Template
from campaigns.models.template import TRANSACTIONAL, Kind
from customers.domain import segments
from customers.models import Segment, Topic
from cxm import tenancy
from cxm.audit import domain as audit
from cxm.audit.actors import SYSTEM, Actor
from cxm.jobs import domain as job_rows
from cxm.jobs.models import Job
from cxm.lib import text
from cxm.lib.errors import Conflict, NotFound, Refusal
from cxm.tenancy.models import Tenant

State = Campaign.State
MAX_NAME = 120


class NotReady(Refusal):
    """Something that a launch needs is missing."""

    code = "not_ready"
    message = _("The campaign is not ready to be sent.")


class BadCampaign(Refusal):
    """A field of a campaign that cannot be kept."""

    code = "campaign_invalid"
    message = _("The campaign cannot be saved like this.")


class WrongState(Conflict):
    """The campaign is past the point where this could be done."""

    code = "wrong_state"


class UnknownCampaign(NotFound):
    message = _("There is no such campaign.")


def get(*, campaign_id: int) -> Campaign:
    """Return a campaign of the tenant in scope.

    Raises:
        UnknownCampaign: there is none, or it is somebody else's.
    """
    found = Campaign.objects.select_related("template", "segment", "sender", "unit", "offer").filter(pk=campaign_id)
    found = found.first()
    if found is None:
        raise UnknownCampaign
    return found


def listed(*, state: str = "", search: str = "") -> QuerySet[Campaign]:
    """Return campaigns, newest first.

    Args:
        state: in this state only.
        search: part of a name.
    """
    found = Campaign.objects.select_related("template", "segment").order_by("-created_at", "-pk")
    if state in State.values:
        found = found.filter(state=state)
    return found.filter(name__icontains=search[:MAX_NAME]) if search else found


def create(
    *,
    name: str,
    by: Actor,
    kind: str = Kind.NEWSLETTER,
    template: Template | None = None,
    segment: Segment | None = None,
    sender: Sender | None = None,
    topic: str = "",
    send_at: datetime | None = None,
    carries: dict[str, str] | None = None,
    offer: Offer | None = None,
) -> Campaign:
    """Draft a campaign. What is missing can be chosen later; a launch asks for it.

    Raises:
        BadCampaign: name, kind or topic.
    """
    fields = _clean(name=name, kind=kind, topic=topic, carries=carries or {})
    campaign = Campaign.objects.create(
        **fields, template=template, segment=segment, sender=sender, offer=offer, send_at=send_at,
        created_by=by.label,
    )  # fmt: skip
    audit.record(by=by, action="campaign.created", on=campaign)
    return campaign


@transaction.atomic
def change(*, campaign: Campaign, by: Actor, **fields: object) -> Campaign:
    """Change a draft.

    Args:
        fields: any of name, kind, template, segment, sender, topic, offer, send_at, carries.

    Raises:
        WrongState: it is no draft any more.
        BadCampaign: name, kind or topic.
    """
    campaign = _locked(campaign, State.DRAFT)
    fields = _clean(**fields)
    before = {name: str(getattr(campaign, name)) for name in fields}
    for name, value in fields.items():
        setattr(campaign, name, value)
    campaign.save()
    audit.record(by=by, action="campaign.changed", on=campaign, before=before)
    return campaign


@transaction.atomic
def duplicate(*, campaign: Campaign, by: Actor) -> Campaign:
    """Draft the same campaign again: template, segment, sender, topic and offer; not its hour, nor its results."""
    copy = Campaign.objects.create(
        name=(__("%(name)s (copy)") % {"name": campaign.name})[:MAX_NAME],
        created_by=by.label,
        **{
            part: getattr(campaign, part)
            for part in ("kind", "template", "segment", "sender", "topic", "offer", "carries")
        },
    )
    audit.record(by=by, action="campaign.duplicated", on=copy, copy_of=campaign.pk)
    return copy


@transaction.atomic
def delete(*, campaign: Campaign, by: Actor) -> None:
    """Throw a draft away.

    Raises:
        WrongState: it is no draft any more; what was sent stays.
    """
    campaign = _locked(campaign, State.DRAFT)
    audit.record(by=by, action="campaign.deleted", on=campaign)
    campaign.delete()


@transaction.atomic
def launch(*, campaign: Campaign, by: Actor, now: datetime) -> Campaign:
    """Send a draft: at once, or at its ``send_at`` when that lies ahead.

    The words are frozen here: later edits of the template change nothing that was launched. The audience is
    written by a job; who may get the message is asked when it is claimed.

    Raises:
        NotReady: template, segment or sender is missing, or a version does not compile.
        WrongState: it was launched already.
    """
    campaign = _locked(campaign, State.DRAFT)
    _check_ready(campaign, at=now)
    if campaign.send_at and campaign.send_at > now:
        campaign.state = State.SCHEDULED
        campaign.save(update_fields=["state"])
        audit.record(by=by, action="campaign.scheduled", on=campaign, send_at=campaign.send_at)
        return campaign
    return _start(campaign, by=by, now=now)


@transaction.atomic
def launch_due(*, campaign_id: int, now: datetime) -> None:
    """Start a scheduled campaign whose hour has come; a second call finds it running and does nothing."""
    campaign = Campaign.objects.select_for_update(of=("self",)).filter(
        pk=campaign_id, state=State.SCHEDULED, send_at__lte=now
    )
    for found in campaign:
        _start(found, by=SYSTEM, now=now)


def due(*, now: datetime) -> list[tuple[int, int]]:
    """Return (tenant id, campaign id) of every scheduled campaign whose hour has come. Runs as the owner."""
    return list(
        Campaign.objects.filter(state=State.SCHEDULED, send_at__lte=now).values_list("tenant_id", "pk").order_by("pk")
    )


@transaction.atomic
def pause(*, campaign: Campaign, by: Actor) -> Campaign:
    """Hold a running campaign; its workers stop within one window of the pipeline."""
    campaign = _locked(campaign, State.RUNNING)
    SendUnit.objects.filter(pk=campaign.unit_id).update(paused=True)
    return _moved(campaign, State.PAUSED, by=by, action="campaign.paused")


@transaction.atomic
def resume(*, campaign: Campaign, by: Actor) -> Campaign:
    """Go on with a paused campaign exactly where it stopped."""
    campaign = _locked(campaign, State.PAUSED)
    SendUnit.objects.filter(pk=campaign.unit_id).update(paused=False)
    return _moved(campaign, State.RUNNING, by=by, action="campaign.resumed")


@transaction.atomic
def cancel(*, campaign: Campaign, by: Actor, now: datetime) -> Campaign:
    """Stop for good: whoever was not reached is left out with that reason."""
    campaign = _locked(campaign, State.SCHEDULED, State.RUNNING, State.PAUSED)
    if campaign.unit_id:
        SendUnit.objects.filter(pk=campaign.unit_id).update(paused=True)
        leases.cancel(unit=campaign.unit)
    campaign.finished_at = now
    campaign.save(update_fields=["finished_at"])
    return _moved(campaign, State.CANCELLED, by=by, action="campaign.cancelled")


def lacking(*, campaign: Campaign, at: datetime) -> dict[str, str]:
    """Return what the template of a campaign asks for and the campaign does not carry, or cannot carry then."""
    over = campaign.offer is not None and not issues.is_on(campaign.offer, now=max(campaign.send_at or at, at))
    found = {"offer": __("The offer is not active. Activate it, or choose another.")} if over else {}
    if campaign.template is None:
        return found
    missing = extras.lacking(rendering.asks(template=campaign.template), campaign.carries)
    return found | missing | extras.check(campaign.carries)


def prepare(job: Job) -> None:
    """Write the audience of a launched campaign to the ledger: the job that a launch queues."""
    with tenancy.scope(job.tenant_id):
        campaign = get(campaign_id=job.payload["campaign"])
        tenant = Tenant.objects.get(pk=job.tenant_id)
    segments.refresh(segment_id=campaign.segment_id, tenant=tenant, now=timezone.now())
    with tenancy.scope(job.tenant_id):
        campaign = Campaign.objects.select_for_update(of=("self",)).select_related("unit").get(pk=campaign.pk)
        if campaign.state not in {State.RUNNING, State.PAUSED} or campaign.audience_ready_at:
            return
        audience.queue_segment(unit=campaign.unit, segment_id=campaign.segment_id)
        campaign.audience = Message.objects.filter(unit=campaign.unit).count()
        campaign.audience_ready_at = campaign.launched_at
        campaign.save(update_fields=["audience", "audience_ready_at"])
        leases_made = Lease.objects.filter(unit=campaign.unit).count()
    waking.wake(tenant_id=job.tenant_id, waiting=leases_made)
    job.result = {"audience": campaign.audience}


def close_finished(*, now: datetime) -> int:
    """End the campaigns whose every message has its state; returns how many. Runs as the owner.

    Also leaves out what a worker gave back after its campaign, or the step of an automation, was cancelled.
    """
    closed = 0
    running = Campaign.objects.filter(state=State.RUNNING, audience_ready_at__isnull=False).select_related("tenant")
    for campaign in running:
        with tenancy.scope(campaign.tenant):
            if _has_work(campaign):
                continue
            closed += Campaign.objects.filter(pk=campaign.pk, state=State.RUNNING).update(
                state=State.DONE, finished_at=now
            )
    cancelled = Q(unit__campaign__state=State.CANCELLED) | Q(unit__cancelled_at__isnull=False)
    stray = Lease.objects.filter(cancelled, state=Lease.State.QUEUED)
    for unit in SendUnit.objects.filter(pk__in=stray.values("unit_id")):
        with tenancy.scope(unit.tenant_id):
            leases.cancel(unit=unit)
    return closed


def _start(campaign: Campaign, *, by: Actor, now: datetime) -> Campaign:
    campaign.unit = SendUnit.objects.create(
        kind="campaign",
        ref=str(campaign.pk),
        message_class=SendUnit.Class.TRANSACTIONAL if campaign.kind in TRANSACTIONAL else SendUnit.Class.MARKETING,
        template=campaign.template,
        versions=rendering.freeze(template=campaign.template),
        sender=campaign.sender or senders.default(),
        offer=campaign.offer,
        topic=campaign.topic,
        data={"campaign": {"name": campaign.name}} | campaign.carries,
    )
    rendering.register_links(unit=campaign.unit)
    campaign.state, campaign.launched_at = State.RUNNING, now
    campaign.save()
    job_rows.enqueue(
        kind="campaigns.prepare",
        title=campaign.name,
        by=by,
        payload={"campaign": campaign.pk},
        link=f"/app/{tenancy.current().slug}/campaigns/{campaign.pk}/",
    )
    audit.record(by=by, action="campaign.launched", on=campaign)
    return campaign


def _check_ready(campaign: Campaign, *, at: datetime) -> None:
    missing = {}
    if campaign.template_id is None:
        missing["template"] = _("Choose what to send.")
    if campaign.segment_id is None:
        missing["segment"] = _("Choose whom to send it to.")
    elif campaign.segment.problem or campaign.segment.archived_at:
        missing["segment"] = _("This segment cannot be used any more: mend its rule, or choose another.")
    missing |= lacking(campaign=campaign, at=at)
    if missing:
        raise NotReady(fields=missing)
    marketing = campaign.kind not in TRANSACTIONAL
    rendering.check(template=campaign.template, marketing=marketing)


def _clean(**fields: object) -> dict[str, object]:
    wrong: dict[str, str] = {}
    if "name" in fields:
        name = str(fields["name"])
        fields["name"] = text.clean_line(name)
        if text.has_header_break(name):
            wrong["name"] = __("This must be one line.")
        elif not fields["name"]:
            wrong["name"] = __("Give it a name.")
        elif len(fields["name"]) > MAX_NAME:
            wrong["name"] = __("At most 120 characters.")
    if "kind" in fields and fields["kind"] not in Kind.values:
        wrong["kind"] = __("Choose one of: %(choices)s.") % {"choices": ", ".join(Kind.values)}
    if "carries" in fields:
        fields["carries"] = {key: value for key, value in fields["carries"].items() if value}
        wrong |= extras.check(fields["carries"])
    if fields.get("topic") and not Topic.objects.filter(slug=fields["topic"]).exists():
        wrong["topic"] = __("There is no such topic.")
    if wrong:
        raise BadCampaign(fields=wrong)
    return fields


def _has_work(campaign: Campaign) -> bool:
    return (
        Lease.objects.filter(unit_id=campaign.unit_id).exclude(state=Lease.State.DONE).exists()
        or Message.objects.filter(unit_id=campaign.unit_id, state=Message.State.DEFERRED).exists()
    )


def _locked(campaign: Campaign, *allowed: str) -> Campaign:
    found = (
        Campaign.objects.select_for_update(of=("self",))
        .select_related("template", "segment", "sender", "unit", "offer")
        .get(pk=campaign.pk)
    )
    if found.state not in allowed:
        raise WrongState(_("This cannot be done: the campaign is “%(state)s”.") % {"state": found.get_state_display()})
    return found


def _moved(campaign: Campaign, state: str, *, by: Actor, action: str) -> Campaign:
    campaign.state = state
    campaign.save(update_fields=["state", "updated_at"])
    audit.record(by=by, action=action, on=campaign)
    return campaign
