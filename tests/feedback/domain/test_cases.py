from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Event, SegmentMember, Traits
from cxm import tenancy
from cxm.accounts import bell
from cxm.accounts.models import Todo
from cxm.audit.actors import SYSTEM, Actor
from cxm.audit.models import Entry
from cxm.tenancy.models import Tenant
from feedback.domain import breaches, calendars, cases, deadlines, desk, opening
from feedback.models import Case, CaseMessage, CaseNotice, CasePause, CaseType, PriorityRule, QueueMember, TargetRule
from tests.conftest import make_user
from tests.factories import CustomerFactory, SegmentFactory
from tests.feedback.case_rows import MONDAY, QueueFactory

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AGENT = Actor("user", None, "agent@shop.test")


def names():
    return list(Event.objects.order_by("occurred_at", "id").values_list("name", flat=True))


def rings(user):
    return int(bell.heard(tenant_id=tenancy.current_id(), user_id=user.pk))


def pauses(case):
    return list(CasePause.objects.filter(case=case).order_by("started_at", "id"))


def test_open_gives_a_number_targets_and_a_place_on_the_timeline(make_case, customer):
    case = make_case()
    assert (case.number, case.state, case.priority, case.queue.name) == (1, "new", "normal", "Support")
    assert case.first_due_at == MONDAY + 8 * HOUR  # nine to five: the end of the same day
    assert case.solve_due_at == MONDAY + 4 * DAY + 8 * HOUR
    assert case.due_at == case.first_due_at
    assert case.check_at == case.first_warn_at == MONDAY + 6 * HOUR
    assert make_case().number == 2
    event = Event.objects.filter(name="Case Opened").first()
    assert event.properties == {
        "case": case.pk, "number": 1, "type": "question", "subject": "Where is it?", "priority": "normal",
    }  # fmt: skip
    said = CaseMessage.objects.filter(case=case).get()
    assert (said.direction, said.author, said.body, said.public) == ("in", "customer", "I wait.", True)
    assert Entry.objects.filter(action="case.opened").count() == 2


def test_the_same_key_opens_one_case(make_case):
    first, again = make_case(key="order:7"), make_case(key="order:7", subject="Else")
    assert first.pk == again.pk
    assert Case.objects.count() == 1
    assert names() == ["Case Opened"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"subject": " \n"}, "subject"),
        ({"channel": "pigeon"}, "channel"),
        ({"priority": "extreme"}, "priority"),
        ({"body": "x" * 50_001}, "body"),
    ],
)
def test_what_is_no_case_is_refused(make_case, said, field):
    with pytest.raises(opening.InvalidCase) as refusal:
        make_case(**said)
    assert list(refusal.value.fields) == [field]


def test_high_value_raises_the_priority_and_shortens_the_targets(make_case, customer):
    Traits.objects.update_or_create(customer=customer, defaults={"revenue": 1000})
    case = make_case()
    assert (case.priority, case.first_minutes, case.solve_minutes) == ("high", 120, 960)
    assert case.rule.name == "High priority"
    assert make_case(priority="urgent").priority == "urgent"


def test_rules_are_asked_in_order_and_by_all_their_conditions(make_case, customer):
    TargetRule.objects.all().delete()
    PriorityRule.objects.all().delete()
    segment = SegmentFactory()
    for position, fields in enumerate([
        {"channel": "phone", "first_minutes": 10},
        {"segment": segment, "first_minutes": 20},
        {"trait": "clv_predicted", "at_least": 500, "first_minutes": 30},
        {"type": desk.type_by(ref="complaint"), "first_minutes": 40},
    ]):  # fmt: skip
        TargetRule.objects.create(name=str(position), position=position, **fields)
    assert [make_case(**said).first_minutes for said in ({"channel": "phone"}, {"type": "complaint"}, {})] == [
        10, 40, None,
    ]  # fmt: skip
    Traits.objects.update_or_create(customer=customer, defaults={"scores": {"clv_predicted": 500.0}})
    assert make_case(type="complaint").first_minutes == 30
    SegmentMember.objects.create(segment=segment, customer=customer, entered_at=MONDAY)
    assert make_case(type="complaint").first_minutes == 20
    nothing = make_case(customer=CustomerFactory())
    assert (nothing.first_due_at, nothing.due_at, nothing.check_at) == (None, None, None)


