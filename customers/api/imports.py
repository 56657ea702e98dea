"""Imports for programs: a file in, counts out, and the rows that were not taken."""

import json

from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from customers.domain import imports
from customers.models import Import
from cxm.rest.viewsets import TenantViewSet


class ImportSerializer(serializers.ModelSerializer):
    """How far an import is: total, rejected count rows; created, updated count customers or orders."""

    class Meta:
        model = Import
        fields = ("id", "state", "total", "created", "updated", "rejected", "kind", "filename", "dry_run", "mapping",
                  "summary", "error", "created_at", "finished_at")  # fmt: skip
        read_only_fields = fields


class MappingField(serializers.Field):
    """An object column → field, as the text of a form field."""

    default_error_messages = {"invalid": _("Give a JSON object: column → field.")}

    def to_internal_value(self, data: object) -> dict[str, str]:
        try:
            found = json.loads(data) if isinstance(data, str) else data
        except (ValueError, RecursionError):
            self.fail("invalid")
        if not isinstance(found, dict) or not all(value is None or isinstance(value, str) for value in found.values()):
            self.fail("invalid")
        return found

    def to_representation(self, value: dict) -> dict:
        return value


class UploadSerializer(serializers.Serializer):
    """What a program sends: the file, and how it is to be understood."""

    file = serializers.FileField(allow_empty_file=True, max_length=None, use_url=False)
    kind = serializers.ChoiceField(choices=Import.Kind.choices, default=Import.Kind.CUSTOMERS)
    mapping = MappingField(
        required=False,
        help_text=_("Column → field, as JSON; left out: as last time for such columns, or as their names suggest."),
    )
    dry_run = serializers.BooleanField(default=False)
    date_order = serializers.ChoiceField(choices=["dmy", "mdy", "ymd"], required=False)
    decimal_mark = serializers.ChoiceField(choices=[".", ","], required=False)


class ImportViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """Files of customers or orders on their way in."""

    scopes = {"read": "imports.change", "write": "imports.change"}
    queryset = Import.objects.all()
    serializer_class = ImportSerializer
    parser_classes = [MultiPartParser]

    @extend_schema(request={"multipart/form-data": UploadSerializer}, responses={202: ImportSerializer})
    def create(self, request: Request) -> Response:
        """Bring a file in; the answer comes at once, the work is done in the background."""
        asked = UploadSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        found = imports.bring(
            file=values["file"],
            filename=values["file"].name,
            kind=values["kind"],
            mapping=values.get("mapping"),
            dry_run=values["dry_run"],
            by=request._request.actor,
            options={name: values[name] for name in ("date_order", "decimal_mark") if name in values},
        )
        return Response(ImportSerializer(found).data, status=202)

    @extend_schema(request=None, responses={202: ImportSerializer})
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Take back what an import did, where nothing has touched it since."""
        found = imports.get(int(pk))
        imports.undo(found=found, by=request._request.actor)
        return Response(ImportSerializer(found).data, status=202)

    @extend_schema(responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, description="CSV, UTF-8.")})
    def rejects(self, request: Request, pk: int) -> StreamingHttpResponse:
        """The rows that were not taken, as they stood in the file, with line and reason."""
        return rejects_file(request._request, imports.get(int(pk)))


def rejects_file(request: HttpRequest, found: Import) -> StreamingHttpResponse:
    """Answer with ``rejects.csv``, read while it is sent."""
    blocks = imports.rejects_csv(found=found, tenant=request.tenant)
    response = StreamingHttpResponse(blocks, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="rejects.csv"'
    return response
