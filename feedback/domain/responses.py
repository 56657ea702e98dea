"""What people answer: kept answer by answer, told to the timeline once it is settled."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from customers.domain import events, traits
from customers.models import Customer, SegmentMember
from cxm import tenancy
from cxm.lib import ids, time
from cxm.lib.errors import Conflict, NotFound
from feedback import questions
from feedback.domain import conditions, etiquette, surveys, versions
from feedback.models import Answer, Invitation, Question, Response, Survey, SurveyVersion
from feedback.questions import Given

ANSWERED = "Survey Answered"
QUIET = timedelta(minutes=30)  # after which a response left half-way is told as far as it went


class UnknownResponse(NotFound):
    message = _("There is no such response.")


class Settled(Conflict):
    """What was told stays as it was told."""

    code = "answer_settled"
    message = _("This was answered already.")


def get(*, response_id: int) -> Response:
    """Return a response of the tenant in scope.

    Raises:
        UnknownResponse: there is none, or it is somebody else's.
    """
    found = Response.objects.select_related("survey", "version", "customer").filter(pk=response_id).first()
    if found is None:
        raise UnknownResponse
    return found


def listed(*, survey: Survey | None = None, customer: Customer | None = None) -> QuerySet[Response]:
    """Return responses, the newest answers first."""
    found = Response.objects.select_related("survey", "customer").order_by("-answered_at", "-pk")
    if survey is not None:
        found = found.filter(survey=survey)
    return found if customer is None else found.filter(customer=customer)


def given(response: Response) -> dict[str, Given]:
    """Return what was answered so far, by the question's key; a question passed over has an empty answer."""
    rows = response.answers.select_related("question")
    return {row.question.key: Given(row.number, row.text, tuple(row.choices)) for row in rows}


@transaction.atomic
def answer(
    *,
    survey: Survey,
    key: str,
    value: Mapping[str, Any],
    language: str,
    now: datetime,
    response: Response | None = None,
    invitation: Invitation | None = None,
    channel: str = Response.Channel.EMAIL,
    customer: Customer | None = None,
    sheet: UUID | None = None,
) -> Response:
    """Keep one answer; the first one begins the response. The last answer ends it and puts it on the timeline.

    Args:
        key: of the question.
        value: ``{"answer": …}``: a number, words, a value of an option or a list of them; nothing passes it over.
        response: begun before; with an invitation it is found by that.
        customer: who answers, when there is no invitation.
        sheet: of the page on which somebody nobody knows began; what comes from the same one is the same response.

    Raises:
        surveys.NotLive: the survey takes no answers.
        versions.UnknownQuestion: it does not ask that.
        questions.BadAnswer: the answer does not fit the question.
        Settled: told already, so it cannot become another.
    """
    if survey.state != Survey.State.LIVE:
        raise surveys.NotLive
    person = invitation.customer_id if invitation else customer.pk if customer else None
    if person:
        etiquette.hold([person])  # of two answers at the same moment, the second one sees the first
    response = _begun(survey, response, invitation, sheet)
    version = response.version if response else versions.published(survey=survey)
    asked = versions.asked(version)
    question = next((each for each in asked if each.key == key), None)
    if question is None:
        raise versions.UnknownQuestion
    said = questions.of(question.kind).read(question, value)
    if response is None:
        response = _begin(
            version, customer_id=person, sheet=sheet, now=now,
            invitation=invitation, channel=channel, language=language,
        )  # fmt: skip
    if response.settled_at and _differs(response, question, said):
        raise Settled
    Answer.objects.update_or_create(
        response=response,
        question=question,
        defaults={"number": said.number, "text": said.text, "choices": list(said.choices), "at": now},
    )
    return _moved_on(response, asked, language, now)


def submit(
    *,
    survey: Survey,
    answers: Mapping[str, Any],
    language: str,
    now: datetime,
    customer: Customer | None = None,
) -> Response:
    """Keep a whole response that a program brings, by question: ``{"nps": 9, "text": "…"}``.

    Raises: as ``answer``, with the key of the question in ``fields``.
    """
    version = versions.published(survey=survey)
    if survey.state != Survey.State.LIVE or version is None:
        raise surveys.NotLive
    order = [question.key for question in versions.asked(version)]
    if unknown := [key for key in answers if key not in order]:
        raise versions.UnknownQuestion(fields={str(key): str(versions.UnknownQuestion.message) for key in unknown})
    if not answers:
        raise questions.BadAnswer(_("Answer at least one question."), fields={"answers": "empty"})
    with transaction.atomic():
        response = None
        for key in order:
            if key in answers:
                response = _one(
                    survey=survey, key=key, value=answers[key], language=language, now=now, response=response,
                    customer=customer,
                )  # fmt: skip
        settle(response=response, now=now)
        return response


def _one(*, key: str, value: object, **more: Any) -> Response:
    try:
        return answer(key=key, value={"answer": value}, channel=Response.Channel.API, **more)
    except questions.BadAnswer as refusal:
        raise questions.BadAnswer(str(refusal.message), fields={key: str(refusal.message)}) from refusal


@transaction.atomic
def settle(*, response: Response, now: datetime) -> None:
    """Put a response on its person's timeline, once; given answers stay as they are from now on."""
    mine = Response.objects.select_for_update(of=("self",)).filter(pk=response.pk, settled_at=None)
    if not mine.update(settled_at=now):
        return
    response.refresh_from_db()
    if response.customer_id is not None:
        events.record([happening(response)])


