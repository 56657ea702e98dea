"""What answers add up to: of each person the last one in a wave, with how sure one can be."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as __

from customers.models import Segment
from cxm import tenancy
from cxm.lib import text, time
from feedback import questions
from feedback.domain import versions
from feedback.models import Answer, Invitation, Question, Response, Survey
from feedback.questions import Found, Result

FEW = 5  # below that a part's score is not shown: it would tell of persons rather than of the part


@dataclass(frozen=True)
class Asking:
    """Which answers are meant.

    Args:
        since, until: days in the tenant's zone, both included.
        language: answered in it.
        segment: id; of those who were in it when they answered.
        tone: ``good``, ``warn`` or ``bad``: by the score, for comments.
        search: part of a comment.
    """

    since: date | None = None
    until: date | None = None
    language: str = ""
    segment: int | None = None
    tone: str = ""
    search: str = ""


@dataclass(frozen=True)
class Answered:
    """One question with what was answered."""

    question: Question
    result: Result


@dataclass(frozen=True)
class Row:
    """A part of the answers, and its score."""

    name: str
    result: Result
    key: str = ""


def responses(*, survey: Survey, asking: Asking) -> QuerySet[Response]:
    """Return the responses that count."""
    found = Response.objects.filter(survey=survey, counts=True)
    zone = time.zone(tenancy.current().timezone)
    if asking.since:
        found = found.filter(answered_at__gte=time.day_bounds(asking.since, zone)[0])
    if asking.until:
        found = found.filter(answered_at__lt=time.day_bounds(asking.until, zone)[1])
    if asking.language:
        found = found.filter(language=asking.language)
    if asking.segment:
        found = found.filter(snapshot__segments__contains=asking.segment)
    return found


def by_question(*, survey: Survey, asking: Asking) -> list[Answered]:
    """Return every question of the newest published version with its result, answers of earlier versions included."""
    version = versions.published(survey=survey)
    if version is None:
        return []
    asked = versions.asked(version)
    mine = Answer.objects.filter(response__in=responses(survey=survey, asking=asking))
    found = _counted(mine)
    return [Answered(each, questions.of(each.kind).aggregate(each, found.get(each.key, Found()))) for each in asked]


def brief(*, surveys: Sequence[Survey]) -> dict[int, Result]:
    """Return the score of many surveys by id; of one without a scored question how many answered. One query."""
    mine = Response.objects.filter(survey__in=[survey.pk for survey in surveys], counts=True)
    counts: dict[int, dict[tuple[str, int | None], int]] = {}
    rows = mine.values_list("survey_id", "version__kind", "score").annotate(n=Count("pk")).order_by()
    for survey, kind, score, n in rows:
        counts.setdefault(survey, {})[kind, score] = n
    return {survey.pk: _brief(survey, counts[survey.pk]) for survey in surveys if survey.pk in counts}


def _brief(survey: Survey, counts: dict[tuple[str, int | None], int]) -> Result:
    if survey.kind not in questions.SCORED:
        return Result(n=sum(counts.values()))
    scored = {score: n for (kind, score), n in counts.items() if kind == survey.kind and score is not None}
    return _score(survey, scored.items())


def _scored(survey: Survey, asking: Asking) -> QuerySet[Response]:
    """Return the responses with a score on the scale that the survey has now."""
    return responses(survey=survey, asking=asking).filter(version__kind=survey.kind).exclude(score=None)


def headline(*, survey: Survey, asking: Asking) -> Result | None:
    """Return the survey's score, None where nothing is scored."""
    if survey.kind not in questions.SCORED:
        return None
    rows = _scored(survey, asking).values_list("score").annotate(n=Count("pk"))
    return _score(survey, rows)


def by_month(*, survey: Survey, asking: Asking) -> list[tuple[date, Result]]:
    """Return the score month by month, in the tenant's zone."""
    if survey.kind not in questions.SCORED:
        return []
    zone = time.zone(tenancy.current().timezone)
    rows = _scored(survey, asking)
    counted = rows.annotate(month=TruncMonth("answered_at", tzinfo=zone)).values_list("month", "score")
    months: dict[date, list[tuple[int, int]]] = {}
    for month, score, n in counted.annotate(n=Count("pk")).order_by("month"):
        months.setdefault(month.date(), []).append((score, n))
    return [(month, _score(survey, found)) for month, found in months.items()]


def by_language(*, survey: Survey, asking: Asking) -> list[Row]:
    """Return the score by the language answered in."""
    rows = _scored(survey, asking).values_list("language", "score")
    return _rows(survey, rows.annotate(n=Count("pk")).order_by("language"))


