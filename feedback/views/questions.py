"""Questions of a draft: added, changed, moved, taken out. Each change is kept at once; publishing is what counts."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as __
from django.views.decorators.http import require_POST

from cxm.accounts import permissions
from cxm.tenancy import links
from feedback.domain import surveys, versions
from feedback.forms import surveys as forms
from feedback.models import Survey
from feedback.views.surveys import builder


@require_POST
@permissions.needs("feedback.change")
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a question of a kind, to be worded next."""
    survey = surveys.get(survey_id=pk)
    draft = versions.draft(survey=survey)
    made = versions.add(version=draft, kind=request.POST.get("kind", ""), texts={}, by=request.actor)
    return _back(request, survey, opened=made.key)


@require_POST
@permissions.needs("feedback.change")
def change(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    """Keep what was typed about a question."""
    survey = surveys.get(survey_id=pk)
    draft = versions.draft(survey=survey)
    question = versions.question(version=draft, key=key)
    asked = versions.asked(draft)
    earlier = asked[: next(at for at, each in enumerate(asked) if each.pk == question.pk)]
    versions.change(
        question=question,
        texts=forms.words(request.POST, survey.languages),
        required=request.POST.get("required") == "1",
        settings=forms.settings(request.POST, question, survey.languages),
        condition=forms.condition(request.POST, earlier),
        by=request.actor,
    )
    # Typing goes on while it is saved: the cards are drawn anew only where rows were asked for.
    return _back(request, survey, opened=key, part="questions" if "more" in request.POST else "state")


@require_POST
@permissions.needs("feedback.change")
def move(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    """Move a question up or down."""
    survey = surveys.get(survey_id=pk)
    question = versions.question(version=versions.draft(survey=survey), key=key)
    versions.move(question=question, up=request.POST.get("up") == "1", by=request.actor)
    return _back(request, survey)


@require_POST
@permissions.needs("feedback.change")
def remove(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    """Take a question out."""
    survey = surveys.get(survey_id=pk)
    versions.remove(question=versions.question(version=versions.draft(survey=survey), key=key), by=request.actor)
    return _back(request, survey)


@require_POST
@permissions.needs("feedback.change")
def cover(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep the words before the first question and after the last."""
    survey = surveys.get(survey_id=pk)
    draft = versions.draft(survey=survey)
    versions.word(version=draft, texts=forms.cover(request.POST, survey.languages), by=request.actor)
    return _back(request, survey, part="state")


def _back(request: HttpRequest, survey: Survey, *, opened: str = "", part: str = "questions") -> HttpResponse:
    """The builder again; for htmx a part of it, and a word to the preview."""
    if not request.htmx:
        tail = f"?open={opened}" if opened else ""
        return redirect(links.page("feedback:survey_edit", survey.pk) + tail)
    survey.refresh_from_db()
    context = builder(request, survey, versions.newest(survey=survey), opened=opened, saved=__("Saved"))
    response = render(request, f"feedback/surveys/builder.html#{part}", context)
    response.headers["HX-Trigger"] = "survey-changed"
    return response
