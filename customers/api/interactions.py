"""Interactions over the API: what an agent, a shop or a bot did with a customer."""

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as __
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from customers.domain import customers, interactions
from customers.domain.intake.elements import FUTURE
from customers.models import Interaction
from cxm.rest.fields import MomentField
from cxm.rest.viewsets import TenantViewSet

_LARGEST = 2**63 - 1


class InteractionSerializer(serializers.ModelSerializer):
    """One contact with a customer; ``duration`` in seconds, ``by`` who wrote it down."""

    by = serializers.CharField(source="actor_label")

    class Meta:
        model = Interaction
        fields = ["id", "customer", "channel", "direction", "outcome", "sentiment", "occurred_at", "duration",
                  "subject", "note", "call", "by", "created_at"]  # fmt: skip


class FollowUpInput(serializers.Serializer):
    """A to-do that remains; anybody may do it."""

    title = serializers.CharField(max_length=200)
    due_at = MomentField(required=False, allow_null=True)


class InteractionInput(serializers.Serializer):
    """What was done. Either ``customer`` (our id) or ``external_id`` (yours) says with whom."""

    customer = serializers.IntegerField(required=False, min_value=1, max_value=_LARGEST)
    external_id = serializers.CharField(required=False, max_length=200)
    channel = serializers.ChoiceField(choices=Interaction.Channel.choices)
    direction = serializers.ChoiceField(choices=Interaction.Direction.choices, default=Interaction.Direction.IN)
    outcome = serializers.ChoiceField(choices=Interaction.Outcome.choices, default=Interaction.Outcome.OTHER)
    sentiment = serializers.ChoiceField(choices=Interaction.Sentiment.choices, required=False, allow_blank=True)
    occurred_at = MomentField(required=False, help_text="Now if left out.")
    duration = serializers.IntegerField(required=False, min_value=0, max_value=604_800, help_text="Seconds.")
    subject = serializers.CharField(required=False, allow_blank=True, max_length=200)
    note = serializers.CharField(required=False, allow_blank=True, max_length=interactions.MOST_NOTE)
    follow_up = FollowUpInput(required=False)
    key = serializers.CharField(
        required=False, max_length=200, help_text="Your own name of it: told twice, it is kept once."
    )

    def validate_occurred_at(self, at: datetime) -> datetime:
        """As at the event intake: a clock that runs ahead says now, another day to come is a mistake."""
        now = timezone.now()
        if at > now + FUTURE:
            raise serializers.ValidationError(__("The time lies more than a day in the future."))
        return min(at, now)


class InteractionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """Calls, chats, visits, social messages, post: what was done with customers; the latest told first."""

    scopes = {"read": "customers.view", "write": "customers.change"}
    serializer_class = InteractionSerializer
    queryset = Interaction.objects.all()

    def filter_queryset(self, queryset: QuerySet[Interaction]) -> QuerySet[Interaction]:
        asked = self.request.query_params.get("customer", "")
        if asked:
            number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else 0
            queryset = queryset.filter(customer=number)
        return queryset

    @extend_schema(parameters=[OpenApiParameter("customer", OpenApiTypes.INT, description="Our id of a customer.")])
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Interactions, the latest told first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=InteractionInput, responses={201: InteractionSerializer})
    def create(self, request: Request) -> Response:
        """Write down what was done with a customer."""
        form = InteractionInput(data=request.data)
        form.is_valid(raise_exception=True)
        said, now = dict(form.validated_data), timezone.now()
        external_id, number = said.pop("external_id", None), said.pop("customer", 0)
        customer = customers.get_by_external_id(external_id) if external_id else customers.get(number)
        seconds, follow_up = said.pop("duration", None), said.pop("follow_up", None)
        made = interactions.log(
            customer=customer,
            at=said.pop("occurred_at", now),
            duration=None if seconds is None else timedelta(seconds=seconds),
            follow_up=interactions.FollowUp(**follow_up) if follow_up else None,
            by=request.actor,
            **said,
        )
        return Response(InteractionSerializer(made).data, status=status.HTTP_201_CREATED)
