"""Language and light or dark: changed by a POST, kept where the next page finds them."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from cxm.accounts.domain import users
from cxm.accounts.middleware import LANGUAGE_COOKIE
from cxm.accounts.models import User


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Speak another language from now on; before sign-in too."""
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        return HttpResponseBadRequest()
    if request.user.is_authenticated:
        users.prefer(user=request.user, language=language)
    return remember_language(redirect(back(request)), language)


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the device says."""
    theme = request.POST.get("theme", "")
    if theme not in User.Theme.values:
        return HttpResponseBadRequest()
    if request.user.is_authenticated:
        users.prefer(user=request.user, theme=theme)
    return redirect(back(request))


def remember_language(response: HttpResponse, language: str) -> HttpResponse:
    """Keep the language in the browser for a year."""
    response.set_cookie(
        LANGUAGE_COOKIE,
        language,
        max_age=timedelta(days=365),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def back(request: HttpRequest) -> str:
    """Return the page the form was on, if it is one of ours."""
    wanted = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours else "/"
