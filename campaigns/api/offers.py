"""Offers over the API: made, filled with codes, given, redeemed."""

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api.campaigns import IdOrName
from campaigns.domain import audience, messages, offer_figures, offers
from campaigns.domain import codes as pools
from campaigns.models import Issue, Offer, Redemption
from cxm.rest.viewsets import TenantViewSet

MONEY = {"max_digits": 12, "decimal_places": 2}


class OfferSerializer(serializers.ModelSerializer):
    """An offer. ``segment`` may be written as id or slug; ``code`` is the shared one where ``codes`` is ``single``."""

    segment = serializers.IntegerField(source="segment_id", read_only=True, allow_null=True)
    name = serializers.CharField(max_length=1000)

    class Meta:
        model = Offer
        fields = ["id", "name", "title", "title_ar", "kind", "value", "codes", "state", "segment", "starts_at",
                  "ends_at", "valid_days", "minimum", "limit", "limit_each", "cost", "created_at", "updated_at",
                  "ended_at"]  # fmt: skip
        read_only_fields = ["state", "created_at", "updated_at", "ended_at"]


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A code for each person",
            value={"name": "Eid", "kind": "percent", "value": "15", "codes": "unique", "valid_days": 30},
            request_only=True,
        ),
        OpenApiExample(
            "One code for everybody",
            value={"name": "Opening", "kind": "voucher", "value": "50", "codes": "single", "code": "OPEN50"},
            request_only=True,
        ),
    ]
)
class OfferInputSerializer(OfferSerializer):
    segment = IdOrName(required=False, allow_null=True)
    code = serializers.CharField(required=False, allow_blank=True, max_length=100)

    class Meta(OfferSerializer.Meta):
        fields = [*OfferSerializer.Meta.fields, "code"]

    def domain_fields(self) -> dict:
        """Return what was sent as the domain takes it: rows instead of ids.

        Raises:
            NotFound: an id that is not of this tenant.
        """
        said = dict(self.validated_data)
        if said.get("segment") is not None:
            said["segment"] = audience.segment(ref=said["segment"])
        return said


class FiguresSerializer(serializers.Serializer):
    """What became of an offer: codes given, on their way and used, what was sold with them, what they cost."""

    issued = serializers.IntegerField()
    held = serializers.IntegerField()
    redeemed = serializers.IntegerField()
    revenue = serializers.DecimalField(max_digits=20, decimal_places=2)
    value = serializers.DecimalField(max_digits=20, decimal_places=2)
    cost = serializers.DecimalField(max_digits=20, decimal_places=2)
    pool = serializers.IntegerField()
    free = serializers.IntegerField()


@extend_schema_serializer(
    examples=[
        OpenApiExample("Your own", value={"codes": ["EID-7K2M", "EID-9XQ4"]}, request_only=True),
        OpenApiExample("Made by chance", value={"count": 100, "prefix": "EID-"}, request_only=True),
    ]
)
class CodesSerializer(serializers.Serializer):
    """Codes for the pool: ``codes`` of yours, or ``count`` made by chance."""

    codes = serializers.ListField(child=serializers.CharField(max_length=200), required=False, max_length=10_000)
    count = serializers.IntegerField(required=False, min_value=1, max_value=pools.MAX_AT_ONCE)
    prefix = serializers.CharField(required=False, allow_blank=True, max_length=100)


class AddedSerializer(serializers.Serializer):
    added = serializers.IntegerField()
    repeated = serializers.IntegerField()
    known = serializers.IntegerField()
    elsewhere = serializers.IntegerField()
    unusable = serializers.IntegerField(source="unusable_count")


@extend_schema_serializer(
    examples=[OpenApiExample("Once for a case", value={"customer": "A-1042", "key": "case-7"}, request_only=True)]
)
class GiveSerializer(serializers.Serializer):
    """``customer``: id or external id; ``key``: for what it is given, the same again gives the same code."""

    customer = IdOrName()
    key = serializers.CharField(max_length=100)


class IssueSerializer(serializers.ModelSerializer):
    """A code somebody was given."""

    customer = serializers.IntegerField(source="customer_id", allow_null=True)
    offer = serializers.IntegerField(source="offer_id")

    class Meta:
        model = Issue
        fields = ["id", "offer", "customer", "code", "state", "at", "expires_at"]


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "At the checkout",
            value={"code": "EID-7K2M", "order_id": "10042", "amount": "249.00"},
            request_only=True,
        )
    ]
)
class RedeemSerializer(serializers.Serializer):
    """``amount`` of the order, in your currency; the same ``order_id`` again is the same redemption."""

    code = serializers.CharField(max_length=100)
    order_id = serializers.CharField(max_length=200, required=False, allow_blank=True)
    amount = serializers.DecimalField(max_digits=16, decimal_places=2, min_value=0, required=False)
    customer = IdOrName(required=False)


