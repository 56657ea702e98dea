"""The inbox of cases, and a new case."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from customers.domain import customers
from customers.domain import search as finding
from cxm.accounts import edges, permissions
from cxm.lib.errors import Refusal
from cxm.tenancy import links
from feedback.domain import cases, desk, inbound, lists
from feedback.forms.cases import VIEWS, Filters, NewCaseForm


@require_GET
@permissions.needs("feedback.view")
def index(request: HttpRequest) -> HttpResponse:
    """The list; htmx asks for what the filters change, or for the next rows."""
    now, filters = timezone.now(), Filters(request.GET)
    query = filters.query()
    page = lists.page(query, user=request.user, now=now, cursor=request.GET.get("cursor", ""))
    address = filters.address()
    base = links.page("feedback:cases")
    rows = [(case, lists.tone(case, now=now)) for case in page.items]
    more = f"{base}?{address}&cursor={page.next_cursor}" if page.next_cursor else ""
    context = {"rows": rows, "more": more, "query": query, "filters": filters, "now": now}
    if request.htmx and "cursor" in request.GET:
        return render(request, "feedback/cases/rows.html", context)
    counts = lists.counts(user=request.user, now=now)
    context |= {
        "tabs": [
            (view, words, f"{base}?{filters.address(view=view)}", counts.get(view)) for view, words in VIEWS.items()
        ],
        "chips": list(filters.chips()),
        "address": address,
        "narrowed": query.words or any(filters.cleaned_data.get(name) for name in filters.narrowing()),
        "quarantined": inbound.waiting().count(),
    }
    if request.htmx and not request.htmx.boosted:
        response = render(request, "feedback/cases/found.html", context)
        response.headers["HX-Push-Url"] = f"{base}{'?' if address else ''}{address}"
        return response
    return render(request, "feedback/cases/list.html", context)


@permissions.needs("feedback.change")
def new(request: HttpRequest) -> HttpResponse:
    """Write a case down: first whose it is, then what it is about."""
    number = request.GET.get("customer", "")
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        asked = request.GET.get("q", "")
        people = finding.quick(asked) if asked else []
        template = "feedback/cases/people.html" if request.htmx else "feedback/cases/whose.html"
        return render(request, template, {"people": people, "q": asked})
    customer = customers.get(int(number))
    if request.method == "POST":
        desk.begin(by=request.actor)
    form = NewCaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            case = cases.open(customer=customer, by=request.actor, now=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            return redirect(links.page("feedback:case", case.pk))
    status = 422 if form.errors else 200
    return render(request, "feedback/cases/new.html", {"form": form, "customer": customer}, status=status)


@require_GET
@permissions.needs("feedback.view")
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The open cases of a person, beside their timeline."""
    now, customer = timezone.now(), customers.get(pk)
    found = [(case, lists.tone(case, now=now)) for case in lists.open_of(customer)]
    return render(request, "feedback/cases/panel.html", {"rows": found, "customer": customer})
