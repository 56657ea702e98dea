"""The inventory of channels and what goes over them; personas."""

from datetime import UTC, datetime, timedelta

import pytest

from customers.domain import events
from customers.domain.events import Happening
from cxm.audit.actors import SYSTEM
from journeys.domain import channels, personas
from tests.factories import CustomerFactory
from tests.journeys.map_factories import ChannelFactory, MapFactory, PersonaFactory

NOW = datetime(2026, 5, 31, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_cache(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


def contacts(customer, **counts: int) -> None:
    events.record(
        [
            Happening(customer.pk, f"Event {n % 3}", NOW - timedelta(hours=n + 1), channel=key.replace("none", ""))
            for key, count in counts.items()
            for n in range(count)
        ]
    )


def test_volumes_count_contacts_and_people_of_thirty_days(scoped):
    one, two = CustomerFactory.create_batch(2)
    contacts(one, web=3, none=1)
    contacts(two, web=1, email=1)
    events.record([Happening(one.pk, "Old", NOW - timedelta(days=31), channel="web")])
    assert channels.volumes(now=NOW) == [
        channels.Volume("web", 4, 2, 0.8), channels.Volume("", 1, 1, 0.0), channels.Volume("email", 1, 1, 0.2)
    ]  # fmt: skip


def test_one_channel_that_carries_all_and_those_forgotten_are_named(scoped):
    for key in ("web", "email", "chat"):
        ChannelFactory(key=key)
    contacts(CustomerFactory(), web=80, email=15, store=5)
    found = channels.standing(now=NOW)
    assert (found.alone[1].key, found.alone[1].share) == ("web", 0.8)
    assert [channel.key for channel, _volume in found.neglected] == ["chat"]
    assert [volume.key for volume in found.unlisted] == ["store"]
    assert (found.total, found.unnamed) == (100, 0)


def test_few_contacts_are_no_ground_for_a_warning(scoped):
    ChannelFactory(key="chat")
    contacts(CustomerFactory(), web=49)
    found = channels.standing(now=NOW)
    assert (found.alone, found.neglected) == (None, [])


def test_an_empty_inventory_begins_with_what_the_timeline_knows(scoped):
    contacts(CustomerFactory(), email=1, web=2)
    assert [(made.key, made.name) for made in channels.begin(by=SYSTEM, now=NOW)] == [
        ("web", "Website"), ("email", "Email")]  # fmt: skip
    assert channels.begin(by=SYSTEM, now=NOW) == []


def test_a_channel_is_in_the_inventory_once(scoped):
    assert channels.create(name="متجر", key="", by=SYSTEM).key == "mtjr"
    channels.create(name="Web", key="web", by=SYSTEM)
    with pytest.raises(channels.ChannelRefused) as refusal:
        channels.create(name="Site", key=" WEB ", by=SYSTEM)
    assert list(refusal.value.fields) == ["key"]


def test_a_persona_answers_questions_and_stays_while_maps_need_it(scoped):
    made = personas.create(name="Sara", by=SYSTEM, problems="Finds gifts late")
    personas.change(persona=made, by=SYSTEM, life="Works, two children")
    found = personas.get(made.pk)
    assert (found.problems, found.life) == ("Finds gifts late", "Works, two children")
    MapFactory(persona=made)
    with pytest.raises(personas.PersonaInUse):
        personas.delete(persona=made, by=SYSTEM)
    assert [each.map_count for each in personas.listed()] == [1]
    with pytest.raises(personas.PersonaRefused) as refusal:
        personas.change(persona=PersonaFactory(), by=SYSTEM, name=" ", summary="x" * 301)
    assert sorted(refusal.value.fields) == ["name", "summary"]
