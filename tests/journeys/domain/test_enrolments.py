"""Coming in, going on, going out: rows of real automations."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Lease, Message, SendUnit
from customers.domain import erasure, identities
from customers.models import CustomerTag, Event
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from journeys.domain import automations, enrolments
from journeys.models import Enrolment, StepTaken
from tests.campaigns.factories import SenderFactory, VersionFactory
from tests.factories import CustomerFactory
from tests.feedback.factories import make_survey
from tests.journeys.factories import NOW, automation, come, run, standing, tag, wait

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def tags() -> list[tuple[int, str]]:
    return list(CustomerTag.objects.order_by("customer_id", "tag__name").values_list("customer_id", "tag__name"))


def test_people_come_in_wait_and_go_on(tenant):
    with tenancy.scope(tenant):
        first, second = CustomerFactory(), CustomerFactory()
        made = automation(tenant, [tag("in"), wait("PT1H"), tag("out")])
        assert come(made, first, second) == 2
        assert come(made, first, second) == 0  # the same key lets in once
    run(tenant)
    with tenancy.scope(tenant):
        assert standing() == [("active", "s2"), ("active", "s2")]
        assert tags() == [(first.pk, "in"), (second.pk, "in")]
    run(tenant, NOW + HOUR - timedelta(seconds=1))
    with tenancy.scope(tenant):
        assert standing() == [("active", "s2"), ("active", "s2")]
    run(tenant, NOW + 2 * HOUR)  # a worker that comes late moves nobody's clock
    with tenancy.scope(tenant):
        assert standing() == [("done", "s3"), ("done", "s3")]
        taken = StepTaken.objects.filter(enrolment__customer=first).order_by("pk").values_list("node", "at")
        assert list(taken) == [("s1", NOW), ("s2", NOW + HOUR), ("s3", NOW + HOUR)]
        assert Enrolment.objects.filter(finished_at=NOW + HOUR).count() == 2
        told = Event.objects.filter(source="journeys").order_by("occurred_at", "id").values_list("name", flat=True)
        assert list(told) == ["Journey Entered"] * 2 + ["Journey Finished"] * 2


@pytest.mark.parametrize(
    ("again", "after", "expected"),
    [
        ("once", "inside", 1), ("once", "over", 1),
        ("after", "inside", 1), ("after", "over", 2),
        ("always", "inside", 2), ("always", "over", 2),
        ({"rule": "not_within", "days": 30}, "over", 1), ({"rule": "not_within", "days": 1}, "over", 2),
    ],
)  # fmt: skip
def test_who_may_come_in_again(tenant, again, after, expected):
    with tenancy.scope(tenant):
        customer = CustomerFactory()
        made = automation(tenant, [wait("PT1H")], again=again)
        come(made, customer, key="one")
    later = NOW + (DAY if after == "over" else timedelta(minutes=1))
    run(tenant, later)
    with tenancy.scope(tenant):
        come(made, customer, key="two", now=later)
        passages = list(Enrolment.objects.order_by("passage").values_list("passage", flat=True))
    assert passages == list(range(1, expected + 1))


def test_nobody_comes_in_more_than_so_often_a_day(tenant):
    with tenancy.scope(tenant):
        customer = CustomerFactory()
        made = automation(tenant, [tag("in")])
        came = [come(made, customer, key=f"k{number}") for number in range(26)]
        assert came == [1] * 24 + [0, 0]
        assert come(made, customer, key="later", now=NOW + DAY) == 1


def test_an_email_step_writes_the_ledger_once_for_each_passage(tenant):
    with tenancy.scope(tenant):
        SenderFactory(is_default=True)
        people = [CustomerFactory() for _person in range(3)]
        template = VersionFactory().template
        step = {"kind": "send", "settings": {"template": template.pk}}
        made = automation(tenant, [step, wait("PT1H"), step])
        come(made, *people)
    run(tenant)
    run(tenant)
    with tenancy.scope(tenant):
        assert list(SendUnit.objects.values_list("kind", "ref")) == [("journey", f"{made.version_id}:s1:1")]
        assert sorted(Message.objects.values_list("customer_id", "state")) == [(each.pk, "queued") for each in people]
        assert Lease.objects.count() == 1
        come(made, people[0], key="again", now=NOW)
    run(tenant, NOW + HOUR)
    with tenancy.scope(tenant):
        found = Message.objects.values_list("unit__ref", flat=True)
        ref = f"{made.version_id}:"
        assert sorted(found) == sorted([f"{ref}s1:1"] * 3 + [f"{ref}s3:1"] * 3 + [f"{ref}s1:2", f"{ref}s3:2"])


def test_who_stands_at_a_step_that_is_gone_waits_for_a_person(tenant):
    with tenancy.scope(tenant):
        people = [CustomerFactory() for _person in range(5)]
        made = automation(tenant, [{"kind": "webhook", "settings": {"url": "https://example.com/hook"}}, tag("out")])
        come(made, *people)
        Enrolment.objects.filter(customer=people[2]).update(node="s99")
    run(tenant)
    with tenancy.scope(tenant):
        assert [state for state, _node in standing()] == ["done", "done", "failed", "done", "done"]
        failed = Enrolment.objects.get(state="failed")
        assert (failed.reason, failed.attempts, failed.due_at) == ("step_gone", 1, NOW + timedelta(minutes=1))
        Enrolment.objects.filter(pk=failed.pk).update(node="s1")
        assert enrolments.try_again(automation=made, by=SYSTEM, now=NOW) == 1
    run(tenant)
    with tenancy.scope(tenant):
        assert {state for state, _node in standing()} == {"done"}


def test_a_step_that_fails_for_one_lets_the_others_go_on(tenant):
    with tenancy.scope(tenant):
        people = [CustomerFactory() for _person in range(9)]
        made = automation(tenant, [tag("in"), {"kind": "webhook", "settings": {"url": "https://example.com/"}}])
        come(made, *people)
        number = Enrolment.objects.get(customer=people[4]).pk
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE journeys_call ADD CONSTRAINT not_him CHECK (enrolment_id <> %s)",
                       [number])  # fmt: skip
    run(tenant)
    with tenancy.scope(tenant):
        assert [state for state, _node in standing()] == ["done"] * 4 + ["failed"] + ["done"] * 4
        failed = Enrolment.objects.get(state="failed")
        assert (failed.node, failed.reason, failed.attempts) == ("s2", "error", 1)
        assert len(tags()) == 9


def test_a_step_that_always_fails_comes_to_rest(tenant):
    with tenancy.scope(tenant):
        made = automation(tenant, [tag("in")])
        come(made, CustomerFactory())
        Enrolment.objects.update(node="s99")
    now = NOW
    for _try in range(8):
        run(tenant, now)
        now += DAY
    with tenancy.scope(tenant):
        failed = Enrolment.objects.get()
        assert (failed.state, failed.attempts, failed.due_at) == ("failed", 6, None)


def test_who_is_erased_or_merged_leaves(tenant):
    with tenancy.scope(tenant):
        erased, winner, loser, mover = (CustomerFactory() for _person in range(4))
        made = automation(tenant, [wait("PT1H"), tag("out")])
        come(made, erased, winner, loser, mover)
        erasure.erase(customer=erased, by=SYSTEM)
        identities.merge(winner_id=winner.pk, loser_id=loser.pk, by=SYSTEM, now=NOW)
    run(tenant, NOW + HOUR)
    with tenancy.scope(tenant):
        found = Enrolment.objects.order_by("pk").values_list("customer_id", "state", "reason")
        assert list(found) == [(None, "left", "erased"), (winner.pk, "done", ""), (None, "left", "merged"),
                               (mover.pk, "done", "")]  # fmt: skip
        assert tags() == [(winner.pk, "out"), (mover.pk, "out")]


def test_pausing_makes_every_wait_longer_by_as_much(tenant):
    with tenancy.scope(tenant):
        customer = CustomerFactory()
        made = automation(tenant, [wait("PT1H"), tag("out")])
        come(made, customer)
    run(tenant)
    with tenancy.scope(tenant):
        automations.pause(automation=made, by=SYSTEM, now=NOW + HOUR / 2)
    run(tenant, NOW + 3 * HOUR)
    with tenancy.scope(tenant):
        assert standing() == [("active", "s1")]
        made = automations.get(automation_id=made.pk)
        come(made, CustomerFactory(), now=NOW + 3 * HOUR)  # who comes meanwhile waits at the beginning
        automations.resume(automation=made, by=SYSTEM, now=NOW + 3 * HOUR)
        assert Enrolment.objects.order_by("pk").first().due_at == NOW + 3.5 * HOUR
    run(tenant, NOW + 3.5 * HOUR)
    with tenancy.scope(tenant):
        assert standing() == [("done", "s2"), ("active", "s1")]


@pytest.mark.parametrize("kind", ["send", "survey"])
def test_mail_that_steps_queued_is_held_let_go_and_left_out(tenant, kind):
    with tenancy.scope(tenant):
        SenderFactory(is_default=True)
        template = VersionFactory(template__kind="feedback").template
        settings = {"template": template.pk} if kind == "send" else {"survey": make_survey().pk}
        made = automation(tenant, [{"kind": kind, "settings": settings}])
        come(made, CustomerFactory())
    run(tenant)
    with tenancy.scope(tenant):
        for change, held in ((automations.pause, True), (automations.resume, False), (automations.stop, True)):
            change(automation=made, by=SYSTEM, now=NOW)
            assert SendUnit.objects.get().paused is held
        assert list(Message.objects.values_list("state", "reason")) == [("skipped", "cancelled")]
        assert list(Lease.objects.values_list("state", flat=True)) == ["done"]


def test_stopping_takes_everybody_out(tenant):
    with tenancy.scope(tenant):
        made = automation(tenant, [wait("PT1H")])
        come(made, CustomerFactory())
        automations.stop(automation=made, by=SYSTEM, now=NOW)
        assert list(Enrolment.objects.values_list("state", "reason")) == [("left", "stopped")]
        with pytest.raises(enrolments.NotOpen):
            come(automations.get(automation_id=made.pk), CustomerFactory())


def test_many_people_at_one_step_cost_as_many_statements_as_two(tenant):
    counts = []
    for size in (2, 40):
        with tenancy.scope(tenant):
            made = automation(tenant, [wait("PT1S"), tag("in"), tag("out")])
            come(made, *CustomerFactory.create_batch(size))
        with CaptureQueriesContext(connection) as captured:
            enrolments.move_on(tenant=tenant, now=NOW + HOUR)
        with tenancy.scope(tenant):
            assert Enrolment.objects.filter(automation=made, state="done").count() == size
            automations.stop(automation=made, by=SYSTEM, now=NOW)
        counts.append(len(captured))
    assert counts[0] == counts[1]
