"""Contacts with customers: all of them, and a form for one more."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __
from django.views.decorators.http import require_GET

from customers.domain import customers, interactions
from customers.forms.interactions import InteractionForm
from customers.models import Interaction
from cxm.accounts import edges, permissions
from cxm.lib import pagination
from cxm.lib.errors import Refusal
from cxm.tenancy import links

FILTERS = {"channel": Interaction.Channel, "direction": Interaction.Direction, "outcome": Interaction.Outcome,
           "sentiment": Interaction.Sentiment}  # fmt: skip


@require_GET
@permissions.needs("customers.view")
def index(request: HttpRequest) -> HttpResponse:
    """All contacts, newest first; narrowed by what stands in the address."""
    asked = {name: value for name, kind in FILTERS.items() if (value := request.GET.get(name, "")) in kind.values}
    page = pagination.page(
        interactions.listed(**asked), order="-occurred_at", cursor=request.GET.get("cursor"), limit=30
    )
    address = "&".join(f"{name}={value}" for name, value in asked.items())
    more = f"{links.page('customers:interactions')}?{address}&cursor={page.next_cursor}" if page.next_cursor else ""
    context = {"interactions": page.items, "more": more, "asked": asked}
    if request.htmx and "cursor" in request.GET:
        return render(request, "customers/interactions/rows.html", context)
    context["filters"] = [(name, _labels()[name], kind.choices) for name, kind in FILTERS.items()]
    return render(request, "customers/interactions/list.html", context)


@permissions.needs("customers.change")
def new(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down what was done with a person."""
    customer = customers.get(pk)
    start = {"occurred_at": timezone.now(), "direction": Interaction.Direction.IN}
    form = InteractionForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            interactions.log(customer=customer, by=request.actor, **form.said(writer=request.user))
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            messages.success(request, __("Written down. It stands on the timeline."))
            return redirect(links.page("customers:detail", pk))
    context = {"form": form, "customer": customer}
    return render(request, "customers/interactions/new.html", context, status=422 if form.errors else 200)


def _labels() -> dict[str, str]:
    return {"channel": __("Channel"), "direction": __("Who began"), "outcome": __("What came of it"),
            "sentiment": __("How they were")}  # fmt: skip