def happening(response: Response) -> events.Happening:
    """Return how a response of a known person stands on the timeline."""
    survey = response.survey
    return events.Happening(
        customer_id=response.customer_id,
        name=ANSWERED,
        occurred_at=response.answered_at,
        properties={
            "survey": survey.name,
            "slug": survey.slug,
            "kind": response.version.kind,
            "score": response.score,
            "comment": response.comment,
            "response": response.pk,
            "language": response.language,
        },
        channel="email" if response.channel == Response.Channel.EMAIL else "web",
        source="feedback",
        message_id=f"survey-answered:{response.pk}",
    )


def settle_quiet(*, now: datetime) -> int:
    """Tell of responses that were left half-way a while ago; returns how many. In a tenant's scope."""
    quiet = Response.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        settled_at=None, answered_at__lt=now - QUIET
    )
    found = list(quiet.select_related("survey", "version").order_by("pk")[:500])
    for response in found:
        settle(response=response, now=now)
    return len(found)


def tenants_with_quiet(*, now: datetime) -> list[int]:
    """Return the ids of tenants with responses left half-way. Runs as the owner."""
    quiet = Response.objects.filter(settled_at=None, answered_at__lt=now - QUIET)
    return sorted(set(quiet.values_list("tenant_id", flat=True)))


def forget(customer_ids: Sequence[int]) -> None:
    """Keep the scores of erased people for the counts, without person, words or what was known of them."""
    theirs = Response.objects.filter(customer_id__in=customer_ids)
    Answer.objects.filter(response__in=theirs).exclude(text="").update(text="")
    theirs.update(customer=None, invitation=None, comment="", snapshot={})


def wave_of(*, survey: Survey, now: datetime) -> str:
    """Return the wave an answer belongs to: of each, the last answer of a person counts."""
    today = time.today(now, time.zone(tenancy.current().timezone))
    if survey.wave == Survey.Wave.MONTH:
        return f"{today:%Y-%m}"
    if survey.wave == Survey.Wave.QUARTER:
        return f"{today.year}-Q{(today.month + 2) // 3}"
    return "" if survey.wave == Survey.Wave.EVER else ids.uuid7().hex


def _begun(
    survey: Survey, response: Response | None, invitation: Invitation | None, sheet: UUID | None
) -> Response | None:
    """Return the response begun before, held until the transaction ends."""
    mine = Response.objects.select_for_update(of=("self",)).select_related("survey", "version").filter(survey=survey)
    if response is not None:
        return mine.get(pk=response.pk)
    if invitation:
        return mine.filter(invitation=invitation).first()
    return mine.filter(sheet=sheet).first() if sheet else None


def _begin(
    version: SurveyVersion, *, customer_id: int | None, sheet: UUID | None, now: datetime, **more: Any
) -> Response:
    survey = version.survey
    wave = wave_of(survey=survey, now=now)
    _older(survey, customer_id, wave).update(counts=False)
    begun = dict(
        survey=survey,
        version=version,
        customer_id=customer_id,
        wave=wave,
        snapshot=_snapshot(customer_id) if customer_id else {},
        started_at=now,
        answered_at=now,
        **more,
    )
    if sheet is None:
        return Response.objects.create(**begun)
    # Of two presses of the button at the same moment the second one waits here, finds what the first one began, and
    # holds it.
    held = Response.objects.select_for_update(of=("self",)).select_related("survey", "version")
    return held.get_or_create(survey=begun.pop("survey"), sheet=sheet, defaults=begun)[0]


def _older(survey: Survey, person: int | None, wave: str) -> QuerySet[Response]:
    if person is None:
        return Response.objects.none()
    return Response.objects.filter(survey=survey, customer_id=person, wave=wave, counts=True)


def _snapshot(person: int) -> dict[str, Any]:
    """What was true of somebody when they answered: a score by segment must not move when they move."""
    row = Customer.objects.values("lifecycle", "country").get(pk=person)
    member = SegmentMember.objects.filter(customer_id=person, left_at=None).values_list("segment_id", flat=True)
    return {"class": row["lifecycle"], "country": row["country"], "segments": sorted(member)}


def _differs(response: Response, question: Question, said: Given) -> bool:
    known = given(response).get(question.key)
    return known is not None and not known.empty and known != said


def _moved_on(response: Response, asked: Sequence[Question], language: str, now: datetime) -> Response:
    """Write what follows from the answers: score, comment, whether this is the end."""
    answers = given(response)
    shown = {question.key for question in conditions.visible(asked, answers)}
    if set(answers) - shown:  # what somebody took back by answering another way counts nowhere
        response.answers.exclude(question__key__in=shown).delete()
    told = {key: said for key, said in answers.items() if key in shown}
    scored = versions.headline(asked)
    response.score = told[scored.key].number if scored and scored.key in told else None
    response.comment = next(
        (told[each.key].text for each in asked if each.kind == "text" and told.get(each.key, Given()).text), ""
    )
    response.answered_at, response.language = now, language or response.language
    if response.customer_id and not response.counts:
        _older(response.survey, response.customer_id, response.wave).update(counts=False)
        response.counts = True
    done = conditions.following(asked, answers) is None
    response.completed_at = (response.completed_at or now) if done else None
    response.save()
    if scored and response.score is not None and response.customer_id:
        traits.set_scores({response.customer_id: {scored.kind: response.score}})
    if done:
        settle(response=response, now=now)
    return response
