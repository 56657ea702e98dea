"""The event intake: Segment's public HTTP API, so that the SDKs of that ecosystem work by changing their host.

https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/ · Basic authentication with the write
key as user name; an API key with the scope ``events.write`` is one. Plain views: a call is a few queries.
"""

from dataclasses import asdict

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from customers.domain.intake import elements, storing
from cxm.accounts import edges
from cxm.lib.errors import Refusal
from cxm.rest import bodies

SCOPE = "events.write"


@csrf_exempt
@require_POST
def call(request: HttpRequest, kind: str) -> HttpResponse:
    """Take one element: ``POST /v1/track`` and its sisters."""
    _may(request)
    try:
        raw, size = bodies.read(request, limit=elements.MAX_ELEMENT)
        problems = storing.store(
            [raw], kind=kind, size=size, by=request.actor, now=timezone.now(), trusted=_is_trusted(request)
        )
    except Refusal as refusal:
        return _refusal(refusal)
    for problem in problems:
        if not problem.stored:
            return edges.error_response(status=400, code=problem.code, message=problem.message)
    return _stored(problems)


@csrf_exempt
@require_POST
def batch(request: HttpRequest) -> HttpResponse:
    """Take many elements: good ones are stored, bad ones reported by index."""
    _may(request)
    try:
        raw, size = bodies.read(request, limit=settings.INTAKE_MAX_BODY)
        told = raw if isinstance(raw, dict) else {}
        problems = storing.store(
            told.get("batch"), sent_at=told.get("sentAt"), size=size, by=request.actor, now=timezone.now(),
            trusted=_is_trusted(request),
        )  # fmt: skip
    except Refusal as refusal:
        return _refusal(refusal)
    return _stored(problems)


def _may(request: HttpRequest) -> None:
    if SCOPE not in request.api_key.scopes:
        raise PermissionDenied


def _is_trusted(request: HttpRequest) -> bool:
    """Return whether whoever calls may change customers; a write key alone stands in pages that anybody can read."""
    return "customers.change" in request.api_key.scopes


def _stored(problems: list[storing.Problem]) -> HttpResponse:
    answer: dict = {"success": True}
    if problems:
        answer["errors"] = [asdict(problem) for problem in problems]
    return JsonResponse(answer)


def _refusal(refusal: Refusal) -> HttpResponse:
    fields = {name: str(sentence) for name, sentence in refusal.fields.items()}
    return edges.error_response(status=refusal.status, code=refusal.code, message=refusal.message, fields=fields)
