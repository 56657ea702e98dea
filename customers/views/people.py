"""The list of people, the look-up at the top of every page, and what one does with many."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from customers.domain import customers, tags
from customers.domain import export as exporting
from customers.domain import search as finding
from customers.forms.filters import Filters
from customers.forms.people import CustomerForm
from customers.lists import PEOPLE
from customers.models import Customer
from cxm.accounts import edges, permissions
from cxm.accounts.domain import lists
from cxm.lib import text
from cxm.lib.errors import Refusal
from cxm.tenancy import links

MOST_AT_ONCE = 1000


@require_GET
@permissions.needs("customers.view")
def index(request: HttpRequest) -> HttpResponse:
    """The list; htmx asks for what the filters change, or for the next rows."""
    filters = Filters(request.GET)
    query = filters.query()
    page = finding.page(query, cursor=request.GET.get("cursor", ""))
    address = filters.address()
    more = f"{links.page('customers:list')}?{address}&cursor={page.cursor}" if page.cursor else ""
    context = {
        "people": page.people,
        "more": more,
        "filters": filters,
        "sort": query.sort,
        "shown": lists.columns(key=PEOPLE.key, membership=request.membership, query=address),
    }
    if request.htmx and "cursor" in request.GET:
        return render(request, "customers/rows.html", context)
    complete = not page.cursor and "cursor" not in request.GET
    context |= {
        "total": len(page.people) if complete else finding.count(query),
        "counted": finding.COUNTED,
        "chips": list(filters.chips()),
        "address": address,
        "shelf": lists.shelf(key=PEOPLE.key, membership=request.membership, query=address),
        "narrowed": bool(address and query != finding.Query(sort=query.sort)),
    }
    if request.htmx and not request.htmx.boosted:
        response = render(request, "customers/found.html", context)
        response.headers["HX-Push-Url"] = f"{links.page('customers:list')}{'?' if address else ''}{address}"
        return response
    return render(request, "customers/list.html", context)


@require_GET
@permissions.needs("customers.view")
def search(request: HttpRequest) -> HttpResponse:
    """The people somebody most likely means, for the dialog at the top."""
    return render(request, "customers/finder.html", {"people": finding.quick(request.GET.get("q", ""))})


@permissions.needs("customers.change")
def new(request: HttpRequest) -> HttpResponse:
    """Add a person."""
    form = CustomerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = customers.create(values=form.values(), by=request.actor, now=timezone.now(), source="page")
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            _mention_others(request, made)
            return redirect(links.page("customers:detail", made.pk))
    return render(request, "customers/form.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@permissions.needs("customers.export")
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The people of the list as CSV."""
    return _file(request, None)


@require_POST
@permissions.needs("customers.change")
def bulk(request: HttpRequest) -> HttpResponse:
    """Tag, untag or take away those ticked."""
    ids = [int(number) for number in request.POST.getlist("ids") if _is_number(number)][:MOST_AT_ONCE]
    ids = [number for number in ids if number < 2**63]
    action, word = request.POST.get("do", ""), request.POST.get("tag", "")
    if action == "export" and permissions.allows(request.membership.role, "customers.export"):
        return _file(request, ids)
    if action == "tag" and ids:
        count = tags.add(customer_ids=ids, names=[word], by=request.actor)
        said = ngettext("%(count)s person was tagged.", "%(count)s people were tagged.", count)
        messages.success(request, said % {"count": count})
    elif action == "untag" and ids:
        count = tags.remove(customer_ids=ids, names=[word], by=request.actor)
        said = ngettext("The tag was taken off %(count)s person.", "The tag was taken off %(count)s people.", count)
        messages.success(request, said % {"count": count})
    else:
        messages.error(request, __("Choose people first, then what to do with them."))
    return redirect(f"{links.page('customers:list')}?{Filters(request.GET).address()}")


def _mention_others(request: HttpRequest, made: Customer) -> None:
    """Say who has the address or number of somebody new already: families share them, and people are added twice."""
    if others := customers.alike(made):
        said = __("Somebody else has this address or number too: %(names)s.")
        messages.warning(request, said % {"names": ", ".join(text.isolate(str(other)) for other in others)})


def _is_number(written: str) -> bool:
    return written.isascii() and written.isdigit() and len(written) < 20


def _file(request: HttpRequest, ids: list[int] | None) -> StreamingHttpResponse:
    blocks = exporting.stream(tenant=request.tenant, query=Filters(request.GET).query(), by=request.actor, ids=ids)
    response = StreamingHttpResponse(blocks, content_type="text/csv; charset=utf-8")
    name = f"customers-{request.tenant.slug}-{timezone.localdate():%Y-%m-%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
