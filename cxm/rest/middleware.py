"""What happens to a program's call before and after its view."""

import base64
import binascii
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cxm.accounts import edges
from cxm.accounts.domain import keys
from cxm.accounts.middleware import in_scope
from cxm.lib.errors import Refusal
from cxm.rest import bodies, idempotency, limits

API, INTAKE = "/api/v1/", "/v1/"
WRITES = {"POST", "PUT", "PATCH", "DELETE"}
_SENTENCES = {
    400: _("The call is malformed."),
    404: _("There is nothing at this address."),
    405: _("This address does not know that method."),
    500: _("Something went wrong on our side. It was logged."),
}


class ProgramMiddleware:
    """Finds the key, holds the limits, opens the tenant's scope, and keeps every error in one shape.

    Order: size of the body, key, limit, scope, Idempotency-Key, view.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith((API, INTAKE)):
            return self.get_response(request)
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return _error(400, "invalid", _SENTENCES[400])
        return _as_json(self.get_response(request))

    def process_view(self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict) -> HttpResponse | None:
        if not request.path_info.startswith((API, INTAKE)):
            return None
        request.csrf_processing_done = True
        if _length(request) > settings.API_MAX_BODY and request.content_type != "multipart/form-data":
            return _error(413, "too_large", _("The body is larger than this address takes."))
        key = keys.find(secret=secret_of(request), now=timezone.now())
        if key is None:
            return _error(401, "unauthorized", edges.UNAUTHORIZED, {"WWW-Authenticate": "Bearer"})
        kind = "api" if request.path_info.startswith(API) else "intake"
        rate, size = settings.API_LIMITS[kind]
        if wait := limits.take(bucket=f"{kind}:{key.pk}", rate=rate, size=size):
            return _error(429, "too_many_requests", _("Too many calls with this key."), {"Retry-After": str(wait)})
        request.api_key, request.tenant, request.actor = key, key.tenant, key.actor
        return in_scope(request, _idempotent(view), args, kwargs)


def secret_of(request: HttpRequest) -> str:
    """Return the key of a call: the Bearer token, or the user name of Basic (as Segment's SDKs send it)."""
    kind, _sep, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value).decode().partition(":")[0]
        except (binascii.Error, ValueError):
            return ""
    return _secret_in_body(request) if request.path_info.startswith(INTAKE) else ""


def _secret_in_body(request: HttpRequest) -> str:
    """Return the ``writeKey`` of a body, which browsers of that ecosystem send instead of a header."""
    try:
        told = bodies.read(request, limit=settings.INTAKE_MAX_BODY)[0]
    except Refusal:
        return ""
    found = told.get("writeKey") if isinstance(told, dict) else None
    return found if isinstance(found, str) else ""


def _idempotent(view: Callable) -> Callable:
    def once(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        key = request.headers.get("Idempotency-Key")
        if key is None or request.method not in WRITES:
            return view(request, *args, **kwargs)
        try:
            return idempotency.once(request, key=key, view=lambda: _rendered(view(request, *args, **kwargs)))
        except Refusal as refusal:
            return _error(refusal.status, refusal.code, refusal.message)

    return once


def _rendered(response: HttpResponse) -> HttpResponse:
    return response.render() if callable(getattr(response, "render", None)) else response


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _as_json(response: HttpResponse) -> HttpResponse:
    if response.status_code < 400 or response.headers.get("Content-Type", "").startswith("application/json"):
        return response
    code = edges.CODES.get(response.status_code, "invalid" if response.status_code < 500 else "server_error")
    kept = {name: response.headers[name] for name in ("Allow", "Retry-After") if name in response.headers}
    return _error(response.status_code, code, _SENTENCES.get(response.status_code, response.reason_phrase), kept)


def _error(status: int, code: str, message: object, headers: dict | None = None) -> HttpResponse:
    return edges.error_response(status=status, code=code, message=message, headers=headers)
