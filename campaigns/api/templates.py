"""Templates over the API."""

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.domain import messages, templates
from campaigns.models import Template
from campaigns.models.template import Kind
from cxm import tenancy
from cxm.rest.viewsets import TenantViewSet


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "HTML with fields",
            value={"name": "Spring", "kind": "newsletter", "language": "en",
                   "subject": "Hello {{ customer.first_name | default: 'there' }}",
                   "body": "<p>Spring is here: <a href=\"https://shop.example/spring\">have a look</a>.</p>"},
            request_only=True,
        )
    ]
)  # fmt: skip
class TemplateSerializer(serializers.Serializer):
    """A template, and its words in one language: the one asked for (``?language=``), else the tenant's own."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=1000)
    kind = serializers.ChoiceField(choices=Kind.choices, default=Kind.NEWSLETTER)
    language = serializers.CharField(max_length=10, required=False)
    languages = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    version = serializers.IntegerField(read_only=True)
    subject = serializers.CharField(max_length=2000, trim_whitespace=False)
    preheader = serializers.CharField(max_length=2000, allow_blank=True, default="", trim_whitespace=False)
    format = serializers.CharField(read_only=True)
    body = serializers.CharField(trim_whitespace=False)
    archived = serializers.BooleanField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def to_representation(self, instance: Template) -> dict:
        versions = self.context["versions"].get(instance.pk, {})
        wanted = [self.context.get("language", ""), tenancy.current().language, *sorted(versions)]
        language = next((code for code in wanted if code in versions), "")
        words = versions.get(language)
        shown = {
            "id": instance.pk,
            "name": instance.name,
            "kind": instance.kind,
            "language": language,
            "languages": {code: found.number for code, found in versions.items()},
            "version": words.number if words else 0,
            "subject": words.subject if words else "",
            "preheader": words.preheader if words else "",
            "format": words.format if words else "",
            "body": words.body if words else "",
            "archived": instance.archived_at is not None,
            "created_at": serializers.DateTimeField().to_representation(instance.created_at),
            "updated_at": serializers.DateTimeField().to_representation(instance.updated_at),
        }
        if self.context.get("short"):
            del shown["body"]
        return shown


class PreviewSerializer(serializers.Serializer):
    """Whom to show it to: a customer (id or external id), merge fields under ``data.``, a language."""

    customer = serializers.CharField(required=False, allow_null=True, max_length=200)
    data = serializers.DictField(required=False, default=dict)
    language = serializers.CharField(required=False, allow_blank=True, max_length=10, default="")


class PreviewedSerializer(serializers.Serializer):
    language = serializers.CharField()
    subject = serializers.CharField()
    preheader = serializers.CharField()
    html = serializers.CharField()
    text = serializers.CharField()
    problems = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))


class TemplateViewSet(mixins.ListModelMixin, TenantViewSet):
    """What is said: templates with immutable versions per language. The list leaves out the bodies."""

    queryset = Template.objects.all()
    serializer_class = TemplateSerializer
    scopes = {"read": "campaigns.view", "write": "campaigns.change", "preview": "campaigns.view"}
    ordering = "-updated_at"

    def get_queryset(self):
        query = self.request.query_params
        return templates.listed(kind=query.get("kind", ""), search=query.get("search", ""))

    def get_serializer(self, *args, **kwargs) -> serializers.Serializer:
        found = args[0] if args else []
        shown = found if isinstance(found, list) else [found]
        kwargs["context"] = {
            **self.get_serializer_context(),
            "versions": templates.latest_of(templates=shown),
            "language": self.request.query_params.get("language", ""),
            "short": self.action == "list",
        }
        return super().get_serializer(*args, **kwargs)

    def retrieve(self, request: Request, pk: str) -> Response:
        return self._answer(templates.get(template_id=int(pk)))

    def create(self, request: Request) -> Response:
        sent = TemplateSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        words = {"language": tenancy.current().language} | sent.validated_data
        made = templates.create(by=request.actor, **words)
        return self._answer(made, status=201, language=words["language"])

    def partial_update(self, request: Request, pk: str) -> Response:
        template = templates.get(template_id=int(pk))
        sent = TemplateSerializer(data=request.data, partial=True)
        sent.is_valid(raise_exception=True)
        said = dict(sent.validated_data)
        changed = templates.rewrite(template=template, by=request.actor, **said)
        return self._answer(changed, language=said.get("language", ""))

    @extend_schema(request=PreviewSerializer, responses=PreviewedSerializer)
    @action(detail=True, methods=["post"])
    def preview(self, request: Request, pk: str) -> Response:
        """Show the template as one customer would get it."""
        template = templates.get(template_id=int(pk))
        sent = PreviewSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        wanted = sent.validated_data
        if wanted.get("customer") and "customers.view" not in request.auth.scopes:
            raise PermissionDenied
        language, shown, problems = templates.preview_saved(
            template=template,
            customer=messages.customer(ref=request.data["customer"]) if wanted.get("customer") else None,
            data=wanted["data"],
            language=wanted["language"],
            now=timezone.now(),
        )
        return Response(
            {
                "language": language,
                "subject": shown.subject,
                "preheader": shown.preheader,
                "html": shown.html,
                "text": shown.text,
                "problems": [{"code": each.code, "message": each.message} for each in problems],
            }
        )

    def _answer(self, template: Template, *, status: int = 200, language: str = "") -> Response:
        shown = self.get_serializer(template)
        if language:
            shown.context["language"] = language
        return Response(shown.data, status=status)
