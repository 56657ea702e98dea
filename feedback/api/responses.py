"""Responses to surveys over the API."""

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response as Reply

from campaigns.domain import messages
from cxm.rest.viewsets import TenantViewSet
from feedback.domain import responses, surveys
from feedback.models import Answer, Response


class ResponseSerializer(serializers.ModelSerializer):
    """One passage through a survey. ``answers``: {key of the question: number, words or list of options}."""

    survey = serializers.CharField(source="survey.slug", help_text="Its slug.")
    customer = serializers.IntegerField(source="customer_id", allow_null=True)
    invitation = serializers.IntegerField(source="invitation_id", allow_null=True)
    answers = serializers.SerializerMethodField()

    class Meta:
        model = Response
        fields = ["id", "survey", "customer", "invitation", "language", "channel", "wave", "counts", "score", "comment",
                  "answers", "started_at", "answered_at", "completed_at"]  # fmt: skip
        read_only_fields = fields

    def get_answers(self, response: Response) -> dict[str, Any]:
        return {answer.question.key: _value(answer) for answer in response.answers.all()}


class ResponseInputSerializer(serializers.Serializer):
    survey = serializers.CharField(max_length=60, help_text="Slug or id.")
    customer = serializers.CharField(
        max_length=200, required=False, help_text="Id or external id; nobody when omitted."
    )
    language = serializers.CharField(max_length=10, required=False, allow_blank=True)
    answers = serializers.DictField(child=serializers.JSONField(allow_null=True), help_text="By key of the question.")


class ResponseViewSet(mixins.ListModelMixin, TenantViewSet):
    """What people answered, newest first."""

    queryset = Response.objects.all()
    serializer_class = ResponseSerializer
    scopes = {"read": "feedback.view", "write": "feedback.change"}
    ordering = "-answered_at"

    @extend_schema(parameters=[OpenApiParameter("survey", OpenApiTypes.STR, description="Slug or id.")])
    def list(self, request: Request) -> Reply:
        return super().list(request)

    def get_queryset(self):
        asked = self.request.query_params.get("survey", "")
        survey = surveys.named(ref=asked) if asked else None
        return responses.listed(survey=survey).prefetch_related("answers__question")

    def retrieve(self, request: Request, pk: str) -> Reply:
        return Reply(ResponseSerializer(responses.get(response_id=int(pk))).data)

    @extend_schema(request=ResponseInputSerializer, responses={201: ResponseSerializer})
    def create(self, request: Request) -> Reply:
        """Bring a response gathered elsewhere: a shop's till, a call, another tool."""
        sent = ResponseInputSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        said = sent.validated_data
        made = responses.submit(
            survey=surveys.named(ref=said["survey"]),
            customer=messages.customer(ref=said["customer"]) if said.get("customer") else None,
            answers=said["answers"],
            language=said.get("language", ""),
            now=timezone.now(),
        )
        return Reply(ResponseSerializer(made).data, status=201)


def _value(answer: Answer) -> int | str | list[str] | None:
    if answer.number is not None:
        return answer.number
    return list(answer.choices) if answer.choices else answer.text or None
