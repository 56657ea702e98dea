"""Automations over the API."""

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api.campaigns import IdOrName
from campaigns.domain import audience, messages
from cxm.lib.ids import uuid7
from cxm.rest.fields import MomentField
from cxm.rest.viewsets import TenantViewSet
from journeys.domain import automations, enrolments, entrance, figures, simulator
from journeys.models import Automation, Enrolment
from journeys.steps.frame import Names

FATES = ["", "finish", "move", "leave"]
MOST_PEOPLE, SHOWN = 1_000, 500


class AutomationSerializer(serializers.ModelSerializer):
    """An automation; ``definition`` is its draft, ``version`` the number of what is live."""

    definition = serializers.JSONField(source="draft", required=False)
    version = serializers.IntegerField(source="version.number", read_only=True, allow_null=True, default=None)
    name = serializers.CharField(max_length=1000)
    description = serializers.CharField(max_length=1000, required=False, allow_blank=True)

    class Meta:
        model = Automation
        fields = ["id", "name", "description", "state", "version", "revision", "definition", "created_at", "updated_at"]
        read_only_fields = ["state", "revision", "created_at", "updated_at"]


class ChangeSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=1000, required=False)
    description = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    definition = serializers.JSONField(required=False)
    revision = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)


class PublishSerializer(serializers.Serializer):
    """``inside`` says what becomes of people on their way; ``mapping`` where those at a step that is gone go on."""

    inside = serializers.ChoiceField(choices=FATES, required=False, default="")
    mapping = serializers.DictField(child=serializers.CharField(allow_blank=True, max_length=20), required=False)


class EnrolSerializer(serializers.Serializer):
    """Who comes in: ``customers`` (ids, or external ids as text) or everybody of a ``segment``.

    ``key`` names the call: asked again with the same, nobody comes in twice. Without one each call is a new one.
    """

    customers = serializers.ListField(child=IdOrName(), required=False, max_length=MOST_PEOPLE)
    segment = IdOrName(required=False)
    key = serializers.CharField(max_length=80, required=False)


class EnrolledSerializer(serializers.Serializer):
    entered = serializers.IntegerField(allow_null=True)
    job = serializers.IntegerField(allow_null=True)


class SimulateSerializer(serializers.Serializer):
    """``since`` and ``until`` replay the past; ``segment`` or ``customers`` try it with people as if they came now."""

    since = MomentField(required=False)
    until = MomentField(required=False)
    segment = IdOrName(required=False)
    customers = serializers.ListField(child=IdOrName(), required=False, max_length=MOST_PEOPLE)


class FiguresSerializer(serializers.Serializer):
    entered = serializers.IntegerField()
    inside = serializers.IntegerField()
    failed = serializers.IntegerField()
    done = serializers.IntegerField()
    left = serializers.DictField(child=serializers.IntegerField())
    goal = serializers.IntegerField()
    steps = serializers.DictField(child=serializers.DictField())


class ToldSerializer(serializers.Serializer):
    customer = serializers.IntegerField()
    at = serializers.DateTimeField()
    step = serializers.CharField()
    kind = serializers.CharField()
    what = serializers.CharField()


class RehearsalSerializer(FiguresSerializer):
    """What would have happened: figures as of the real thing, and who would get what, the first 500."""

    refused = serializers.DictField(child=serializers.IntegerField())
    more = serializers.BooleanField()
    would_get = ToldSerializer(many=True)


class EnrolmentSerializer(serializers.ModelSerializer):
    customer = serializers.IntegerField(source="customer_id", allow_null=True)
    version = serializers.IntegerField(source="version.number")
    step = serializers.CharField(source="node")

    class Meta:
        model = Enrolment
        fields = ["id", "customer", "version", "passage", "state", "step", "reason", "due_at", "entered_at",
                  "finished_at"]  # fmt: skip


