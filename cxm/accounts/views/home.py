"""Where people land, and how they get from one business to another."""

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from cxm.accounts import navigation, permissions
from cxm.accounts.domain import todos
from cxm.accounts.models import Membership, Role, User

SHOWN = 5


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Send people to their tenant, or let those with several choose."""
    memberships = list(_memberships(request.user))
    if len(memberships) == 1:
        return redirect("tenant_home", tenant=memberships[0].tenant.slug)
    return choose(request)


@login_required
def choose(request: HttpRequest) -> HttpResponse:
    """Let a person choose among the businesses they work for."""
    return render(request, "accounts/choose_tenant.html", {"memberships": list(_memberships(request.user))})


@login_required
def mine(request: HttpRequest) -> HttpResponse:
    """Fill the menu of businesses in the top bar."""
    found = {"memberships": list(_memberships(request.user)), "now": request.GET.get("now", "")}
    return render(request, "shell/my_tenants.html", found)


@permissions.member
def tenant_home(request: HttpRequest) -> HttpResponse:
    """Land where the role works: agents on their console, the others on their Home."""
    console = navigation.first_page("customers:console", "customers:list")
    if request.membership.role == Role.AGENT and console:
        return redirect(console)
    now = timezone.now()
    mine, _order = todos.listed(view=todos.MINE, user=request.user, now=now)
    shown = todos.describe(mine.order_by("due_at", "id")[:SHOWN], now=now)
    return render(request, "accounts/home.html", {"todos": shown})


@permissions.member
def soon(request: HttpRequest, key: str) -> HttpResponse:
    """Tell what will stand at a place of the side bar that has no page yet."""
    entry = navigation.planned(key)
    if entry is None or (entry.needs and not permissions.allows(request.membership.role, entry.needs)):
        raise Http404
    return render(request, "accounts/soon.html", {"entry": entry})


def not_here(request: HttpRequest) -> HttpResponse:
    """Hide a page that a part of ours brings and we do not want."""
    raise Http404


def _memberships(user: User) -> QuerySet[Membership]:
    return Membership.objects.select_related("tenant").filter(user=user).order_by("tenant__name", "id")
