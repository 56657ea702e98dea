"""What somebody keeps of any list: views by name, and columns."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cxm.accounts import edges, permissions
from cxm.accounts.domain import lists
from cxm.lib.errors import Refusal
from cxm.tenancy import links


@require_POST
@permissions.member
def save(request: HttpRequest, key: str) -> HttpResponse:
    """Keep the filters of the list under a name."""
    found, query = _list(request, key), _query(request)
    try:
        lists.save(
            key=key,
            membership=request.membership,
            name=request.POST.get("name", ""),
            query=query,
            shared=request.POST.get("shared") == "1",
            by=request.actor,
        )
    except Refusal as refusal:
        edges.show_refusal(request, refusal)
    else:
        messages.success(request, _("The view was saved."))
    return _back(found, query)


@require_POST
@permissions.member
def remove(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Remove a view."""
    found = _list(request, key)
    lists.remove(view_id=pk, membership=request.membership, by=request.actor)
    messages.success(request, _("The view was removed."))
    return _back(found, "")


@require_POST
@permissions.member
def columns(request: HttpRequest, key: str) -> HttpResponse:
    """Choose what to see of the list; columns that the address named give way."""
    found = _list(request, key)
    lists.choose_columns(key=key, membership=request.membership, chosen=request.POST.getlist(lists.COLUMNS))
    return _back(found, lists.without_columns(_query(request)))


def _list(request: HttpRequest, key: str) -> lists.List:
    found = lists.get(key)
    if not permissions.allows(request.membership.role, found.permission):
        raise PermissionDenied
    return found


def _query(request: HttpRequest) -> str:
    return request.POST.get("query", "").replace("\0", "")[:4000]


def _back(found: lists.List, query: str) -> HttpResponse:
    return redirect(f"{links.page(found.address)}{'?' if query else ''}{lists.normal(query)}")
