"""Campaigns over the API."""

from datetime import timedelta

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api.messages import MessageSerializer
from campaigns.domain import audience, campaigns, messages, offers, report, senders, templates
from campaigns.models import Campaign
from campaigns.models.template import Kind
from cxm.rest.viewsets import TenantViewSet

LATEST = timedelta(days=366 * 2)


class IdOrName(serializers.Field):
    """A whole number, or text."""

    def to_internal_value(self, data: object) -> int | str:
        if isinstance(data, bool) or not isinstance(data, int | str) or len(str(data)) > 200:
            raise serializers.ValidationError(serializers.IntegerField.default_error_messages["invalid"])
        return data


class CampaignSerializer(serializers.ModelSerializer):
    """A campaign. ``segment`` may be written as id or slug; ``send_at`` empty means at once."""

    template = serializers.IntegerField(source="template_id", required=False, allow_null=True, max_value=2**63 - 1)
    segment = serializers.IntegerField(source="segment_id", read_only=True, allow_null=True)
    sender = serializers.IntegerField(source="sender_id", required=False, allow_null=True, max_value=2**63 - 1)
    offer = serializers.IntegerField(
        source="offer_id", required=False, allow_null=True, max_value=2**63 - 1,
        help_text="Each message carries a code of it; who comes after the last one is left out.",
    )  # fmt: skip
    kind = serializers.ChoiceField(choices=Kind.choices, required=False)
    topic = serializers.CharField(max_length=50, allow_blank=True, required=False)
    name = serializers.CharField(max_length=1000)
    carries = serializers.DictField(
        child=serializers.CharField(max_length=60, allow_blank=True), required=False, help_text='{"survey": slug}'
    )

    class Meta:
        model = Campaign
        fields = ["id", "name", "kind", "state", "template", "segment", "sender", "topic", "carries", "offer",
                  "send_at", "audience", "launched_at", "audience_ready_at", "finished_at", "created_at",
                  "updated_at"]  # fmt: skip
        read_only_fields = ["state", "audience", "launched_at", "audience_ready_at", "finished_at", "created_at",
                            "updated_at"]  # fmt: skip


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "To a segment, at an hour",
            value={"name": "Spring sale", "kind": "discount", "template": 1, "segment": "vip", "topic": "offers",
                   "send_at": "2030-03-01T09:00:00Z"},
            request_only=True,
        )
    ]
)  # fmt: skip
class CampaignInputSerializer(CampaignSerializer):
    segment = IdOrName(required=False, allow_null=True)

    def domain_fields(self) -> dict:
        """Return what was sent as the domain takes it: rows instead of ids.

        Raises:
            NotFound: an id that is not of this tenant.
        """
        said = dict(self.validated_data)
        if "template_id" in said:
            number = said.pop("template_id")
            said["template"] = None if number is None else templates.get(template_id=number)
        if "sender_id" in said:
            number = said.pop("sender_id")
            said["sender"] = None if number is None else senders.get(sender_id=number)
        if "offer_id" in said:
            number = said.pop("offer_id")
            said["offer"] = None if number is None else offers.get(offer_id=number)
        if said.get("segment") is not None:
            said["segment"] = audience.segment(ref=said["segment"])
        return said


class ReportSerializer(serializers.Serializer):
    """People counted once; every person of the audience is in exactly one state of the ledger."""

    audience = serializers.IntegerField()
    queued = serializers.IntegerField(help_text="Without an outcome yet.")
    claimed = serializers.IntegerField(help_text="Of those queued: being sent at this moment.")
    sent = serializers.IntegerField()
    delivered = serializers.IntegerField()
    deferred = serializers.IntegerField()
    failed = serializers.IntegerField()
    unknown = serializers.IntegerField()
    bounced = serializers.IntegerField()
    complained = serializers.IntegerField()
    skipped = serializers.DictField(child=serializers.IntegerField())
    opened = serializers.IntegerField()
    opened_machine = serializers.IntegerField()
    clicked = serializers.IntegerField()
    clicked_machine = serializers.IntegerField()
    unsubscribed = serializers.IntegerField()
    converted = serializers.IntegerField()
    revenue = serializers.DecimalField(max_digits=20, decimal_places=2)


