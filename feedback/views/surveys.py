"""Surveys: the list, a new one, the builder with its preview, publication."""

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as __
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from cxm.accounts import edges, permissions
from cxm.lib import pagination
from cxm.lib.errors import Refusal
from cxm.tenancy import links
from feedback import questions
from feedback.domain import conditions, etiquette, passages, results, survey_starters, surveys, tokens, versions
from feedback.forms import surveys as forms
from feedback.models import Question, Survey, SurveyVersion
from feedback.views import answering


@require_GET
@permissions.needs("feedback.view")
def index(request: HttpRequest) -> HttpResponse:
    """The list: by state, by part of a name."""
    state, search = request.GET.get("state", ""), request.GET.get("q", "").replace("\0", "")
    found = surveys.listed(state=state, search=search)
    page = pagination.page(found, order="-updated_at", cursor=request.GET.get("cursor"), limit=25)
    brief = results.brief(surveys=page.items)
    rows = [{"survey": survey, "result": brief.get(survey.pk)} for survey in page.items]
    context = {"rows": rows, "cursor": page.next_cursor, "states": Survey.State.choices, "state": state, "q": search,
               "narrowed": bool(state or search)}  # fmt: skip
    part = "feedback/surveys/rows.html" if "cursor" in request.GET else "feedback/surveys/list.html#found"
    return render(request, part if request.htmx else "feedback/surveys/list.html", context)


@permissions.needs("feedback.change")
def new(request: HttpRequest) -> HttpResponse:
    """What to start from: a ready-made survey, or nothing."""
    form = forms.NameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = surveys.create(name=form.cleaned_data["name"], by=request.actor)
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            return redirect(links.page("feedback:survey_edit", made.pk))
    language = request.LANGUAGE_CODE[:2]
    starters = [
        {"key": key, "icon": found.icon, "name": found.name(language), "lead": found.lead(language),
         "kinds": list(dict.fromkeys(questions.of(each["kind"]).SHORT for each in found.questions))}
        for key in survey_starters.KEYS
        for found in [survey_starters.read(key)]
    ]  # fmt: skip
    context = {"form": form, "starters": starters}
    return render(request, "feedback/surveys/new.html", context, status=422 if form.errors else 200)


@require_POST
@permissions.needs("feedback.change")
def start(request: HttpRequest) -> HttpResponse:
    """Make a survey from a starter."""
    key = request.POST.get("key", "")
    made = survey_starters.start(key=key, language=request.LANGUAGE_CODE[:2], by=request.actor)
    return redirect(links.page("feedback:survey_edit", made.pk))


