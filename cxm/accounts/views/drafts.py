"""Editors while somebody types: the draft is kept, and one sees who else is there."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from cxm.accounts import permissions
from cxm.accounts.domain import drafts
from cxm.lib.errors import Refusal
from cxm.tenancy import links

NO_CONTENT = {"csrfmiddlewaretoken", "sitting"}


@require_POST
@permissions.member
def keep(request: HttpRequest, kind: str, ref: str) -> HttpResponse:
    """Keep what stands in the form; the answer is the line that says so."""
    _may(request, kind)
    content = {name: value for name, value in request.POST.dict().items() if name not in NO_CONTENT}
    opened = {"kind": kind, "ref": ref, "membership": request.membership, "sitting": request.POST.get("sitting", "")}
    try:
        draft = drafts.keep(**opened, content=content, now=timezone.now())
    except Refusal as refusal:
        return render(request, "accounts/draft_kept.html", {"refusal": refusal})
    return render(request, "accounts/draft_kept.html", {"draft": draft})


@require_GET
@permissions.member
def others(request: HttpRequest, kind: str, ref: str) -> HttpResponse:
    """Say that one is here, and see who else is."""
    _may(request, kind)
    names = drafts.meet(kind=kind, ref=ref, membership=request.membership, now=timezone.now())
    return render(request, "accounts/draft_others.html", {"names": names})


@require_POST
@permissions.member
def discard(request: HttpRequest, kind: str, ref: str) -> HttpResponse:
    """Forget what was typed, and go back to the editor."""
    _may(request, kind)
    sitting = request.POST.get("sitting", "")
    drafts.discard(kind=kind, ref=ref, membership=request.membership, sitting=sitting, now=timezone.now())
    back = request.POST.get("back", "")
    ours = back.startswith("/") and url_has_allowed_host_and_scheme(back, {request.get_host()})
    return redirect(back if ours else links.page("tenant_home"))


def _may(request: HttpRequest, kind: str) -> None:
    if not permissions.allows(request.membership.role, drafts.permission(kind)):
        raise PermissionDenied
