"""Colleagues: listed, invited, given another role, removed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cxm.accounts import edges, permissions
from cxm.accounts.domain import letters, members
from cxm.accounts.forms.settings import InviteForm
from cxm.accounts.models import Invitation, Role
from cxm.lib.errors import Refusal
from cxm.tenancy.links import page


@permissions.needs("members.manage")
def index(request: HttpRequest) -> HttpResponse:
    """Who works here, and who was asked to."""
    return _show(request, InviteForm(by_role=request.membership.role))


@require_POST
@permissions.needs("members.manage")
def invite(request: HttpRequest) -> HttpResponse:
    """Ask somebody to join; the link is shown once beside the mail."""
    form = InviteForm(request.POST, by_role=request.membership.role)
    if not form.is_valid():
        return _show(request, form)
    try:
        invitation, token = members.invite(
            **form.cleaned_data, by=request.actor, by_role=request.membership.role, now=timezone.now()
        )
    except Refusal as refusal:
        form.add_error("role" if "role" in refusal.fields else "email", str(refusal.message))
        return _show(request, form)
    fresh = InviteForm(by_role=request.membership.role)
    return _show(request, fresh, invited=invitation, link=letters.invitation_address(token))


@require_POST
@permissions.needs("members.manage")
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an invitation back."""
    invitation = get_object_or_404(Invitation, pk=pk, accepted_at=None)
    members.withdraw(invitation=invitation, by=request.actor)
    messages.success(request, _("The invitation was withdrawn."))
    return redirect(page("settings:members"))


@require_POST
@permissions.needs("members.manage")
def send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the letter of an invitation once more."""
    invitation = get_object_or_404(members.open_invitations(now=timezone.now()), pk=pk)
    letters.send_again(invitation=invitation, by=request.actor, now=timezone.now())
    messages.success(request, _("The invitation is on its way again."))
    return redirect(page("settings:members"))


@require_POST
@permissions.needs("members.manage")
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a colleague another role."""
    membership = get_object_or_404(members.listed(), pk=pk)
    if request.POST.get("role") not in Role.values:
        return HttpResponseBadRequest()
    try:
        members.change_role(
            membership=membership, role=request.POST["role"], by=request.actor, by_role=request.membership.role
        )
    except Refusal as refusal:
        edges.show_refusal(request, refusal)
    else:
        messages.success(request, _("The role was changed."))
    return redirect(page("settings:members"))


@require_POST
@permissions.needs("members.manage")
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a colleague out of the business."""
    membership = get_object_or_404(members.listed(), pk=pk)
    myself = membership.user_id == request.user.pk
    try:
        members.remove(membership=membership, by=request.actor, by_role=request.membership.role)
    except Refusal as refusal:
        edges.show_refusal(request, refusal)
        return redirect(page("settings:members"))
    messages.success(request, _("You left the business.") if myself else _("The person no longer works here."))
    return redirect("choose_tenant" if myself else page("settings:members"))


@require_POST
@permissions.member
def leave(request: HttpRequest) -> HttpResponse:
    """Leave the business oneself, in any role."""
    try:
        members.remove(membership=request.membership, by=request.actor, by_role=request.membership.role)
    except Refusal as refusal:
        edges.show_refusal(request, refusal)
        return redirect(page("settings:profile"))
    messages.success(request, _("You left the business."))
    return redirect("choose_tenant")


def _show(request: HttpRequest, form: InviteForm, **more: object) -> HttpResponse:
    found = {
        "form": form,
        "members": list(members.listed()),
        "invitations": list(members.open_invitations(now=timezone.now())),
        "roles": Role.choices,
        **more,
    }
    return render(request, "settings/members.html", found, status=422 if form.errors else 200)
