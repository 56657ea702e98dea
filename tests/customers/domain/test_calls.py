"""Calls: whom they ring at, what becomes of the card, what is kept."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from django.utils import timezone

from customers.domain import calls, customers, erasure, telephony
from customers.models import Call, CallDraft, Event, Interaction
from cxm import tenancy
from cxm.accounts import bell
from cxm.accounts.models import Todo
from cxm.audit.actors import SYSTEM
from tests.conftest import make_user

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MOBILE = "+447400123456"


@pytest.fixture
def colleague(tenant):
    return make_user(tenant, "agent", "second@shop.test")


@pytest.fixture
def desk(agent, colleague, tenant):
    """A queue with two agents who take calls; the scope stays open."""
    with tenancy.scope(tenant):
        telephony.add_queue(name="Sales", key="sales", agents=[agent, colleague], by=SYSTEM, now=NOW)
        for user, extension in ((agent, "12"), (colleague, "13")):
            telephony.set_state(user=user, state="available", extension=extension, now=NOW)
        yield tenant


@pytest.fixture
def ada(desk):
    return customers.create(values={"name": "Ada", "phone": MOBILE}, by=SYSTEM, now=NOW)


def tell(state: str, seconds: int = 0, **more) -> Call:
    said = {"call_id": "c1", "number": MOBILE, "queue": "Sales", "at": NOW + timedelta(seconds=seconds)}
    return calls.tell(state=state, by=SYSTEM, now=NOW + timedelta(minutes=2), **said | more)


def seen(user) -> list[str]:
    return [call.call_id for call in calls.live(user=user, now=NOW + timedelta(minutes=2))]


def test_it_rings_at_the_agents_of_the_queue_who_take_calls(ada, agent, colleague):
    call = tell("ringing")
    assert (call.state, call.match, call.customer, call.queue.name) == ("ringing", "known", ada, "Sales")
    assert (seen(agent), seen(colleague)) == (["c1"], ["c1"])
    telephony.set_state(user=colleague, state="paused", now=NOW)
    assert (seen(agent), seen(colleague)) == (["c1"], [])


def test_whoever_answers_has_it_and_the_others_no_longer(ada, agent, colleague):
    tell("ringing")
    call = tell("answered", 5, agent="12")
    assert call.agent.user_id == agent.pk
    assert (seen(agent), seen(colleague)) == (["c1"], [])
    calls.take(call=call, user=agent, now=NOW)
    with pytest.raises(calls.Conflict):
        calls.take(call=call, user=colleague, now=NOW)


def test_every_order_of_words_ends_in_the_same_row(ada, agent):
    words = [("ringing", 0, {}), ("answered", 4, {"agent": "12"}), ("ended", 64, {})]
    kept = set()
    for number, order in enumerate(permutations(words)):
        for state, seconds, more in (*order, *order):
            tell(state, seconds, call_id=f"c{number}", **more)
        row = Call.objects.get(call_id=f"c{number}")
        kept.add((row.state, row.started_at, row.answered_at, row.ended_at, row.number, row.agent_id, row.customer_id))
    assert kept == {
        ("ended", NOW, NOW + timedelta(seconds=4), NOW + timedelta(seconds=64), MOBILE,
         telephony.agent_of(agent).pk, ada.pk)
    }  # fmt: skip
    assert Todo.objects.filter(done_at=None).count() == 0
    assert Event.objects.filter(name="Call Missed").count() == 0


def test_a_call_nobody_answered_is_to_be_called_back(ada, agent):
    tell("ringing")
    tell("ended", 30)
    tell("ended", 30)
    todo = Todo.objects.get()
    assert (todo.title, todo.about_id, todo.done_at) == ("Call back Ada", ada.pk, None)
    assert [event.name for event in Event.objects.all()] == ["Call Missed"]
    assert seen(agent) == []


def test_hanging_up_leaves_what_was_written_until_it_is_logged(ada, agent):
    call = tell("answered", 5, agent="12")
    calls.save_draft(call=call, user=agent, values={"note": "Late parcel", "bogus": "x"}, now=NOW)
    call = tell("ended", 65)
    assert seen(agent) == ["c1"]
    assert calls.draft_of(call=call, user=agent)["note"] == "Late parcel"
    first = calls.log(call=call, user=agent, now=timezone.now(), outcome="solved", note="Late parcel")
    again = calls.log(call=call, user=agent, now=timezone.now(), outcome="sale", note="Another")
    assert (first.pk, again.outcome, first.duration, first.call_id) == (again.pk, "solved", 60, call.pk)
    assert (first.occurred_at, seen(agent), CallDraft.objects.count()) == (NOW + timedelta(seconds=5), [], 0)


def test_a_card_put_aside_is_aside_for_oneself_alone(ada, agent, colleague):
    call = tell("ringing")
    calls.put_aside(call=call, user=agent, now=NOW)
    assert (seen(agent), seen(colleague)) == ([], ["c1"])


def test_nobody_known_is_chosen_and_the_number_kept(desk, agent):
    call = tell("ringing", number="0044 7400 999999")
    assert (call.match, call.customer) == ("none", None)
    with pytest.raises(calls.NobodyChosen):
        calls.log(call=call, user=agent, now=NOW, outcome="solved")
    bob = customers.create(values={"name": "Bob"}, by=SYSTEM, now=NOW)
    calls.choose(call=call, customer=bob, by=agent.actor, now=NOW, keep_number=True)
    tell("answered", 5, number="0044 7400 999999", agent="12")
    assert Call.objects.get().customer == bob
    assert tell("ringing", call_id="c2", number="+447400999999").match == "verified"


def test_a_withheld_number_is_matched_with_nobody(ada):
    call = tell("ringing", number="anonymous")
    assert (call.match, call.customer, call.number) == ("withheld", None, "")


@pytest.mark.parametrize(("wrong", "field"), [({"call_id": " "}, "call_id"), ({"state": "busy"}, "state")])
def test_what_is_no_word_of_a_call_is_refused(desk, wrong, field):
    with pytest.raises(calls.InvalidCall) as refused:
        calls.tell(**{"call_id": "c1", "state": "ringing", "by": SYSTEM, "now": NOW} | wrong)
    assert set(refused.value.fields) == {field}


def test_a_system_that_talks_without_end_is_stopped(desk):
    for second in range(50):
        tell("ringing", second)
    with pytest.raises(calls.InvalidCall):
        tell("ringing", 50)


def test_erased_people_leave_no_number_in_the_calls(ada, agent):
    tell("ringing")
    tell("ended", 5)
    erasure.erase(customer=ada, by=SYSTEM)
    call = Call.objects.get()
    assert (call.number, call.told, call.customer, Todo.objects.count(), Interaction.objects.count()) == (
        "", [], None, 0, 0)  # fmt: skip


def test_the_bell_rings_at_those_concerned_after_the_commit(ada, agent, colleague, django_capture_on_commit_callbacks):
    def heard() -> list[str]:
        return [bell.heard(tenant_id=tenancy.current_id(), user_id=user.pk) for user in (agent, colleague)]

    before = heard()
    with django_capture_on_commit_callbacks(execute=True):
        tell("ringing")
        assert heard() == before
    assert heard() == [str(int(count) + 1) for count in before]
    with django_capture_on_commit_callbacks(execute=True):
        tell("ringing")
    assert heard() == [str(int(count) + 1) for count in before]
