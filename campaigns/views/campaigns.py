"""Campaigns: the list, the draft, the launch, the report."""

from django.conf import settings
from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as __
from django.views.decorators.http import require_GET, require_POST

from campaigns.domain import audience, campaigns, codes, extras, gate, preferences, rendering, report, senders
from campaigns.domain import preflight as flight
from campaigns.forms.campaigns import CampaignForm
from campaigns.lists import CAMPAIGNS
from campaigns.models import Campaign, Offer, TemplateVersion
from campaigns.models.template import TRANSACTIONAL, Kind
from campaigns.views import previews
from cxm.accounts import edges, permissions
from cxm.accounts.domain import drafts, lists
from cxm.accounts.models import Draft
from cxm.lib import formats, pagination
from cxm.lib.errors import Refusal
from cxm.tenancy import links

State = Campaign.State
DRAFTS, NEW = "campaign", "new"
MOVING = {State.RUNNING, State.PAUSED}


@require_GET
@permissions.needs("campaigns.view")
def index(request: HttpRequest) -> HttpResponse:
    """The list: by state, by part of a name."""
    state, search = request.GET.get("state", ""), request.GET.get("q", "").replace("\0", "")
    found = campaigns.listed(state=state, search=search)
    page = pagination.page(found, order="-created_at", cursor=request.GET.get("cursor"), limit=25)
    figures = report.brief(campaigns=page.items)
    rows = []
    for campaign in page.items:
        numbers = figures.get(campaign.pk)
        delivered = numbers["delivered"] if numbers else 0
        rows.append(
            {
                "campaign": campaign,
                "figures": numbers,
                "opens": numbers["opened"] / delivered if delivered else None,
                "clicks": numbers["clicked"] / delivered if delivered else None,
            }
        )
    shelf = lists.shelf(key=CAMPAIGNS.key, membership=request.membership, query=request.META["QUERY_STRING"])
    context = {"rows": rows, "cursor": page.next_cursor, "states": State.choices, "state": state, "q": search,
               "shelf": shelf, "shown": shelf.columns, "narrowed": bool(state or search)}  # fmt: skip
    part = "campaigns/list_rows.html" if "cursor" in request.GET else "campaigns/list.html#found"
    return render(request, part if request.htmx else "campaigns/list.html", context)


@permissions.needs("campaigns.change")
def new(request: HttpRequest) -> HttpResponse:
    """Draft a campaign."""
    names = ("segment", "template", "offer", *(each.key for each in extras.every()))
    asked = {name: request.GET[name] for name in names if name in request.GET}
    kept = None if asked or request.method == "POST" else _kept(request, NEW)
    form = CampaignForm(request.POST or None, initial=asked | (kept.content if kept else {}))
    if request.method == "POST" and form.is_valid():
        try:
            made = campaigns.create(by=request.actor, **form.values())
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            _over(request, NEW)
            return redirect(links.page("campaigns:detail", made.pk))
    context = {"form": form, "draft": kept, "draft_ref": NEW, "sitting": drafts.sitting()}
    return render(request, "campaigns/edit.html", context, status=422 if form.errors else 200)


@permissions.needs("campaigns.change")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a draft."""
    campaign = campaigns.get(campaign_id=pk)
    if campaign.state != State.DRAFT and request.method != "POST":
        return redirect(links.page("campaigns:detail", pk))
    kept = None if request.method == "POST" else _kept(request, pk)
    form = CampaignForm(request.POST or None, campaign=campaign, initial=kept.content if kept else {})
    if request.method == "POST" and form.is_valid():
        try:
            campaigns.change(campaign=campaign, by=request.actor, **form.values())
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            _over(request, pk)
            return redirect(links.page("campaigns:detail", pk))
    context = {"form": form, "campaign": campaign, "draft": kept, "draft_ref": pk, "sitting": drafts.sitting()}
    return render(request, "campaigns/edit.html", context, status=422 if form.errors else 200)


@require_GET
@permissions.needs("campaigns.view")
def preflight(request: HttpRequest) -> HttpResponse:
    """How many of a segment would get it, and who would be left out, and why."""
    asked = request.GET.get("segment", "")
    if not asked:
        return render(request, "campaigns/preflight.html", {})
    segment = audience.segment(ref=asked)
    kind, offer = request.GET.get("kind", ""), previews.offer(request.GET)
    found = flight.look(segment=segment, kind=kind, topic=request.GET.get("topic", "")[:50], offer=offer)
    context = {"segment": segment, "found": found, "left_out": _reasons(found.left_out),
               "transactional": kind in TRANSACTIONAL, "before": request.GET.get("before", "")}  # fmt: skip
    return render(request, "campaigns/preflight.html", context)


@require_GET
@permissions.needs("campaigns.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft before its launch; the report after it."""
    campaign = campaigns.get(campaign_id=pk)
    if campaign.unit_id is None:
        return render(request, "campaigns/launch.html", _before(request, campaign))
    opened = report.hours(campaign=campaign)
    context = (
        _live(campaign)
        | _facts(request, campaign, rendering.versions_of(campaign.unit))
        | {
            "links": report.links(campaign=campaign),
            "hours": opened,
            "chart": _chart(opened, digits=request.tenant.digits),
        }
    )
    return render(request, "campaigns/report.html", context)


