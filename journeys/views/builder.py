"""The builder: the tree, the inspector of one step, publishing. Every change is kept in the draft at once."""

import json
from collections.abc import Mapping

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from customers.domain import rules
from customers.forms import rule_choices
from customers.forms import rules as rule_form
from cxm.accounts import edges, permissions
from cxm.lib.errors import Refusal
from cxm.tenancy import links
from journeys import steps as registry
from journeys.domain import automations, calls, drawing, trees, triggers
from journeys.forms import settings as form
from journeys.models import Automation
from journeys.steps.frame import Names
from journeys.views import canvas

TRIGGER = "trigger"
GROUPS = {"message": _("Say"), "time": _("Wait"), "flow": _("Choose"), "customer": _("Change"), "team": _("Act")}


@require_GET
@permissions.needs("journeys.change")
def build(request: HttpRequest, pk: int) -> HttpResponse:
    """The tree of the draft, and the inspector of one step."""
    automation = automations.get(automation_id=pk)
    context = _context(request, automation, request.GET.get("node", TRIGGER))
    return render(
        request, "journeys/automations/canvas.html" if request.htmx else "journeys/automations/build.html", context
    )


@require_POST
@permissions.needs("journeys.change")
def draw(request: HttpRequest, pk: int) -> HttpResponse:
    """Do one thing to the draft and show it again."""
    automation = automations.get(automation_id=pk)
    selected, written = request.POST.get("node", TRIGGER), request.POST.get("revision", "")
    revision = int(written) if written.isascii() and written.isdigit() and len(written) < 10 else None
    try:
        if request.POST.get("do") == "undo":
            automation = automations.undo(automation=automation, by=request.actor)
        else:
            drawn, selected = _drawn(request, automation.draft, selected)
            automation = automations.redraw(
                automation=automation, definition=drawn, by=request.actor, revision=revision
            )  # fmt: skip
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        edges.show_refusal(request, refusal)
        automation = automations.get(automation_id=pk)
    if not request.htmx:
        return redirect(f"{links.page('journeys:automation_build', pk)}?node={selected}")
    return render(request, "journeys/automations/canvas.html", _context(request, automation, selected))


@permissions.needs("journeys.change")
def rule(request: HttpRequest, pk: int, node: str, key: str) -> HttpResponse:
    """Who takes a path: any rule, made with the builder of segments."""
    automation = automations.get(automation_id=pk)
    path = drawing.path(automation.draft, f"{node}/{key}")
    offer = rule_choices.Offer(rules.load(request.tenant), None)
    loose = ""
    if request.method == "POST":
        draft = rule_choices.dress(rule_form.read(request.POST), offer)
        said = rule_form.rule_of(draft)
        try:
            rules.parse(rule=said, catalogue=rules.load(request.tenant))
            drawn = drawing.settle_path(automation.draft, place=f"{node}/{key}", settings={"rule": said},
                                        name=request.POST.get("name", ""))  # fmt: skip
            automations.redraw(automation=automation, definition=drawn, by=request.actor)
        except Refusal as refusal:
            loose = rule_form.show_errors(draft, refusal.fields) or str(refusal.message)
        else:
            return redirect(f"{links.page('journeys:automation_build', pk)}?node={node}")
    else:
        kept = path["settings"].get("rule") or {"all": []}
        draft = (
            rule_form.act(rule_form.Draft("all"), "add:n:field") if kept == {"all": []} else rule_form.draft_of(kept)
        )
        rule_choices.dress(draft, offer)
    context = {
        "automation": automation, "node": node, "path": path, "draft": draft, "offer": offer, "loose": loose,
        "name": request.POST.get("name", path["name"]),
        "rule_text": json.dumps(rule_form.rule_of(draft), ensure_ascii=False, indent=2),
    }  # fmt: skip
    return render(request, "journeys/automations/rule.html", context, status=422 if loose else 200)


@permissions.needs("campaigns.send")
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """What is missing, what becomes of people inside, and then the one step that counts."""
    automation = automations.get(automation_id=pk)
    errors: Mapping[str, str] = {}
    if request.method == "POST":
        mapping = {name.removeprefix("to."): value for name, value in request.POST.items() if name.startswith("to.")}
        try:
            automations.publish(
                automation=automation, tenant=request.tenant, by=request.actor, now=timezone.now(),
                inside=request.POST.get("inside", ""), mapping=mapping,
            )  # fmt: skip
        except trees.NotReady:
            pass  # the page says what is missing, step by step
        except Refusal as refusal:
            errors = refusal.fields or {"inside": str(refusal.message)}
        else:
            notices.success(request, __("It is live."))
            return redirect(links.page("journeys:automation", pk))
    names = Names(request.tenant)
    words = {step["id"]: registry.KINDS[step["kind"]].words(step["settings"], names)
             for step in trees.walk(automation.draft["steps"])}  # fmt: skip
    context = {
        "automation": automation,
        "problems": _problems(automation, names, words),
        "inside": sum(automations.inside(automation=automation).values()),
        "lost": automations.lost_steps(automation=automation),
        "steps": words.items(),
        "errors": errors,
        "start": canvas.start(automation.draft, names),
    }
    return render(
        request, "journeys/automations/publish.html", context, status=422 if request.method == "POST" else 200
    )


def _problems(automation: Automation, names: Names, words: Mapping[str, str]) -> list[dict]:
    found = trees.problems(automation.draft, names)
    return [
        {"node": place.partition(".")[0], "step": words.get(place.partition(".")[0], __("Who comes in")), "words": said}
        for place, fields in found.items()
        for said in fields.values()
    ]


