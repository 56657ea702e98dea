"""The admin of the platform: tenants, people, schedules. A tenant's administrators are led to their own."""

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.sites import UnfoldAdminSite

from cxm.accounts import permissions
from cxm.accounts.models import Membership


class PlatformSite(UnfoldAdminSite):
    """What operators of the installation see at ``/admin/``. Only what we register, nothing that other apps bring."""

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_superuser

    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """Answer whoever may not enter."""
        if not request.user.is_authenticated:
            return redirect_to_login(request.GET.get("next", "/admin/"))
        if request.user.is_superuser:
            return redirect("/admin/")
        memberships = Membership.objects.select_related("tenant").filter(user=request.user).order_by("tenant__name")
        for membership in memberships:
            if permissions.allows(membership.role, "settings.manage"):
                return redirect(f"/app/{membership.tenant.slug}/admin/")
        raise PermissionDenied

    def logout(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        return redirect("/accounts/logout/")

    def password_change(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        return redirect("/accounts/password/change/")


site = PlatformSite(name="admin")
