"""API keys as the REST framework wants them; the middleware has already found the key."""

from typing import Any

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission

from cxm.accounts.models import ApiKey


class ApiKeyAuthentication(BaseAuthentication):
    """Hands over the key that the middleware found."""

    def authenticate(self, request) -> tuple[None, ApiKey] | None:
        key = getattr(request._request, "api_key", None)
        return (None, key) if key else None

    def authenticate_header(self, request) -> str:
        return "Bearer"


class HasScope(BasePermission):
    """A view names the scope it needs: ``scopes = {"read": "customers.view", "write": "customers.change"}``.

    Reading is GET, HEAD and OPTIONS; an action of a viewset may name its own scope as ``{"launch": "campaigns.send"}``.
    A view that names none is closed.
    """

    def has_permission(self, request: HttpRequest, view: Any) -> bool:
        scopes = getattr(view, "scopes", {})
        kind = "read" if request.method in {"GET", "HEAD", "OPTIONS"} else "write"
        needed = scopes.get(getattr(view, "action", None)) or scopes.get(kind)
        return bool(request.auth and needed and needed in request.auth.scopes)
