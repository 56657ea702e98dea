"""What sets automations off, and what wakes those who wait."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import OperationalError, connection

from customers.domain import events, memberships
from customers.domain.events import Happening
from customers.models import CustomerTag, Event
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from journeys.domain import automations, inbox
from journeys.models import Automation, Enrolment, Heard, Listener
from tests.factories import CustomerFactory, SegmentFactory, TagFactory
from tests.journeys.factories import automation, run, standing, tag, wait

BOUGHT = "Order Completed"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def told(customer, name=BOUGHT, at=None, message_id=None, **properties) -> list[Event]:
    return events.record([Happening(customer.pk, name, at or now(), properties, message_id=message_id)])


def bought(where: dict | None = None) -> dict:
    return {"kind": "event", "event": BOUGHT, "where": where or {}}


def came() -> list[int]:
    return list(Enrolment.objects.order_by("pk").values_list("customer_id", flat=True))


def test_an_event_brings_in_whom_it_happened_to_with_what_it_carried(tenant):
    with tenancy.scope(tenant):
        customer = CustomerFactory()
        automation(tenant, [wait("P1D")], trigger=bought({"revenue": {"gte": 100}}))
        told(customer, revenue=120, order_id="o1")
        told(customer, revenue=20, order_id="o2")
        told(customer, "Product Viewed")
        assert Heard.objects.count() == 2
    run(tenant, now())
    with tenancy.scope(tenant):
        assert Heard.objects.count() == 0
        assert list(Enrolment.objects.values_list("customer_id", "data")) == [
            (customer.pk, {"revenue": 120, "order_id": "o1"})
        ]


def test_the_same_event_told_twice_brings_in_once(tenant):
    with tenancy.scope(tenant):
        customer = CustomerFactory()
        automation(tenant, [wait("P1D")], trigger=bought())
        told(customer, message_id="m1")
        told(customer, message_id="m1")
    run(tenant, now())
    with tenancy.scope(tenant):
        assert came() == [customer.pk]


def test_history_that_is_brought_in_sets_nothing_off(tenant):
    with tenancy.scope(tenant):
        customer = CustomerFactory()
        automation(tenant, [wait("P1D")], trigger=bought())
        told(customer, at=now() - 3 * DAY)
        assert Heard.objects.count() == 0


def test_an_event_taken_back_brings_nobody_in(tenant):
    with tenancy.scope(tenant):
        automation(tenant, [wait("P1D")], trigger=bought())
        told(CustomerFactory(), message_id="click:1")
        events.retract(message_ids=["click:1"])
    run(tenant, now())
    with tenancy.scope(tenant):
        assert came() == []


REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'deadlock detected' USING ERRCODE = 'deadlock_detected'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON journeys_enrolment EXECUTE FUNCTION refuse()
"""


def test_what_the_database_refuses_for_the_moment_is_taken_again(tenant):
    with tenancy.scope(tenant):
        customer = CustomerFactory()
        automation(tenant, [wait("P1D")], trigger=bought())
        told(customer)
    with connection.cursor() as cursor:
        cursor.execute(REFUSE)
        with pytest.raises(OperationalError):
            inbox.drain(tenant=tenant, now=now())
        cursor.execute("DROP TRIGGER refuse ON journeys_enrolment")
    run(tenant, now())
    with tenancy.scope(tenant):
        assert came() == [customer.pk]
        assert Automation.objects.get().problem == ""


def test_where_nobody_listens_one_question_is_all_it_costs(tenant, django_assert_num_queries):
    with tenancy.scope(tenant):
        event = told(CustomerFactory())[0]
        with django_assert_num_queries(1):
            inbox.hear_events([event] * 100)
        automation(tenant, [wait("P1D")], trigger=bought())
        with django_assert_num_queries(2):
            inbox.hear_events([event] * 100)