def test_an_answer_stops_the_first_clock_and_keeps_its_deadline(make_case):
    case = make_case()
    cases.note(case=case, body="She is upset.", by=AGENT, now=MONDAY + HOUR)
    case.refresh_from_db()
    assert case.first_answered_at is None
    cases.answer(case=case, body="On its way.", by=AGENT, now=MONDAY + 2 * HOUR)
    case.refresh_from_db()
    assert (case.state, case.first_answered_at) == ("open", MONDAY + 2 * HOUR)
    assert case.first_due_at == MONDAY + 8 * HOUR
    assert case.due_at == case.solve_due_at
    assert case.unanswered_since is None
    assert [(m.direction, m.public) for m in CaseMessage.objects.order_by("id")] == [
        ("in", True), ("internal", False), ("out", True),
    ]  # fmt: skip


def test_words_of_a_machine_are_no_answer(make_case):
    case = make_case()
    cases.answer(case=case, body="We got your message.", by=SYSTEM, now=MONDAY + HOUR)
    case.refresh_from_db()
    assert case.first_answered_at is None
    assert CaseMessage.objects.filter(direction="out").get().author == "auto"
    assert names() == ["Case Opened"]


def test_waiting_stops_the_clock_in_working_time(make_case):
    case = make_case()
    cases.answer(case=case, body="Which size?", by=AGENT, now=MONDAY + HOUR, then="waiting")
    case.refresh_from_db()
    assert (case.state, case.due_at, case.solve_due_at, case.check_at) == ("waiting", None, None, None)
    assert case.paused_at == MONDAY + HOUR
    cases.hear(case=case, body="Large.", author="Sara", now=MONDAY + 2 * DAY + HOUR)
    case.refresh_from_db()
    assert (case.state, case.paused_at) == ("open", None)
    # Two days of waiting are sixteen working hours: Friday evening becomes Tuesday evening.
    assert case.solve_due_at == MONDAY + 8 * DAY + 8 * HOUR
    assert case.unanswered_since == MONDAY + 2 * DAY + HOUR


def test_page_sweep_and_report_read_one_deadline(make_case):
    case = make_case()
    cases.answer(case=case, body="?", by=AGENT, now=MONDAY + HOUR, then="waiting")
    cases.resume(case=case, by=AGENT, now=MONDAY + DAY)
    case = cases.get(case.pk)
    solve = deadlines.read(case=case, pauses=pauses(case), now=MONDAY + DAY)[1]
    assert solve.due_at == case.solve_due_at == case.due_at
    assert solve.left == 39 * HOUR
    assert solve.explanation[-1] == "Due on 7 Dec 2026, 16:00."
    breaches.sweep(now=case.due_at)
    assert CaseNotice.objects.filter(kind="breach").get().due_at == case.due_at
    case.refresh_from_db()
    assert case.solve_breached_at == case.due_at
    event = Event.objects.get(name="Case Breached")
    assert (event.occurred_at, event.properties["clock"]) == (case.due_at, "solve")


def test_each_warning_and_each_breach_is_noted_once(agent, make_case):
    case = make_case()
    cases.assign(case=case, owner=agent, by=AGENT, now=MONDAY)
    assert breaches.sweep(now=MONDAY + 5 * HOUR) == 0
    assert breaches.sweep(now=MONDAY + 6 * HOUR) == 1
    assert breaches.sweep(now=MONDAY + 6 * HOUR) == 0
    assert Todo.objects.get().title == "Answer case 1 soon: Where is it?"
    assert breaches.sweep(now=MONDAY + 8 * HOUR) == 1
    assert Todo.objects.get().title == "Answer case 1 now: Where is it?"
    assert breaches.sweep(now=MONDAY + 9 * HOUR) == 0
    assert breaches.sweep(now=MONDAY + 30 * DAY) == 1  # the solution; its warning would come too late
    case.refresh_from_db()
    assert case.check_at is None
    found = CaseNotice.objects.order_by("id").values_list("clock", "kind")
    assert list(found) == [("first", "warning"), ("first", "breach"), ("solve", "breach")]
    assert names() == ["Case Opened", "Case Breached", "Case Breached"]
    todos = list(Todo.objects.order_by("id").values_list("assignee", "about_kind", "about_id"))
    assert todos == [(agent.pk, "case", case.pk)] * 2


def test_reminders_are_ticked_off_by_what_they_remind_of(make_case):
    case = make_case()
    breaches.sweep(now=MONDAY + 8 * HOUR)
    breaches.sweep(now=MONDAY + 30 * DAY)
    titles = ["Answer case 1 now: Where is it?", "Case 1 is late: Where is it?"]
    assert list(Todo.objects.order_by("id").values_list("title", "done_at")) == [(title, None) for title in titles]
    cases.answer(case=case, body="Here.", by=AGENT, now=MONDAY + 31 * DAY)
    assert list(Todo.objects.filter(done_at=None).values_list("title", flat=True)) == titles[1:]
    cases.solve(case=case, by=AGENT, now=MONDAY + 31 * DAY)
    assert not Todo.objects.filter(done_at=None).exists()