class AutomationViewSet(mixins.ListModelMixin, TenantViewSet):
    """What goes on by itself."""

    queryset = Automation.objects.all()
    serializer_class = AutomationSerializer
    scopes = {"read": "journeys.view", "write": "journeys.change"} | dict.fromkeys(
        ["publish", "resume", "enrol"], "campaigns.send"
    )
    ordering = "-updated_at"

    @extend_schema(parameters=[OpenApiParameter("state", OpenApiTypes.STR, enum=Automation.State.values)])
    def list(self, request: Request) -> Response:
        return super().list(request)

    def get_queryset(self):
        return automations.listed(state=self.request.query_params.get("state", ""))

    def retrieve(self, request: Request, pk: str) -> Response:
        return self._answer(self._one(pk))

    @extend_schema(request=AutomationSerializer, responses={201: AutomationSerializer})
    def create(self, request: Request) -> Response:
        sent = AutomationSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        said = sent.validated_data
        made = automations.create(
            name=said["name"], description=said.get("description", ""), definition=said.get("draft"), by=request.actor
        )
        return self._answer(made, status=201)

    @extend_schema(request=ChangeSerializer, responses=AutomationSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the name or the draft; with ``revision``, a slower writer is refused (409)."""
        automation = self._one(pk)
        sent = ChangeSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        return self._answer(automations.change(automation=automation, by=request.actor, **sent.validated_data))

    def destroy(self, request: Request, pk: str) -> Response:
        automations.delete(automation=self._one(pk), by=request.actor)
        return Response(status=204)

    @extend_schema(request=PublishSerializer, responses=AutomationSerializer)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: str) -> Response:
        """Let people into what the draft says now."""
        automation = self._one(pk)
        sent = PublishSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        automations.publish(
            automation=automation, tenant=request.tenant, by=request.actor, now=timezone.now(), **sent.validated_data
        )
        return self._answer(self._one(pk))

    @extend_schema(request=None, responses=AutomationSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Hold everybody where they stand."""
        return self._answer(automations.pause(automation=self._one(pk), by=request.actor, now=timezone.now()))

    @extend_schema(request=None, responses=AutomationSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Go on; waits get longer by the pause."""
        return self._answer(automations.resume(automation=self._one(pk), by=request.actor, now=timezone.now()))

    @extend_schema(request=None, responses=AutomationSerializer)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str) -> Response:
        """End it; whoever is inside leaves."""
        return self._answer(automations.stop(automation=self._one(pk), by=request.actor, now=timezone.now()))

    @extend_schema(request=EnrolSerializer, responses=EnrolledSerializer)
    @action(detail=True, methods=["post"])
    def enrol(self, request: Request, pk: str) -> Response:
        """Let people in; the same ``key`` lets the same person in once."""
        automation = self._one(pk)
        sent = EnrolSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        said = sent.validated_data
        key = f"api:{said.get('key') or uuid7()}"
        if "segment" in said:
            job = entrance.open_for_segment(
                automation=automation, segment=audience.segment(ref=said["segment"]), by=request.actor, key=key
            )
            return Response({"entered": None, "job": job.pk})
        entered = enrolments.enrol(
            automation=automation, customer_ids=_people(said), key=key, by=request.actor,
            now=timezone.now(),
        )  # fmt: skip
        return Response({"entered": entered, "job": None})

    @extend_schema(request=SimulateSerializer, responses=RehearsalSerializer)
    @action(detail=True, methods=["post"])
    def simulate(self, request: Request, pk: str) -> Response:
        """Say what the draft would have done; nothing is sent and nothing is changed."""
        automation, now = self._one(pk), timezone.now()
        sent = SimulateSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        said = sent.validated_data
        asked = {"automation": automation, "tenant": request.tenant, "now": now}
        if "segment" in said:
            found = simulator.try_segment(segment=audience.segment(ref=said["segment"]), **asked)
        elif "since" in said:
            found = simulator.replay(since=said["since"], until=said.get("until", now), **asked)
        else:
            found = simulator.try_out(customer_ids=_people(said), **asked)
        names = Names(request.tenant)
        would_get = [
            {"customer": told.customer_id, "at": told.at, "step": told.step.id, "kind": told.step.kind,
             "what": simulator.sentence(told, names)}
            for told in found.told[:SHOWN]
        ]  # fmt: skip
        said = found.figures.as_json() | {"refused": dict(found.refused), "more": found.more, "would_get": would_get}
        return Response(RehearsalSerializer(said).data)

    @extend_schema(responses=FiguresSerializer)
    @action(detail=True, methods=["get"])
    def figures(self, request: Request, pk: str) -> Response:
        """How many came in, stand where, went which way."""
        return Response(FiguresSerializer(figures.of(automation=self._one(pk)).as_json()).data)

    @extend_schema(
        parameters=[OpenApiParameter("state", OpenApiTypes.STR), OpenApiParameter("step", OpenApiTypes.STR)],
        responses=EnrolmentSerializer(many=True),
    )
    @action(detail=True, methods=["get"])
    def people(self, request: Request, pk: str) -> Response:
        """Who is or was in, newest first."""
        query = request.query_params
        found = enrolments.of(
            automation=self._one(pk), state=query.get("state", ""), node=query.get("step", "").replace("\0", "")
        )
        self.ordering = "-entered_at"
        rows = self.paginate_queryset(found)
        return self.get_paginated_response(EnrolmentSerializer(rows, many=True).data)

    def _one(self, pk: str) -> Automation:
        return automations.get(automation_id=int(pk))

    def _answer(self, automation: Automation, *, status: int = 200) -> Response:
        return Response(AutomationSerializer(automation).data, status=status)


def _people(said: dict) -> list[int]:
    return [messages.customer(ref=ref).pk for ref in said.get("customers", [])]