@pytest.mark.parametrize("when", ["entered", "left"])
def test_coming_into_or_going_out_of_a_segment_brings_in(tenant, when):
    with tenancy.scope(tenant):
        label = TagFactory(name="vip", name_key="vip")
        segment = SegmentFactory(rule={"tag": "vip"})
        stays, moves = CustomerFactory(), CustomerFactory()
        CustomerTag.objects.create(customer=stays, tag=label)
        if when == "left":
            link = CustomerTag.objects.create(customer=moves, tag=label)
        memberships.refresh_now(segment=segment, tenant=tenant, now=now())
        automation(tenant, [wait("P1D")], trigger={"kind": "segment", "segment": segment.pk, "when": when})
        if when == "left":
            link.delete()
        else:
            CustomerTag.objects.create(customer=moves, tag=label)
        events.mark_dirty([moves.pk])
        memberships.refresh_changed(tenant=tenant, now=now())
    run(tenant, now())
    with tenancy.scope(tenant):
        assert came() == [moves.pk]


def test_filling_a_segment_for_the_first_time_or_by_another_rule_sets_nothing_off(tenant):
    with tenancy.scope(tenant):
        segment = SegmentFactory(rule={"attribute": "city", "is": "Cairo"})
        CustomerFactory(city="Cairo")
        automation(tenant, [wait("P1D")], trigger={"kind": "segment", "segment": segment.pk, "when": "entered"})
        memberships.refresh_now(segment=segment, tenant=tenant, now=now())
        assert Heard.objects.count() == 0
        late = CustomerFactory(city="Cairo")
        memberships.refresh_now(segment=segment, tenant=tenant, now=now())
        assert list(Heard.objects.values_list("customer_id", flat=True)) == [late.pk]


WAITING = [{"kind": "wait_event", "settings": {"event": BOUGHT, "where": {"revenue": {"gte": 100}}, "timeout": "PT1H"},
            "paths": [{"key": "yes", "steps": [tag("bought")]}, {"key": "no", "steps": [tag("did not")]}]}]  # fmt: skip


def enter(tenant, at):
    with tenancy.scope(tenant):
        customer = CustomerFactory()
        automation(tenant, WAITING, trigger={"kind": "event", "event": "Checkout Started", "where": {}})
        told(customer, "Checkout Started", at)
    return customer


def carried(customer) -> list[str]:
    return list(CustomerTag.objects.filter(customer=customer).values_list("tag__name", flat=True))


def test_who_waits_for_an_event_goes_on_when_it_comes(tenant):
    at = now() - 30 * MINUTE
    customer = enter(tenant, at)
    run(tenant, at + MINUTE)
    with tenancy.scope(tenant):
        told(customer, at=at + 10 * MINUTE, revenue=20)
        told(customer, at=at + 20 * MINUTE, revenue=200)
    run(tenant, at + 21 * MINUTE)
    with tenancy.scope(tenant):
        assert (carried(customer), standing()) == (["bought"], [("done", "s2")])
        assert Enrolment.objects.get().finished_at == at + 20 * MINUTE


def test_the_awaited_event_may_be_faster_than_the_worker(tenant):
    at = now() - 30 * MINUTE
    customer = enter(tenant, at)
    with tenancy.scope(tenant):
        told(customer, at=at + MINUTE, revenue=200)
    run(tenant, at + 2 * MINUTE)
    with tenancy.scope(tenant):
        assert carried(customer) == ["bought"]


def test_time_runs_out(tenant):
    at = now() - 3 * HOUR
    customer = enter(tenant, at)
    run(tenant, at + MINUTE)
    with tenancy.scope(tenant):
        told(customer, at=at + 2 * HOUR, revenue=200)
    run(tenant, at + 3 * HOUR)
    with tenancy.scope(tenant):
        assert carried(customer) == ["did not"]
        assert Enrolment.objects.get().finished_at == at + HOUR


def test_a_wake_up_that_was_lost_costs_a_minute(tenant):
    at = now() - 30 * MINUTE
    customer = enter(tenant, at)
    run(tenant, at)
    with tenancy.scope(tenant):
        told(customer, at=at + timedelta(seconds=5), revenue=200)
        Heard.objects.all().delete()
    run(tenant, at + MINUTE)
    with tenancy.scope(tenant):
        assert carried(customer) == ["bought"]


