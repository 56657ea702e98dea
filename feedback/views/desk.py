"""Settings of cases: types and queues, rules, working hours, canned answers."""

from collections.abc import Callable

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __
from django.views.decorators.http import require_POST

from cxm.accounts import edges, permissions
from cxm.lib import clocks
from cxm.lib.errors import Refusal
from cxm.tenancy import links
from feedback.domain import answers, calendars, desk, targets
from feedback.forms.desk import AnswerForm, HoursForm, PriorityForm, QueueForm, ScoreForm, TargetForm, TypeForm
from feedback.models import PriorityRule, QueueMember, ScoreRule, TargetRule

RULES = {
    "targets": (TargetRule, TargetForm),
    "priorities": (PriorityRule, PriorityForm),
    "scores": (ScoreRule, ScoreForm),
}


@permissions.needs("settings.manage")
def types(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The case types, and a form for one more or for the one named."""
    _begin(request)
    found = desk.type_by(ref=pk) if pk else None
    form = TypeForm(request.POST or None, initial=_initial(found, TypeForm))
    if _done(request, form, lambda said: desk.save_type(found=found, by=request.actor, **said)):
        return redirect(links.page("feedback:types"))
    return _page(request, "types", form, found=found, types=desk.types())


@require_POST
@permissions.needs("settings.manage")
def archive_type(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a case type away."""
    desk.archive_type(found=desk.type_by(ref=pk), by=request.actor, now=timezone.now())
    messages.success(request, __("The type is put away: old cases keep it."))
    return redirect(links.page("feedback:types"))


@permissions.needs("settings.manage")
def queues(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The queues with their people, and a form for one more or for the one named."""
    _begin(request)
    found = desk.queue(pk) if pk else None
    initial = _initial(found, QueueForm)
    if found:
        initial["people"] = list(QueueMember.objects.filter(queue=found).values_list("user_id", flat=True))
    form = QueueForm(request.POST or None, initial=initial)
    if _done(request, form, lambda said: desk.save_queue(found=found, by=request.actor, **said)):
        return redirect(links.page("feedback:queues"))
    return _page(request, "queues", form, found=found, queues=desk.queues_with_people())


@require_POST
@permissions.needs("settings.manage")
def delete_queue(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a queue."""
    desk.delete_queue(found=desk.queue(pk), by=request.actor)
    messages.success(request, __("The queue is gone; its cases stay."))
    return redirect(links.page("feedback:queues"))


@permissions.needs("settings.manage")
def rules(request: HttpRequest, kind: str = "targets", pk: int | None = None) -> HttpResponse:
    """The rules of a kind in their order, and a form for one more or for the one named."""
    model, form_class = _kind(kind)
    _begin(request)
    found = get_object_or_404(model, pk=pk) if pk else model()
    initial = _initial(found, form_class) if pk else None
    form = form_class(request.POST or None, initial=initial)
    if _done(request, form, lambda said: desk.save_rule(found=found, fields=said, by=request.actor)):
        return redirect(links.page("feedback:rules", kind))
    related = ["type"] if kind == "scores" else ["type", "segment"]
    listed = model.objects.select_related(*related).order_by("position", "id")
    if kind == "scores":
        words = dict(form.fields["survey"].choices) if listed else {}
        rows = [(rule, words.get(rule.survey, rule.survey)) for rule in listed]
    else:
        rows = [(rule, targets.TRAITS.get(rule.trait, rule.trait)) for rule in listed]
    return _page(request, "rules", form, kind=kind, found=found if pk else None, rules=rows)


@require_POST
@permissions.needs("settings.manage")
def delete_rule(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Remove a rule."""
    desk.delete_rule(found=get_object_or_404(_kind(kind)[0], pk=pk), by=request.actor)
    messages.success(request, __("The rule is gone; cases keep the targets it gave them."))
    return redirect(links.page("feedback:rules", kind))


@require_POST
@permissions.needs("settings.manage")
def raise_rule(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Ask a rule one place earlier."""
    model = _kind(kind)[0]
    get_object_or_404(model, pk=pk)
    ids = list(model.objects.order_by("position", "id").values_list("pk", flat=True))
    at = ids.index(pk)
    ids[max(at - 1, 0) : at + 1] = reversed(ids[max(at - 1, 0) : at + 1])
    desk.reorder(model=model, ids=ids, by=request.actor)
    return redirect(links.page("feedback:rules", kind))


@permissions.needs("settings.manage")
def hours(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The business calendars, and a form for one more or for the one named."""
    _begin(request)
    found = calendars.get(pk) if pk else None
    version = calendars.latest(found) if found else None
    form = HoursForm(
        request.POST or None, rules=version.rules if version else calendars.usual(), name=found.name if found else ""
    )
    if request.method == "POST" and form.is_valid():
        name, written = form.cleaned_data["name"], form.rules()
        try:
            if found:
                calendars.save(calendar=found, name=name, rules=written, by=request.actor)
            else:
                calendars.create(name=name, rules=written, by=request.actor)
        except (clocks.InvalidCalendar, clocks.NeverOpens, calendars.InvalidName) as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, __("Saved."))
            return redirect(links.page("feedback:hours"))
    return _page(request, "hours", form, found=found, version=version, calendars=calendars.listed())


@require_POST
@permissions.needs("settings.manage")
def default_hours(request: HttpRequest, pk: int) -> HttpResponse:
    """Use a calendar whenever a rule names none."""
    calendars.make_default(calendar=calendars.get(pk), by=request.actor)
    messages.success(request, __("Saved."))
    return redirect(links.page("feedback:hours"))


@require_POST
@permissions.needs("settings.manage")
def archive_hours(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a calendar away."""
    calendars.archive(calendar=calendars.get(pk), by=request.actor, now=timezone.now())
    return redirect(links.page("feedback:hours"))


@permissions.needs("settings.manage")
def canned(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The canned answers, and a form for one more or for the one named."""
    found = answers.get(pk) if pk else None
    form = AnswerForm(request.POST or None, initial=_initial(found, AnswerForm))
    if _done(request, form, lambda said: answers.save(found=found, by=request.actor, **said)):
        return redirect(links.page("feedback:canned"))
    return _page(request, "canned", form, found=found, answers=answers.listed())


@require_POST
@permissions.needs("settings.manage")
def delete_canned(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a canned answer."""
    answers.delete(found=answers.get(pk), by=request.actor)
    return redirect(links.page("feedback:canned"))


def _kind(kind: str) -> tuple:
    if kind not in RULES:
        raise Http404
    return RULES[kind]


def _initial(found: object, form: type[Form]) -> dict:
    return {name: getattr(found, name) for name in form.base_fields if hasattr(found, name)} if found else {}


def _done(request: HttpRequest, form: Form, act: Callable[[dict], object]) -> bool:
    """Do what a sent form says; a refusal goes beside its field."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        act(form.cleaned_data)
    except Refusal as refusal:
        edges.refuse_form(form, refusal)
        return False
    messages.success(request, __("Saved."))
    return True


def _begin(request: HttpRequest) -> None:
    """Before the first change, make what everybody begins with; looking alone makes nothing (a beat does, soon)."""
    if request.method == "POST":
        desk.begin(by=request.actor)


def _page(request: HttpRequest, name: str, form: Form, **context: object) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, f"feedback/desk/{name}.html", {"form": form, **context}, status=status)
