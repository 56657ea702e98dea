"""Pages of figures: the dashboard, the few on Home, the catalogue and one figure."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from analytics.domain import charts, kpis, standings
from cxm.accounts.permissions import needs
from cxm.lib import time

DEFAULT = "last_30_days"
ON_HOME = ("new_customers", "orders", "revenue", "sent", "click_rate", "conversion_rate")


@needs("analytics.view")
def dashboard(request: HttpRequest) -> HttpResponse:
    """Everything at a glance, for a period and beside the period before."""
    report = _report(request)
    standing = standings.current(tenant=request.tenant)
    context = _context(request, report) | {
        "standing": standing,
        "figures": list(report.figures.values()),
        "money": charts.money(report, tenant=request.tenant),
        "mail": charts.mail(report, tenant=request.tenant),
        "funnel": charts.funnel(report, tenant=request.tenant),
        "classes": charts.classes(standing, tenant=request.tenant),
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
    """Every figure with its definition."""
    report = _report(request)
    return render(request, "analytics/kpis.html", _context(request, report) | {"figures": report.figures.values()})


@needs("analytics.view")
def kpi(request: HttpRequest, key: str) -> HttpResponse:
    """One figure, day by day, beside the period before."""
    declared = kpis.get(key=key)
    report = _report(request)
    context = _context(request, report) | {
        "figure": report.figures[key],
        "chart": charts.one(declared, report, tenant=request.tenant),
        "rows": [(day, value) for day, value in reversed(kpis.series(kpi=declared, days=report.days)) if value.n],
    }
    return render(request, "analytics/kpi.html", context)


def _report(request: HttpRequest) -> kpis.Report:
    now, zone = timezone.now(), time.zone(request.tenant.timezone)
    name = request.GET.get("period", DEFAULT)
    period = time.period(name if name in time.PERIODS else DEFAULT, time.today(now, zone), zone)
    return kpis.report(tenant=request.tenant, period=period, now=now)


def _context(request: HttpRequest, report: kpis.Report) -> dict:
    chosen = request.GET.get("period", DEFAULT)
    return {
        "report": report,
        "periods": list(time.PERIODS.items()),
        "chosen": chosen if chosen in time.PERIODS else DEFAULT,
        "currency": request.tenant.currency,
        "compared": _("compared with %(first)s – %(last)s")
        % {"first": date_format(report.before.first, "j M Y"), "last": date_format(report.before.last, "j M Y")},
    }
