"""The one permission question: may this role do that? Asked at the edges, nowhere below.

A permission is ``area.right``. Rights: ``view`` see, ``change`` work with, ``export`` take away, ``erase`` remove a
person, ``send`` let go to people, ``manage`` configure. API keys carry the same words as scopes.
"""

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from cxm.accounts.models import Role

_SEE = {"customers.view", "segments.view", "campaigns.view", "journeys.view", "feedback.view", "analytics.view"}
_MARKET = {"customers.change", "customers.export", "imports.change", "segments.change", "campaigns.change",
           "campaigns.send", "journeys.change", "feedback.change", "analytics.export"}  # fmt: skip
_ADMINISTER = {"customers.erase", "settings.manage", "members.manage", "keys.manage", "audit.view"}

GRANTS: dict[str, frozenset[str]] = {
    Role.OWNER: frozenset(_SEE | _MARKET | _ADMINISTER | {"tenant.manage"}),
    Role.ADMINISTRATOR: frozenset(_SEE | _MARKET | _ADMINISTER),
    Role.MARKETER: frozenset(_SEE | _MARKET),
    Role.AGENT: frozenset(
        {"customers.view", "customers.change", "segments.view", "journeys.view", "feedback.view", "feedback.change"}
    ),
    Role.ANALYST: frozenset(_SEE | {"analytics.export"}),
}
ALL = frozenset().union(*GRANTS.values())
# What a program may be given; "events.write" is the write key of the event intake, "calls.write" a telephone system's.
KEY_SCOPES = {
    "analytics.export": _("Export figures"),
    "analytics.view": _("See figures"),
    "audit.view": _("Read the audit log"),
    "calls.write": _("Report phone calls"),
    "campaigns.change": _("Write templates and campaigns"),
    "campaigns.send": _("Send campaigns"),
    "campaigns.view": _("See campaigns"),
    "customers.change": _("Change customers"),
    "customers.erase": _("Erase customers"),
    "customers.export": _("Export customers"),
    "customers.view": _("See customers"),
    "events.write": _("Send events, from a website too"),
    "feedback.change": _("Work on cases and surveys"),
    "feedback.view": _("See cases and surveys"),
    "imports.change": _("Bring in files"),
    "journeys.change": _("Change journeys"),
    "journeys.view": _("See journeys"),
    "messages.send": _("Send single messages"),
    "segments.change": _("Change segments"),
    "segments.view": _("See segments"),
    "settings.manage": _("Change settings"),
}


def allows(role: str, permission: str) -> bool:
    """Return whether a role holds a permission.

    Raises:
        KeyError: a permission that does not exist, which is a mistake of ours and must not pass as a no.
    """
    if permission not in ALL:
        raise KeyError(permission)
    return permission in GRANTS[role]


def needs(permission: str) -> Callable:
    """Let a page of a tenant through only to roles that hold the permission; others get 403."""
    if permission not in ALL:
        raise KeyError(permission)

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not allows(request.membership.role, permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.permission = permission
        return guarded

    return decorate


def member(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a page of a tenant that every member may use, whatever the role; the middleware has asked for membership."""
    view.permission = ""
    return view