def test_a_breach_between_two_sweeps_is_noted_by_the_answer_that_comes_late(make_case):
    case = make_case()
    cases.answer(case=case, body="Sorry.", by=AGENT, now=MONDAY + 9 * HOUR)
    case.refresh_from_db()
    assert case.first_breached_at == MONDAY + 8 * HOUR
    assert CaseNotice.objects.filter(clock="first", kind="breach").count() == 1
    assert breaches.sweep(now=MONDAY + 10 * HOUR) == 0


def test_an_answer_in_time_leaves_no_breach(make_case):
    case = make_case()
    cases.answer(case=case, body="Here.", by=AGENT, now=MONDAY + 8 * HOUR - timedelta(seconds=1))
    assert breaches.sweep(now=MONDAY + 9 * HOUR) == 0
    assert list(CaseNotice.objects.values_list("clock", "kind")) == [("first", "warning")]


def test_solving_stops_the_clock_and_reopening_lets_it_run_on(make_case):
    case = make_case()
    cases.solve(case=case, by=AGENT, now=MONDAY + HOUR, answer="Done.")
    case.refresh_from_db()
    assert (case.state, case.solved_at, case.due_at, case.check_at) == ("solved", MONDAY + HOUR, None, None)
    assert case.solve_due_at == MONDAY + 4 * DAY + 8 * HOUR
    with pytest.raises(cases.WrongState):
        cases.answer(case=case, body="More.", by=AGENT, now=MONDAY + HOUR)
    cases.hear(case=case, body="It is not.", author="Sara", now=MONDAY + DAY + HOUR)
    case.refresh_from_db()
    assert (case.state, case.solved_at, case.reopened) == ("open", None, 1)
    assert case.solve_due_at == MONDAY + 7 * DAY + 8 * HOUR
    assert names() == ["Case Opened", "Case Answered", "Case Solved", "Case Reopened", "Case Replied"]


def test_a_case_solved_while_it_waits_was_not_late(make_case):
    case = make_case()
    cases.answer(case=case, body="?", by=AGENT, now=MONDAY + HOUR, then="waiting")
    cases.solve(case=case, by=AGENT, now=MONDAY + 20 * DAY)
    case.refresh_from_db()
    assert case.solved_at < case.solve_due_at
    assert CaseNotice.objects.count() == 0


def test_a_complaint_is_closed_with_root_cause_and_action(make_case):
    case = make_case(type="complaint")
    with pytest.raises(cases.CauseMissing) as refusal:
        cases.close(case=case, by=AGENT, now=MONDAY, root_cause="Carrier")
    assert list(refusal.value.fields) == ["action"]
    cases.close(case=case, by=AGENT, now=MONDAY + HOUR, root_cause="Carrier", action="Carrier changed.")
    case.refresh_from_db()
    assert (case.state, case.solved_at, case.closed_at) == ("closed", MONDAY + HOUR, MONDAY + HOUR)
    cases.close(case=make_case(), by=AGENT, now=MONDAY)
    with pytest.raises(cases.WrongState):
        cases.wait(case=case, by=AGENT, now=MONDAY)


def test_an_automatic_reply_wakes_nothing(make_case):
    case = make_case()
    cases.answer(case=case, body="?", by=AGENT, now=MONDAY + HOUR, then="waiting")
    cases.hear(case=case, body="I am away.", author="Sara", now=MONDAY + 2 * HOUR, automatic=True)
    case.refresh_from_db()
    assert (case.state, case.unanswered_since) == ("waiting", None)
    assert names() == ["Case Opened", "Case Answered"]


def test_who_looks_after_a_case_is_told_once_that_the_customer_wrote(
    agent, begun, make_case, django_capture_on_commit_callbacks
):
    case = make_case()
    cases.assign(case=case, owner=agent, by=AGENT, now=MONDAY)
    Tenant.objects.filter(pk=begun.pk).update(language="ar")
    before = rings(agent)
    with django_capture_on_commit_callbacks(execute=True), tenancy.scope(Tenant.objects.get(pk=begun.pk)):
        for body in ("And?", "Hello?"):
            cases.hear(case=case, body=body, author="Sara", now=MONDAY + HOUR, channel="portal")
    assert rings(agent) == before + 2
    todo = Todo.objects.get()
    assert (todo.title, todo.assignee_id, todo.about_kind, todo.about_id, todo.due_at) == (
        "كتب العميل مجددًا في الحالة 1: Where is it?", agent.pk, "case", case.pk, MONDAY + HOUR)  # fmt: skip
    cases.answer(case=case, body="Here.", by=AGENT, now=MONDAY + 2 * HOUR)
    assert not Todo.objects.filter(done_at=None).exists()
    cases.hear(case=case, body="Thanks!", author="Sara", now=MONDAY + 3 * HOUR)
    assert Todo.objects.filter(done_at=None).count() == 1
    cases.solve(case=case, by=AGENT, now=MONDAY + 4 * HOUR)
    assert not Todo.objects.filter(done_at=None).exists()


