"""Orders over the API."""

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from customers.api.customers import SOURCE, said
from customers.domain import customers, order_calls
from customers.models import Order, OrderLine
from cxm.rest.viewsets import TenantViewSet


class LineSerializer(serializers.ModelSerializer):
    class Meta:
        model = OrderLine
        fields = ["sku", "title", "quantity", "unit_price", "amount"]


class OrderSerializer(serializers.ModelSerializer):
    """An order, or a return: then its revenue is negative. ``customer`` is the external id."""

    customer = serializers.CharField(source="customer.external_id", allow_null=True)
    customer_id = serializers.IntegerField()
    lines = LineSerializer(many=True)

    class Meta:
        model = Order
        fields = ["id", "order_id", "customer", "customer_id", "kind", "placed_at", "revenue", "currency", "channel",
                  "coupon", "lines"]  # fmt: skip


class LineInput(serializers.Serializer):
    quantity = serializers.DecimalField(max_digits=12, decimal_places=3, required=False, help_text="1 if left out.")
    unit_price = serializers.DecimalField(max_digits=14, decimal_places=4)
    sku = serializers.CharField(required=False, max_length=100)
    title = serializers.CharField(required=False, max_length=300)


class OrderInput(serializers.Serializer):
    """One order. Either ``revenue``, or ``lines``, or ``quantity`` and ``unit_price`` of its one line."""

    order_id = serializers.CharField(max_length=200)
    customer = serializers.CharField(max_length=200, help_text="External id; an unknown one is created.")
    placed_at = serializers.DateTimeField()
    revenue = serializers.DecimalField(max_digits=16, decimal_places=2, required=False)
    currency = serializers.CharField(max_length=3, required=False, help_text="The tenant's if left out.")
    channel = serializers.CharField(max_length=40, required=False)
    coupon = serializers.CharField(max_length=60, required=False)
    lines = LineInput(many=True, required=False)
    quantity = serializers.DecimalField(max_digits=12, decimal_places=3, required=False)
    unit_price = serializers.DecimalField(max_digits=14, decimal_places=4, required=False)
    sku = serializers.CharField(required=False, max_length=100)
    title = serializers.CharField(required=False, max_length=300)


class OrderViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """Orders and returns, the latest told first; ``customer`` is an external id."""

    scopes = {"read": "customers.view", "write": "customers.change"}
    serializer_class = OrderSerializer
    queryset = Order.objects.all()

    def get_queryset(self) -> QuerySet[Order]:
        return Order.objects.select_related("customer").prefetch_related("lines")

    def filter_queryset(self, queryset: QuerySet[Order]) -> QuerySet[Order]:
        if "customer" in self.request.query_params:
            wanted = self.request.query_params["customer"].replace("\0", "")
            queryset = queryset.filter(customer=customers.find_by_external_id(wanted))
        return queryset

    @extend_schema(parameters=[OpenApiParameter("customer", OpenApiTypes.STR, description="External id.")])
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Orders, the latest told first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=OrderInput, responses={200: OrderSerializer, 201: OrderSerializer})
    def create(self, request: Request) -> Response:
        """Tell an order; telling it again corrects it."""
        order, new = order_calls.tell(told=said(request), by=request.actor, now=timezone.now(), source=SOURCE)
        found = self.get_queryset().get(pk=order.pk)
        return Response(self.get_serializer(found).data, status=status.HTTP_201_CREATED if new else status.HTTP_200_OK)