class RedemptionSerializer(serializers.ModelSerializer):
    """A code used: ``value`` is what comes off the order."""

    customer = serializers.IntegerField(source="customer_id", allow_null=True)
    offer = serializers.IntegerField(source="offer_id")

    class Meta:
        model = Redemption
        fields = ["id", "offer", "customer", "code", "order_id", "amount", "value", "cost", "at"]


class OfferViewSet(mixins.ListModelMixin, TenantViewSet):
    """Discounts and vouchers against codes."""

    queryset = Offer.objects.all()
    serializer_class = OfferSerializer
    scopes = {"read": "campaigns.view", "write": "campaigns.change", "issue": "campaigns.send"}
    ordering = "-created_at"

    @extend_schema(
        parameters=[
            OpenApiParameter("state", OpenApiTypes.STR, enum=Offer.State.values),
            OpenApiParameter("search", OpenApiTypes.STR, description="Part of a name, or a code."),
        ]
    )
    def list(self, request: Request) -> Response:
        return super().list(request)

    def get_queryset(self):
        asked = self.request.query_params
        return offers.listed(state=asked.get("state", ""), search=asked.get("search", "").replace("\0", ""))

    def retrieve(self, request: Request, pk: str) -> Response:
        return self._answer(offers.get(offer_id=int(pk)))

    @extend_schema(request=OfferInputSerializer, responses={201: OfferSerializer})
    def create(self, request: Request) -> Response:
        """Draft it; it is given and redeemed once it is activated."""
        sent = OfferInputSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        return self._answer(offers.create(by=request.actor, **sent.domain_fields()), status=201)

    @extend_schema(request=OfferInputSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change it; once active, kind, value, minimum and codes stay."""
        offer = offers.get(offer_id=int(pk))
        sent = OfferInputSerializer(data=request.data, partial=True)
        sent.is_valid(raise_exception=True)
        return self._answer(offers.change(offer=offer, by=request.actor, **sent.domain_fields()))

    def destroy(self, request: Request, pk: str) -> Response:
        """Throw a draft away."""
        offers.delete(offer=offers.get(offer_id=int(pk)), by=request.actor)
        return Response(status=204)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, pk: str) -> Response:
        """Let it be given and redeemed."""
        offer = offers.get(offer_id=int(pk))
        return self._answer(offers.activate(offer=offer, by=request.actor, now=timezone.now()))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """Give and redeem it no more."""
        return self._answer(offers.end(offer=offers.get(offer_id=int(pk)), by=request.actor, now=timezone.now()))

    @extend_schema(request=CodesSerializer, responses=AddedSerializer)
    @action(detail=True, methods=["post"])
    def codes(self, request: Request, pk: str) -> Response:
        """Fill its pool; tells what became of each code."""
        offer = offers.get(offer_id=int(pk))
        sent = CodesSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        return Response(AddedSerializer(pools.fill(offer=offer, by=request.actor, **sent.validated_data)).data)

    @extend_schema(request=GiveSerializer, responses={201: IssueSerializer})
    @action(detail=True, methods=["post"])
    def issue(self, request: Request, pk: str) -> Response:
        """Give a customer a code at once."""
        offer = offers.get(offer_id=int(pk))
        sent = GiveSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        customer = messages.customer(ref=sent.validated_data["customer"])
        key = f"api:{sent.validated_data['key']}"
        made = offers.issue(offer=offer, customer=customer, key=key, by=request.actor, now=timezone.now())
        return Response(IssueSerializer(made).data, status=201)

    @extend_schema(request=RedeemSerializer, responses=RedemptionSerializer)
    @action(detail=True, methods=["post"])
    def redeem(self, request: Request, pk: str) -> Response:
        """Use a code: once where it is somebody's own, within the limits; 409 with a code that says why not."""
        offer = offers.get(offer_id=int(pk))
        sent = RedeemSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        said = sent.validated_data
        made = offers.redeem(
            code=said["code"],
            order_id=said.get("order_id") or None,
            amount=said.get("amount"),
            customer=messages.customer(ref=said["customer"]) if "customer" in said else None,
            offer=offer,
            by=request.actor,
            now=timezone.now(),
        )
        return Response(RedemptionSerializer(made).data)

    @extend_schema(responses=FiguresSerializer)
    @action(detail=True, methods=["get"])
    def report(self, request: Request, pk: str) -> Response:
        """What became of it."""
        offer = offers.get(offer_id=int(pk))
        return Response(FiguresSerializer(offer_figures.of([offer])[offer.pk]).data)

    def _answer(self, offer: Offer, *, status: int = 200) -> Response:
        return Response(OfferSerializer(offer).data, status=status)
