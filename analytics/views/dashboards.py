"""Pages of figures: the dashboard, the few on Home, the catalogue and one figure."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone

from analytics.domain import boards, charts, cohorts, figures_csv, kpis, league
from analytics.views import periods
from cxm.accounts.permissions import needs

ON_HOME = ("new_customers", "orders", "revenue", "sent", "click_rate", "conversion_rate")


@needs("analytics.view")
def dashboard(request: HttpRequest) -> HttpResponse:
    """Everything at a glance, for a period and beside the period before; by what somebody does."""
    board = boards.get(key=request.GET.get("board") or boards.usual(request.membership.role))
    report = _report(request)
    standing = boards.standing(board, tenant=request.tenant)
    context = _context(request, report) | {
        "board": board,
        "boards": boards.BOARDS.values(),
        "standing": standing,
        "figures": [report.figures[key] for key in board.figures],
        "pictures": boards.pictures(board, report, tenant=request.tenant),
        "classes": charts.classes(standing, tenant=request.tenant) if standing else None,
    }
    return render(request, "analytics/dashboard.html", context)


@needs("analytics.view")
def home(request: HttpRequest) -> HttpResponse:
    """The few figures that Home shows."""
    report = _report(request)
    context = _context(request, report) | {"figures": [report.figures[key] for key in ON_HOME]}
    return render(request, "analytics/home.html", context)


@needs("analytics.view")
def catalogue(request: HttpRequest) -> HttpResponse:
    """Every figure with its definition; those that take longer follow by themselves."""
    report = _report(request)
    context = _context(request, report) | {"figures": report.figures.values()}
    return render(request, "analytics/kpis.html", context)


@needs("analytics.view")
def asked(request: HttpRequest) -> HttpResponse:
    """The figures that count people over a period: rows of the catalogue, or tiles of the dashboard."""
    board = boards.BOARDS.get(request.GET.get("board", ""))
    wanted = [kpi for kpi in kpis.ASKED if board is None or kpi.key in board.asked]
    figures = kpis.asked(tenant=request.tenant, period=periods.of(request), now=timezone.now(), kpis=wanted).values()
    context = {"figures": figures, "chosen": periods.name(request)}
    part = "analytics/kpi_rows.html" if request.GET.get("as") == "rows" else "analytics/tiles.html"
    return render(request, part, context)


@needs("analytics.view")
def kpi(request: HttpRequest, key: str) -> HttpResponse:
    """One figure, day by day, beside the period before."""
    declared = kpis.get(key=key)
    report = _report(request)
    context = _context(request, report)
    if declared.ask:
        now = timezone.now()
        found = kpis.asked(tenant=request.tenant, period=report.period, now=now, kpis=[declared])
        return render(request, "analytics/kpi.html", context | {"figure": found[key]})
    rows = [(day, value) for day, value in reversed(kpis.series(kpi=declared, days=report.days)) if value.n]
    chart = charts.one(declared, report, tenant=request.tenant)
    return render(
        request, "analytics/kpi.html", context | {"figure": report.figures[key], "chart": chart, "rows": rows}
    )


@needs("analytics.export")
def export_kpi(request: HttpRequest, key: str) -> StreamingHttpResponse:
    """One figure day by day as CSV."""
    blocks = figures_csv.series(kpi=kpis.get(key=key), report=_report(request), by=request.actor)
    return _file(request, key, blocks)


@needs("analytics.export")
def export_kpis(request: HttpRequest) -> StreamingHttpResponse:
    """Every figure of a period as CSV."""
    figures = kpis.everything(tenant=request.tenant, period=periods.of(request), now=timezone.now())
    return _file(request, "kpis", figures_csv.catalogue(figures=figures, by=request.actor))


@needs("analytics.view")
def retention(request: HttpRequest) -> HttpResponse:
    """Cohorts by month of the first order; fetched after the page, as it reads every order."""
    if not request.htmx:
        return render(request, "analytics/cohorts.html", {})
    found = cohorts.grid(tenant=request.tenant, now=timezone.now())
    months = range(max((len(cohort.cells) for cohort in found), default=1) - 1)  # the last one is not over
    context = {"cohorts": found, "mean": cohorts.mean(found), "months": months}
    return render(request, "analytics/cohorts_grid.html", context)


@needs("analytics.export")
def export_cohorts(request: HttpRequest) -> StreamingHttpResponse:
    """Cohorts as CSV."""
    found = cohorts.grid(tenant=request.tenant, now=timezone.now())
    return _file(request, "cohorts", figures_csv.cohorts(found=found, by=request.actor))


@needs("analytics.view")
def segments(request: HttpRequest) -> HttpResponse:
    """Which segment pays; fetched after the page, as it adds up everybody."""
    if not request.htmx:
        return render(request, "analytics/league.html", {})
    return render(request, "analytics/league_rows.html", {"rows": league.table()})


def _file(request: HttpRequest, name: str, blocks: Iterator[bytes]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(blocks, content_type="text/csv; charset=utf-8")
    file = f"{name}-{request.tenant.slug}-{timezone.localdate():%Y-%m-%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return response


def _report(request: HttpRequest) -> kpis.Report:
    return kpis.report(tenant=request.tenant, period=periods.of(request), now=timezone.now())


def _context(request: HttpRequest, report: kpis.Report) -> dict:
    return {
        "report": report,
        "periods": periods.choices(request, report.period),
        "chosen": periods.name(request),
        "currency": request.tenant.currency,
    }
