"""Shared links to a dashboard, and what whoever opens one sees."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from analytics.domain import boards, kpis, shares
from analytics.models import Share
from cxm import tenancy
from cxm.accounts.permissions import needs
from cxm.lib import pagination, time
from cxm.tenancy import links
from cxm.tenancy.models import Tenant

ROWS = 50


@needs("analytics.view")
def index(request: HttpRequest) -> HttpResponse:
    """The links that are open, newest first."""
    found = shares.standing(now=timezone.now())
    page = pagination.page(found, order="-created_at", cursor=request.GET.get("cursor"), limit=ROWS)
    rows = [
        (share, _address(request, share), boards.BOARDS.get(share.board), time.PERIODS.get(share.period))
        for share in page.items
    ]
    context = {"rows": rows, "cursor": page.next_cursor}
    if request.htmx and "cursor" in request.GET:
        return render(request, "analytics/share_rows.html", context)
    context |= {"boards": boards.BOARDS.values(), "periods": time.PERIODS.items(),
                "lasting": shares.LASTING.items(), "usual": shares.USUAL}  # fmt: skip
    return render(request, "analytics/shares.html", context)


@require_POST
@needs("analytics.export")
def create(request: HttpRequest) -> HttpResponse:
    """Make a link."""
    said, days = request.POST, request.POST.get("days", str(shares.USUAL))
    shares.create(
        board=said.get("board", ""), period=said.get("period", ""), by=request.actor, now=timezone.now(),
        days=next((known for known in shares.LASTING if str(known) == days), -1),
    )  # fmt: skip
    return redirect(links.page("analytics:shares"))


@require_POST
@needs("analytics.export")
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a link back."""
    shares.revoke(share=shares.get(share_id=pk), by=request.actor, now=timezone.now())
    return redirect(links.page("analytics:shares"))


@never_cache
@require_safe
def public(request: HttpRequest, token: str) -> HttpResponse:
    """The dashboard of a link; nothing where it ended, was taken back or never was."""
    request.user = AnonymousUser()  # whoever may be signed in in this browser is, here, a reader and nothing else
    numbers = shares.tenant_of(token)
    tenant = Tenant.objects.filter(pk=numbers[0]).first() if numbers else None
    if tenant is None:
        return render(request, "public/unknown.html", status=404)
    with tenancy.scope(tenant):
        share = shares.standing(now=timezone.now()).filter(pk=numbers[1]).first()
        if share is None:
            return render(request, "public/unknown.html", status=404)
        with timezone.override(time.zone(tenant.timezone)), translation.override(_language(request, tenant)):
            return _board(request, share, tenant)


def _board(request: HttpRequest, share: Share, tenant: Tenant) -> HttpResponse:
    zone, now = time.zone(tenant.timezone), timezone.now()
    board = boards.get(key=share.board)
    period = time.period(share.period, time.today(now, zone), zone)
    report = kpis.report(tenant=tenant, period=period, now=now)
    asked = kpis.asked(tenant=tenant, period=period, now=now, kpis=[kpis.BY_KEY[key] for key in board.asked])
    context = {
        "tenant": tenant,
        "board": board,
        "report": report,
        "period": time.PERIODS[share.period],
        "figures": [*(report.figures[key] for key in board.figures), *asked.values()],
        "pictures": boards.pictures(board, report, tenant=tenant),
        "shared": True,
    }
    response = render(request, "analytics/shared.html", context)
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _language(request: HttpRequest, tenant: Tenant) -> str:
    """The reader's own where we speak it, else the one of the business."""
    return translation.get_language_from_request(request) or tenant.language


def _address(request: HttpRequest, share: Share) -> str:
    return request.build_absolute_uri(f"/d/{shares.token(share)}")
