"""Segments: the list, one segment, and why somebody is in it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __
from django.views.decorators.http import require_GET, require_POST

from customers.domain import customers, memberships, search, segment_starters, segments
from customers.lists import SEGMENTS
from customers.models import Segment
from cxm.accounts import edges, permissions
from cxm.accounts.domain import lists
from cxm.lib import formats, pagination
from cxm.lib.errors import Refusal
from cxm.tenancy import links


@require_GET
@permissions.needs("segments.view")
def index(request: HttpRequest) -> HttpResponse:
    """All segments by name, and what one can begin with."""
    words = request.GET.get("q", "")[:100]
    archived = request.GET.get("archived") == "1"
    found = Segment.objects.filter(archived_at__isnull=not archived)
    if words:
        found = found.filter(name__icontains=words)
    page = pagination.page(found, order="name", cursor=request.GET.get("cursor"))
    context = {"segments": page.items, "cursor": page.next_cursor, "q": words, "archived": archived}
    if "cursor" not in request.GET:
        context["shelf"] = lists.shelf(
            key=SEGMENTS.key, membership=request.membership, query=request.META["QUERY_STRING"]
        )
    if request.htmx and not request.htmx.boosted:
        part = "rows" if "cursor" in request.GET else "found"
        return render(request, f"customers/segments/{part}.html", context)
    context["starters"] = segment_starters.STARTERS
    return render(request, "customers/segments/list.html", context)


@require_GET
@permissions.needs("segments.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One segment: its rule in words, its people, how they came and went."""
    segment = segments.get(pk)
    page = pagination.page(
        memberships.members(segment).select_related("customer"),
        order="customer_id",
        cursor=request.GET.get("cursor"),
        limit=25,
    )
    more = f"{links.page('customers:segment', pk)}?cursor={page.next_cursor}" if page.next_cursor else ""
    context = {"segment": segment, "members": page.items, "more": more}
    if request.htmx and "cursor" in request.GET:
        return render(request, "customers/segments/members.html", context)
    history = segments.history(segment=segment, tenant=request.tenant, now=timezone.now())
    context |= {
        "words": segments.in_words(rule=segment.rule, tenant=request.tenant),
        "history": history,
        "chart": _chart(history, request),
        "waiting": segment.refreshed_version != segment.version and not segment.problem,
    }
    return render(request, "customers/segments/detail.html", context)


@require_GET
@permissions.needs("segments.view")
def state(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the filling is, asked again until it is done; then the page loads anew."""
    segment = segments.get(pk)
    waiting = segment.refreshed_version != segment.version and not segment.problem
    response = render(request, "customers/segments/state.html", {"segment": segment, "waiting": waiting})
    if not waiting:
        response.headers["HX-Refresh"] = "true"
    return response


@require_GET
@permissions.needs("segments.view")
def explain(request: HttpRequest, pk: int) -> HttpResponse:
    """Look for a person; once one is chosen, say why they are in the segment or are not."""
    segment = segments.get(pk)
    context: dict = {"segment": segment, "people": search.quick(request.GET.get("q", ""))}
    number = request.GET.get("customer", "")
    if number.isascii() and number.isdigit() and len(number) < 19:
        customer = customers.get(int(number))
        try:
            context["verdict"] = segments.explain(
                segment=segment, customer=customer, tenant=request.tenant, now=timezone.now()
            )
            context["is_member"] = memberships.members(segment).filter(customer=customer).exists()
        except Refusal as refusal:
            context["problem"] = refusal.message
        context["customer"] = customer
    return render(request, "customers/segments/explain.html", context)


@require_POST
@permissions.needs("segments.change")
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Refresh, put away, take back."""
    segment = segments.get(pk)
    try:
        match request.POST.get("action"):
            case "refresh":
                segments.request_refresh(segments=[segment], by=request.actor)
                messages.success(request, __("The segment is being filled anew."))
            case "archive":
                segments.archive(segment=segment, by=request.actor, now=timezone.now())
                messages.success(request, __("Archived."))
            case "restore":
                segments.restore(segment=segment, tenant=request.tenant, by=request.actor)
                messages.success(request, __("Back in use."))
    except Refusal as refusal:
        edges.show_refusal(request, refusal)
    return redirect(links.page("customers:segment", pk))


def _chart(history: list[dict], request: HttpRequest) -> dict:
    ways = {"language": request.LANGUAGE_CODE, "system": request.tenant.digits}
    # Digits and a stroke only: a picture has no bidirectional text to put marks and years in their places.
    return {
        "kind": "line",
        "labels": [formats.digits(f"{row['day'].day}/{row['day'].month}", **ways) for row in history],
        "series": [
            {"name": __("People"), "values": [row["size"] for row in history]},
            {"name": __("Came in"), "values": [row["entered"] for row in history]},
            {"name": __("Went out"), "values": [row["left"] for row in history]},
        ],
        "whole": True,
        "digits": request.tenant.digits,
    }