@require_GET
@permissions.needs("campaigns.view")
def live(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the report that moves; it asks for itself again while the campaign runs."""
    campaign = campaigns.get(campaign_id=pk)
    response = render(request, "campaigns/live.html", _live(campaign))
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
@permissions.needs("campaigns.send")
def launch(request: HttpRequest, pk: int) -> HttpResponse:
    """Send it, or put it down for its hour."""
    campaign = campaigns.get(campaign_id=pk)
    try:
        started = campaigns.launch(campaign=campaign, by=request.actor, now=timezone.now())
    except Refusal as refusal:
        notices.error(request, " ".join([str(refusal.message), *map(str, refusal.fields.values())]))
        return redirect(links.page("campaigns:detail", pk))
    if started.state == State.SCHEDULED:
        ways = {"language": request.LANGUAGE_CODE, "system": request.tenant.digits}
        at = formats.moment(timezone.localtime(started.send_at), **ways)
        notices.success(request, __("It will be sent at %(at)s.") % {"at": at})
    else:
        notices.success(request, __("It is on its way."))
    return redirect(links.page("campaigns:detail", pk))


@require_POST
@permissions.needs("campaigns.send")
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Hold it."""
    campaigns.pause(campaign=campaigns.get(campaign_id=pk), by=request.actor)
    return redirect(links.page("campaigns:detail", pk))


@require_POST
@permissions.needs("campaigns.send")
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on."""
    campaigns.resume(campaign=campaigns.get(campaign_id=pk), by=request.actor)
    return redirect(links.page("campaigns:detail", pk))


@require_POST
@permissions.needs("campaigns.send")
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop it for good."""
    campaigns.cancel(campaign=campaigns.get(campaign_id=pk), by=request.actor, now=timezone.now())
    notices.success(request, __("The campaign was cancelled. Whoever was not reached yet is left out."))
    return redirect(links.page("campaigns:detail", pk))


@require_POST
@permissions.needs("campaigns.change")
def duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    """Draft it again."""
    copy = campaigns.duplicate(campaign=campaigns.get(campaign_id=pk), by=request.actor)
    return redirect(links.page("campaigns:edit", copy.pk))


@require_POST
@permissions.needs("campaigns.change")
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw a draft away."""
    campaigns.delete(campaign=campaigns.get(campaign_id=pk), by=request.actor)
    notices.success(request, __("The draft is gone."))
    return redirect(links.page("campaigns:list"))


def _before(request: HttpRequest, campaign: Campaign) -> dict:
    now = timezone.now()
    versions = rendering.latest(template=campaign.template) if campaign.template else {}
    missing = []
    if campaign.template is None:
        missing.append(__("Choose what to send."))
    elif not versions:
        missing.append(str(rendering.EmptyTemplate.message))
    missing += campaigns.lacking(campaign=campaign, at=now).values()
    if campaign.segment is None:
        missing.append(__("Choose whom to send it to."))
    elif campaign.segment.problem or campaign.segment.archived_at:
        missing.append(__("This segment cannot be used any more: mend its rule, or choose another."))
    wanted = (request.GET.get("language"), request.tenant.language, *sorted(versions))
    return _facts(request, campaign, versions) | {
        "missing": missing,
        "look": next((code for code in wanted if code in versions), ""),
        "pool": codes.pool(offer=campaign.offer) if _pooled(campaign) else None,
        "later": bool(campaign.send_at and campaign.send_at > now),
        "missed": bool(campaign.send_at and campaign.send_at <= now),
    }


def _facts(request: HttpRequest, campaign: Campaign, versions: dict[str, TemplateVersion]) -> dict:
    """What is said, in which versions, to whom, from whom."""
    names = dict(settings.LANGUAGES)
    return {
        "campaign": campaign,
        "versions": [(code, names.get(code, code), versions[code]) for code in sorted(versions)],
        "carried": extras.in_words(campaign.carries),
        "sender": (campaign.unit and campaign.unit.sender) or campaign.sender or senders.default(),
        "kind_label": Kind(campaign.kind).label,
        "topic": preferences.topic_name(slug=campaign.topic, language=request.LANGUAGE_CODE),
    }


def _pooled(campaign: Campaign) -> bool:
    return campaign.offer is not None and campaign.offer.codes == Offer.Codes.UNIQUE


def _live(campaign: Campaign) -> dict:
    figures = report.shown(campaign=campaign)
    skipped = sum(figures["skipped"].values())
    settled = figures["sent"] + figures["failed"] + figures["unknown"] + skipped
    return {
        "campaign": campaign,
        "figures": figures,
        "rates": report.rates(figures=figures),
        "skipped": _reasons(figures["skipped"]),
        "left_out": skipped,
        "settled": settled,
        "moving": campaign.state in MOVING,
        "preparing": campaign.state in MOVING and campaign.audience_ready_at is None,
    }


def _reasons(counts: dict[str, int]) -> list[dict]:
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return [{"code": code, "label": gate.REASONS.get(code, code), "count": count} for code, count in ordered]


def _chart(opened: list, *, digits: str) -> dict:
    return {
        "kind": "bar",
        "labels": [date_format(timezone.localtime(hour), "j M H:i") for hour, _opens, _clicks in opened],
        "series": [
            {"name": __("Opened"), "values": [opens for _hour, opens, _clicks in opened]},
            {"name": __("Clicked"), "values": [clicks for _hour, _opens, clicks in opened]},
        ],
        "whole": True,
        "digits": digits,
    }


def _kept(request: HttpRequest, ref: object) -> Draft | None:
    return drafts.find(kind=DRAFTS, ref=ref, membership=request.membership)


def _over(request: HttpRequest, ref: object) -> None:
    opened = {"membership": request.membership, "sitting": request.POST.get("sitting", "")}
    drafts.discard(kind=DRAFTS, ref=ref, **opened, now=timezone.now())
