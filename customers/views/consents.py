"""What a person said yes and no to, and its history."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.domain import consents, customers, topics
from customers.forms.people import ConsentForm
from customers.models import ConsentEntry, Customer
from customers.models.consent import Channel
from cxm.accounts import edges, permissions
from cxm.lib import pagination
from cxm.lib.errors import Refusal
from cxm.tenancy import links

# Where it was said, and what proves it, in words; a program may name others.
SOURCES = {"page": _("On a page"), "one_click": _("By one click in a message"), "import": _("In a file"),
           "api": _("Over the API"), "import_undone": _("In a file that was taken back")}  # fmt: skip
EVIDENCE = {"words": _("What they said"), "ip": _("IP address"), "agent": _("Browser"), "path": _("Page"),
            "import": _("Import"), "file": _("File")}  # fmt: skip


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
    names = {topic.slug: topic.title for topic in known}
    context = {
        "customer": customer,
        "form": form,
        "entries": [_told(entry, names) for entry in page.items],
        "cursor": page.next_cursor,
        "names": names,
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


def _told(entry: ConsentEntry, names: dict[str, str]) -> dict:
    """Return an entry of the history as people read it."""
    return {
        "entry": entry,
        "topic": names.get(entry.topic, entry.topic),
        "source": SOURCES.get(entry.source, entry.source),
        "evidence": [(EVIDENCE.get(key, key), value) for key, value in entry.evidence.items()],
    }


def _table(state: dict, topics_known: list) -> list[dict]:
    """Return rows of channels, each with a cell for the whole channel and for every topic."""
    columns = ["", *(topic.slug for topic in topics_known)]
    return [
        {"label": label, "cells": [state.get((channel, topic)) for topic in columns]}
        for channel, label in Channel.choices
    ]
