"""Keyset pages: the same cost on page one and page ten thousand, and no row twice when rows come in between."""

import base64
import binascii
import json
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

MAX_LIMIT = 500


class KeysetPagination(BasePagination):
    """``{"results": […], "next": url or null}``, ``?limit=`` up to 500.

    The view names its order as ``ordering = ("name_key", "id")``: fields of the row that are never null, in one
    direction, the last one unique. The default is the newest first by id.
    """

    default_limit = 50
    max_limit = MAX_LIMIT
    ordering: tuple[str, ...] = ("-id",)

    def paginate_queryset(self, queryset: QuerySet, request: Request, view: APIView | None = None) -> list:
        self.request = request
        ordering = tuple(getattr(view, "ordering", None) or self.ordering)
        limit = self._limit(request)
        queryset = queryset.order_by(*ordering)
        if cursor := request.query_params.get("cursor"):
            queryset = queryset.filter(after(queryset.model, ordering, decode(cursor, queryset.model, ordering)))
        rows = list(queryset[: limit + 1])
        self.next = encode(rows[limit - 1], ordering) if len(rows) > limit else None
        return rows[:limit]

    def get_paginated_response(self, data: list) -> Response:
        url = remove_query_param(self.request.build_absolute_uri(), "cursor")
        return Response({"results": data, "next": self.next and replace_query_param(url, "cursor", self.next)})

    def get_paginated_response_schema(self, schema: dict) -> dict:
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {
                "results": {"type": "array", "items": schema},
                "next": {"type": "string", "format": "uri", "nullable": True, "description": "The next page."},
            },
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict]:
        return [
            {
                "name": "limit",
                "in": "query",
                "required": False,
                "description": "Rows on a page.",
                "schema": {"type": "integer", "minimum": 1, "maximum": self.max_limit, "default": self.default_limit},
            },
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "Where the page begins; taken from `next`.",
                "schema": {"type": "string"},
            },
        ]

    def _limit(self, request: Request) -> int:
        text = request.query_params.get("limit", "")
        if not text:
            return self.default_limit
        if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) < 1:
            raise exceptions.ValidationError({"limit": [_("Give a whole number of 1 or more.")]})
        return min(int(text), self.max_limit)


def encode(row: Model | dict, ordering: tuple[str, ...]) -> str:
    """Return the cursor that stands behind a row."""
    values = [
        row[name] if isinstance(row, dict) else getattr(row, name) for name in (o.removeprefix("-") for o in ordering)
    ]
    return base64.urlsafe_b64encode(json.dumps(values, cls=_Exact).encode()).decode().rstrip("=")


def decode(cursor: str, model: type[Model], ordering: tuple[str, ...]) -> list[Any]:
    """Return the values of the row a cursor stands behind.

    Raises:
        exceptions.ValidationError: nobody of ours made this cursor.
    """
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
        if not isinstance(values, list) or len(values) != len(ordering):
            raise ValueError(cursor)
        return [_typed(model, name.removeprefix("-"), value) for name, value in zip(ordering, values, strict=True)]
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error, ValidationError) as error:
        raise exceptions.ValidationError({"cursor": [_("Take the cursor from the page before, as it is.")]}) from error


def after(model: type[Model], ordering: tuple[str, ...], values: list[Any]) -> Q:
    """Return the condition for rows behind these values.

    The first column stands outside once more, as a plain range, which is what an index is entered with.
    """
    names = [name.removeprefix("-") for name in ordering]
    step = "lt" if ordering[0].startswith("-") else "gt"
    behind = Q()
    for depth in range(len(names)):
        same = Q(**dict(zip(names[:depth], values[:depth], strict=True)))
        behind |= same & Q(**{f"{names[depth]}__{step}": values[depth]})
    return Q(**{f"{names[0]}__{step}e": values[0]}) & behind


def _typed(model: type[Model], name: str, value: Any) -> Any:
    if value is None or isinstance(value, dict | list) or (isinstance(value, str) and "\0" in value):
        raise ValueError(name)
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:  # an annotation
        return value
    return field.to_python(value)


class _Exact(DjangoJSONEncoder):
    """Times with all six digits: a cursor that rounds would show a row twice."""

    def default(self, value: Any) -> Any:
        return value.isoformat() if hasattr(value, "isoformat") else super().default(value)