@require_GET
@permissions.needs("feedback.view")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The builder: questions on one side, the phone on the other."""
    survey = surveys.get(survey_id=pk)
    version = versions.newest(survey=survey)
    return render(request, "feedback/surveys/builder.html", builder(request, survey, version))


def builder(request: HttpRequest, survey: Survey, version: SurveyVersion, **more: object) -> dict:
    """Return what the builder shows."""
    asked = versions.asked(version)
    missing = versions.problems(survey=survey, version=version) if version.published_at is None else []
    numbers = {each.key: at for at, each in enumerate(asked, start=1)}
    language = request.LANGUAGE_CODE[:2]
    languages = [(code, forms.NAMES[code], "rtl" if code == "ar" else "ltr") for code in survey.languages]
    return {
        "survey": survey,
        "version": version,
        "published": versions.published(survey=survey),
        "languages": languages,
        "spoken": language if language in survey.languages else survey.languages[0],
        "rows": [
            _row(
                each,
                earlier=asked[:at],
                last=at == len(asked) - 1,
                missing=missing,
                language=language,
                languages=languages,
            )
            for at, each in enumerate(asked)
        ],
        "kinds": [(kind, module.LABEL, module.ICON) for kind, module in questions.KINDS.items()],
        "operators": list(conditions.OPERATORS.items()),
        "missing": [(numbers.get(key), sentence) for key, sentence in missing],
        "cover": [(code, name, direction, version.texts.get(code, {})) for code, name, direction in languages],
        "form": forms.SettingsForm(survey=survey),
        "address": tokens.address(tokens.link(survey)) if survey.open_link else "",
        "opened": request.GET.get("open", ""),
    } | more


def _row(
    question: Question, *, earlier: list[Question], last: bool, missing: list, language: str, languages: list
) -> dict:
    module = questions.of(question.kind)
    return {
        "question": question,
        "number": len(earlier) + 1,
        "first": not earlier,
        "last": last,
        "module": {"label": module.LABEL, "icon": module.ICON, "scored": question.kind in questions.SCORED},
        "title": question.words(language).get("title", ""),
        "words": [(code, name, direction, question.texts.get(code, {})) for code, name, direction in languages],
        "options": [
            {"value": option["value"],
             "texts": [(code, name, direction, option["texts"].get(code, "")) for code, name, direction in languages]}
            for option in forms.option_rows(question)
        ] if question.kind == "choice" else [],
        "condition": forms.condition_words(question, earlier, language),
        "earlier": [(each.key, at, each.words(language).get("title", "")) for at, each in enumerate(earlier, start=1)],
        "wrong": [sentence for key, sentence in missing if key == question.key],
    }  # fmt: skip


@require_GET
@permissions.needs("feedback.view")
@xframe_options_sameorigin
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The answer page as people will see it; nothing is kept. ``?step=`` walks through all questions."""
    survey = surveys.get(survey_id=pk)
    passage = passages.preview(version=versions.newest(survey=survey))
    language = passage.language(wanted=request.GET.get("lang", ""))
    written = request.GET.get("step", "1")
    step = int(written) if written.isascii() and written.isdigit() and len(written) < 4 else 1
    with translation.override(language):
        context = answering.frame(passage, language) | {"address": request.path, "preview": True}
        if step > len(passage.asked):
            return render(request, "public/survey_thanks.html", context)
        question = passage.asked[max(0, step - 1)]
        context |= answering.screen(passage, question, language)
        context |= {"number": step, "total": len(passage.asked), "following": step + 1, "first": step == 1,
                    "last": step == len(passage.asked)}  # fmt: skip
        return render(request, "public/survey.html", context)


@require_POST
@permissions.needs("feedback.change")
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change how it is asked."""
    survey = surveys.get(survey_id=pk)
    form = forms.SettingsForm(request.POST, survey=survey)
    if form.is_valid():
        try:
            surveys.change(survey=survey, by=request.actor, **form.values())
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            notices.success(request, __("Saved."))
            return redirect(links.page("feedback:survey_edit", pk))
    context = builder(request, survey, versions.newest(survey=survey), form=form)
    return render(request, "feedback/surveys/builder.html", context, status=422)


@require_POST
@permissions.needs("feedback.change")
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Have people answer the draft from now on."""
    survey = surveys.get(survey_id=pk)
    try:
        versions.publish(survey=survey, by=request.actor, now=timezone.now())
    except versions.NotReady as refusal:
        notices.error(request, str(refusal.message))  # the page says what is missing, question by question
        return redirect(links.page("feedback:survey_edit", pk))
    notices.success(request, __("Published: people answer these questions from now on."))
    return redirect(links.page("feedback:survey", pk))


@require_POST
@permissions.needs("feedback.change")
def act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Close, reopen, copy, put away, renew the open link, or throw the draft away."""
    survey = surveys.get(survey_id=pk)
    if action == "duplicate":
        return redirect(links.page("feedback:survey_edit", surveys.duplicate(survey=survey, by=request.actor).pk))
    if action == "archive":
        surveys.archive(survey=survey, by=request.actor, now=timezone.now())
        notices.success(request, __("Put away. Its answers stay."))
        return redirect(links.page("feedback:surveys"))
    done = {"close": surveys.close, "reopen": surveys.reopen, "link": surveys.renew_link, "discard": versions.discard}
    if action not in done:
        raise surveys.UnknownSurvey
    done[action](survey=survey, by=request.actor)
    return redirect(links.page("feedback:survey_edit", pk))


@permissions.needs("settings.manage")
def asking(request: HttpRequest) -> HttpResponse:
    """How often one person may be asked."""
    form = forms.AskingForm(request.POST or None, instance=etiquette.rule())
    if request.method == "POST" and form.is_valid():
        try:
            etiquette.save(by=request.actor, **form.cleaned_data)
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            notices.success(request, __("Saved."))
            return redirect(links.page("feedback:asking"))
    return render(request, "feedback/asking.html", {"form": form}, status=422 if form.errors else 200)
