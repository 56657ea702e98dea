"""Organisations and their people."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as __
from django.views.decorators.http import require_GET

from customers.domain import companies, search
from customers.forms.settings import CompanyForm
from cxm.accounts import edges, permissions
from cxm.lib import pagination
from cxm.lib.errors import Refusal
from cxm.tenancy import links


@require_GET
@permissions.needs("customers.view")
def index(request: HttpRequest) -> HttpResponse:
    """All companies by name."""
    words = request.GET.get("q", "")[:200]
    page = pagination.page(companies.with_counts(words), order="name_key", cursor=request.GET.get("cursor"))
    context = {"companies": page.items, "cursor": page.next_cursor, "q": words}
    if request.htmx and not request.htmx.boosted:
        part = "rows" if "cursor" in request.GET else "found"
        return render(request, f"customers/companies_{part}.html", context)
    return render(request, "customers/companies.html", context)


@permissions.needs("customers.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A company, its figures and its people."""
    company = companies.get(pk)
    form = CompanyForm(request.POST or None, initial={"name": company.name, "domain": company.domain})
    if request.method == "POST" and form.is_valid():
        if not permissions.allows(request.membership.role, "customers.change"):
            raise PermissionDenied
        try:
            companies.change(company=company, by=request.actor, **form.cleaned_data)
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            messages.success(request, __("Saved."))
            return redirect(links.page("customers:company", pk))
    page = search.page(search.Query(company=pk, sort="revenue"), cursor=request.GET.get("cursor", ""))
    more = f"{links.page('customers:company', pk)}?cursor={page.cursor}" if page.cursor else ""
    context = {"company": company, "people": page.people, "more": more, "form": form, "plain": True}
    if request.htmx and "cursor" in request.GET:
        return render(request, "customers/rows.html", context)
    context["figures"] = companies.figures(company)
    return render(request, "customers/company.html", context, status=422 if form.errors else 200)
