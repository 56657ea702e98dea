"""Refusals in the words of HTTP: one place for the API, one for pages."""

import logging
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, ValidationError
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings

from cxm.lib.errors import Refusal

log = logging.getLogger(__name__)
UNAUTHORIZED = _("This needs a valid API key: Authorization: Bearer KEY.")
CODES = {400: "invalid", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
          406: "not_acceptable", 413: "too_large", 415: "unsupported_media_type", 429: "too_many_requests"}  # fmt: skip


def error_body(*, code: str, message: object, fields: dict | None = None) -> dict:
    """Return the body every error of the API has."""
    return {"error": {"code": code, "message": str(message), "fields": fields or {}}}


def error_response(
    *, status: int, code: str, message: object, fields: dict | None = None, headers: dict | None = None
) -> JsonResponse:
    """Return an error of the API from outside a REST view."""
    return JsonResponse(error_body(code=code, message=message, fields=fields), status=status, headers=headers)


def api_exception_handler(error: Exception, context: dict) -> Response | None:
    """Translate what a REST view raised; unknown exceptions stay loud (500)."""
    transaction.set_rollback(True)
    if isinstance(error, Refusal):
        fields = {name: str(text) for name, text in error.fields.items()}
        return Response(error_body(code=error.code, message=error.message, fields=fields), status=error.status)
    if isinstance(error, ValidationError):
        error = exceptions.ValidationError(error.message_dict if hasattr(error, "error_dict") else error.messages)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, RequestDataTooBig):
        body = error_body(code=CODES[413], message=_("The body is larger than this address takes."))
        return Response(body, status=413)
    if not isinstance(error, exceptions.APIException):
        return None
    headers = {"Retry-After": str(int(error.wait))} if getattr(error, "wait", None) else {}
    body = error_body(
        code=CODES.get(error.status_code, "invalid"),
        message=_sentence(error),
        fields=_flatten(error.detail) if isinstance(error, exceptions.ValidationError) else {},
    )
    return Response(body, status=error.status_code, headers=headers)


def _sentence(error: exceptions.APIException) -> str:
    if isinstance(error, exceptions.ValidationError):
        loose = error.detail if isinstance(error.detail, list) else error.detail.get(api_settings.NON_FIELD_ERRORS_KEY)
        return str(loose[0]) if loose else __("Some fields are not right.")
    return str(error.detail)


def _flatten(detail: object, path: str = "") -> dict[str, str]:
    if isinstance(detail, dict):
        found: dict[str, str] = {}
        for name, inner in detail.items():
            found |= _flatten(inner, f"{path}.{name}" if path else str(name))
        return found
    if isinstance(detail, list) and any(isinstance(inner, dict | list) for inner in detail):
        found = {}
        for index, inner in enumerate(detail):
            found |= _flatten(inner, f"{path}[{index}]")
        return found
    text = " ".join(str(inner) for inner in detail) if isinstance(detail, list) else str(detail)
    return {path: text} if path else {}


def show_refusal(request: HttpRequest, refusal: Refusal) -> None:
    """Tell a person what a page refused; it is shown as a notice on the next page they see."""
    messages.error(request, str(refusal.message))


def refuse_form(form: Form, refusal: Refusal) -> None:
    """Put a refusal's words beside the fields they belong to; what belongs to none stands above the form."""
    for name, words in refusal.fields.items():
        form.add_error(name if name in form.fields else None, str(words))
    if not refusal.fields:
        form.add_error(None, str(refusal.message))


def answer_refusal(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Answer for a page that let a refusal through: what is not there is 404, all else a notice where they were."""
    if refusal.status == 404:
        raise Http404 from refusal
    if request.method in {"GET", "HEAD"}:
        raise BadRequest(str(refusal.message)) from refusal
    show_refusal(request, refusal)
    if getattr(request, "htmx", False):
        return HttpResponse(status=204)
    return redirect(came_from(request) or request.path)


def came_from(request: HttpRequest) -> str:
    """Return the page of ours on which a button was pressed; "" where the browser does not say."""
    page = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return urlsplit(page)._replace(scheme="", netloc="").geturl() if ours else ""
