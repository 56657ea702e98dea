"""Figures of cases: stored sums equal the rows whatever comes late; nobody who waits is left out."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.domain import kpis, rollups
from analytics.domain.catalogue import BY_KEY
from analytics.domain.measures import Spread
from customers import signals
from customers.domain import events
from cxm.lib import time
from feedback.models import BusinessCalendar, CalendarVersion, Case, CaseMessage, CasePause
from tests.factories import CustomerFactory
from tests.feedback.case_rows import CaseFactory, CaseTypeFactory

NOW = datetime.now(UTC).replace(hour=20, minute=0, second=0, microsecond=0)
HOUR = timedelta(hours=1)
ZONE = time.zone("UTC")
WEEK = {"zone": "UTC", "week": {day: [["09:00", "17:00"]] for day in "mon tue wed thu fri sat sun".split()}}


def _of(tenant, key, days=6):
    last = NOW.date()
    period = time.between(last - timedelta(days=days), last, ZONE)
    return kpis.value(kpi=BY_KEY[key], tenant=tenant, period=period, now=NOW)


def _case(hours_ago, answered=None, solved=None, **fields) -> Case:
    opened = NOW - hours_ago * HOUR
    facts = {"opened_at": opened, "updated_at": opened, "state": "solved" if solved is not None else "open"}
    if answered is not None:
        facts["first_answered_at"] = opened + answered * HOUR
    if solved is not None:
        facts["solved_at"] = opened + solved * HOUR
    return CaseFactory(**facts | fields)


def _tell(name, case) -> None:
    happening = events.Happening(case.customer_id, name, NOW - HOUR, {"case": case.pk})
    events.record([happening])


def test_who_waits_counts_as_waiting(scoped):
    _case(50, answered=2, solved=30)
    _case(30, answered=4)
    _case(12)
    _case(90, solved=3)  # ended without an answer: all that is known is that none came in three hours

    response, resolution = _of(scoped, "response_time"), _of(scoped, "resolution_time")

    # Of four, one was answered after two hours: 3/4 waited longer. Of the two known of later, one after four: 3/8.
    assert (response.value, response.n, response.waiting, response.mean) == (4 * 3600, 4, 1, 3 * 3600)
    assert (resolution.n, resolution.waiting) == (4, 2)
    assert _of(scoped, "cases").value == 4


def test_working_hours_are_those_of_the_cases_calendar(scoped):
    calendar = BusinessCalendar.objects.create(name="Days")
    version = CalendarVersion.objects.create(calendar=calendar, number=1, rules=WEEK, created_at=NOW)
    opened = (NOW - timedelta(days=3)).replace(hour=16)
    case = CaseFactory(opened_at=opened, first_answered_at=opened + 20 * HOUR, calendar=version, state="open")  # 12:00
    CaseFactory(opened_at=opened, solved_at=opened + 18 * HOUR, calendar=version, state="solved")  # 10:00, no answer
    CasePause.objects.create(case=case, reason="waiting", started_at=opened + 17 * HOUR, ended_at=opened + 18 * HOUR)

    found = _of(scoped, "response_time_business")

    # 16–17 on the first day, 9–12 on the next without the hour in which the clock stood.
    assert (found.value, found.n, found.waiting) == (3 * 3600, 2, 0)
    assert _of(scoped, "response_time").value == 20 * 3600
    period = time.between(opened.date(), opened.date(), ZONE)
    day = rollups.by_day(tenant=scoped, periods=[period], now=NOW)[opened.date()]
    assert day["response_business.unanswered"] == Spread({2 * 3600: 1})
    assert day["response.unanswered"] == Spread({18 * 3600: 1})
    cut = period._replace(end=opened)  # both were opened at that very moment
    assert rollups.by_day(tenant=scoped, periods=[cut], now=NOW) == {opened.date(): {}}


def test_in_time_is_decided_by_the_stored_deadline(scoped):
    due = {"first_due_at": NOW - 40 * HOUR}
    _case(50, answered=5, **due)
    _case(50, answered=15, **due)
    _case(50, first_breached_at=NOW - 39 * HOUR, **due)
    _case(2, first_due_at=NOW + HOUR)  # not decided
    _case(2, answered=1)  # no target

    found = _of(scoped, "response_in_time")

    assert (found.value, found.n) == (1 / 3, 3)


def test_actions_are_public_answers_by_people(scoped):
    case, other = _case(30, answered=1, solved=5), _case(30, answered=1)
    for found, direction, author, public in (
        (case, "out", "human", True), (case, "out", "human", True), (case, "out", "auto", True),
        (case, "internal", "human", False), (case, "in", "customer", True), (other, "out", "human", True),
    ):  # fmt: skip
        CaseMessage.objects.create(case=found, direction=direction, author=author, public=public, at=NOW, body="x")

    assert _of(scoped, "actions_per_engagement") == kpis.Value(2.0, 1)


def test_an_answer_that_comes_days_later_reaches_the_day_of_the_question(scoped):
    case = _case(70)
    rollups.refresh(tenant=scoped, now=NOW)
    assert (_of(scoped, "response_time").value, _of(scoped, "response_time").waiting) == (None, 1)

    Case.objects.filter(pk=case.pk).update(first_answered_at=NOW - HOUR)
    _tell("Case Answered", case)

    assert (_of(scoped, "response_time").value, _of(scoped, "response_time").waiting) == (69 * 3600, 0)
    assert rollups.refresh(tenant=scoped, now=NOW) == 1
    assert _of(scoped, "response_time").value == 69 * 3600


def test_opened_again_it_is_not_solved_on_the_day_it_was(scoped):
    case = _case(80, solved=20)
    events.record([events.Happening(case.customer_id, "Case Solved", case.solved_at, {"case": case.pk})])
    rollups.refresh(tenant=scoped, now=NOW)
    assert _of(scoped, "actions_per_engagement").n == 1

    Case.objects.filter(pk=case.pk).update(solved_at=None, state="open")
    _tell("Case Reopened", case)

    assert _of(scoped, "actions_per_engagement") == kpis.NOTHING


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["open", "answer", "solve", "reopen", "erase", "refresh"]), st.integers(0, 5)),
        min_size=2,
        max_size=14,
    )
)
def test_stored_equals_the_rows_to_the_last_digit(scoped, steps):
    Case.objects.all().delete()
    rollups.mark_all()
    person, kind, made = CustomerFactory(), CaseTypeFactory(), []
    for what, number in steps:
        if what == "open":
            made.append(_case(24 * number + 1, customer=person, type=kind))
            _tell("Case Opened", made[-1])
        elif what == "refresh":
            rollups.refresh(tenant=scoped, now=NOW)
        elif made:
            _happens(what, made[number % len(made)], made)
    keys = ("cases", "response_time", "resolution_time", "actions_per_engagement", "response_time_business")
    stored = {key: _of(scoped, key) for key in keys}
    rollups.mark_all()  # nothing stored is believed: all of it is counted from the rows
    assert {key: _of(scoped, key) for key in keys} == stored


def _happens(what, case, made) -> None:
    if what == "erase":
        Case.objects.filter(pk=case.pk).delete()
        made.remove(case)
        signals.history_rewritten.send(sender=Case)
        return
    change = {
        "answer": {"first_answered_at": NOW - HOUR},
        "solve": {"solved_at": NOW - HOUR, "state": "solved"},
        "reopen": {"solved_at": None, "state": "open"},
    }[what]
    name = {"answer": "Case Answered", "solve": "Case Solved", "reopen": "Case Reopened"}[what]
    Case.objects.filter(pk=case.pk).update(**change)
    _tell(name, case)


@pytest.mark.parametrize("key", ["response_time", "resolution_time", "response_in_time", "actions_per_engagement"])
def test_without_cases_nothing_is_known(scoped, key):
    assert _of(scoped, key) == kpis.NOTHING
