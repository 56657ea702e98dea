"""One case: its thread, its clock, and what is done with it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __
from django.views.decorators.http import require_GET, require_POST

from campaigns.domain import offers
from cxm.accounts import edges, permissions
from cxm.lib.errors import Refusal
from cxm.tenancy import links
from feedback.domain import answers, attachments, cases, compensations, threads
from feedback.forms.cases import CloseForm, DetailsForm, SayForm
from feedback.models import Case
from feedback.views import files


@require_GET
@permissions.needs("feedback.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The thread in the middle; the customer and the clocks beside it."""
    return _page(request, cases.get(pk))


@require_GET
@permissions.needs("feedback.view")
def file(request: HttpRequest, pk: int, file_id: int) -> HttpResponse:
    """A file of a customer's mail, to be saved; with ``?show=1`` a picture is shown."""
    found = attachments.get(case=cases.get(pk), file_id=file_id)
    return files.shown(found) if request.GET.get("show") == "1" else files.saved(found)


@require_POST
@permissions.needs("feedback.change")
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer the customer."""
    case, form = cases.get(pk), SayForm(request.POST)
    form.is_valid()
    body, then = form.cleaned_data.get("body", ""), form.cleaned_data.get("then") or Case.State.OPEN
    return _said(
        request, case, lambda: cases.answer(case=case, body=body, by=request.actor, now=timezone.now(), then=then)
    )


@require_POST
@permissions.needs("feedback.change")
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave a note for colleagues."""
    case, form = cases.get(pk), SayForm(request.POST)
    form.is_valid()
    body = form.cleaned_data.get("body", "")
    return _said(request, case, lambda: cases.note(case=case, body=body, by=request.actor, now=timezone.now()))


@require_POST
@permissions.needs("feedback.change")
def move(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Wait, resume, solve or reopen."""
    case = cases.get(pk)
    steps = {"wait": cases.wait, "resume": cases.resume, "solve": cases.solve, "reopen": cases.reopen}
    if step in steps:
        steps[step](case=case, by=request.actor, now=timezone.now())
    return redirect(links.page("feedback:case", case.pk))


@require_POST
@permissions.needs("feedback.change")
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close the case, a complaint with its root cause and what was done."""
    case = cases.get(pk)
    form = CloseForm(case, request.POST)
    if form.is_valid():
        try:
            cases.close(case=case, by=request.actor, now=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            messages.success(request, __("The case is closed."))
            return redirect(links.page("feedback:case", case.pk))
    return _page(request, case, closing=form, status=422)


@require_POST
@permissions.needs("feedback.change")
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the case to somebody, or say anew what it is."""
    case = cases.get(pk)
    form = DetailsForm(case, request.POST)
    if not form.is_valid():
        return _page(request, case, details=form, status=422)
    cases.rearrange(case=case, by=request.actor, now=timezone.now(), **form.changes())
    messages.success(request, __("Saved."))
    return redirect(links.page("feedback:case", case.pk))


@require_POST
@permissions.needs("feedback.change")
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the case oneself."""
    case = cases.get(pk)
    cases.assign(case=case, owner=request.user, by=request.actor, now=timezone.now())
    return redirect(links.page("feedback:case", case.pk))


@require_POST
@permissions.needs("feedback.change")
def compensate(request: HttpRequest, pk: int) -> HttpResponse:
    """Make good with an offer."""
    case, number = cases.get(pk), request.POST.get("offer", "")
    offer = offers.get(offer_id=int(number) if number.isascii() and number.isdigit() and len(number) <= 18 else 0)
    given = compensations.give(case=case, offer=offer, by=request.actor, now=timezone.now())
    messages.success(request, __("Given: code %(code)s.") % {"code": given.issue.code})
    return redirect(links.page("feedback:case", case.pk))


@require_POST
@permissions.needs("feedback.change")
def canned(request: HttpRequest, pk: int, answer_id: int) -> HttpResponse:
    """The words of a canned answer, filled for this case, as plain text; that it was used is counted."""
    words = answers.fill(answer=answers.get(answer_id), case=cases.get(pk), agent=request.user)
    return HttpResponse(words, content_type="text/plain; charset=utf-8")


def _said(request: HttpRequest, case: Case, say: Callable) -> HttpResponse:
    try:
        said = say()
    except Refusal as refusal:
        edges.show_refusal(request, refusal)
        words = next(iter(refusal.fields.values()), "")
        return _page(request, case, draft=request.POST.get("body", ""), wrong=words, status=422)
    return redirect(f"{links.page('feedback:case', case.pk)}#said-{said.pk}")


def _page(request: HttpRequest, case: Case, *, status: int = 200, **more: object) -> HttpResponse:
    thread = threads.read(case=case, now=timezone.now())
    context = {
        "case": case,
        "thread": thread,
        "details": more.get("details") or DetailsForm(case),
        "closing": more.get("closing") or CloseForm(case),
        "causes": threads.known_causes(),
        "canned": answers.for_case(case),
        "given": compensations.of_case(case),
        "offers": compensations.choices(now=timezone.now()),
        "draft": more.get("draft", ""),
        "wrong": more.get("wrong", ""),
    }
    return render(request, "feedback/cases/case.html", context, status=status)
