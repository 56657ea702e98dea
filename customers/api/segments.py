"""Segments over the API."""

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from customers.domain import customers, memberships, segments
from customers.models import Segment, SegmentMember
from cxm.rest.viewsets import TenantViewSet


class SegmentSerializer(serializers.ModelSerializer):
    """A segment. ``count`` is how many people are in it as of ``refreshed_at``; ``problem`` why it is out of date."""

    name = serializers.CharField(max_length=1000)
    description = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    rule = serializers.JSONField(help_text="The rule language is described in the documentation.")
    count = serializers.IntegerField(source="member_count", read_only=True)

    class Meta:
        model = Segment
        fields = ["id", "slug", "name", "description", "rule", "version", "count", "refreshed_at", "problem",
                  "created_at", "updated_at"]  # fmt: skip
        read_only_fields = ["slug", "version", "refreshed_at", "problem", "created_at", "updated_at"]


class RuleSerializer(serializers.Serializer):
    rule = serializers.JSONField()


class PersonSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    external_id = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    email = serializers.CharField()


class PreviewSerializer(serializers.Serializer):
    count = serializers.IntegerField()
    sample = PersonSerializer(many=True)


class MemberSerializer(serializers.ModelSerializer):
    id = serializers.IntegerField(source="customer_id", help_text="Of the customer.")
    external_id = serializers.CharField(source="customer.external_id", allow_null=True)
    name = serializers.CharField(source="customer.name")
    email = serializers.CharField(source="customer.email")

    class Meta:
        model = SegmentMember
        fields = ["id", "external_id", "name", "email", "entered_at"]


class VerdictSerializer(serializers.Serializer):
    """One part of the rule: a leaf says what it asks and what was found, a branch has items."""

    kind = serializers.ChoiceField(choices=["all", "any", "not", "leaf"])
    holds = serializers.BooleanField()
    asked = serializers.CharField(required=False)
    found = serializers.CharField(required=False)
    items = serializers.ListField(child=serializers.DictField(), required=False)


class SegmentViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, mixins.DestroyModelMixin, TenantViewSet
):
    """Groups of customers by rule. A new or changed segment is filled in the background. DELETE archives it."""

    serializer_class = SegmentSerializer
    scopes = {"read": "segments.view", "write": "segments.change", "preview": "segments.view"}
    queryset = Segment.objects.filter(archived_at=None)
    ordering = None

    def create(self, request: Request, *args: object, **kwargs: object) -> Response:
        said = self._said(request)
        segment = segments.create(tenant=request.tenant, by=request.actor, **said)
        return Response(self.get_serializer(segment).data, status=201)

    @extend_schema(request=SegmentSerializer(partial=True), responses=SegmentSerializer)
    def partial_update(self, request: Request, *args: object, **kwargs: object) -> Response:
        said = self._said(request, partial=True)
        segment = segments.change(segment=self.get_object(), tenant=request.tenant, by=request.actor, **said)
        return Response(self.get_serializer(segment).data)

    def destroy(self, request: Request, *args: object, **kwargs: object) -> Response:
        segments.archive(segment=self.get_object(), by=request.actor, now=timezone.now())
        return Response(status=204)

    @extend_schema(request=RuleSerializer, responses=PreviewSerializer)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """Count the people a rule holds for now, and name a few. Writes nothing."""
        said = RuleSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        found = segments.preview(rule=said.validated_data["rule"], tenant=request.tenant, now=timezone.now())
        return Response(PreviewSerializer(found).data)

    @extend_schema(responses=MemberSerializer(many=True))
    @action(detail=True, ordering="customer_id")
    def members(self, request: Request, pk: str) -> Response:
        """Who is in the segment, as of its last refresh."""
        found: QuerySet[SegmentMember] = memberships.members(self.get_object()).select_related("customer")
        return self.get_paginated_response(MemberSerializer(self.paginate_queryset(found), many=True).data)

    @extend_schema(
        responses=VerdictSerializer, parameters=[OpenApiParameter("customer", OpenApiTypes.INT, OpenApiParameter.PATH)]
    )
    @action(detail=True, url_path=r"explain/(?P<customer>[0-9]{1,18})")
    def explain(self, request: Request, pk: str, customer: str) -> Response:
        """Why a customer is in the segment, or is not: every part of the rule, with what was found."""
        found = segments.explain(
            segment=self.get_object(),
            customer=customers.get(int(customer)),
            tenant=request.tenant,
            now=timezone.now(),
        )
        return Response(found.as_json())

    def _said(self, request: Request, *, partial: bool = False) -> dict:
        said = self.get_serializer(data=request.data, partial=partial)
        said.is_valid(raise_exception=True)
        return dict(said.validated_data)
