"""Surveys over the API."""

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.domain import messages
from cxm.rest.fields import DayField
from cxm.rest.viewsets import TenantViewSet
from feedback import questions
from feedback.domain import composing, conditions, invitations, results, surveys, tokens, versions
from feedback.domain.results import Asking
from feedback.models import Invitation, Question, Survey

DAYS = {"min_value": 0, "max_value": 3650}


class Words(serializers.DictField):
    """{language: {part: words}}"""

    child = serializers.DictField(child=serializers.CharField(max_length=500, allow_blank=True))


class OptionSerializer(serializers.Serializer):
    value = serializers.CharField(max_length=40)
    texts = serializers.DictField(child=serializers.CharField(max_length=200, allow_blank=True))


class ChoiceSerializer(serializers.Serializer):
    """Of a choice only."""

    multiple = serializers.BooleanField(required=False)
    options = OptionSerializer(many=True, required=False)


class ConditionSerializer(serializers.Serializer):
    """Asked only if an earlier answer fits."""

    question = serializers.CharField(max_length=30)
    operator = serializers.ChoiceField(choices=list(conditions.OPERATORS))
    value = serializers.CharField(max_length=200, required=False, allow_blank=True)


class QuestionSerializer(serializers.Serializer):
    """One question. ``texts``: {language: {"title", "hint", "low", "high"}}."""

    key = serializers.CharField(max_length=30, required=False, allow_blank=True)
    kind = serializers.ChoiceField(choices=list(questions.KINDS))
    required = serializers.BooleanField(required=False)
    texts = Words()
    settings = ChoiceSerializer(required=False)
    condition = ConditionSerializer(required=False, allow_null=True)


class QuestionShown(serializers.ModelSerializer):
    settings = serializers.JSONField()
    condition = serializers.JSONField()

    class Meta:
        model = Question
        fields = ["key", "kind", "required", "texts", "settings", "condition"]


class SurveySerializer(serializers.ModelSerializer):
    """A survey. ``kind`` is that of the scored question, of the published version; ``link`` is empty while closed."""

    link = serializers.SerializerMethodField()

    class Meta:
        model = Survey
        fields = ["id", "slug", "name", "state", "kind", "languages", "wave", "rest_days", "answer_days", "open_link",
                  "link", "created_at", "updated_at"]  # fmt: skip
        read_only_fields = fields

    def get_link(self, survey: Survey) -> str:
        return tokens.address(tokens.link(survey)) if survey.open_link else ""


class SurveyDetailSerializer(SurveySerializer):
    """With the questions of the draft, or of the published version where nothing was changed since."""

    version = serializers.SerializerMethodField()
    published = serializers.SerializerMethodField()
    texts = serializers.SerializerMethodField()
    questions = serializers.SerializerMethodField()

    class Meta(SurveySerializer.Meta):
        fields = [*SurveySerializer.Meta.fields, "version", "published", "texts", "questions"]
        read_only_fields = fields

    def get_version(self, survey: Survey) -> int:
        return versions.newest(survey=survey).number

    def get_published(self, survey: Survey) -> int | None:
        found = versions.published(survey=survey)
        return found.number if found else None

    def get_texts(self, survey: Survey) -> dict[str, dict[str, str]]:
        return versions.newest(survey=survey).texts

    @extend_schema(responses=QuestionShown(many=True))
    def get_questions(self, survey: Survey) -> list[dict]:
        return QuestionShown(versions.asked(versions.newest(survey=survey)), many=True).data


class SurveyInputSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=1000)
    slug = serializers.CharField(max_length=50, required=False, allow_blank=True)
    languages = serializers.ListField(child=serializers.CharField(max_length=10), required=False, max_length=5)
    wave = serializers.ChoiceField(choices=Survey.Wave.choices, required=False)
    rest_days = serializers.IntegerField(required=False, allow_null=True, **DAYS)
    answer_days = serializers.IntegerField(required=False, **DAYS)
    open_link = serializers.BooleanField(required=False)
    texts = Words(required=False, help_text='{language: {"intro", "thanks"}}')
    questions = QuestionSerializer(many=True, required=False)

    def said(self) -> dict:
        """Return what was sent as the domain takes it."""
        found = dict(self.validated_data)
        if "questions" in found:
            found["questions"] = [dict(question) for question in found["questions"]]
        return found


class ResultSerializer(serializers.Serializer):
    """``score`` is in points (−100 to 100) or a share (0 to 1), as ``unit`` says; null of nothing."""

    n = serializers.IntegerField()
    score = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    margin = serializers.FloatField(allow_null=True)
    unit = serializers.CharField()
    mean = serializers.FloatField(allow_null=True)
    parts = serializers.DictField(child=serializers.IntegerField())


class QuestionResultSerializer(ResultSerializer):
    key = serializers.CharField()
    kind = serializers.CharField()
    counts = serializers.DictField(child=serializers.IntegerField())


class ReportSerializer(serializers.Serializer):
    survey = serializers.CharField(help_text="Its slug.")
    score = ResultSerializer(allow_null=True)
    sent = serializers.IntegerField()
    left_out = serializers.IntegerField()
    answered = serializers.IntegerField()
    rate = serializers.FloatField(allow_null=True)
    started = serializers.IntegerField()
    completed = serializers.IntegerField()
    questions = QuestionResultSerializer(many=True)


