"""Who got it, who did not, and why."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from campaigns.domain import campaigns, gate, recipients, report
from campaigns.models import Message
from customers.domain import customers
from cxm.accounts import permissions
from cxm.lib import pagination

FILTERS = ("state", "reason", "search")


@require_GET
@permissions.needs("campaigns.view")
def index(request: HttpRequest, pk: int) -> HttpResponse:
    """The people of a campaign: by state, by reason, by name or address."""
    campaign = campaigns.get(campaign_id=pk)
    asked = _asked(request)
    page = pagination.page(
        recipients.listed(campaign=campaign, **asked), order=recipients.ORDER, cursor=request.GET.get("cursor")
    )
    rows = [{"message": found, "why": gate.REASONS.get(found.reason, found.reason)} for found in page.items]
    context = {"campaign": campaign, "rows": rows, "cursor": page.next_cursor, "asked": asked}
    if request.htmx and "cursor" in request.GET:
        return render(request, "campaigns/people_rows.html", context)
    if not request.htmx:
        figures = report.of_campaign(campaign=campaign)
        context |= {
            "states": Message.State.choices,
            "reasons": [(code, gate.REASONS.get(code, code)) for code in figures["skipped"]],
        }
        return render(request, "campaigns/people.html", context)
    return render(request, "campaigns/people.html#found", context)


@require_GET
@permissions.needs("customers.export")
def export(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The same people as CSV."""
    campaign = campaigns.get(campaign_id=pk)
    blocks = recipients.stream(tenant=request.tenant, campaign=campaign, by=request.actor, **_asked(request))
    response = StreamingHttpResponse(blocks, content_type="text/csv; charset=utf-8")
    name = f"campaign-{campaign.pk}-{timezone.localdate():%Y-%m-%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_GET
@permissions.needs("campaigns.view")
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The newest messages to a customer, for the side of their page."""
    customer = customers.get(pk)
    rows = [
        {"message": found, "why": gate.REASONS.get(found.reason, "")}
        for found in recipients.of_customer(customer=customer)
    ]
    return render(request, "campaigns/panel_messages.html", {"rows": rows})


def _asked(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET.get({"search": "q"}.get(name, name), "").replace("\0", "")[:200] for name in FILTERS}
