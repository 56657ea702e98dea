"""KPIs in the API: the catalogue with its figures, and one figure day by day."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as __
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from analytics.domain import kpis
from analytics.domain.declarations import Figure, Number
from cxm.lib import time
from cxm.tenancy.models import Tenant

DAYS = 30


class PeriodSerializer(serializers.Serializer):
    """Which days: the last 30 to today when nothing is said."""

    to = serializers.DateField(required=False)
    by = serializers.ChoiceField(choices=["day"], required=False)

    def get_fields(self) -> dict:
        return {"from": serializers.DateField(required=False)} | super().get_fields()

    def validate(self, given: dict) -> dict:
        today = time.today(timezone.now(), time.zone(self.context["tenant"].timezone))
        last = given.get("to", today)
        if last.year not in kpis.YEARS:
            raise serializers.ValidationError({"to": __("Choose days of the years 1990 to 2200.")})
        first = given.get("from", last - timedelta(days=DAYS - 1))
        if not 0 <= (last - first).days < 800 or first.year not in kpis.YEARS:
            wrong = __("Choose a last day after the first, at most 800 days later.")
            raise serializers.ValidationError({"from": wrong})
        return {"first": first, "last": last, "by": given.get("by", "")}


class FigureSerializer(serializers.Serializer):
    """A figure of a period."""

    key = serializers.CharField()
    label = serializers.CharField()
    definition = serializers.CharField()
    unit = serializers.ChoiceField(choices=["count", "share", "money", "time", "ratio", "points"])
    value = serializers.DecimalField(max_digits=20, decimal_places=6, allow_null=True)
    n = serializers.IntegerField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    mean = serializers.FloatField(allow_null=True, help_text="Beside the median, of lengths of time (seconds).")
    p90 = serializers.FloatField(allow_null=True)
    waiting = serializers.IntegerField(help_text="How many of n have not ended yet.")
    before = serializers.DecimalField(max_digits=20, decimal_places=6, allow_null=True)


class DaySerializer(serializers.Serializer):
    """A figure of one day."""

    day = serializers.DateField()
    value = serializers.DecimalField(max_digits=20, decimal_places=6, allow_null=True)
    n = serializers.IntegerField()


class FigureByDaySerializer(FigureSerializer):
    """A figure of a period, with its days when they were asked for."""

    days = DaySerializer(many=True, required=False)


@extend_schema_serializer(many=False)
class KpiListSerializer(serializers.Serializer):
    """All figures of a period."""

    results = FigureSerializer(many=True)


_PERIOD = [
    OpenApiParameter("from", str, description="First day, YYYY-MM-DD."),
    OpenApiParameter("to", str, description="Last day, YYYY-MM-DD."),
]


class KpiViewSet(ViewSet):
    """The figures of the tenant, as the dashboard shows them."""

    scopes = {"read": "analytics.view"}
    lookup_field = "key"
    lookup_value_regex = r"[a-z_]{1,40}"

    @extend_schema(parameters=_PERIOD, responses=KpiListSerializer, tags=["kpis"])
    def list(self, request: Request) -> Response:
        """Every figure of a period beside the period before."""
        tenant, period, _by = self._asked(request)
        figures = kpis.everything(tenant=tenant, period=period, now=timezone.now())
        return Response({"results": [as_json(figure) for figure in figures.values()]})

    @extend_schema(
        parameters=[*_PERIOD, OpenApiParameter("by", str, enum=["day"])], responses=FigureByDaySerializer, tags=["kpis"]
    )
    def retrieve(self, request: Request, key: str) -> Response:
        """One figure of a period; ``by=day`` adds its days."""
        declared = kpis.get(key=key)
        tenant, period, by = self._asked(request)
        now = timezone.now()
        if declared.ask:
            return Response(as_json(kpis.asked(tenant=tenant, period=period, now=now, kpis=[declared])[key]))
        report = kpis.report(tenant=tenant, period=period, now=now)
        body = as_json(report.figures[key])
        if by == "day":
            body["days"] = [
                {"day": day, "value": _written(found.value), "n": found.n}
                for day, found in kpis.series(kpi=declared, days=report.days)
            ]
        return Response(body)

    def _asked(self, request: Request) -> tuple[Tenant, time.Period, str]:
        tenant = request._request.tenant
        said = PeriodSerializer(data=request.query_params, context={"tenant": tenant})
        said.is_valid(raise_exception=True)
        chosen = said.validated_data
        return tenant, time.between(chosen["first"], chosen["last"], time.zone(tenant.timezone)), chosen["by"]


def as_json(figure: Figure) -> dict:
    """Return a figure as the API and the command give it."""
    return {
        "key": figure.kpi.key,
        "label": str(figure.kpi.label),
        "definition": str(figure.kpi.definition),
        "unit": figure.kpi.unit,
        "value": _written(figure.now.value),
        "n": figure.now.n,
        "low": figure.now.low,
        "high": figure.now.high,
        "mean": figure.now.mean,
        "p90": figure.now.p90,
        "waiting": figure.now.waiting,
        "before": _written(figure.before.value),
    }


def _written(value: Number) -> str | None:
    """Amounts and shares as text, so that no program reads them as something less exact."""
    return None if value is None else str(value)