def test_the_goal_takes_people_out_wherever_they_stand(tenant):
    at = now() - HOUR
    with tenancy.scope(tenant):
        customer, other = CustomerFactory(), CustomerFactory()
        automation(tenant, [wait("P7D"), tag("reminded")], goal={"event": BOUGHT, "where": {}},
                   trigger={"kind": "event", "event": "Checkout Started", "where": {}})  # fmt: skip
        told(customer, "Checkout Started", at)
        told(other, "Checkout Started", at)
    run(tenant, at + MINUTE)
    with tenancy.scope(tenant):
        told(customer, at=at + 2 * MINUTE)
        told(other, at=at - MINUTE)  # before they came in
    run(tenant, at + 5 * MINUTE)
    with tenancy.scope(tenant):
        found = Enrolment.objects.order_by("pk").values_list("state", "reason")
        assert list(found) == [("done", "goal"), ("active", "")]
        assert Event.objects.filter(name="Journey Goal Reached").count() == 1


def test_a_birthday_brings_in_at_nine_where_people_live_once_a_year(tenant):
    tenant.timezone = "Asia/Riyadh"
    tenant.save()
    trigger = {"kind": "date", "attribute": "birthday", "days": -3, "time": "09:00"}
    begin = datetime(2026, 6, 6, 23, tzinfo=UTC)
    with tenancy.scope(tenant):
        here = CustomerFactory(birthday=date(1990, 6, 10))
        tokyo = CustomerFactory(birthday=date(1980, 6, 10), timezone="Asia/Tokyo")
        CustomerFactory(birthday=date(1990, 6, 11))
        nowhere = CustomerFactory(birthday=date(1990, 6, 10), timezone="No/Where")
        automation(tenant, [wait("P1D")], trigger=trigger, now=begin)
    assert inbox.look_at_calendar(tenant=tenant, now=begin + 2 * HOUR) == 1
    assert inbox.look_at_calendar(tenant=tenant, now=begin + 8 * HOUR) == 2
    assert inbox.look_at_calendar(tenant=tenant, now=begin + 9 * HOUR) == 0
    with tenancy.scope(tenant):
        found = Enrolment.objects.order_by("entered_at", "pk").values_list("customer_id", "entered_at", "key")
        six = begin + 7 * HOUR
        assert list(found) == [(tokyo.pk, begin + HOUR, "date:2026-06-10"), (here.pk, six, "date:2026-06-10"),
                               (nowhere.pk, six, "date:2026-06-10")]  # fmt: skip


def test_dates_of_a_leap_day_fall_on_the_day_before(tenant):
    trigger = {"kind": "date", "attribute": "birthday", "days": 0, "time": "09:00"}
    begin = datetime(2027, 2, 27, 12, tzinfo=UTC)
    with tenancy.scope(tenant):
        customer = CustomerFactory(birthday=date(2000, 2, 29))
        automation(tenant, [wait("P1D")], trigger=trigger, now=begin)
    assert inbox.look_at_calendar(tenant=tenant, now=begin + DAY) == 1
    with tenancy.scope(tenant):
        assert came() == [customer.pk]


def test_a_new_version_listens_and_the_old_one_only_wakes(tenant):
    at = now() - 10 * MINUTE
    customer = enter(tenant, at)
    run(tenant, at + MINUTE)
    with tenancy.scope(tenant):
        made = automations.listed().get()
        draft = made.draft | {"trigger": bought({"coupon": "NEW"})}
        automations.redraw(automation=made, definition=draft, by=SYSTEM)
        automations.publish(automation=made, tenant=tenant, by=SYSTEM, now=now(), inside="finish")
        heard = Listener.objects.order_by("pk").values_list("version__number", "role", "ref")
        assert sorted(heard) == [(1, "wake", BOUGHT), (2, "start", BOUGHT), (2, "wake", BOUGHT)]
        told(customer, at=at + 3 * MINUTE, revenue=300)
    run(tenant, at + 4 * MINUTE)
    with tenancy.scope(tenant):
        assert carried(customer) == ["bought"]
        assert list(Enrolment.objects.values_list("version__number", "state")) == [(1, "done")]
