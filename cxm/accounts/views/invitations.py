"""The page an invitation leads to. A GET shows; only the POST joins."""

from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from cxm.accounts.domain import members
from cxm.accounts.forms.settings import JoinForm
from cxm.accounts.models import User
from cxm.lib.errors import Refusal

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@never_cache
def show(request: HttpRequest, token: str) -> HttpResponse:
    """Let the invited person join: with their account, or by making one."""
    try:
        invitation = members.find_invitation(token=token, now=timezone.now())
    except members.InvitationGone as gone:
        return render(request, "accounts/invitation_gone.html", {"refusal": gone}, status=404)
    known = User.objects.filter(email__iexact=invitation.email).exists()
    form = JoinForm(request.POST if request.method == "POST" and not request.user.is_authenticated else None)
    refusal = None
    if request.method == "POST":
        try:
            if response := _join(request, token, form):
                return response
        except Refusal as refused:
            refusal = refused
        except ValidationError as weak:
            form.add_error("password", weak)
    shown = {
        "invitation": invitation,
        "tenant": None,
        "business": invitation.tenant,
        "known": known,
        "form": form,
        "refusal": refusal,
    }
    return render(request, "accounts/invitation.html", shown, status=422 if form.errors or refusal else 200)


def _join(request: HttpRequest, token: str, form: JoinForm) -> HttpResponse | None:
    now = timezone.now()
    if request.user.is_authenticated:
        membership = members.accept(token=token, user=request.user, now=now)
        return redirect("tenant_home", tenant=membership.tenant.slug)
    if not form.is_valid():
        return None
    user = members.accept_as_new(token=token, **form.cleaned_data, now=now)
    login(request, user, backend=BACKEND)
    return redirect("home")
