"""Doors of accounts."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from cxm.accounts.models import Membership


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Send people to their tenant, or let those with several choose."""
    memberships = list(Membership.objects.select_related("tenant").filter(user=request.user).order_by("tenant__name"))
    if len(memberships) == 1:
        return redirect("tenant_home", tenant=memberships[0].tenant.slug)
    return render(request, "accounts/choose_tenant.html", {"memberships": memberships})


def tenant_home(request: HttpRequest) -> HttpResponse:
    """Land where the role works."""
    return render(request, "accounts/home.html")