class AskedSerializer(serializers.Serializer):
    since = DayField(required=False)
    until = DayField(required=False)
    language = serializers.CharField(max_length=10, required=False)
    segment = serializers.IntegerField(required=False, min_value=1, max_value=2**53)


class InviteSerializer(serializers.Serializer):
    customer = serializers.CharField(max_length=200, help_text="Id or external id.")
    key = serializers.CharField(max_length=150, help_text="Names the occasion; the same key asks once.")
    about = serializers.DictField(required=False)


class InvitationSerializer(serializers.ModelSerializer):
    """Somebody asked, or left alone: then ``reason`` says why and ``until`` until when."""

    customer = serializers.IntegerField(source="customer_id")
    survey = serializers.CharField(source="survey.slug")

    class Meta:
        model = Invitation
        fields = ["id", "survey", "customer", "key", "state", "reason", "until", "created_at", "sent_at", "expires_at"]
        read_only_fields = fields


class SurveyViewSet(mixins.ListModelMixin, TenantViewSet):
    """What people are asked. Questions are written to a draft; ``publish`` makes it a version that never changes."""

    queryset = Survey.objects.all()
    serializer_class = SurveySerializer
    scopes = {"read": "feedback.view", "write": "feedback.change"}
    ordering = "-created_at"

    @extend_schema(parameters=[OpenApiParameter("state", OpenApiTypes.STR, enum=Survey.State.values)])
    def list(self, request: Request) -> Response:
        return super().list(request)

    def get_queryset(self):
        return surveys.listed(state=self.request.query_params.get("state", ""))

    @extend_schema(responses=SurveyDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        return self._answer(surveys.get(survey_id=int(pk)))

    @extend_schema(request=SurveyInputSerializer, responses={201: SurveyDetailSerializer})
    def create(self, request: Request) -> Response:
        sent = SurveyInputSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        return self._answer(composing.create(by=request.actor, **sent.said()), status=201)

    @extend_schema(request=SurveyInputSerializer(partial=True), responses=SurveyDetailSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        survey = surveys.get(survey_id=int(pk))
        sent = SurveyInputSerializer(data=request.data, partial=True)
        sent.is_valid(raise_exception=True)
        said = {name: value for name, value in sent.said().items() if name != "slug"}  # rules name it: it stays
        return self._answer(composing.rewrite(survey=survey, by=request.actor, **said))

    def destroy(self, request: Request, pk: str) -> Response:
        """Put it away; its answers stay."""
        surveys.archive(survey=surveys.get(survey_id=int(pk)), by=request.actor, now=timezone.now())
        return Response(status=204)

    @extend_schema(request=None, responses=SurveyDetailSerializer)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: str) -> Response:
        """Have people answer the draft from now on."""
        survey = surveys.get(survey_id=int(pk))
        versions.publish(survey=survey, by=request.actor, now=timezone.now())
        return self._answer(survey)

    @extend_schema(request=None, responses=SurveyDetailSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """Take no more answers."""
        return self._answer(surveys.close(survey=surveys.get(survey_id=int(pk)), by=request.actor))

    @extend_schema(request=None, responses=SurveyDetailSerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Take answers again."""
        return self._answer(surveys.reopen(survey=surveys.get(survey_id=int(pk)), by=request.actor))

    @extend_schema(request=InviteSerializer, responses={201: InvitationSerializer})
    @action(detail=True, methods=["post"])
    def invite(self, request: Request, pk: str) -> Response:
        """Ask one customer by email, unless they were asked too recently."""
        survey = surveys.get(survey_id=int(pk))
        sent = InviteSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        said = dict(sent.validated_data)
        customer = messages.customer(ref=said.pop("customer"))
        made = invitations.invite(survey=survey, customer=customer, by=request.actor, now=timezone.now(), **said)
        return Response(InvitationSerializer(made).data, status=201)

    @extend_schema(parameters=[AskedSerializer], responses=ReportSerializer)
    @action(detail=True, methods=["get"])
    def results(self, request: Request, pk: str) -> Response:
        """What the answers add up to: of each person the last one in a wave."""
        survey = surveys.get(survey_id=int(pk))
        sent = AskedSerializer(data=request.query_params)
        sent.is_valid(raise_exception=True)
        asking = Asking(**sent.validated_data)
        report = results.reach(survey=survey, asking=asking) | {
            "survey": survey.slug,
            "score": results.headline(survey=survey, asking=asking),
            "questions": [_question(each) for each in results.by_question(survey=survey, asking=asking)],
        }
        return Response(ReportSerializer(report).data)

    def _answer(self, survey: Survey, *, status: int = 200) -> Response:
        return Response(SurveyDetailSerializer(survey).data, status=status)


def _question(answered: results.Answered) -> dict:
    result = answered.result
    figures = {name: getattr(result, name) for name in ("n", "score", "low", "high", "margin", "unit", "mean", "parts")}
    counts = {str(bar.value): bar.n for bar in result.bars}
    return figures | {"key": answered.question.key, "kind": answered.question.kind, "counts": counts}