def test_of_a_case_that_is_nobodys_those_of_its_queue_are_told(
    agent, marketer, make_case, django_capture_on_commit_callbacks
):
    case = make_case()
    before = rings(agent), rings(marketer)
    with django_capture_on_commit_callbacks(execute=True):
        cases.hear(case=case, body="And?", author="Sara", now=MONDAY + HOUR)
    assert (rings(agent), rings(marketer)) == (before[0] + 1, before[1] + 1)  # nobody is in the queue: everybody
    QueueMember.objects.create(queue=case.queue, user=agent)
    with django_capture_on_commit_callbacks(execute=True):
        cases.hear(case=case, body="Well?", author="Sara", now=MONDAY + HOUR)
    assert (rings(agent), rings(marketer)) == (before[0] + 2, before[1] + 1)
    assert Todo.objects.get().assignee is None


def test_one_mail_is_heard_once(make_case):
    case = make_case()
    said = {"body": "Again", "author": "Sara", "now": MONDAY, "mail_id": "<1@x>"}
    assert cases.hear(case=case, **said) is not None
    assert cases.hear(case=case, **said) is None


def test_another_priority_means_other_targets_from_the_beginning(make_case):
    case = cases.change(case=make_case(), priority="urgent", by=AGENT, now=MONDAY + HOUR)
    assert (case.first_due_at, case.solve_due_at) == (MONDAY + HOUR, MONDAY + 8 * HOUR)
    queue = QueueFactory()
    case = cases.change(case=case, queue=queue, subject="New words", by=AGENT, now=MONDAY + HOUR)
    assert (case.queue, case.subject) == (queue, "New words")
    assert "new words" in case.search


@pytest.fixture
def outsider(other_tenant):
    return make_user(other_tenant, "agent")


def test_a_case_goes_to_colleagues_only(outsider, make_case):
    with pytest.raises(cases.NoSuchColleague):
        cases.assign(case=make_case(), owner=outsider, by=AGENT, now=MONDAY)


def test_saved_hours_are_a_new_version_and_open_cases_keep_theirs(make_case):
    case = make_case()
    calendar = calendars.default()
    rules = calendars.usual() | {"holidays": ["2026-11-30"]}
    version = calendars.save(calendar=calendar, rules=rules, by=AGENT)
    assert (version.number, case.calendar.number) == (2, 1)
    assert calendars.save(calendar=calendar, rules=rules, by=AGENT).number == 2
    case.refresh_from_db()
    assert case.first_due_at == MONDAY + 8 * HOUR
    assert make_case().first_due_at == MONDAY + DAY + 8 * HOUR


def test_begin_is_done_once(begun):
    desk.begin(by=SYSTEM)
    assert CaseType.objects.count() == 3


def test_open_many_asks_the_database_as_often_for_three_as_for_thirty(begun):
    kind = desk.type_by(ref="question")

    def opened(count):
        openings = [opening.Opening(kind, CustomerFactory(), "S", "B", "web") for _each in range(count)]
        with CaptureQueriesContext(connection) as queries:
            made = opening.open_many(openings=openings, by=SYSTEM, now=MONDAY)
        return [case.number for case in made], len(queries)

    opened(2)  # what a process remembers is remembered now
    three, thirty = opened(3), opened(30)
    assert three[0] == [3, 4, 5]
    assert len(thirty[0]) == 30
    assert thirty[1] == three[1] <= 18


def test_a_solved_case_keeps_the_target_its_deadline_came_from(make_case):
    case = make_case()
    before = (case.solve_minutes, case.solve_due_at)
    cases.solve(case=case, by=AGENT, now=MONDAY + HOUR)
    TargetRule.objects.create(name="Urgent", position=0, priority="urgent", solve_minutes=5)
    changed = cases.change(case=case, by=AGENT, now=MONDAY + 2 * HOUR, priority="urgent")
    assert (changed.solve_minutes, changed.solve_due_at) == before
