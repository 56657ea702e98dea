"""Where people answer: one question on a screen, without script, by a signed address that stands for a login.

GET and HEAD only show: whatever fetches the links of a message, nothing is answered until somebody presses the button.
"""

from uuid import UUID, uuid4

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from campaigns.domain import senders
from cxm import tenancy
from cxm.accounts import clients
from cxm.lib.errors import NotFound, Refusal
from cxm.rest import limits
from feedback import questions
from feedback.domain import passages, responses, tokens
from feedback.domain.passages import Passage
from feedback.models import Question
from feedback.questions import Given

BEGUN_PER_SECOND, BEGUN_AT_ONCE = 0.2, 60  # by the open link, from one address: an office shares one
NAMES = {"en": "English", "ar": "العربية"}


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Show the question that is next; keep an answer that is sent."""
    request.user = AnonymousUser()  # whoever may be signed in here is, now, somebody who was asked
    said = tokens.read(token)
    tenant = tokens.tenant_of(said) if said else None
    if tenant is None:
        return _unknown(request)
    with tenancy.scope(tenant):
        passage = passages.enter(said=said, now=timezone.now())
        if passage is None:  # the address is whole: following it again leads nowhere else
            return render(request, "public/survey_over.html", status=404)
        request.tenant = tenant
        given = request.POST if request.method == "POST" else request.GET
        language = passage.language(wanted=given.get("lang", ""), browser=(translation.get_language() or "")[:2])
        with translation.override(language):
            act = _keep if request.method == "POST" else _show
            response = act(request, token, passage, language)
    response.headers["Content-Language"] = language
    response.headers["Referrer-Policy"] = "no-referrer"  # the address is the proof; it goes nowhere else
    return response


def _unknown(request: HttpRequest) -> HttpResponse:
    return render(request, "public/unknown.html", status=404)


def _show(request: HttpRequest, token: str, passage: Passage, language: str) -> HttpResponse:
    picked = request.GET.get("a", "")
    question = passage.at(key=request.GET.get("q", ""), from_mail=bool(picked))
    if question is None:
        return render(request, "public/survey_thanks.html", frame(passage, language))
    answer = _picked(question, picked) if question == passage.asked[0] else None
    return _screen(request, passage, question, language, answer=answer)


def _keep(request: HttpRequest, token: str, passage: Passage, language: str) -> HttpResponse:
    if passage.response is None and passage.invitation is None and (wait := _crowded(request, passage)):
        response = render(request, "errors/429.html", status=429)
        response.headers["Retry-After"] = str(wait)
        return response
    key = request.POST.get("question", "")
    question = next((each for each in passage.asked if each.key == key), None)
    values = request.POST.getlist("answer")
    several = question is not None and question.settings.get("multiple")
    value = None if "skip" in request.POST else values if several else (values[-1] if values else None)
    try:
        going_on = passage.keep(
            key=key, value={"answer": value}, language=language, now=timezone.now(), sheet=_sheet(request)
        )
    except (NotFound, responses.Settled):
        return redirect("survey_answer", token)
    except Refusal as refusal:
        return _screen(request, passage, question, language, error=str(refusal.message), status=422)
    response = redirect("survey_answer", going_on)
    response.status_code = 303
    return response


def _crowded(request: HttpRequest, passage: Passage) -> int:
    """Return the seconds to wait where one place begins too many responses by the open link."""
    bucket = f"survey:{passage.survey.pk}:{clients.address(request)}"
    return limits.take(bucket=bucket, rate=BEGUN_PER_SECOND, size=BEGUN_AT_ONCE)


def _sheet(request: HttpRequest) -> UUID | None:
    """Return the number of the page that was sent, however often the button was pressed on it."""
    try:
        return UUID(request.POST.get("sheet", ""))
    except ValueError:
        return None


def _picked(question: Question, picked: str) -> Given | None:
    """Return the step that was followed in a message: chosen on the page, and answered only by its button."""
    if not picked:
        return None
    try:
        return questions.of(question.kind).read(question, {"answer": picked})
    except questions.BadAnswer:
        return None


def _screen(
    request: HttpRequest,
    passage: Passage,
    question: Question,
    language: str,
    *,
    answer: Given | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    context = frame(passage, language) | screen(passage, question, language, answer=answer)
    context |= {"error": error, "back": passage.before(question), "address": request.path}
    if passage.invitation is None and passage.response is None:
        context["sheet"] = _sheet(request) or uuid4()
    return render(request, "public/survey.html", context, status=status)


def screen(passage: Passage, question: Question, language: str, *, answer: Given | None = None) -> dict:
    """Return what the page of one question shows."""
    order = passage.visible
    at = next((index for index, each in enumerate(order) if each.pk == question.pk), 0)
    return {
        "question": question,
        "words": question.words(language),
        "shown": passages.shown(passage, question, language, answer),
        "inside": questions.of(question.kind).TEMPLATE,
        "picked": answer is not None and not answer.empty,
        "number": at + 1,
        "total": len(order),
        "first": at == 0,
        "last": at == len(order) - 1,
    }


def frame(passage: Passage, language: str) -> dict:
    """Return what stands around a question, or the thanks."""
    return {
        "survey": passage.survey,
        "brand": senders.brand(),
        "language": language,
        "languages": [(code, NAMES[code]) for code in passage.languages if code != language],
        "cover": passage.version.texts.get(language) or next(iter(passage.version.texts.values()), {}),
    }
