"""What allauth asks of us."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from cxm.accounts import clients
from cxm.accounts.middleware import LANGUAGE_COOKIE


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up alone: people come by invitation."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Whose attempts to sign in are counted together."""
        return clients.address(request) or super().get_client_ip(request)

    def post_login(self, request: HttpRequest, user, **kwargs) -> HttpResponse:
        """Speak the person's own language from the first page on, whatever this browser spoke before."""
        response = super().post_login(request, user, **kwargs)
        if user.language in dict(settings.LANGUAGES):
            response.set_cookie(LANGUAGE_COOKIE, user.language, max_age=31_536_000, httponly=True, samesite="Lax",
                                secure=settings.SESSION_COOKIE_SECURE)  # fmt: skip
        return response
