"""The simulator says what would happen, exactly, and leaves nothing behind."""

from datetime import timedelta

import pytest

from campaigns.models import Message
from customers.domain import events
from customers.domain.events import Happening
from customers.models import CustomerTag, Event
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from journeys.domain import automations, figures, simulator, trees
from journeys.models import Call, Enrolment
from tests import strangers
from tests.campaigns.factories import SenderFactory, VersionFactory
from tests.factories import CustomerFactory
from tests.journeys.factories import NOW, automation, come, run, tag, wait

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def story(template) -> list[dict]:
    """A tree with everything that decides something."""
    return [
        tag("seen"),
        {"kind": "branch", "paths": [
            {"key": "a", "settings": {"rule": {"attribute": "country", "is": "SA"}}, "steps": [
                {"kind": "send", "settings": {"template": template.pk}},
                wait("PT2H"),
            ]},
            {"key": "b", "settings": {"rule": {"all": [{"tag": "seen"}, {"attribute": "city", "is": "Cairo"}]}},
             "steps": [{"kind": "webhook", "settings": {"url": "https://example.com/"}}, {"kind": "exit"}]},
            {"key": "else", "steps": []}]},
        {"kind": "split", "paths": [{"key": "a", "settings": {"percent": 30}, "steps": [tag("A")]},
                                    {"key": "b", "settings": {"percent": 70}, "steps": [tag("B")]}]},
        {"kind": "wait_event", "settings": {"event": "Order Completed", "timeout": "PT3H"}, "paths": [
            {"key": "yes", "steps": [tag("bought")]}, {"key": "no", "steps": []}]},
        {"kind": "wait_until", "settings": {"time": "21:00"}},
        {"kind": "goal", "settings": {"name": "There"}},
    ]  # fmt: skip


def people() -> list:
    places = [("SA", "Riyadh"), ("EG", "Cairo"), ("DE", "")] * 13
    return [CustomerFactory(country=country, city=city) for country, city in places]


def test_what_it_says_is_what_happens_then(tenant):
    with tenancy.scope(tenant):
        SenderFactory(is_default=True)
        made = automation(tenant, story(VersionFactory().template))
        found = people()
        said = simulator.try_out(automation=made, tenant=tenant, customer_ids=[person.pk for person in found], now=NOW)
        assert (Enrolment.objects.count(), CustomerTag.objects.count(), Message.objects.count()) == (0, 0, 0)
        come(made, *found)
    for hours in range(30):
        run(tenant, NOW + hours * HOUR)
    with tenancy.scope(tenant):
        real = figures.of(automation=made)
        assert real.as_json() == said.figures.as_json()
        assert (real.entered, real.done, dict(real.left), real.inside) == (39, 26, {"exit": 13}, 0)
        assert sorted(Message.objects.values_list("customer_id", flat=True)) == sorted(
            told.customer_id for told in said.told if told.step.kind == "send"
        )
        assert Call.objects.count() == 13


def test_a_replay_takes_the_past_for_what_it_was_and_writes_nothing(tenant):
    with tenancy.scope(tenant):
        buyer, leaver, late = (CustomerFactory() for _person in range(3))
        began = NOW - 20 * DAY
        happened = [
            (buyer, "Checkout Started", began), (buyer, "Order Completed", began + HOUR),
            (leaver, "Checkout Started", began + DAY), (leaver, "Checkout Started", began + DAY + HOUR),
            (late, "Checkout Started", began + 3 * DAY), (late, "Order Completed", began + 5 * DAY),
            (late, "Checkout Started", NOW - timedelta(minutes=10)),
        ]  # fmt: skip
        events.record([Happening(person.pk, name, at) for person, name, at in happened])
        steps = [{"kind": "wait_event", "settings": {"event": "Order Completed", "timeout": "P1D"}, "paths": [
            {"key": "yes", "steps": []}, {"key": "no", "steps": [tag("reminded"), {
                "kind": "branch", "paths": [{"key": "a", "settings": {"rule": {"tag": "reminded"}}}]}]}]}]  # fmt: skip
        definition = {"trigger": {"kind": "event", "event": "Checkout Started"}, "again": {"rule": "after"},
                      "steps": steps}  # fmt: skip
        made = automations.create(name="Cart", by=SYSTEM, definition=definition)
    before = strangers.fingerprints(tenant)
    with tenancy.scope(tenant):
        said = simulator.replay(automation=made, tenant=tenant, since=began - DAY, until=NOW, now=NOW)
    assert strangers.fingerprints(tenant) == before
    assert said.figures.as_json() == {
        "entered": 4, "inside": 1, "failed": 0, "done": 3, "left": {}, "goal": 0,
        "steps": {
            "s1": {"passed": 3, "paths": {"yes": 1, "no": 2}, "waiting": 1, "failed": 0},
            "s2": {"passed": 2, "paths": {}, "waiting": 0, "failed": 0},
            "s3": {"passed": 2, "paths": {"a": 2}, "waiting": 0, "failed": 0},
        },
    }  # fmt: skip
    assert dict(said.refused) == {"inside": 1}


def test_the_goal_ends_a_rehearsal_as_it_ends_the_real_thing(tenant):
    with tenancy.scope(tenant):
        customer = CustomerFactory()
        events.record([Happening(customer.pk, "Checkout Started", NOW - 9 * DAY),
                       Happening(customer.pk, "Order Completed", NOW - 8 * DAY)])  # fmt: skip
        definition = {"trigger": {"kind": "event", "event": "Checkout Started"}, "goal": {"event": "Order Completed"},
                      "steps": [wait("PT1H"), wait("P3D"), tag("late")]}  # fmt: skip
        made = automations.create(name="Cart", by=SYSTEM, definition=definition)
        said = simulator.replay(automation=made, tenant=tenant, since=NOW - 10 * DAY, until=NOW, now=NOW)
        assert (said.figures.done, said.figures.goal, sorted(said.figures.steps)) == (1, 1, ["s1"])
        assert Event.objects.count() == 2


def test_what_cannot_be_simulated_is_said(scoped):
    made = automations.create(name="Draft", by=SYSTEM)
    with pytest.raises(trees.NotReady):
        simulator.try_out(automation=made, tenant=scoped, customer_ids=[], now=NOW)
    automations.redraw(automation=made, definition={"steps": [tag("x")]}, by=SYSTEM)
    made.refresh_from_db()
    with pytest.raises(simulator.NothingToReplay):
        simulator.replay(automation=made, tenant=scoped, since=NOW - DAY, until=NOW, now=NOW)
    for since, until in ((NOW, NOW - DAY), (NOW, NOW + DAY), (NOW - 400 * DAY, NOW)):
        with pytest.raises(simulator.BadPeriod):
            simulator.replay(automation=made, tenant=scoped, since=since, until=until, now=NOW)
