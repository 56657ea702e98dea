"""Keyset pages of the API: ``cxm.lib.pagination`` in the words of the REST framework."""

from django.db.models import QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from cxm.lib import pagination


class KeysetPagination(BasePagination):
    """``{"results": […], "next": url or null}``, ``?limit=`` up to 500.

    The view names its order as ``ordering = "name_key"`` or ``"-created_at"``, a field that an index serves; the id
    decides between equals. The default is the newest first, by id.
    """

    default_limit = 50
    max_limit = 500
    ordering = "-pk"

    def paginate_queryset(self, queryset: QuerySet, request: Request, view: APIView | None = None) -> list:
        self.request = request
        found = pagination.page(
            queryset,
            order=getattr(view, "ordering", None) or self.ordering,
            cursor=request.query_params.get("cursor"),
            limit=pagination.limit_of(
                request.query_params.get("limit"), default=self.default_limit, most=self.max_limit
            ),
        )
        self.next = found.next_cursor
        return found.items

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
