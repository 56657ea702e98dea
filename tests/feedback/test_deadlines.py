"""One deadline: page, list, sweep, API and figures tell the same moment, to the second."""

from datetime import UTC, datetime, timedelta

import pytest

from analytics.domain import kpis
from analytics.domain.catalogue import BY_KEY
from customers.models import Event
from cxm import tenancy
from cxm.audit.actors import SYSTEM, Actor
from cxm.lib import clocks, formats, time
from cxm.tenancy import links
from feedback import tasks
from feedback.domain import breaches, cases, deadlines, desk, lists
from feedback.models import BusinessCalendar, CalendarVersion, Case, CaseNotice, CasePause, TargetRule
from tests.factories import CustomerFactory

HOUR, SECOND, TICK = timedelta(hours=1), timedelta(seconds=1), timedelta(microseconds=1)
AGENT = Actor("user", None, "agent@shop.test")
ZONE = time.zone("Europe/Berlin")
# Four working hours from Thursday 15:00 in Berlin: one until the case waits, none on the holiday and at the weekend,
# three on Monday, without the half hour in which the case waited again.
THURSDAY = datetime(2026, 10, 22, 15, tzinfo=ZONE)
MONDAY = datetime(2026, 10, 26, 9, tzinfo=ZONE)  # the clocks went back in between
DUE = datetime(2026, 10, 26, 12, 30, tzinfo=ZONE).astimezone(UTC)
HOURS = {
    "zone": "Europe/Berlin",
    "week": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": ["2026-10-23"],
}


@pytest.fixture
def case(tenant):
    """A case nobody answered, whose clock stood over holiday and weekend and once more on Monday."""
    with tenancy.scope(tenant):
        desk.begin(by=SYSTEM)
        calendar = BusinessCalendar.objects.create(name="Berlin")
        CalendarVersion.objects.create(calendar=calendar, number=1, rules=HOURS, created_at=THURSDAY)
        TargetRule.objects.all().delete()
        TargetRule.objects.create(name="Four hours", position=1, calendar=calendar, first_minutes=240)
        made = cases.open(
            type=desk.type_by(ref="question"), customer=CustomerFactory(), subject="Where?", body="I wait.",
            channel="email", by=SYSTEM, now=THURSDAY,
        )  # fmt: skip
        for begun, ended in ((THURSDAY + HOUR, MONDAY), (MONDAY + HOUR, MONDAY + 1.5 * HOUR)):
            cases.wait(case=made, by=AGENT, now=begun)
            cases.hear(case=made, body="Here.", author="Sara", now=ended)
        return Case.objects.get(pk=made.pk)


def url_of(case) -> str:
    with tenancy.scope(case.tenant):
        return links.page("feedback:case", case.pk)


def clock_on(page, case) -> deadlines.Clock:
    """The first clock of a case as its page gets it."""
    found = page.get(url_of(case)).context["thread"].clocks
    return next(clock for clock in found if clock.kind == "first")


def in_time(tenant) -> tuple[float | None, int]:
    period = time.between(THURSDAY.date(), THURSDAY.date(), time.zone(tenant.timezone))
    with tenancy.scope(tenant):
        found = kpis.value(kpi=BY_KEY["response_in_time"], tenant=tenant, period=period, now=DUE + 24 * HOUR)
    return found.value, found.n


def swept(tenant, now) -> int:
    with tenancy.scope(tenant):
        return breaches.sweep(now=now)


def missed(tenant) -> list[datetime]:
    with tenancy.scope(tenant):
        return list(CaseNotice.objects.filter(kind="breach").values_list("due_at", flat=True))


def answer(tenant, case, now, **more) -> Case:
    with tenancy.scope(tenant):
        cases.answer(case=case, body="Here it is.", by=AGENT, now=now, **more)
        return cases.get(case.pk)


