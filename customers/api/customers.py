"""Customers over the API."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as __
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from customers.domain import consents, contacts, customers, erasure, search, timeline
from customers.models import ConsentEntry, Customer, Event
from customers.models.consent import Channel
from cxm.rest.fields import MomentField
from cxm.rest.viewsets import TenantViewSet

SOURCE = "api"


class TraitsSerializer(serializers.Serializer):
    """What is computed of a customer; never written."""

    orders_count = serializers.IntegerField()
    returns_count = serializers.IntegerField()
    revenue = serializers.DecimalField(max_digits=16, decimal_places=2)
    first_order_at = serializers.DateTimeField(allow_null=True)
    last_order_at = serializers.DateTimeField(allow_null=True)
    last_seen_at = serializers.DateTimeField(allow_null=True)


class CustomerSerializer(serializers.ModelSerializer):
    """A customer, by the names of imports, rules and templates."""

    company = serializers.SerializerMethodField()
    tags = serializers.SerializerMethodField()
    traits = serializers.SerializerMethodField()

    class Meta:
        model = Customer
        fields = ["id", "external_id", "name", "first_name", "last_name", "email", "phone", "language", "timezone",
                  "country", "city", "birthday", "company", "tags", "attributes", "traits", "created_at",
                  "updated_at"]  # fmt: skip
        extra_kwargs = {"attributes": {"help_text": "Values by the keys the tenant defined."}}

    def get_fields(self) -> dict:
        # "class" is no name Python allows for an attribute.
        return super().get_fields() | {"class": serializers.CharField(source="lifecycle", read_only=True)}

    def get_company(self, customer: Customer) -> str:
        return customer.company.name if customer.company else ""

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_tags(self, customer: Customer) -> list[str]:
        return sorted(link.tag.name for link in customer.tag_links.all())

    @extend_schema_field(TraitsSerializer)
    def get_traits(self, customer: Customer) -> dict:
        found = getattr(customer, "traits", None)
        if found is None:
            return dict.fromkeys(TraitsSerializer().fields) | {"orders_count": 0, "returns_count": 0, "revenue": "0.00"}
        return TraitsSerializer(found).data


class CustomerInput(serializers.Serializer):
    """What a call may say of a customer; fields left out stay as they are. The domain checks them."""

    external_id = serializers.CharField(required=False, allow_null=True, max_length=200)
    name = serializers.CharField(required=False, max_length=200)
    first_name = serializers.CharField(required=False, max_length=100)
    last_name = serializers.CharField(required=False, max_length=100)
    email = serializers.CharField(required=False)
    phone = serializers.CharField(required=False, help_text="E.164, or as written in the tenant's country.")
    language = serializers.CharField(required=False)
    timezone = serializers.CharField(required=False)
    country = serializers.CharField(required=False, help_text="ISO 3166, two letters.")
    city = serializers.CharField(required=False, max_length=100)
    birthday = serializers.DateField(required=False, allow_null=True)
    company = serializers.CharField(required=False, max_length=200)
    tags = serializers.ListField(child=serializers.CharField(max_length=60), required=False)
    attributes = serializers.DictField(required=False, help_text="Merged key by key; null takes a key away.")
    created_at = serializers.DateTimeField(required=False)


class EventSerializer(serializers.ModelSerializer):
    class Meta:
        model = Event
        fields = ["id", "name", "occurred_at", "received_at", "channel", "source", "properties"]


class ConsentEntrySerializer(serializers.ModelSerializer):
    class Meta:
        model = ConsentEntry
        fields = ["id", "channel", "topic", "granted", "at", "source", "actor_label", "evidence"]


class ConsentInput(serializers.Serializer):
    """A yes or no somebody gave; ``at`` is now where it is left out."""

    channel = serializers.ChoiceField(choices=Channel.choices)
    topic = serializers.CharField(required=False, allow_blank=True, default="", max_length=50)
    granted = serializers.BooleanField()
    at = MomentField(required=False)
    evidence = serializers.DictField(required=False, default=dict)


class ConsentRecorded(serializers.Serializer):
    """Whether they may now be written to about the topic: a no to the whole channel outweighs a yes to one topic."""

    allowed = serializers.BooleanField()


class CustomerViewSet(mixins.ListModelMixin, TenantViewSet):
    """Customers: ``search`` finds words anywhere, ``segment`` is an id or slug, ``updated_since`` is a time.

    With ``updated_since`` the list is in the order of change, so that a program that copies it misses nothing.
    """

    scopes = {"read": "customers.view", "write": "customers.change", "destroy": "customers.erase"}
    serializer_class = CustomerSerializer
    queryset = Customer.objects.all()

    @property
    def ordering(self) -> str:
        if self.action == "timeline":
            return "-occurred_at"
        return "updated_at" if self.action == "list" and "updated_since" in self.request.query_params else "-pk"

    def get_queryset(self) -> QuerySet[Customer]:
        return Customer.objects.select_related("company", "traits").prefetch_related("tag_links__tag")

    def filter_queryset(self, queryset: QuerySet[Customer]) -> QuerySet[Customer]:
        asked = self.request.query_params
        if words := asked.get("search", "").replace("\0", "").strip():
            queryset = queryset.filter(pk__in=search.ids_matching(words))
        if "segment" in asked:
            queryset = queryset.filter(pk__in=search.members_of(asked["segment"]))
        if "updated_since" in asked:
            queryset = queryset.filter(updated_at__gte=_moment("updated_since", asked["updated_since"]))
        return queryset

    @extend_schema(
        parameters=[
            OpenApiParameter("search", OpenApiTypes.STR, description="Words, found anywhere; folded."),
            OpenApiParameter("segment", OpenApiTypes.STR, description="Id or slug; those in it now."),
            OpenApiParameter("updated_since", OpenApiTypes.DATETIME),
        ]
    )
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Customers, the newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=CustomerInput, responses={201: CustomerSerializer})
    def create(self, request: Request) -> Response:
        """Add a customer."""
        made = customers.create(values=said(request), by=request.actor, now=timezone.now(), source=SOURCE)
        return self._answer(made, status.HTTP_201_CREATED)

    def retrieve(self, request: Request, pk: str) -> Response:
        """One customer."""
        return self._answer(customers.get(int(pk)))

    @extend_schema(request=CustomerInput)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is said, leave the rest."""
        changed = customers.change(
            customer=customers.get(int(pk)), values=said(request), by=request.actor, now=timezone.now()
        )
        return self._answer(changed)

    @extend_schema(responses={204: OpenApiResponse(description="Gone.")})
    def destroy(self, request: Request, pk: str) -> Response:
        """Erase a customer for good; the address is never written to again."""
        erasure.erase(customer=customers.get(int(pk)), by=request.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=CustomerInput, responses={200: CustomerSerializer, 201: CustomerSerializer})
    @action(detail=False, methods=["put"], url_path="by/(?P<external_id>[^/]{1,200})")
    def by(self, request: Request, external_id: str) -> Response:
        """Create or change the customer with this external id."""
        values = {name: value for name, value in said(request).items() if name != "external_id"}
        found, new = customers.upsert(
            external_id=external_id, values=values, by=request.actor, now=timezone.now(), source=SOURCE
        )
        return self._answer(found, status.HTTP_201_CREATED if new else status.HTTP_200_OK)

    @extend_schema(
        responses=EventSerializer(many=True),
        parameters=[OpenApiParameter("kind", OpenApiTypes.STR, enum=[kind.key for kind in timeline.KINDS])],
    )
    @action(detail=True)
    def timeline(self, request: Request, pk: str) -> Response:
        """What happened to a customer, newest first."""
        events = timeline.of(customer=customers.get(int(pk)), kind=request.query_params.get("kind", ""))
        page = self.paginate_queryset(events)
        return self.get_paginated_response(EventSerializer(page, many=True).data)

    @extend_schema(methods=["get"], responses=ConsentEntrySerializer(many=True))
    @extend_schema(methods=["post"], request=ConsentInput, responses={201: ConsentRecorded})
    @action(detail=True, methods=["get", "post"])
    def consents(self, request: Request, pk: str) -> Response:
        """Every yes and no of a customer, newest first; a POST records one."""
        customer = customers.get(int(pk))
        if request.method == "GET":
            page = self.paginate_queryset(consents.history(customer).order_by("-pk"))
            return self.get_paginated_response(ConsentEntrySerializer(page, many=True).data)
        form = ConsentInput(data=request.data)
        form.is_valid(raise_exception=True)
        now = timezone.now()
        choice = consents.Choice(customer.pk, **{"at": now} | form.validated_data)
        consents.record([choice], source=SOURCE, by=request.actor, now=now)
        model = request.tenant.consent_model
        allowed = consents.is_allowed(customer=customer, channel=choice.channel, topic=choice.topic, model=model)
        return Response({"allowed": allowed}, status=status.HTTP_201_CREATED)

    def _answer(self, customer: Customer, code: int = status.HTTP_200_OK) -> Response:
        return Response(self.get_serializer(search.with_tags(search.fetch([customer.pk]))[0]).data, status=code)


def said(request: Request) -> dict:
    """Return the object a call says.

    Raises:
        serializers.ValidationError: a list, or a bare value.
    """
    if not isinstance(request.data, dict):
        raise serializers.ValidationError(__("Send one JSON object."))
    return dict(request.data)


def _moment(name: str, written: str) -> datetime:
    try:
        return contacts.moment(written.replace(" ", "+") if "T" in written else written)  # a plus sent bare
    except ValueError as error:
        raise serializers.ValidationError({name: [str(error)]}) from error