def by_segment(*, survey: Survey, asking: Asking) -> list[Row]:
    """Return the score by the segments people were in when they answered; somebody may be in several."""
    if survey.kind not in questions.SCORED:
        return []
    inner = _scored(survey, asking).values("snapshot", "score")
    sql, params = inner.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT s.id, r.score, count(*) FROM ({sql}) r
                CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(r.snapshot -> 'segments', '[]')) AS s(id)
                GROUP BY 1, 2""",
            params,
        )
        rows = cursor.fetchall()
    names = dict(Segment.objects.filter(archived_at=None).values_list("pk", "name"))
    known = [(names[int(number)], score, n) for number, score, n in rows if int(number) in names]
    keys = {name: str(number) for number, name in names.items()}
    return [replace(row, key=keys[row.name]) for row in _rows(survey, sorted(known))]


def comments(*, survey: Survey, asking: Asking) -> QuerySet[Response]:
    """Return responses with words, newest first: narrowed by score and by what they say."""
    found = responses(survey=survey, asking=asking).exclude(comment="").select_related("customer")
    if asking.tone and survey.kind in questions.SCORED:
        module = questions.of(survey.kind)
        steps = [step for step in module.SCALE if module.tone(step) == asking.tone]
        found = found.filter(version__kind=survey.kind, score__in=steps)
    if asking.search:
        found = found.filter(comment__icontains=asking.search[:100])
    return found.order_by("-answered_at", "-pk")


def reach(*, survey: Survey, asking: Asking) -> dict[str, Any]:
    """Return how many were sent it, were left alone, began and finished, and the part that answered (None of none)."""
    asked = Invitation.objects.filter(survey=survey)
    zone = time.zone(tenancy.current().timezone)
    if asking.since:
        asked = asked.filter(created_at__gte=time.day_bounds(asking.since, zone)[0])
    if asking.until:
        asked = asked.filter(created_at__lt=time.day_bounds(asking.until, zone)[1])
    counts = asked.aggregate(
        sent=Count("pk", filter=Q(state=Invitation.State.SENT)),
        left_out=Count("pk", filter=Q(state=Invitation.State.SKIPPED)),
        answered=Count("pk", filter=Q(state=Invitation.State.SENT, response__isnull=False)),
    )
    mine = responses(survey=survey, asking=asking)
    counts["rate"] = counts["answered"] / counts["sent"] if counts["sent"] else None
    return counts | mine.aggregate(started=Count("pk"), completed=Count("pk", filter=Q(completed_at__isnull=False)))


def answer_in_words(*, survey: Survey, result: Result | None) -> str:
    """Return the answer in one sentence, with n and how sure one can be."""
    if result is None:
        return __("This survey has no scored question: the answers stand below.")
    if result.score is None:
        return __("Nobody has answered yet.")
    written = _points if result.unit == "points" else _percent
    said = {part: text.isolate(written(getattr(result, part))) for part in ("score", "low", "high")}
    name = questions.of(survey.kind).SHORT
    return __("%(name)s is %(score)s; with 95%% confidence it lies between %(low)s and %(high)s.") % {
        "name": name, **said,
    }  # fmt: skip


def _points(value: float) -> str:
    return f"{value:+.0f}".replace("-", "−")


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def _score(survey: Survey, rows: Iterable[tuple[int, int]]) -> Result:
    counts = dict(rows)
    return questions.of(survey.kind).aggregate(None, Found(sum(counts.values()), counts))


def _rows(survey: Survey, rows: Iterable[tuple[str, int, int]]) -> list[Row]:
    if survey.kind not in questions.SCORED:
        return []
    grouped: dict[str, list[tuple[int, int]]] = {}
    for key, score, n in rows:
        grouped.setdefault(key, []).append((score, n))
    return [Row(key, _score(survey, found), key) for key, found in grouped.items()]


def _counted(answers: QuerySet[Answer]) -> Mapping[str, Found]:
    """Return, by key, how many answered and how often each number or option was given. Two queries."""
    numbers = answers.exclude(number=None).values_list("question__key", "number").annotate(n=Count("pk"))
    counts: dict[str, dict[int | str, int]] = {}
    whole: dict[str, int] = {}
    for key, number, n in numbers:
        counts.setdefault(key, {})[number] = n
        whole[key] = whole.get(key, 0) + n
    sql, params = answers.filter(number=None).values("question__key", "choices", "text").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT key, NULL, count(*) FROM ({sql}) a(key, choices, text)
                WHERE choices <> '[]' OR text <> '' GROUP BY 1
                UNION ALL
                SELECT key, c.value, count(*) FROM ({sql}) a(key, choices, text)
                CROSS JOIN LATERAL jsonb_array_elements_text(choices) AS c(value) GROUP BY 1, 2""",
            [*params, *params],
        )
        for key, value, n in cursor.fetchall():
            if value is None:
                whole[key] = n
            else:
                counts.setdefault(key, {})[value] = n
    return {key: Found(n, counts.get(key, {})) for key, n in whole.items()}
