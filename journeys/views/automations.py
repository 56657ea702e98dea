"""Automations: the list, one of them with its tree and figures, its people, and the path of one of them."""

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __
from django.views.decorators.http import require_GET, require_POST

from customers.domain import customers, segments
from cxm.accounts import edges, permissions
from cxm.lib import pagination
from cxm.lib.errors import Refusal
from cxm.tenancy import links
from journeys.domain import automations, enrolments, entrance, figures, passages, recipes, trees, triggers
from journeys.models import Automation, Enrolment
from journeys.steps.frame import Names
from journeys.views import canvas

State = Automation.State


@require_GET
@permissions.needs("journeys.view")
def index(request: HttpRequest) -> HttpResponse:
    """The list: by state, by part of a name."""
    state, search = request.GET.get("state", ""), request.GET.get("q", "").replace("\0", "")
    found = automations.listed(state=state, search=search)
    page = pagination.page(found, order="-updated_at", cursor=request.GET.get("cursor"), limit=25)
    numbers, names = figures.brief(automations=page.items), Names(request.tenant)
    rows = [
        {"automation": one, "figures": numbers[one.pk],
         "trigger": triggers.words((one.version.definition if one.version else one.draft)["trigger"], names)}
        for one in page.items
    ]  # fmt: skip
    context = {"rows": rows, "cursor": page.next_cursor, "states": State.choices, "state": state, "q": search,
               "narrowed": bool(state or search), "recipes": recipes.RECIPES.values()}  # fmt: skip
    part = "journeys/automations/list_rows.html" if "cursor" in request.GET else "journeys/automations/list.html#found"
    return render(request, part if request.htmx else "journeys/automations/list.html", context)


@permissions.needs("journeys.change")
def new(request: HttpRequest) -> HttpResponse:
    """Draft an automation: from nothing or from a recipe."""
    errors: dict[str, str] = {}
    if request.method == "POST":
        recipe, name = request.POST.get("recipe", ""), request.POST.get("name", "")
        try:
            made = recipes.start(key=recipe, name=name, tenant=request.tenant, by=request.actor, now=timezone.now())
        except Refusal as refusal:
            errors = refusal.fields or {"name": str(refusal.message)}
        else:
            return redirect(links.page("journeys:automation_build", made.pk))
    context = {"recipes": recipes.RECIPES.values(), "errors": errors, "chosen": request.GET.get("recipe", "")}
    return render(request, "journeys/automations/new.html", context, status=422 if errors else 200)


@require_GET
@permissions.needs("journeys.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One automation: what is live, how many stand where, and who."""
    automation = automations.get(automation_id=pk)
    context = _live(request, automation) | {
        "segments": segments.live(),
        "people": enrolments.of(automation=automation).order_by("-entered_at", "-pk")[:8],
        "changed": automation.version is not None and trees.differs(automation.draft, automation.version.definition),
    }
    return render(request, "journeys/automations/detail.html", context)


@require_GET
@permissions.needs("journeys.view")
def live(request: HttpRequest, pk: int) -> HttpResponse:
    """The part that moves; it asks for itself again while people are inside."""
    response = render(
        request, "journeys/automations/live.html", _live(request, automations.get(automation_id=pk))
    )  # fmt: skip
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
@permissions.needs("journeys.change")
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Pause, resume, stop, duplicate, delete, or have what failed tried again."""
    automation, by, now = automations.get(automation_id=pk), request.actor, timezone.now()
    action = request.POST.get("action", "")
    if action == "duplicate":
        copy = automations.duplicate(automation=automation, by=by)
        return redirect(links.page("journeys:automation_build", copy.pk))
    if action == "delete":
        automations.delete(automation=automation, by=by)
        return redirect(links.page("journeys:automations"))
    if action in _ACTIONS:
        _ACTIONS[action](automation=automation, by=by, now=now)
    return redirect(links.page("journeys:automation", pk))


_ACTIONS = {
    "pause": automations.pause,
    "resume": automations.resume,
    "stop": automations.stop,
    "try_again": enrolments.try_again,
}


@require_POST
@permissions.needs("campaigns.send")
def enrol(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the people of a segment in, in the background."""
    automation = automations.get(automation_id=pk)
    written = request.POST.get("segment", "")
    number = int(written) if written.isascii() and written.isdigit() and len(written) < 19 else 0
    try:
        entrance.open_for_segment(automation=automation, segment=segments.get(number), by=request.actor)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        edges.show_refusal(request, refusal)
    else:
        notices.success(request, __("They are being let in."))
    return redirect(links.page("journeys:automation", pk))


@require_GET
@permissions.needs("journeys.view")
def people(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is or was in: by state, by the step they stand at."""
    automation = automations.get(automation_id=pk)
    state, node = request.GET.get("state", ""), request.GET.get("node", "").replace("\0", "")
    found = enrolments.of(automation=automation, state=state, node=node)
    page = pagination.page(found, order="-entered_at", cursor=request.GET.get("cursor"), limit=50)
    names = Names(request.tenant)
    words = passages.step_words(automation=automation, names=names)
    rows = [
        {"enrolment": one, "step": words.get(one.node, one.node), "why": passages.why(one, names)} for one in page.items
    ]
    context = {"automation": automation, "rows": rows, "cursor": page.next_cursor, "state": state, "node": node,
               "node_words": words.get(node, node), "states": Enrolment.State.choices}  # fmt: skip
    part = "journeys/automations/people_rows.html" if request.htmx else "journeys/automations/people.html"
    return render(request, part, context)


@require_GET
@permissions.needs("journeys.view")
def passage(request: HttpRequest, pk: int) -> HttpResponse:
    """Why somebody is here: what brought them in, and each step since."""
    enrolment = enrolments.get(enrolment_id=pk)
    context = {
        "enrolment": enrolment,
        "automation": enrolment.automation,
        "why": passages.why(enrolment, Names(request.tenant)),
        "ended": passages.reason(enrolment.reason or "done"),
        "steps": passages.told(enrolment=enrolment, names=Names(request.tenant)),
    }
    return render(request, "journeys/automations/passage.html", context)


@require_POST
@permissions.needs("journeys.change")
def take_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one person out."""
    enrolment = enrolments.get(enrolment_id=pk)
    enrolments.take_out(enrolment=enrolment, by=request.actor, now=timezone.now())
    return redirect(links.page("journeys:passage", pk))


@require_GET
@permissions.needs("journeys.view")
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """What automations somebody is or was in, for their page."""
    rows = enrolments.of_customer(customer=customers.get(pk))[:6]
    return render(request, "journeys/automations/panel.html", {"rows": rows})


def _live(request: HttpRequest, automation: Automation) -> dict:
    names = Names(request.tenant)
    definition = automation.version.definition if automation.version else automation.draft
    numbers = figures.of(automation=automation) if automation.version else None
    return {
        "automation": automation,
        "figures": numbers,
        "start": canvas.start(definition, names),
        "nodes": canvas.nodes(definition, names=names, problems={}, figures=numbers),
        "reasons": [(passages.reason(key), count) for key, count in numbers.left.most_common()] if numbers else [],
        "moving": automation.state == State.LIVE and numbers.inside > 0,
    }
