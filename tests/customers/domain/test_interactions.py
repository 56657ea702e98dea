"""Interactions: kept once, told on the timeline, followed up."""

from datetime import UTC, datetime, timedelta

import pytest

from customers.domain import interactions, timeline
from customers.models import Event, Interaction
from cxm.accounts.models import Todo
from cxm.audit.actors import SYSTEM
from tests.factories import CustomerFactory

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SAID = {"channel": "phone", "direction": "in", "outcome": "solved", "by": SYSTEM, "at": NOW}


def test_it_stands_on_the_timeline_and_is_followed_up(scoped):
    ada = CustomerFactory(name="Ada")
    made = interactions.log(
        customer=ada, **SAID, sentiment="good", subject=" Delivery\n", note="All well.", duration=timedelta(minutes=3),
        follow_up=interactions.FollowUp("Send the invoice", NOW),
    )  # fmt: skip
    event = Event.objects.get()
    assert (event.name, event.channel, event.source, event.occurred_at) == ("Interaction Logged", "phone", "api", NOW)
    assert event.properties == {
        "interaction": made.pk, "channel": "phone", "direction": "in", "outcome": "solved", "subject": "Delivery",
        "sentiment": "good", "duration": 180,
    }  # fmt: skip
    assert timeline.sentence(event) == "Came to us, Phone call: Delivery"
    assert timeline.kind_of(event) == "contact"
    todo = Todo.objects.get()
    assert (todo.title, todo.about_kind, todo.about_id, todo.due_at) == ("Send the invoice", "customer", ada.pk, NOW)


def test_without_a_subject_the_sentence_tells_what_came_of_it(scoped):
    interactions.log(customer=CustomerFactory(), **SAID | {"channel": "post", "direction": "out", "outcome": "sale"})
    assert timeline.sentence(Event.objects.get()) == "Was contacted, Post: Order or sale"


def test_the_same_key_is_the_same_interaction(scoped):
    ada = CustomerFactory()
    first = interactions.log(customer=ada, **SAID, note="one", key="k")
    again = interactions.log(customer=ada, **SAID, note="two", key="k")
    assert (again.pk, again.note) == (first.pk, "one")
    assert (Interaction.objects.count(), Event.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"channel": "fax"}, "channel"), ({"direction": ""}, "direction"), ({"outcome": "x"}, "outcome"),
        ({"sentiment": "angry"}, "sentiment"), ({"subject": "x" * 201}, "subject"), ({"note": "x" * 20_001}, "note"),
        ({"duration": timedelta(seconds=-1)}, "duration"), ({"duration": timedelta(days=8)}, "duration"),
    ],
)  # fmt: skip
def test_what_is_not_so_is_refused(scoped, wrong, field):
    with pytest.raises(interactions.InvalidInteraction) as refused:
        interactions.log(customer=CustomerFactory(), **SAID | wrong)
    assert set(refused.value.fields) == {field}
    assert Interaction.objects.count() == 0
