"""Cases over the API."""

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.domain import messages
from cxm.rest.viewsets import TenantViewSet
from feedback.domain import attachments, cases, desk, facts
from feedback.models import Case, CaseAttachment, CaseChannel, CaseMessage, Priority
from feedback.views import files


class CaseSerializer(serializers.ModelSerializer):
    """A case. ``due_at`` is the next deadline still to be kept: empty while the clock stands, and once it is done."""

    type = serializers.CharField(source="type.slug")
    customer = serializers.IntegerField(source="customer_id", allow_null=True)
    queue = serializers.CharField(source="queue.name", default=None, allow_null=True)
    owner = serializers.CharField(source="owner.email", default=None, allow_null=True)

    class Meta:
        model = Case
        fields = ["id", "number", "type", "customer", "subject", "state", "priority", "channel", "queue", "owner",
                  "opened_at", "updated_at", "first_due_at", "first_answered_at", "first_breached_at", "solve_due_at",
                  "solved_at", "solve_breached_at", "due_at", "paused_at", "closed_at", "reopened", "root_cause",
                  "action"]  # fmt: skip


class CaseAttachmentSerializer(serializers.ModelSerializer):
    """A file that came with a customer's mail; ``files/{id}/`` of the case answers its bytes."""

    class Meta:
        model = CaseAttachment
        fields = ["id", "name", "content_type", "size"]


class CaseMessageSerializer(serializers.ModelSerializer):
    """Something said in a case: ``in`` by the customer, ``out`` to them, ``internal`` among colleagues."""

    attachments = CaseAttachmentSerializer(many=True, read_only=True)

    class Meta:
        model = CaseMessage
        fields = ["id", "direction", "author", "author_label", "public", "channel", "at", "body", "attachments"]


class NewCaseSerializer(serializers.Serializer):
    """``customer``: id or external id. The same ``key`` gives the case opened first."""

    type = serializers.CharField(max_length=50, help_text="Short name of a case type: question, complaint …")
    customer = serializers.CharField(max_length=200)
    subject = serializers.CharField(max_length=1000)
    body = serializers.CharField(max_length=50_000, required=False, allow_blank=True, default="")
    channel = serializers.ChoiceField(choices=CaseChannel.choices, default=CaseChannel.API)
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    key = serializers.CharField(max_length=100, required=False)


class SaySerializer(serializers.Serializer):
    body = serializers.CharField(max_length=50_000)


class AnswerSerializer(SaySerializer):
    then = serializers.ChoiceField(choices=["open", "waiting", "solved"], default="open")


class SolveSerializer(serializers.Serializer):
    answer = serializers.CharField(max_length=50_000, required=False, allow_blank=True, default="")


class CloseSerializer(serializers.Serializer):
    """A complaint needs both."""

    root_cause = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    action = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class CaseViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """Requests and complaints, followed until they are solved."""

    serializer_class = CaseSerializer
    scopes = {"read": "feedback.view", "write": "feedback.change"}
    queryset = Case.objects.all()
    ordering = "-id"

    def get_queryset(self) -> QuerySet[Case]:
        found = facts.with_people(super().get_queryset())
        asked = self.request.query_params
        if asked.get("state") in Case.State.values:
            found = found.filter(state=asked["state"])
        if asked.get("type"):
            found = found.filter(type__slug=asked["type"][:50].replace("\0", ""))
        number = asked.get("customer", "")
        if number.isascii() and number.isdigit() and len(number) <= 18:
            found = found.filter(customer=int(number))
        return found

    @extend_schema(parameters=[
        OpenApiParameter("state", OpenApiTypes.STR, enum=Case.State.values),
        OpenApiParameter("type", OpenApiTypes.STR),
        OpenApiParameter("customer", OpenApiTypes.INT),
    ])  # fmt: skip
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Cases, the newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewCaseSerializer, responses={201: CaseSerializer})
    def create(self, request: Request) -> Response:
        """Open a case; rules give it priority and targets."""
        said = self._said(NewCaseSerializer, request)
        said["type"] = desk.type_by(ref=said["type"], in_use=True)
        said["customer"] = messages.customer(ref=said["customer"])
        case = cases.open(by=request.actor, now=timezone.now(), **said)
        return Response(self.get_serializer(cases.get(case.pk)).data, status=201)

    @extend_schema(responses=CaseMessageSerializer(many=True))
    @action(detail=True, ordering="id")
    def messages(self, request: Request, pk: str) -> Response:
        """What was said, the oldest first."""
        found = CaseMessage.objects.filter(case=self.get_object()).prefetch_related(attachments.listed())
        return self.get_paginated_response(CaseMessageSerializer(self.paginate_queryset(found), many=True).data)

    @extend_schema(
        parameters=[OpenApiParameter("file", OpenApiTypes.INT, OpenApiParameter.PATH)],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    @action(detail=True, url_path=r"files/(?P<file>[0-9]{1,18})")
    def file(self, request: Request, pk: str, file: str) -> HttpResponse:
        """A file that came with a customer's mail, as its bytes."""
        return files.saved(attachments.get(case=self.get_object(), file_id=int(file)))

    @extend_schema(request=AnswerSerializer, responses={201: CaseMessageSerializer})
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, pk: str) -> Response:
        """Say something to the customer; it goes out by email where they have an address."""
        said = self._said(AnswerSerializer, request)
        made = cases.answer(case=self.get_object(), by=request.actor, now=timezone.now(), **said)
        return Response(CaseMessageSerializer(made).data, status=201)

    @extend_schema(request=SaySerializer, responses={201: CaseMessageSerializer})
    @action(detail=True, methods=["post"])
    def note(self, request: Request, pk: str) -> Response:
        """Write something down for colleagues."""
        said = self._said(SaySerializer, request)
        made = cases.note(case=self.get_object(), by=request.actor, now=timezone.now(), **said)
        return Response(CaseMessageSerializer(made).data, status=201)

    @extend_schema(request=None, responses=CaseSerializer)
    @action(detail=True, methods=["post"])
    def wait(self, request: Request, pk: str) -> Response:
        """Wait for the customer: the clock stands."""
        return self._moved(cases.wait(case=self.get_object(), by=request.actor, now=timezone.now()))

    @extend_schema(request=None, responses=CaseSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Work on it again: the clock runs on."""
        return self._moved(cases.resume(case=self.get_object(), by=request.actor, now=timezone.now()))

    @extend_schema(request=SolveSerializer, responses=CaseSerializer)
    @action(detail=True, methods=["post"])
    def solve(self, request: Request, pk: str) -> Response:
        """Hold it to be solved, with or without last words to the customer."""
        said = self._said(SolveSerializer, request)
        return self._moved(cases.solve(case=self.get_object(), by=request.actor, now=timezone.now(), **said))

    @extend_schema(request=CloseSerializer, responses=CaseSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """Close it for good; a complaint needs its root cause and what was done about it."""
        said = self._said(CloseSerializer, request)
        return self._moved(cases.close(case=self.get_object(), by=request.actor, now=timezone.now(), **said))

    @extend_schema(request=None, responses=CaseSerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Take a solved or closed case up again."""
        return self._moved(cases.reopen(case=self.get_object(), by=request.actor, now=timezone.now()))

    def _moved(self, case: Case) -> Response:
        return Response(self.get_serializer(cases.get(case.pk)).data)

    def _said(self, form: type[serializers.Serializer], request: Request) -> dict:
        said = form(data=request.data)
        said.is_valid(raise_exception=True)
        return dict(said.validated_data)
