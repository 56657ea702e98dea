"""Scores: the last answer of a person in a wave counts, whenever it came."""

from datetime import UTC, datetime, timedelta

from analytics.domain import kpis, rollups
from analytics.domain.catalogue import BY_KEY
from customers.domain import events
from cxm.lib import time
from feedback.domain import versions
from feedback.models import Response
from tests.factories import CustomerFactory
from tests.feedback.factories import make_survey

NOW = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)


def _of(tenant, key):
    period = time.between(NOW.date() - timedelta(days=6), NOW.date(), time.zone("UTC"))
    return kpis.value(kpi=BY_KEY[key], tenant=tenant, period=period, now=NOW)


def _answer(survey, version, person, score, days, **fields) -> Response:
    at = NOW - timedelta(days=days)
    return Response.objects.create(survey=survey, version=version, customer=person, wave="w", score=score,
                                   started_at=at, answered_at=at, **fields)  # fmt: skip


def test_a_second_answer_takes_the_place_of_the_first_on_its_day(scoped):
    survey, person = make_survey("nps"), CustomerFactory()
    version = versions.published(survey=survey)
    first = _answer(survey, version, person, 2, days=5)
    rollups.refresh(tenant=scoped, now=NOW)
    assert (_of(scoped, "nps").value, _of(scoped, "nps").n) == (-100.0, 1)

    Response.objects.filter(pk=first.pk).update(counts=False)
    _answer(survey, version, person, 10, days=2)
    events.record([events.Happening(person.pk, "Survey Answered", NOW - timedelta(days=2), {"survey": survey.pk})])

    assert (_of(scoped, "nps").value, _of(scoped, "nps").n) == (100.0, 1)
    rollups.refresh(tenant=scoped, now=NOW)
    assert (_of(scoped, "nps").value, _of(scoped, "nps").n) == (100.0, 1)
    assert _of(scoped, "csat") == kpis.NOTHING
