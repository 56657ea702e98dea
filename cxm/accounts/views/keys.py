"""API keys: made, shown once, revoked."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from cxm.accounts import permissions
from cxm.accounts.domain import keys
from cxm.accounts.forms.settings import KeyForm
from cxm.accounts.models import ApiKey
from cxm.tenancy.links import absolute, page


@never_cache
@permissions.needs("keys.manage")
def index(request: HttpRequest) -> HttpResponse:
    """List keys; a POST makes one, and its answer is the only page that ever shows it."""
    form = KeyForm(request.POST or None, initial={"scopes": ["customers.view"]})
    made, secret = None, ""
    if request.method == "POST" and form.is_valid():
        made, secret = keys.create(**form.cleaned_data, by=request.actor)
        form = KeyForm(initial={"scopes": ["customers.view"]})
    found = {
        "form": form,
        "keys": [(key, _words(key.scopes)) for key in ApiKey.objects.order_by("revoked_at", "-id")],
        "made": made,
        "secret": secret,
        "intake": absolute("/v1/track"),
    }
    return render(request, "settings/keys.html", found, status=422 if form.errors else 200)


@require_POST
@permissions.needs("keys.manage")
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a key useless at once."""
    keys.revoke(key=get_object_or_404(ApiKey, pk=pk, revoked_at=None), by=request.actor, now=timezone.now())
    messages.success(request, _("The key no longer works."))
    return redirect(page("settings:keys"))


def _words(scopes: list[str]) -> list[object]:
    """Return what a key may do as the form says it."""
    return [permissions.KEY_SCOPES.get(scope, scope) for scope in scopes]