def test_clock_page_api_and_sweep_have_one_deadline(tenant, case, page, api):
    with tenancy.scope(tenant):
        holes = deadlines.ended(CasePause.objects.filter(case=case))
        reckoned = clocks.due(clocks.Calendar.parse(HOURS), THURSDAY, timedelta(minutes=240), holes)
    told = api.get(f"/api/v1/cases/{case.pk}/").json()
    shown = page.get(url_of(case))
    clock = clock_on(page, case)
    assert [reckoned.due, clock.due_at, datetime.fromisoformat(told["first_due_at"])] == [DUE] * 3
    assert datetime.fromisoformat(told["due_at"]) == shown.context["case"].due_at == DUE
    assert clock.explanation == reckoned.explanation
    assert formats.moment(DUE, language="en", system="latn") in shown.content.decode()  # the tenant's zone is UTC
    assert [lists.tone(case, now=now) for now in (DUE - SECOND, DUE)] == ["soon", "late"]
    assert (swept(tenant, DUE - SECOND), missed(tenant)) == (1, [])  # the warning alone
    assert (swept(tenant, DUE), missed(tenant)) == (1, [DUE])
    assert (swept(tenant, DUE + SECOND), missed(tenant)) == (0, [DUE])
    with tenancy.scope(tenant):
        assert Event.objects.get(name="Case Breached").occurred_at == DUE
    assert datetime.fromisoformat(api.get(f"/api/v1/cases/{case.pk}/").json()["first_breached_at"]) == DUE
    assert in_time(tenant) == (0.0, 1)


def test_the_task_of_the_clock_notes_that_deadline(tenant, case):
    assert breaches.tenants_with_work(now=DUE) == [tenant.pk]
    tasks.sweep_cases(tenant_id=tenant.pk)  # by the real time, long after
    assert missed(tenant) == [DUE]


@pytest.mark.parametrize(
    ("late", "state", "breached", "figure"),
    [(-TICK, "met", [], 1.0), (timedelta(), "met", [], 1.0), (SECOND, "missed", [DUE], 0.0)],
)
def test_an_answer_is_judged_alike_everywhere(tenant, case, page, api, late, state, breached, figure):
    answer(tenant, case, DUE + late)
    swept(tenant, DUE + HOUR)
    told = api.get(f"/api/v1/cases/{case.pk}/").json()
    clock = clock_on(page, case)
    assert (clock.state, clock.due_at, missed(tenant)) == (state, DUE, breached)
    assert (datetime.fromisoformat(told["first_due_at"]), bool(told["first_breached_at"])) == (DUE, bool(breached))
    assert in_time(tenant) == (figure, 1)


def test_a_breach_the_sweep_noted_first_stays_one_on_the_page_too(tenant, case, page):
    swept(tenant, DUE)
    answer(tenant, case, DUE)  # written a moment before, stored a moment after
    assert (clock_on(page, case).state, in_time(tenant)) == ("missed", (0.0, 1))


@pytest.mark.parametrize("then", ["waiting", "open"])
def test_an_answer_while_the_clock_stands_has_its_deadline(tenant, case, page, then):
    with tenancy.scope(tenant):
        cases.wait(case=case, by=AGENT, now=DUE - HOUR)
    found = answer(tenant, case, DUE + HOUR, then=then)
    assert (found.first_due_at, found.first_breached_at) == (DUE + 2 * HOUR, None)
    with tenancy.scope(tenant):  # what comes later moves it no more
        cases.hear(case=case, body="Thanks.", author="Sara", now=DUE + 3 * HOUR)
    clock = clock_on(page, case)
    assert (clock.state, clock.due_at, in_time(tenant)) == ("met", DUE + 2 * HOUR, (1.0, 1))
    assert "14:30" in clock.explanation[-1]  # in Berlin


def test_the_night_after_the_deadline_is_late_on_the_page(tenant, case):
    evening = DUE.replace(hour=16, minute=0)  # 17:00 in Berlin, the end of its day
    with tenancy.scope(tenant):
        Case.objects.filter(pk=case.pk).update(first_minutes=240 + 4 * 60 + 30)
        found, pauses = cases.get(case.pk), list(CasePause.objects.filter(case=case))
        deadlines.reckon(case=found, pauses=pauses)
        states = [
            deadlines.read(case=found, pauses=pauses, now=now)[0].state
            for now in (evening - SECOND, evening, evening + 5 * HOUR)
        ]
    assert (found.first_due_at, states) == (evening, ["running", "late", "late"])


def test_other_targets_after_the_answer_tell_no_other_deadline(tenant, case, page):
    with tenancy.scope(tenant):
        TargetRule.objects.create(name="Urgent", position=0, priority="urgent", first_minutes=5)  # by other hours
    answer(tenant, case, DUE)
    with tenancy.scope(tenant):
        cases.change(case=case, priority="urgent", by=AGENT, now=DUE + SECOND)
    clock = clock_on(page, case)
    assert (clock.state, clock.target, clock.due_at) == ("met", 4 * HOUR, DUE)
    assert clock.explanation == []
    assert in_time(tenant) == (1.0, 1)