class CampaignViewSet(mixins.ListModelMixin, TenantViewSet):
    """One message to one segment, once."""

    queryset = Campaign.objects.all()
    serializer_class = CampaignSerializer
    scopes = {"read": "campaigns.view", "write": "campaigns.change"} | dict.fromkeys(
        ["launch", "pause", "resume", "cancel"], "campaigns.send"
    )
    ordering = "-created_at"

    @extend_schema(parameters=[OpenApiParameter("state", OpenApiTypes.STR, enum=Campaign.State.values)])
    def list(self, request: Request) -> Response:
        return super().list(request)

    def get_queryset(self):
        return campaigns.listed(state=self.request.query_params.get("state", ""))

    def retrieve(self, request: Request, pk: str) -> Response:
        return self._answer(campaigns.get(campaign_id=int(pk)))

    @extend_schema(request=CampaignInputSerializer, responses={201: CampaignSerializer})
    def create(self, request: Request) -> Response:
        sent = CampaignInputSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        return self._answer(campaigns.create(by=request.actor, **sent.domain_fields()), status=201)

    @extend_schema(request=CampaignInputSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        campaign = campaigns.get(campaign_id=int(pk))
        sent = CampaignInputSerializer(data=request.data, partial=True)
        sent.is_valid(raise_exception=True)
        return self._answer(campaigns.change(campaign=campaign, by=request.actor, **sent.domain_fields()))

    def destroy(self, request: Request, pk: str) -> Response:
        campaigns.delete(campaign=campaigns.get(campaign_id=int(pk)), by=request.actor)
        return Response(status=204)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def launch(self, request: Request, pk: str) -> Response:
        """Send it at once, or at its ``send_at`` when that lies ahead."""
        campaign = campaigns.get(campaign_id=int(pk))
        return self._answer(campaigns.launch(campaign=campaign, by=request.actor, now=timezone.now()))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Hold it; workers stop within a window of messages."""
        return self._answer(campaigns.pause(campaign=campaigns.get(campaign_id=int(pk)), by=request.actor))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Go on exactly where it stopped."""
        return self._answer(campaigns.resume(campaign=campaigns.get(campaign_id=int(pk)), by=request.actor))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop it for good."""
        campaign = campaigns.get(campaign_id=int(pk))
        return self._answer(campaigns.cancel(campaign=campaign, by=request.actor, now=timezone.now()))

    @extend_schema(responses=ReportSerializer)
    @action(detail=True, methods=["get"])
    def report(self, request: Request, pk: str) -> Response:
        """What became of it."""
        figures = report.of_campaign(campaign=campaigns.get(campaign_id=int(pk)))
        return Response(ReportSerializer(figures).data)

    @extend_schema(
        parameters=[OpenApiParameter("state", OpenApiTypes.STR), OpenApiParameter("reason", OpenApiTypes.STR)],
        responses=MessageSerializer(many=True),
    )
    @action(detail=True, methods=["get"])
    def messages(self, request: Request, pk: str) -> Response:
        """Who got it, who did not, and why."""
        campaign = campaigns.get(campaign_id=int(pk))
        query = request.query_params
        found = messages.ledger(
            unit_id=campaign.unit_id or 0, state=query.get("state", ""), reason=query.get("reason", "")
        )
        self.ordering = "customer_id"
        rows = self.paginate_queryset(found)
        return self.get_paginated_response(MessageSerializer(rows, many=True).data)

    def _answer(self, campaign: Campaign, *, status: int = 200) -> Response:
        return Response(CampaignSerializer(campaign).data, status=status)
