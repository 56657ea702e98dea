"""One person: all that is known, on one page."""

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as __
from django.views.decorators.http import require_GET

from customers import panels
from customers.domain import attributes, consents, customers, erasure, places, search, topics
from customers.domain import orders as selling
from customers.domain import timeline as happened
from customers.forms.people import CustomerForm
from customers.models import Attribute, Customer, Event
from customers.models.consent import Channel
from cxm.accounts import edges, permissions
from cxm.lib import pagination, phones
from cxm.lib.errors import Refusal
from cxm.tenancy import links

_ICONS = {"orders": ("shopping-cart", "good"), "messages": ("mail", "brand"), "web": ("world", "busy"),
          "offers": ("discount", "good"), "surveys": ("message-star", "brand"), "journeys": ("route", "busy"),
          "contact": ("headset", "brand"), "consent": ("shield-check", "warn"),
          "cases": ("message-2", "warn"),
          "other": ("point", "neutral")}  # fmt: skip
_PANEL_ROWS = 5


@dataclass(frozen=True)
class Said:
    """An event as the timeline shows it."""

    event: Event
    sentence: str
    icon: str
    tone: str
    channel: str | Promise
    details: list[tuple[str, object]]


@require_GET
@permissions.needs("customers.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole person; blocks of other apps load by themselves."""
    customer = customers.get(pk)
    definitions = attributes.by_key()
    context = {
        "customer": customer,
        "traits": getattr(customer, "traits", None),
        "phone": phones.shown(customer.phone) if customer.phone else "",
        "country": places.country(customer.country) if customer.country else "",
        "speaks": places.language(customer.language) if customer.language else "",
        "tags": sorted(link.tag.name for link in customer.tag_links.select_related("tag")),
        "own": [(found.label, _own(found, customer.attributes[key]), found.kind)
                for key, found in definitions.items() if key in customer.attributes],
        "consents": _consents(customer),
        "panels": panels.allowed(permissions.GRANTS[request.membership.role]),
    }  # fmt: skip
    return render(request, "customers/detail.html", context | _happened(request, customer))


@require_GET
@permissions.needs("customers.view")
def timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """The timeline alone: another kind, or the next events."""
    customer = customers.get(pk)
    template = "timeline_items" if "cursor" in request.GET else "timeline"
    return render(request, f"customers/{template}.html", {"customer": customer} | _happened(request, customer))


@permissions.needs("customers.change")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what is known."""
    customer = customers.get(pk)
    form = CustomerForm(request.POST or None, customer=customer)
    if request.method == "POST" and form.is_valid():
        try:
            customers.change(customer=customer, values=form.values(), by=request.actor, now=timezone.now())
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            messages.success(request, __("Saved."))
            return redirect(links.page("customers:detail", pk))
    context = {"form": form, "customer": customer}
    return render(request, "customers/form.html", context, status=422 if form.errors else 200)


@permissions.needs("customers.erase")
def erase(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a person for good, after their name was typed."""
    customer = customers.get(pk)
    # A page shows two spaces as one: who types what stands there is right.
    wrong = request.method == "POST" and request.POST.get("typed", "").split() != str(customer).split()
    if request.method == "POST" and not wrong:
        erasure.erase(customer=customer, by=request.actor)
        messages.success(request, __("Erased. Their address will not be used again."))
        return redirect(links.page("customers:list"))
    return render(request, "customers/erase.html", {"customer": customer, "wrong": wrong}, status=422 if wrong else 200)


@require_GET
@permissions.needs("customers.view")
def orders(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything bought and sent back, with its lines."""
    customer = customers.get(pk)
    page = pagination.page(
        selling.of_customer(customer), order="-placed_at", cursor=request.GET.get("cursor"), limit=25
    )
    context = {"customer": customer, "orders": page.items, "cursor": page.next_cursor}
    if request.htmx and "cursor" in request.GET:
        return render(request, "customers/orders_rows.html", context)
    return render(request, "customers/orders.html", context)


@require_GET
@permissions.needs("customers.view")
def orders_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The newest orders, for the side of the page."""
    customer = customers.get(pk)
    found = list(selling.of_customer(customer)[: _PANEL_ROWS + 1])
    context = {"customer": customer, "orders": found[:_PANEL_ROWS], "more": len(found) > _PANEL_ROWS}
    return render(request, "customers/panel_orders.html", context)


@require_GET
@permissions.needs("segments.view")
def segments_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The segments a person is in, for the side of the page."""
    customer = customers.get(pk)
    context = {"customer": customer, "memberships": search.segments_of(customer)}
    return render(request, "customers/panel_segments.html", context)


def _happened(request: HttpRequest, customer: Customer) -> dict:
    kind = request.GET.get("kind", "")
    page = happened.page(customer=customer, kind=kind, cursor=request.GET.get("cursor", ""))
    said_of_topics = any(event.properties.get("topic") for event in page.items)
    names = {topic.slug: topic.title for topic in topics.all_topics()} if said_of_topics else {}
    return {
        "said": [_said(event, names) for event in page.items],
        "kinds": happened.KINDS,
        "kind": kind,
        "cursor": page.next_cursor,
    }


def _said(event: Event, names: dict[str, str]) -> Said:
    icon, tone = _ICONS.get(happened.kind_of(event), _ICONS["other"])
    details = [(key, value) for key, value in event.properties.items() if isinstance(value, str | int | float)]
    return Said(
        event,
        happened.sentence(event, topics=names),
        icon,
        tone,
        happened.CHANNELS.get(event.channel, event.channel),
        details[:20],
    )


def _own(definition: Attribute, value: object) -> object:
    """Return what an attribute holds; a day, kept as text, as a day."""
    return date.fromisoformat(value) if definition.kind == Attribute.Kind.DATE and isinstance(value, str) else value


def _consents(customer: Customer) -> list[dict]:
    """Return a row for each channel: what was said of it as a whole, and of topics."""
    state = consents.state(customer)
    names = {topic.slug: topic.title for topic in topics.all_topics()}
    rows = []
    for channel, label in Channel.choices:
        said = [(names.get(topic, topic), found) for (where, topic), found in sorted(state.items()) if where == channel]
        if said or channel in (Channel.EMAIL, Channel.SMS):
            rows.append({"label": label, "whole": state.get((channel, "")), "topics": [row for row in said if row[0]]})
    return rows
