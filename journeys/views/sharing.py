"""Links that show a map to people without a login, and what those people see."""

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as __
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from campaigns.domain import senders
from cxm import tenancy
from cxm.accounts import permissions
from cxm.lib import time
from cxm.tenancy import links
from cxm.tenancy.models import Tenant
from journeys.domain import map_links, maps
from journeys.forms.maps import LinkForm
from journeys.views import map_canvas as canvas
from journeys.views.maps import frame


@permissions.needs("journeys.change")
def index(request: HttpRequest, pk: int) -> HttpResponse:
    """The links of a map; a new one."""
    found = maps.get(pk)
    form = LinkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        map_links.create(journey_map=found, by=request.actor, now=timezone.now(), **form.cleaned_data)
        messages.success(request, __("The link works now."))
        return redirect(links.page("journeys:map_share", pk))
    now = timezone.now()
    rows = [
        {"link": link, "url": links.absolute(reverse("shared_map", args=[map_links.token(link)])),
         "works": link.revoked_at is None and not (link.expires_at and link.expires_at <= now)}
        for link in map_links.listed(found)
    ]  # fmt: skip
    return render(request, "journeys/maps/share.html", frame(request, found, "share") | {"form": form, "rows": rows})


@require_POST
@permissions.needs("journeys.change")
def revoke(request: HttpRequest, pk: int, link: int) -> HttpResponse:
    """Take a link back."""
    found = map_links.get(journey_map=maps.get(pk), link_id=link)
    map_links.revoke(link=found, by=request.actor, now=timezone.now())
    messages.success(request, __("The link shows nothing any more."))
    return redirect(links.page("journeys:map_share", pk))


@never_cache
@require_safe
def public(request: HttpRequest, token: str) -> HttpResponse:
    """The published map, read only. Whatever is not exactly one of our links shows nothing and says nothing."""
    request.user = AnonymousUser()  # whoever may be signed in is a reader here and nothing else
    numbers = map_links.numbers(token)
    tenant = Tenant.objects.filter(pk=numbers[0]).first() if numbers else None
    if tenant is None:
        return _nothing(request)
    with tenancy.scope(tenant), timezone.override(time.zone(tenant.timezone)):
        shared = map_links.opened(link_id=numbers[1], now=timezone.now())
        if shared is None:
            return _nothing(request)
        request.tenant = tenant
        name, chosen = canvas.period(request)
        figures = canvas.figures(shared.version.content, chosen) if shared.link.with_figures else None
        context = canvas.laid_out(shared.version.content, measured=figures)
        context |= {"shared": shared, "brand": senders.brand(), "tenant": tenant, "period": name}
        return render(request, "journeys/maps/public.html", context)


def _nothing(request: HttpRequest) -> HttpResponse:
    return render(request, "public/unknown.html", status=404)
