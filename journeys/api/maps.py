"""Maps over the API: drawn, published, measured."""

from django.utils import timezone
from django.utils.translation import gettext as __
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cxm.lib import time
from cxm.lib.errors import Refusal
from cxm.rest.viewsets import TenantViewSet
from cxm.tenancy import current
from journeys.domain import map_live, map_versions, maps, personas
from journeys.models import JourneyMap

LONGEST_DAYS = 731
_BIG = 2**63 - 1


class MapSerializer(serializers.ModelSerializer):
    """A map. ``content`` is the draft; docs/maps.md says what it holds."""

    persona = serializers.IntegerField(source="persona_id", read_only=True, allow_null=True)
    content = serializers.JSONField(source="draft", read_only=True)

    class Meta:
        model = JourneyMap
        fields = ["id", "name", "persona", "state", "content", "revision", "published_number", "review_months",
                  "review_due", "created_at", "updated_at", "archived_at"]  # fmt: skip
        read_only_fields = fields


class MapInputSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=1000)
    persona = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=_BIG)
    state = serializers.ChoiceField(choices=JourneyMap.State.choices, required=False)
    review_months = serializers.IntegerField(required=False, min_value=1, max_value=24)
    content = serializers.DictField(required=False)

    def domain_fields(self) -> dict:
        """Return what was sent as the domain takes it.

        Raises:
            PersonaNotFound: an id that is not of this tenant.
        """
        said = dict(self.validated_data)
        if said.get("persona") is not None:
            said["persona"] = personas.get(said["persona"])
        return said


class PublishSerializer(serializers.Serializer):
    note = serializers.CharField(max_length=1000, required=False, allow_blank=True)


class VersionSerializer(serializers.Serializer):
    number = serializers.IntegerField()
    name = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    content = serializers.JSONField()
    published_at = serializers.DateTimeField()


class FiguresSerializer(serializers.Serializer):
    """What was measured at one touchpoint; satisfaction lies between -2 and 2, whatever the question."""

    touchpoint = serializers.CharField()
    people = serializers.IntegerField()
    events = serializers.IntegerField()
    reached = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    conversion = serializers.FloatField(allow_null=True)
    median_seconds_to_next = serializers.FloatField(allow_null=True)
    answers = serializers.IntegerField()
    satisfaction = serializers.FloatField(allow_null=True)
    margin = serializers.FloatField(allow_null=True)
    cases = serializers.IntegerField()


class LiveSerializer(serializers.Serializer):
    first = serializers.DateField()
    last = serializers.DateField()
    touchpoints = FiguresSerializer(many=True)


class BadPeriod(Refusal):
    code = "bad_period"


class MapViewSet(mixins.ListModelMixin, TenantViewSet):
    """Maps of what customers go through."""

    queryset = JourneyMap.objects.all()
    serializer_class = MapSerializer
    scopes = {"read": "journeys.view", "write": "journeys.change"}
    ordering = "-updated_at"

    def get_queryset(self):
        return maps.listed()

    def retrieve(self, request: Request, pk: str) -> Response:
        return _answer(maps.get(int(pk)))

    @extend_schema(request=MapInputSerializer, responses={201: MapSerializer})
    def create(self, request: Request) -> Response:
        sent = MapInputSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        said = sent.domain_fields()
        made = maps.create(
            name=said["name"], persona=said.get("persona"), content=said.get("content"), by=request.actor,
            today=_today(),
        )  # fmt: skip
        rest = {name: said[name] for name in ("state", "review_months") if name in said}
        return _answer(maps.change(journey_map=made, by=request.actor, today=_today(), **rest) if rest else made, 201)

    @extend_schema(request=MapInputSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        found = maps.get(int(pk))
        sent = MapInputSerializer(data=request.data, partial=True)
        sent.is_valid(raise_exception=True)
        said = sent.domain_fields()
        content = said.pop("content", None)
        if said:
            found = maps.change(journey_map=found, by=request.actor, today=_today(), **said)
        if content is not None:
            found = maps.replace(journey_map=found, content=content, by=request.actor, now=timezone.now())
        return _answer(found)

    @extend_schema(request=PublishSerializer, responses={201: VersionSerializer})
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: str) -> Response:
        """Keep the draft as the next version, which never changes."""
        found = maps.get(int(pk))
        sent = PublishSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        made = map_versions.publish(
            journey_map=found, by=request.actor, now=timezone.now(), today=_today(),
            note=sent.validated_data.get("note", ""),
        )  # fmt: skip
        return Response(VersionSerializer(made).data, status=201)

    @extend_schema(
        parameters=[OpenApiParameter("from", OpenApiTypes.DATE), OpenApiParameter("to", OpenApiTypes.DATE)],
        responses=LiveSerializer,
    )
    @action(detail=True, methods=["get"])
    def live(self, request: Request, pk: str) -> Response:
        """What was measured at every touchpoint that is bound to an event; the last 30 days when no days are given."""
        found = maps.get(int(pk))
        period = _period(request)
        measured = map_live.measure(content=found.draft, since=period.start, until=period.end)
        rows = [_row(touchpoint, figures) for touchpoint, figures in measured.items()]
        return Response(LiveSerializer({"first": period.first, "last": period.last, "touchpoints": rows}).data)


def _answer(found: JourneyMap, status: int = 200) -> Response:
    return Response(MapSerializer(found).data, status=status)


def _today() -> object:
    return time.today(timezone.now(), time.zone(current().timezone))


def _period(request: Request) -> time.Period:
    zone = time.zone(current().timezone)
    asked = [request.query_params.get(name) for name in ("from", "to")]
    if not any(asked):
        return time.period("last_30_days", _today(), zone)
    first, last = (time.parse_date(written or "", order="ymd") for written in asked)
    if first is None or last is None or not 0 <= (last - first).days <= LONGEST_DAYS:
        raise BadPeriod(__("from and to are two days in order, at most two years apart."))
    return time.between(first, last, zone)


def _row(touchpoint: str, figures: map_live.Figures) -> dict:
    median = figures.median_to_next
    return {
        "touchpoint": touchpoint, "people": figures.people, "events": figures.events, "reached": figures.reached,
        "next": figures.next_id, "conversion": figures.conversion,
        "median_seconds_to_next": None if median is None else median.total_seconds(), "answers": figures.answers,
        "satisfaction": figures.satisfaction, "margin": figures.margin, "cases": figures.cases,
    }  # fmt: skip
