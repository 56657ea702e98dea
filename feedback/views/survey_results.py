"""What a survey tells: the answer in a sentence, pictures, tables, comments; who was asked; the file; the panel."""

from datetime import timedelta

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from campaigns.domain import gate
from customers.domain import customers, segments
from cxm.accounts import permissions
from cxm.lib import pagination
from cxm.lib.errors import Refusal
from cxm.tenancy import links
from feedback import questions
from feedback.domain import invitations, response_export, responses, results, surveys, versions
from feedback.domain.results import Asking
from feedback.forms.surveys import NAMES
from feedback.models import Invitation, Survey
from feedback.questions import Result

PERIODS = (("", _("All the time")), ("30", _("Last 30 days")), ("90", _("Last 90 days")), ("365", _("Last 12 months")))
TONES = {
    "nps": (("good", _("Promoters")), ("warn", _("Passives")), ("bad", _("Detractors"))),
    "csat": (("good", _("Satisfied")), ("warn", _("In between")), ("bad", _("Dissatisfied"))),
    "ces": (("good", _("Easy")), ("warn", _("In between")), ("bad", _("Hard"))),
}


@require_GET
@permissions.needs("feedback.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The report; of a survey that was never published, the builder."""
    survey = surveys.get(survey_id=pk)
    if versions.published(survey=survey) is None:
        return redirect(links.page("feedback:survey_edit", pk))
    asking = _asked(request)
    if request.htmx and ("cursor" in request.GET or request.headers.get("HX-Target") == "comments"):
        part = "comment_rows.html" if "cursor" in request.GET else "comments.html"
        return render(request, f"feedback/surveys/{part}", _comments(request, survey, asking))
    score = results.headline(survey=survey, asking=asking)
    months = results.by_month(survey=survey, asking=asking)
    context = _comments(request, survey, asking) | {
        "tab": "results",
        "score": score,
        "sentence": results.answer_in_words(survey=survey, result=score),
        "reach": results.reach(survey=survey, asking=asking),
        "answered": [_shown(each, request.LANGUAGE_CODE[:2]) for each in
                     results.by_question(survey=survey, asking=asking)],
        "months": months,
        "chart": _chart(survey, months, digits=request.tenant.digits),
        "languages": _named(results.by_language(survey=survey, asking=asking)),
        "segments": results.by_segment(survey=survey, asking=asking),
        "few": results.FEW,
        "periods": PERIODS,
        "tongues": [(code, NAMES[code]) for code in survey.languages],
        "groups": [(found.pk, found.name) for found in segments.live()],
        "module": questions.of(survey.kind) if survey.kind in questions.SCORED else None,
    }  # fmt: skip
    return render(request, "feedback/surveys/results.html", context)


@require_GET
@permissions.needs("feedback.view")
def people(request: HttpRequest, pk: int) -> HttpResponse:
    """Who was asked, who was left alone, and why."""
    survey = surveys.get(survey_id=pk)
    state = request.GET.get("state", "")
    found = invitations.listed(survey=survey, state=state)
    page = pagination.page(found, order="-id", cursor=request.GET.get("cursor"))
    rows = [{"invitation": each, "why": gate.REASONS.get(each.reason, each.reason)} for each in page.items]
    context = {"survey": survey, "rows": rows, "cursor": page.next_cursor, "state": state, "tab": "people",
               "states": Invitation.State.choices}  # fmt: skip
    part = "people_rows.html" if request.htmx and "cursor" in request.GET else "people.html"
    return render(request, f"feedback/surveys/{part}", context)


@require_GET
@permissions.needs("customers.export")
def export(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Every response as CSV."""
    survey = surveys.get(survey_id=pk)
    blocks = response_export.stream(tenant=request.tenant, survey=survey, asking=_asked(request), by=request.actor)
    response = StreamingHttpResponse(blocks, content_type="text/csv; charset=utf-8")
    name = f"survey-{survey.slug}-{timezone.localdate():%Y-%m-%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_GET
@permissions.needs("feedback.view")
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """What a customer answered last, and what they were asked, for the side of their page."""
    customer = customers.get(pk)
    rows = [{"response": found, "tone": _tone(found.survey.kind, found.score)} for found in
            responses.listed(customer=customer)[:5]]  # fmt: skip
    context = {"rows": rows, "customer": customer, "live": list(surveys.live()[:50])}
    return render(request, "feedback/surveys/panel.html", context)


@require_POST
@permissions.needs("feedback.change")
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask one customer now; the rule of asking holds for colleagues too."""
    customer = customers.get(pk)
    now = timezone.now()
    try:
        survey = surveys.named(ref=request.POST.get("survey", ""))
        key = f"by-hand:{customer.pk}:{survey.pk}:{now:%Y%m%d%H%M}"
        made = invitations.invite(survey=survey, customer=customer, key=key, by=request.actor, now=now)
    except Refusal as refusal:
        notices.error(request, str(refusal.message))
    else:
        _tell(request, made)
    return redirect(links.page("customers:detail", pk))


def _tell(request: HttpRequest, made: Invitation) -> None:
    if made.state != Invitation.State.SKIPPED:
        notices.success(request, __("The invitation is on its way."))
        return
    why = gate.REASONS.get(made.reason, made.reason)
    day = date_format(timezone.localtime(made.until), "DATE_FORMAT") if made.until else ""
    sentence = __("Not asked: %(why)s. Possible from %(day)s on.") if day else __("Not asked: %(why)s.")
    notices.warning(request, sentence % {"why": why, "day": day})


def _asked(request: HttpRequest) -> Asking:
    given = request.GET
    days, segment = given.get("days", ""), given.get("segment", "")
    today = timezone.localdate()
    return Asking(
        since=today - timedelta(days=int(days)) if days in {"30", "90", "365"} else None,
        language=given.get("language", "")[:10].replace("\0", ""),
        segment=int(segment) if segment.isascii() and segment.isdigit() and len(segment) < 18 else None,
        tone=given.get("tone", ""),
        search=given.get("q", "").replace("\0", "")[:100],
    )


def _comments(request: HttpRequest, survey: Survey, asking: Asking) -> dict:
    found = results.comments(survey=survey, asking=asking)
    page = pagination.page(found, order="-answered_at", cursor=request.GET.get("cursor"), limit=20)
    return {
        "survey": survey,
        "asking": asking,
        "comments": [{"response": each, "tone": _tone(survey.kind, each.score)} for each in page.items],
        "cursor": page.next_cursor,
        "tones": TONES.get(survey.kind, ()),
    }


def _tone(kind: str, score: int | None) -> str:
    return questions.of(kind).tone(score) if score is not None and kind in questions.SCORED else "neutral"


def _shown(answered: results.Answered, language: str) -> dict:
    question, result = answered.question, answered.result
    module = questions.of(question.kind)
    names = {}
    if question.kind == "choice":
        names = {each["value"]: each["label"] for each in module.shown(question, language)["options"]}
    return {
        "question": question,
        "module": module,
        "title": question.words(language).get("title", question.key),
        "result": result,
        "worded": bool(names),
        "bars": [{"label": names.get(bar.value, bar.value), "bar": bar} for bar in result.bars],
    }


def _named(rows: list[results.Row]) -> list[results.Row]:
    return [results.Row(str(NAMES.get(row.name, row.name or "–")), row.result, row.key) for row in rows]


def _chart(survey: Survey, months: list, *, digits: str) -> dict:
    percent = survey.kind in {"csat", "ces"}
    return {
        "kind": "line",
        "labels": [date_format(month, "M Y") for month, _result in months],
        "series": [{"name": str(questions.of(survey.kind).SHORT) if survey.kind in questions.SCORED else "",
                    "values": [_value(result, percent) for _month, result in months]}],
        "unit": "percent" if percent else "",
        "digits": digits,
    }  # fmt: skip


def _value(result: Result, percent: bool) -> float | None:
    if result.score is None or result.n < results.FEW:
        return None
    return round(result.score, 4 if percent else 1)
