"""What the shell of every page needs."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language_bidi

from cxm.accounts import permissions
from cxm.accounts.models import Role


def shell(request: HttpRequest) -> dict:
    """Return tenant, role, what the role may do, and the direction of the page."""
    membership = getattr(request, "membership", None)
    return {
        "tenant": getattr(request, "tenant", None),
        "role": membership and Role(membership.role),
        # Templates ask {% if "customers.change" in may %}.
        "may": permissions.GRANTS[membership.role] if membership else frozenset(),
        "direction": "rtl" if get_language_bidi() else "ltr",
        "theme": request.user.theme if getattr(request, "user", None) and request.user.is_authenticated else "auto",
        "laptop": settings.LAPTOP,
    }