# --- one thing after the other --------------------------------------------------------------------


def _drawn(request: HttpRequest, draft: Mapping, selected: str) -> tuple[dict, str]:
    """Return the draft after what a button asked for, and the step to show."""
    verb, _sep, rest = request.POST.get("do", "set").partition(":")
    if verb == "add":
        place, _sep, kind = rest.partition(":")
        return drawing.add(draft, place=place, kind=kind)
    if verb == "remove":
        return drawing.remove(draft, step_id=rest), TRIGGER
    if verb in {"up", "down"}:
        return drawing.move(draft, step_id=rest, by=-1 if verb == "up" else 1), rest
    if verb == "path":
        return drawing.add_path(draft, step_id=rest), rest
    if verb == "unpath":
        return drawing.remove_path(draft, place=rest), rest.partition("/")[0]
    return (_set_trigger(request, draft) if selected == TRIGGER else _set(request, draft, selected)), selected


def _set(request: HttpRequest, draft: Mapping, selected: str) -> dict:
    step = drawing.step(draft, selected)
    kind = registry.KINDS[step["kind"]]
    drawn = drawing.settle(draft, step_id=selected, settings=form.read(kind.FIELDS, request.POST))
    for path in step.get("paths", ()):
        place, name = f"{selected}/{path['key']}", request.POST.get(f"name.{path['key']}")
        share = request.POST.get(f"share.{path['key']}")
        settings = None
        if share is not None:
            settings = {"percent": int(share) if share.isascii() and share.isdigit() and len(share) < 4 else share[:10]}
        drawn = drawing.settle_path(drawn, place=place, settings=settings, name=name)
    return drawn


def _set_trigger(request: HttpRequest, draft: Mapping) -> dict:
    posted = request.POST
    kind, was = posted.get("kind", ""), draft["trigger"].get("kind")
    fields = form.TRIGGER_FIELDS.get(kind, ())
    trigger = {"kind": kind} | (form.read(fields, posted) if kind == was else _first(kind))
    again = {"rule": posted.get("again", "once")}
    if again["rule"] == "not_within":
        days = posted.get("again_days", "30")
        again["days"] = int(days) if days.isascii() and days.isdigit() and len(days) < 5 else 30
    return {**draft, "trigger": trigger, "again": again, "goal": _goal(posted.get("goal", "").strip(), draft["goal"])}


def _goal(event: str, was: Mapping | None) -> dict | None:
    """The page asks for the event alone: what a program or a recipe said besides of the same one stays."""
    if not event:
        return None
    return dict(was) if was and was.get("event") == event else {"event": event, "where": {}}


def _first(kind: str) -> dict:
    """What a trigger begins with."""
    return {"date": {"attribute": "birthday", "days": 0, "time": "09:00", "yearly": True},
            "segment": {"when": "entered"}, "case": {"when": "opened"}}.get(kind, {})  # fmt: skip


def _context(request: HttpRequest, automation: Automation, selected: str) -> dict:
    names = Names(request.tenant)
    problems = trees.problems(automation.draft, names)
    steps = {step["id"]: step for step in trees.walk(automation.draft["steps"])}
    selected = selected if selected in steps else TRIGGER
    nodes = canvas.nodes(automation.draft, names=names, problems=problems, figures=None)
    return {
        "automation": automation, "selected": selected, "nodes": nodes, "names": names,
        "start": canvas.start(automation.draft, names), "start_errors": _flat(problems, "trigger", "again", "goal"),
        "faults": sum(len(said) for said in problems.values()),
        "menu": _menu(), "units": form.UNITS.items(), "operators": form.OPERATORS.items(), "events": form.event_names(),
        "inspector": _inspect_start(automation, names, problems) if selected == TRIGGER
        else _inspect(steps[selected], nodes, names, problems),
    }  # fmt: skip


def _flat(problems: Mapping, *places: str) -> dict[str, str]:
    return {f"{place}.{name}": said for place in places for name, said in problems.get(place, {}).items()}


def _menu() -> list[tuple[str, list]]:
    groups: dict[str, list] = {}
    for kind in registry.KINDS.values():
        groups.setdefault(kind.GROUP, []).append(kind)
    return [(str(GROUPS[group]), kinds) for group, kinds in groups.items()]


def _inspect_start(automation: Automation, names: Names, problems: Mapping) -> dict:
    draft = automation.draft
    trigger = draft["trigger"]
    return {
        "is_start": True,
        "kinds": triggers.KINDS.items(),
        "kind": trigger.get("kind", ""),
        "inputs": form.inputs(
            form.TRIGGER_FIELDS.get(trigger.get("kind"), ()), trigger, names, problems.get("trigger", {})
        ),
        "rules": triggers.AGAIN.items(),
        "again": draft["again"],
        "goal": draft["goal"] or {},
        "errors": problems.get("trigger", {}) | problems.get("again", {}) | problems.get("goal", {}),
    }


def _inspect(step: Mapping, nodes: list[canvas.Node], names: Names, problems: Mapping) -> dict:
    kind = registry.KINDS[step["kind"]]
    node = _find(nodes, step["id"])
    return {
        "is_start": False,
        "node": node,
        "secret": calls.secret_of(tenant_id=names.tenant.pk) if step["kind"] == "webhook" else "",
        "inputs": form.inputs(kind.FIELDS, step["settings"], names, problems.get(step["id"], {})),
    }


def _find(nodes: list[canvas.Node], wanted: str) -> canvas.Node | None:
    for node in nodes:
        if node.id == wanted:
            return node
        for lane in node.lanes:
            if found := _find(lane.nodes, wanted):
                return found
    return None
