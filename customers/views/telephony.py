"""Settings of the telephone: queues, who sits at them, how the telephone system reaches us."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __
from django.views.decorators.http import require_POST

from customers.domain import telephony
from customers.forms.telephony import QueueForm
from cxm.accounts import edges, permissions
from cxm.lib.errors import Refusal
from cxm.tenancy import links


@permissions.needs("settings.manage")
def index(request: HttpRequest) -> HttpResponse:
    """The queues, and a form for one more."""
    form = QueueForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            telephony.add_queue(by=request.actor, now=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            messages.success(request, __("Saved."))
            return redirect(links.page("customers:telephony"))
    context = {"form": form, "queues": telephony.queues(), "address": links.absolute("/api/v1/calls/")}
    return render(request, "customers/calls/settings.html", context, status=422 if form.errors else 200)


@permissions.needs("settings.manage")
def queue(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a queue and its agents."""
    found = telephony.get_queue(pk)
    start = {"name": found.name, "key": found.key, "agents": telephony.seated(found)}
    form = QueueForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            telephony.change_queue(queue=found, by=request.actor, now=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            messages.success(request, __("Saved."))
            return redirect(links.page("customers:telephony"))
    context = {"form": form, "queue": found}
    return render(request, "customers/calls/queue.html", context, status=422 if form.errors else 200)


@require_POST
@permissions.needs("settings.manage")
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a queue away."""
    telephony.remove_queue(queue=telephony.get_queue(pk), by=request.actor)
    messages.success(request, __("The queue is gone; its calls stay."))
    return redirect(links.page("customers:telephony"))
