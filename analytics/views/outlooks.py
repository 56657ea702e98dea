"""Pages of value and risk: who may be leaving, the grid of recency and frequency, and the card of the model."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __
from django.views.decorators.http import require_GET, require_POST

from analytics.domain import assumptions, charts, forecasts, outlooks, rfm
from analytics.domain.outlooks import BANDS, Chosen
from analytics.forms.assumptions import AssumptionForm
from cxm.accounts.permissions import needs
from cxm.lib import pagination
from cxm.tenancy import links

ROWS = 25


@require_GET
@needs("analytics.view")
def index(request: HttpRequest) -> HttpResponse:
    """Who may be leaving, most at stake first."""
    chosen, now = _chosen(request), timezone.now()
    page = pagination.page(outlooks.at_risk(chosen), order="-stake", cursor=request.GET.get("cursor"), limit=ROWS)
    rows = [(found, outlooks.reasons(found.customer, now=now)) for found in page.items]
    context = {"rows": rows, "cursor": page.next_cursor, "chosen": chosen, "query": _query(chosen)}
    if request.htmx and "cursor" in request.GET:
        return render(request, "analytics/outlook_rows.html", context)
    context |= {"card": forecasts.latest(), "figures": outlooks.figures(chosen), "bands": list(BANDS.items()),
                "currency": request.tenant.currency}  # fmt: skip
    return render(request, "analytics/outlook.html", context)


@require_GET
@needs("analytics.export")
@needs("customers.export")
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The list as CSV, with names and addresses: for those who may take figures and people out."""
    blocks = outlooks.export_csv(chosen=_chosen(request), tenant=request.tenant, by=request.actor, now=timezone.now())
    response = StreamingHttpResponse(blocks, content_type="text/csv; charset=utf-8")
    name = f"at-risk-{request.tenant.slug}-{timezone.localdate():%Y-%m-%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_POST
@needs("segments.change")
def win_back(request: HttpRequest) -> HttpResponse:
    """Begin a campaign to exactly those on the list."""
    segment = outlooks.win_back(chosen=_chosen(request), tenant=request.tenant, by=request.actor)
    return redirect(f"{links.page('campaigns:new')}?segment={segment.pk}")


@require_GET
@needs("analytics.view")
def grid(request: HttpRequest) -> HttpResponse:
    """Recency × frequency."""
    card = forecasts.latest()
    rows = rfm.grid(card) if card else []
    return render(request, "analytics/rfm.html", {"card": card, "rows": rows})


@require_POST
@needs("segments.change")
def cell(request: HttpRequest, recency: int, frequency: int) -> HttpResponse:
    """Make a segment of a cell and show it."""
    segment = rfm.segment(recency=recency, frequency=frequency, tenant=request.tenant, by=request.actor)
    return redirect(links.page("customers:segment", segment.pk))


@require_GET
@needs("analytics.view")
def model(request: HttpRequest) -> HttpResponse:
    """The card of the newest fit: what it was made of, what was found, what to doubt."""
    return _model(request, AssumptionForm(instance=assumptions.current()), status=200)


@require_POST
@needs("settings.manage")
def assume(request: HttpRequest) -> HttpResponse:
    """Say what no figure can tell."""
    form = AssumptionForm(request.POST)
    if not form.is_valid():
        return _model(request, form, status=422)
    assumptions.change(by=request.actor, **form.cleaned_data)
    messages.success(request, __("Saved. The next computation goes by it."))
    return redirect(links.page("analytics:model"))


@require_POST
@needs("analytics.view")
def compute(request: HttpRequest) -> HttpResponse:
    """Have it computed now rather than at night."""
    forecasts.request(by=request.actor)
    messages.success(request, __("It is being computed. You may leave this page."))
    return redirect(links.page("analytics:outlook"))


def _model(request: HttpRequest, form: AssumptionForm, *, status: int) -> HttpResponse:
    card = forecasts.latest()
    chart = charts.fit(card, tenant=request.tenant) if card and card.check_table else None
    fits = forecasts.told(card) if card else []
    context = {"card": card, "chart": chart, "fits": fits, "form": form}
    return render(request, "analytics/model.html", context, status=status)


def _chosen(request: HttpRequest) -> Chosen:
    asked = request.GET if request.method == "GET" else request.POST
    band = asked.get("band", "risk")
    return Chosen(band if band in BANDS else "risk", asked.get("best") == "1")


def _query(chosen: Chosen) -> str:
    return f"band={chosen.band}&best={int(chosen.best)}"
