"""The responses to a survey as a file."""

from collections.abc import Iterator

from django.db.models import QuerySet

from cxm import tenancy
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import pagination
from cxm.lib.tables import export
from cxm.tenancy.models import Tenant
from feedback import questions
from feedback.domain import results, versions
from feedback.domain.results import Asking
from feedback.models import Answer, Response, Survey
from feedback.questions import choice

BATCH = 1000
COLUMNS = ("response", "answered_at", "completed_at", "external_id", "name", "email", "language", "channel", "score")


def stream(*, tenant: Tenant, survey: Survey, asking: Asking, by: Actor) -> Iterator[bytes]:
    """Write down who takes what, then return the responses that count as CSV in blocks.

    One column for each question of the newest published version, by its key. Each batch is read in a scope of its own.
    Call it inside the tenant's scope; the blocks are read later, outside of it. No cell can act as a formula.
    """
    audit.record(by=by, action="survey.exported", on=survey)
    version = versions.published(survey=survey)
    keys = [question.key for question in versions.asked(version)] if version else []
    return export.write_csv(_rows(tenant, survey, asking, keys))


def _rows(tenant: Tenant, survey: Survey, asking: Asking, keys: list[str]) -> Iterator[list]:
    yield [*COLUMNS, *keys]
    cursor: str | None = None
    while True:
        with tenancy.scope(tenant):
            found = results.responses(survey=survey, asking=asking).select_related("customer")
            page = pagination.page(found, order="-answered_at", cursor=cursor, limit=BATCH)
            said = _said(page.items)
            rows = [[*_row(response), *(said.get((response.pk, key), "") for key in keys)] for response in page.items]
        yield from rows
        cursor = page.next_cursor
        if cursor is None:
            return


def _said(found: list[Response]) -> dict[tuple[int, str], object]:
    answers: QuerySet[Answer] = Answer.objects.filter(response__in=[each.pk for each in found])
    return {(answer.response_id, answer.question.key): _value(answer) for answer in answers.select_related("question")}


def _value(answer: Answer) -> object:
    if answer.question.kind in questions.SCORED:
        return answer.number
    if not answer.choices:
        return answer.text
    words = {
        option["value"]: choice.named(option, tenancy.current().language)
        for option in answer.question.settings.get("options", [])
    }
    return "; ".join(words.get(value, value) for value in answer.choices)


def _row(response: Response) -> list:
    person = response.customer
    return [
        response.pk,
        response.answered_at,
        response.completed_at,
        person.external_id if person else "",
        person.name if person else "",
        person.email if person else "",
        response.language,
        response.channel,
        response.score,
    ]
