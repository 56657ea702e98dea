"""Calls in the open pages of agents: shown at ringing, taken, matched, logged. Nothing here opens by itself a page
or moves the focus: pages fetch ``live`` when the bell rings and fit it in (static/js/calls.js)."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as __
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from customers.domain import calls, customers, search, telephony
from customers.domain import card as cards
from customers.forms.interactions import LogForm
from customers.forms.telephony import CallerForm, SeatForm
from customers.models import Call, Customer
from cxm.accounts import bell, edges, permissions
from cxm.lib.errors import Refusal
from cxm.tenancy import links


@dataclass(frozen=True)
class Shown:
    """A call with all its card says."""

    call: Call
    number: str
    card: cards.Card | None
    choices: list[Customer]
    form: LogForm
    caller: CallerForm
    mine: bool

    @property
    def mark(self) -> str:
        """What changes when the head of the card must be drawn anew."""
        call = self.call
        return f"{call.state}.{call.match}.{call.customer_id}.{call.agent_id}.{call.queue_id}"


@require_GET
@permissions.needs("customers.change")
def live(request: HttpRequest) -> HttpResponse:
    """The cards of this moment, and where to listen for the next."""
    now = timezone.now()
    # The counter before the rows: what comes in between rings again.
    version = bell.heard(tenant_id=request.tenant.pk, user_id=request.user.pk)
    context = {
        "cards": [shown(request, call, now) for call in calls.live(user=request.user, now=now)],
        "version": version,
        "bell": bell.address(tenant_id=request.tenant.pk, user_id=request.user.pk, now=now),
    }
    response = render(request, "customers/calls/live.html", context)
    patch_cache_control(response, no_store=True)
    return response


@require_POST
@permissions.needs("customers.change")
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that one has the call."""
    calls.take(call=calls.get(pk), user=request.user, now=timezone.now())
    return _changed(request)


@require_POST
@permissions.needs("customers.change")
def aside(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the card off one's pages."""
    calls.put_aside(call=calls.get(pk), user=request.user, now=timezone.now())
    return _changed(request)


@require_POST
@permissions.needs("customers.change")
def take_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring the card of an earlier call back, to log it."""
    calls.take_up(call=calls.get(pk), user=request.user, now=timezone.now())
    return _changed(request)


@require_POST
@permissions.needs("customers.change")
def choose(request: HttpRequest, pk: int, customer: int) -> HttpResponse:
    """Say who it is; the number becomes theirs when that was asked for."""
    person = customers.get(customer)
    keep = request.POST.get("keep") == "yes"
    calls.choose(call=calls.get(pk), customer=person, by=request.actor, now=timezone.now(), keep_number=keep)
    return _changed(request)


@require_GET
@permissions.needs("customers.change")
def look_up(request: HttpRequest, pk: int) -> HttpResponse:
    """People to choose from, by name, address or number."""
    people = search.quick(request.GET.get("q", ""), limit=6)
    return render(request, "customers/calls/people.html", {"call": calls.get(pk), "people": people})


@require_POST
@permissions.needs("customers.change")
def add_person(request: HttpRequest, pk: int) -> HttpResponse:
    """Add the caller as somebody new."""
    call, form = calls.get(pk), CallerForm(request.POST, auto_id=f"caller-{pk}-%s")
    if form.is_valid():
        try:
            calls.welcome(call=call, values=form.cleaned_data, by=request.actor, now=timezone.now())
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            return _changed(request)
    return render(request, "customers/calls/caller.html", {"call": call, "form": form}, status=422)


@require_POST
@permissions.needs("customers.change")
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what is being written."""
    calls.save_draft(call=calls.get(pk), user=request.user, values=request.POST, now=timezone.now())
    return HttpResponse(status=204)


@require_POST
@permissions.needs("customers.change")
def log(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a contact of the call and of what was written."""
    call, form = calls.get(pk), LogForm(request.POST, auto_id=f"call-{pk}-%s")
    if form.is_valid():
        try:
            calls.log(call=call, user=request.user, now=timezone.now(), **form.said(writer=request.user))
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            messages.success(request, __("Written down. It stands on the timeline."))
            return _changed(request)
    return render(request, "customers/calls/log.html", {"call": call, "form": form}, status=422)


@require_POST
@permissions.needs("customers.change")
def state(request: HttpRequest) -> HttpResponse:
    """Take calls, pause, leave. From here on calls come to this browser, whatever the role."""
    form = SeatForm(request.POST)
    if form.is_valid():
        telephony.set_state(user=request.user, now=timezone.now(), **form.cleaned_data)
        request.session["takes_calls"] = form.cleaned_data["state"] != "away"
    return redirect(links.page("customers:console"))


def shown(request: HttpRequest, call: Call, now: datetime) -> Shown:
    """Return a call with its card and its form."""
    may = permissions.GRANTS[request.membership.role]
    return Shown(
        call=call,
        number=calls.shown_number(call),
        card=cards.of(call.customer_id, may=may, now=now) if call.customer_id else None,
        choices=list(cards.choices(call)),
        form=LogForm(initial=calls.draft_of(call=call, user=request.user), auto_id=f"call-{call.pk}-%s"),
        caller=CallerForm(auto_id=f"caller-{call.pk}-%s"),
        mine=call.agent is not None and call.agent.user_id == request.user.pk,
    )


def _changed(request: HttpRequest) -> HttpResponse:
    """Have the page look again; without scripts, show it anew."""
    if request.htmx:
        return trigger_client_event(HttpResponse(status=204), "calls", {})
    return redirect(links.page("customers:console"))
