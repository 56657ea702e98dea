"""The inventory of channels: what each is for, and what really goes over it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __
from django.views.decorators.http import require_GET, require_POST

from cxm.accounts import edges, permissions
from cxm.lib.errors import Refusal
from cxm.tenancy import links
from journeys.domain import channels
from journeys.forms.channels import ChannelForm


@require_GET
@permissions.needs("journeys.view")
def index(request: HttpRequest) -> HttpResponse:
    """All channels with their volumes, and the warnings."""
    found = channels.standing(now=timezone.now())
    context = {
        "standing": found,
        "rows": [(channel, volume, _icon(channel.key)) for channel, volume in found.rows],
        "unlisted": [(volume, channels.name_of(volume.key, {}), _icon(volume.key)) for volume in found.unlisted[:12]],
        "days": channels.DAYS,
        "aimless": [channel for channel, _volume in found.rows if not channel.goal],
    }
    return render(request, "journeys/channels/list.html", context)


@permissions.needs("journeys.change")
def new(request: HttpRequest) -> HttpResponse:
    """Add a channel."""
    key = request.GET.get("key", "")[:20]
    initial = {"key": key, "name": channels.name_of(key, {})} if key else {}
    form = ChannelForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            channels.create(by=request.actor, **form.cleaned_data)
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            return redirect(links.page("journeys:channels"))
    return render(request, "journeys/channels/form.html", {"form": form}, status=422 if form.errors else 200)


@permissions.needs("journeys.change")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what a channel is for."""
    found = channels.get(pk)
    form = ChannelForm(request.POST or None, channel=found)
    if request.method == "POST" and form.is_valid():
        try:
            channels.change(channel=found, by=request.actor, **form.cleaned_data)
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            messages.success(request, __("Saved."))
            return redirect(links.page("journeys:channels"))
    context = {"form": form, "channel": found}
    return render(request, "journeys/channels/form.html", context, status=422 if form.errors else 200)


@require_POST
@permissions.needs("journeys.change")
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a channel out of the inventory."""
    channels.delete(channel=channels.get(pk), by=request.actor)
    messages.success(request, __("The channel is out of the inventory."))
    return redirect(links.page("journeys:channels"))


@require_POST
@permissions.needs("journeys.change")
def begin(request: HttpRequest) -> HttpResponse:
    """Fill an empty inventory with what the timeline knows."""
    channels.begin(by=request.actor, now=timezone.now())
    return redirect(links.page("journeys:channels"))


def _icon(key: str) -> str:
    return channels.KINDS[key][1] if key in channels.KINDS else "point"
