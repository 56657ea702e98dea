"""Pages for what goes wrong: what happened, and what to do next. None of them asks the database anything."""

import logging
import sys

from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils import translation
from redis.exceptions import ConnectionError as NoRedis

from cxm.accounts import edges

log = logging.getLogger(__name__)
AWAY = (OperationalError, InterfaceError, NoRedis)
PROGRAMS = ("/api/v1/", "/v1/")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400, or 413 where the request was too large."""
    if isinstance(exception, RequestDataTooBig | TooManyFilesSent):
        return _answer(request, 413)
    return _answer(request, 400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: the role does not allow it."""
    return _answer(request, 403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    return _answer(request, 404)


def too_many_requests(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """429: the login throttle, and every other limit of a page."""
    response = _answer(request, 429)
    response.headers.setdefault("Retry-After", "60")
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 where the database or the broker is away. Uses no context processor, so nothing can fail twice."""
    if isinstance(sys.exc_info()[1], AWAY):
        response = _answer(request, 503)
        response.headers["Retry-After"] = "30"
        return response
    return _answer(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose page is too old."""
    log.info("CSRF: %s", reason)
    return _answer(request, 403, template="errors/csrf.html")


def _answer(request: HttpRequest, status: int, *, template: str = "") -> HttpResponse:
    if request.path.startswith(PROGRAMS):
        return _to_program(status)
    page = loader.get_template(template or f"errors/{status}.html")
    return HttpResponse(page.render({"path": request.path, "theme": _theme(request)}), status=status)


def _theme(request: HttpRequest) -> str:
    """Return the theme of the person if they are known by now; nobody is looked up."""
    user = getattr(request, "_cached_user", None)
    return getattr(user, "theme", "auto")


def _to_program(status: int) -> JsonResponse:
    words = {
        400: ("invalid", translation.gettext("The request could not be read.")),
        403: ("forbidden", translation.gettext("This key does not allow that.")),
        404: ("not_found", translation.gettext("There is nothing at this address.")),
        413: ("too_large", translation.gettext("The request is too large.")),
        429: ("too_many_requests", translation.gettext("Too many requests. Wait, then try again.")),
        500: ("server_error", translation.gettext("Something went wrong on our side. It was logged.")),
        503: ("unavailable", translation.gettext("The service is away for a moment. Try again.")),
    }
    code, message = words[status]
    return edges.error_response(status=status, code=code, message=message)


__all__ = ["bad_request", "csrf_failure", "page_not_found", "permission_denied", "server_error", "too_many_requests"]
