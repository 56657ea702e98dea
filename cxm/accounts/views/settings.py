"""The settings of a business, and of oneself."""

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from cxm import tenancy
from cxm.accounts import permissions
from cxm.accounts.domain import tenants, users
from cxm.accounts.forms.settings import GeneralForm, ProfileForm
from cxm.tenancy.links import page


@permissions.member
def index(request: HttpRequest) -> HttpResponse:
    """Lead to the first page of settings the role may use."""
    manages = permissions.allows(request.membership.role, "settings.manage")
    return redirect(page("settings:general" if manages else "settings:profile"))


@permissions.needs("settings.manage")
def general(request: HttpRequest) -> HttpResponse:
    """What holds for the whole business."""
    known = {name: getattr(request.tenant, name) for name in tenants.CHANGEABLE}
    form = GeneralForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        try:
            tenants.change(tenant=request.tenant, by=request.actor, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved."))
            return redirect(page("settings:general"))
    status = 422 if form.errors else 200
    return render(request, "settings/general.html", {"form": form}, status=status)


@permissions.member
def profile(request: HttpRequest) -> HttpResponse:
    """One's own name, language, theme and two-factor sign-in."""
    form = ProfileForm(request.POST or None, initial={"name": request.user.name})
    if request.method == "POST" and form.is_valid():
        users.rename(user=request.user, name=form.cleaned_data["name"])
        messages.success(request, _("Saved."))
        return redirect(page("settings:profile"))
    with tenancy.as_owner():  # second factors are no tenant's rows; these are the caller's own
        second = Authenticator.objects.filter(user_id=request.user.pk, type=Authenticator.Type.TOTP).exists()
    return render(request, "settings/profile.html", {"form": form, "second_factor": second})
