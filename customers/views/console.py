"""Where agents work: calls and to-dos on one side, the person in the middle, what to do next on the other."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from customers.domain import calls, customers, search, telephony
from customers.domain import card as cards
from customers.forms.telephony import SeatForm
from customers.models import CallAgent
from cxm.accounts import permissions
from cxm.accounts.domain import todos

TODOS = 8


@require_GET
@permissions.needs("customers.change")
def index(request: HttpRequest) -> HttpResponse:
    """The console; the cards of live calls are fetched into it."""
    now = timezone.now()
    agent = telephony.agent_of(request.user)
    start = {"state": agent.state, "extension": agent.extension} if agent else {"state": CallAgent.State.AWAY}
    context = {
        "seat": SeatForm(initial=start),
        "agent": agent,
        "states": CallAgent.State.choices,
    }
    return render(request, "customers/calls/console.html", context | _beside(request, now))


@require_GET
@permissions.needs("customers.change")
def beside(request: HttpRequest) -> HttpResponse:
    """The list of calls and to-dos alone, drawn anew when the bell rings."""
    return render(request, "customers/calls/beside.html", _beside(request, timezone.now()))


@require_GET
@permissions.needs("customers.change")
def find(request: HttpRequest) -> HttpResponse:
    """People by name, address or number, while one is on the phone."""
    return render(request, "customers/calls/found.html", {"people": search.quick(request.GET.get("q", ""))})


@require_GET
@permissions.needs("customers.change")
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """The card of somebody who is not on the phone."""
    may = permissions.GRANTS[request.membership.role]
    card = cards.of(customers.get(pk).pk, may=may, now=timezone.now())
    return render(request, "customers/calls/person.html", {"card": card})


def _beside(request: HttpRequest, now) -> dict:
    mine, _order = todos.listed(view=todos.MINE, user=request.user, now=now)
    anybodys, _order = todos.listed(view=todos.TEAM, user=request.user, now=now)
    waiting = (mine | anybodys.filter(assignee=None)).order_by("due_at", "id")[:TODOS]
    recent = [(call, calls.shown_number(call)) for call in calls.recent()]
    return {"recent": recent, "todos": todos.describe(waiting, now=now)}
