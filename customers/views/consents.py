"""What a person said yes and no to, and its history."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __

from customers.domain import consents, customers, topics
from customers.forms.people import ConsentForm
from customers.models import Customer
from customers.models.consent import Channel
from cxm.accounts import edges, permissions
from cxm.lib import pagination
from cxm.lib.errors import Refusal
from cxm.tenancy import links


@permissions.needs("customers.view")
def index(request: HttpRequest, pk: int) -> HttpResponse:
    """State and history; a colleague who may change customers records what somebody told them."""
    customer = customers.get(pk)
    known = topics.all_topics()
    form = ConsentForm(request.POST or None, topics=known)
    if request.method == "POST" and form.is_valid():
        if not permissions.allows(request.membership.role, "customers.change"):
            raise PermissionDenied
        try:
            _record(request, customer, form.cleaned_data)
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            _confirm(request, customer, form.cleaned_data)
            return redirect(links.page("customers:consents", pk))
    page = pagination.page(consents.history(customer), order="-at", cursor=request.GET.get("cursor"))
    context = {
        "customer": customer,
        "form": form,
        "entries": page.items,
        "cursor": page.next_cursor,
        "names": {topic.slug: topic.name for topic in known},
        "model": request.tenant.consent_model,
        "state": _table(consents.state(customer), known),
    }
    if request.htmx and "cursor" in request.GET:
        return render(request, "customers/consents_rows.html", context)
    return render(request, "customers/consents.html", context, status=422 if form.errors else 200)


def _record(request: HttpRequest, customer: Customer, said: dict) -> None:
    act = consents.grant if said["granted"] == "yes" else consents.withdraw
    act(
        customer=customer,
        channel=said["channel"],
        topic=said["topic"],
        source="page",
        by=request.actor,
        now=timezone.now(),
        evidence={"words": said["words"]},
    )


def _confirm(request: HttpRequest, customer: Customer, said: dict) -> None:
    """Say that it was recorded, and where a yes to a topic opens nothing as long as the channel is a no."""
    model = request.tenant.consent_model
    opened = {"channel": said["channel"], "topic": said["topic"], "model": model}
    if said["granted"] == "yes" and not consents.is_allowed(customer=customer, **opened):
        text = __("Recorded, but the no to the whole channel still holds. Record a yes to the whole channel as well.")
        messages.warning(request, text)
    else:
        messages.success(request, __("Recorded."))


def _table(state: dict, topics_known: list) -> list[dict]:
    """Return rows of channels, each with a cell for the whole channel and for every topic."""
    columns = ["", *(topic.slug for topic in topics_known)]
    return [
        {"label": label, "cells": [state.get((channel, topic)) for topic in columns]}
        for channel, label in Channel.choices
    ]
