"""Loyalty points over the API."""

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api.campaigns import IdOrName
from campaigns.domain import messages, points
from campaigns.models import PointsEntry
from cxm.rest.viewsets import TenantViewSet


class EntrySerializer(serializers.ModelSerializer):
    """Points that came or went."""

    customer = serializers.IntegerField(source="customer_id")
    key = serializers.SerializerMethodField()

    def get_key(self, entry: PointsEntry) -> str:
        """The caller's own key as they said it; those of orders, steps and people as they are."""
        return entry.key.removeprefix(points.OF_PROGRAMS)

    class Meta:
        model = PointsEntry
        fields = ["id", "customer", "kind", "amount", "unspent", "reason", "key", "at", "expires_at"]


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A thank-you",
            value={"customer": "A-1042", "amount": 100, "reason": "Reviewed a product", "key": "review-77"},
            request_only=True,
        )
    ]
)
class AddSerializer(serializers.Serializer):
    """``amount`` below nothing spends; the same ``key`` is written once."""

    customer = IdOrName()
    amount = serializers.IntegerField(min_value=-points.MOST, max_value=points.MOST)
    reason = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")
    key = serializers.CharField(max_length=200)


class AddedSerializer(EntrySerializer):
    balance = serializers.IntegerField()

    class Meta(EntrySerializer.Meta):
        fields = [*EntrySerializer.Meta.fields, "balance"]


class PointsViewSet(mixins.ListModelMixin, TenantViewSet):
    """The ledger of points; a balance is what is left of those that came."""

    queryset = PointsEntry.objects.all()
    serializer_class = EntrySerializer
    scopes = {"read": "customers.view", "write": "customers.change"}
    ordering = "-at"

    @extend_schema(parameters=[OpenApiParameter("customer", OpenApiTypes.STR, description="Id or external id.")])
    def list(self, request: Request) -> Response:
        return super().list(request)

    def get_queryset(self):
        asked = self.request.query_params.get("customer", "").replace("\0", "")
        return points.entries(customer=messages.customer(ref=asked) if asked else None)

    @extend_schema(request=AddSerializer, responses={201: AddedSerializer})
    def create(self, request: Request) -> Response:
        """Give a customer points, or spend theirs: 409 where they have not so many."""
        sent = AddSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        said, now = sent.validated_data, timezone.now()
        customer = messages.customer(ref=said["customer"])
        entry = points.add_for_program(
            customer=customer, amount=said["amount"], reason=said["reason"], key=said["key"], by=request.actor, at=now
        )
        entry.balance = points.balance(customer, now=now)
        return Response(AddedSerializer(entry).data, status=201)
