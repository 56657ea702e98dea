"""Settings of messages: the brand, and who signs."""

from collections.abc import Callable

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as __
from django.views.decorators.http import require_POST

from campaigns.domain import brands, senders
from campaigns.forms.settings import BrandForm, SenderForm
from cxm.accounts import edges, permissions
from cxm.lib.errors import Refusal
from cxm.tenancy import links


@permissions.needs("settings.manage")
def brand(request: HttpRequest) -> HttpResponse:
    """How the tenant looks in messages and on public pages."""
    found = senders.brand()
    form = BrandForm(request.POST or None, initial={name: getattr(found, name) for name in BrandForm.base_fields})
    if _done(request, form, lambda said: brands.save(by=request.actor, **said)):
        return redirect(links.page("campaigns:brand"))
    contrast = brands.contrast(found.color) if len(found.color) == 7 else 0
    context = {"brand": found, "contrast": contrast, "readable": contrast >= brands.READABLE}
    return _page(request, "campaigns/brand.html", form, **context)


@permissions.needs("settings.manage")
def sender_list(request: HttpRequest) -> HttpResponse:
    """The From: addresses, and a form for one more."""
    form = SenderForm(request.POST or None)
    if _done(request, form, lambda said: senders.create(by=request.actor, **said)):
        return redirect(links.page("campaigns:senders"))
    return _page(request, "campaigns/senders.html", form, senders=senders.listed())


@permissions.needs("settings.manage")
def sender(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a From: address."""
    found = senders.get(sender_id=pk)
    form = SenderForm(request.POST or None, initial={name: getattr(found, name) for name in SenderForm.base_fields})
    if _done(request, form, lambda said: senders.change(sender=found, by=request.actor, **said)):
        return redirect(links.page("campaigns:senders"))
    return _page(request, "campaigns/sender.html", form, sender=found)


@require_POST
@permissions.needs("settings.manage")
def default_sender(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a From: address the one that is used when nothing else was chosen."""
    senders.make_default(sender=senders.get(sender_id=pk), by=request.actor)
    messages.success(request, __("Saved."))
    return redirect(links.page("campaigns:senders"))


@require_POST
@permissions.needs("settings.manage")
def delete_sender(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a From: address nothing was sent from."""
    senders.delete(sender=senders.get(sender_id=pk), by=request.actor)
    messages.success(request, __("The sender is gone."))
    return redirect(links.page("campaigns:senders"))


def _done(request: HttpRequest, form: Form, act: Callable[[dict], object]) -> bool:
    """Do what a sent form says; a refusal goes beside its field."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        act(form.cleaned_data)
    except Refusal as refusal:
        edges.refuse_form(form, refusal)
        return False
    messages.success(request, __("Saved."))
    return True


def _page(request: HttpRequest, template: str, form: Form, **context: object) -> HttpResponse:
    return render(request, template, {"form": form, **context}, status=422 if form.errors else 200)
