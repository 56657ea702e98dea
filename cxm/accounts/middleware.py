"""Who asks, for which tenant, in which language: settled once, before any view."""

import re
from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import get_script_prefix, is_valid_path, set_script_prefix
from django.utils import timezone, translation
from django_htmx.http import trigger_client_event

from cxm import tenancy
from cxm.accounts import edges, permissions
from cxm.accounts.models import Membership
from cxm.lib.errors import Refusal

LANGUAGE_COOKIE = "cxm_language"
HIGHEST = "/app/SLUG/".count("/")
TENANT_ADMIN = re.compile(r"/app/(?P<slug>[a-z0-9-]+)(?P<rest>/admin/.*)")


class LanguageMiddleware:
    """The language chosen with the switch, else the browser's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(LANGUAGE_COOKIE, "")
        if chosen not in dict(settings.LANGUAGES):
            chosen = translation.get_language_from_request(request)
        with translation.override(chosen):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        return response


class TenantMiddleware:
    """Runs each view of a tenant inside that tenant's scope.

    Pages name the tenant in their address (``/app/SLUG/…``) and need a membership; programs name it by their key
    (cxm.rest.middleware). An answer of 400 and above takes back whatever the view wrote.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict) -> HttpResponse | None:
        if "tenant" in kwargs and request.path.startswith("/app/"):
            return self._person(request, view, args, kwargs)
        return None

    def _person(self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict) -> HttpResponse:
        slug = kwargs.pop("tenant")
        if not request.user.is_authenticated:
            return redirect_to_login(_page(request))
        enter(request, slug)
        with timezone.override(zone(request.tenant.timezone)):
            try:
                response = in_scope(request, view, args, kwargs)
            except Refusal as refusal:
                return edges.answer_refusal(request, refusal)
        if response.status_code == 405 and request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
            return redirect(_above(request.path))
        return response


class TenantAdminMiddleware:
    """Serves ``/app/SLUG/admin/`` with the admin of a tenant, in its scope, to those who may configure it.

    The admin site knows no arguments in its addresses. So the prefix is taken off the path, as a web server does for
    an application mounted below a folder, and every address the admin makes gets it back.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        found = TENANT_ADMIN.match(request.path_info)
        if not found:
            return self.get_response(request)
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        enter(request, found["slug"])
        if not permissions.allows(request.membership.role, "settings.manage"):
            raise PermissionDenied
        prefix = get_script_prefix()
        request.urlconf, request.path_info = "cxm.accounts.admin_urls", found["rest"]
        set_script_prefix(f"/app/{found['slug']}/")
        try:
            return self.get_response(request)
        finally:
            set_script_prefix(prefix)

    def process_view(self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict) -> HttpResponse | None:
        if getattr(request, "urlconf", None) != "cxm.accounts.admin_urls":
            return None
        with timezone.override(zone(request.tenant.timezone)):
            return in_scope(request, view, args, kwargs)


def _page(request: HttpRequest) -> str:
    """Return what to show after the sign-in: of a button, the page it stands on; its own address shows nothing."""
    pressed = request.method not in {"GET", "HEAD"}
    return (pressed and edges.came_from(request)) or request.get_full_path()


def _above(path: str) -> str:
    """Return the next page above an address that only takes what is sent.

    A refusal is shown at the address a form was sent to: whoever loads that anew, or changes the language, is led on.
    """
    above = path.rstrip("/").rpartition("/")[0] + "/"
    return above if above.count("/") <= HIGHEST or is_valid_path(above) else _above(above)


def enter(request: HttpRequest, slug: str) -> None:
    """Put membership, tenant and actor on the request; 404 for a tenant one does not work for."""
    memberships = Membership.objects.select_related("tenant").filter(user=request.user)
    request.membership = get_object_or_404(memberships, tenant__slug=slug)
    request.membership.user = request.user
    request.tenant = request.membership.tenant
    request.actor = request.user.actor


def in_scope(request: HttpRequest, view: Callable, args: tuple, kwargs: dict) -> HttpResponse:
    """Run a view in the scope of request.tenant; what a refused request wrote is taken back."""
    with tenancy.scope(request.tenant):
        response = view(request, *args, **kwargs)
        if hasattr(response, "render") and callable(response.render) and not response.is_rendered:
            response.render()
        if response.status_code >= 400:
            transaction.set_rollback(True)
    return response


class NoticeMiddleware:
    """Hands notices to the page when htmx asked for a part of it: they ride on a header and become toasts."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.htmx and not request.htmx.boosted and 200 <= response.status_code < 300 and not (
            {"HX-Redirect", "HX-Refresh", "HX-Location"} & set(response.headers)
        ):  # fmt: skip
            notices = [{"text": str(found), "tone": found.level_tag} for found in messages.get_messages(request)]
            if notices:
                trigger_client_event(response, "toast", {"value": notices})
        return response


def zone(name: str) -> ZoneInfo:
    """Return a time zone; UTC for a name that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
