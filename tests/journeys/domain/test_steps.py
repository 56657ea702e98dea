"""Kinds of steps that need more than a walk: times of day, chance, rules, values, calls."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.domain import attributes
from customers.models import CustomerTag
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from journeys import steps
from journeys.models import Call, StepTaken
from journeys.steps import split, wait_until
from journeys.steps.frame import Names, Path, Person, Step
from tests.factories import CustomerFactory
from tests.journeys.factories import NOW, automation, come, run, tag

FUNCTIONS = ("clean", "words", "choose", "act")
ZONES = ["UTC", "Asia/Riyadh", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]


def test_every_kind_has_the_same_functions_and_words():
    for key, kind in steps.KINDS.items():
        assert key == kind.KIND
        assert all(callable(getattr(kind, name)) for name in FUNCTIONS), key
        assert str(kind.LABEL) and kind.ICON and isinstance(kind.CHANGES_PERSON, bool), key


@given(
    since=st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    at=st.times(),
    days=st.sets(st.integers(0, 6), min_size=1),
    zone=st.sampled_from(ZONES),
)
def test_the_next_time_of_day_is_the_first_there_is(since, at, days, zone):
    found = wait_until.following(since, at, days, ZoneInfo(zone))
    assert found >= since
    there = found.astimezone(ZoneInfo(zone))
    assert there.weekday() in days or there.utcoffset() != since.astimezone(ZoneInfo(zone)).utcoffset()
    assert (found - since).days <= 7


@pytest.mark.parametrize(
    ("since", "at", "days", "zone", "expected"),
    [
        ("2026-06-01T09:00", "09:00", "0123456", "UTC", "2026-06-01T09:00"),
        ("2026-06-01T09:01", "09:00", "0123456", "UTC", "2026-06-02T09:00"),
        ("2026-06-01T09:01", "09:00", "0", "UTC", "2026-06-08T09:00"),
        ("2026-06-01T05:00", "09:00", "0123456", "Asia/Riyadh", "2026-06-01T06:00"),
        ("2026-03-28T12:00", "02:30", "0123456", "Europe/Berlin", "2026-03-29T01:30"),  # a time the day does not have
        ("2026-10-24T12:00", "02:30", "0123456", "Europe/Berlin", "2026-10-25T00:30"),  # one it has twice
    ],
)
def test_times_of_day_where_people_live(since, at, days, zone, expected):
    moment = datetime.fromisoformat(since).replace(tzinfo=UTC)
    found = wait_until.following(moment, time.fromisoformat(at), set(map(int, days)), ZoneInfo(zone))
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def _drawn(percents: dict[str, int], passage: int = 1) -> list[str]:
    step = Step("s1", "split", paths=tuple(Path(key, settings={"percent": n}) for key, n in percents.items()))
    people = [Person(number, number, passage, "s1", NOW, NOW) for number in range(4000)]

    class Moment:
        automation_id = 7

    moves = split.choose(step, people, Moment)
    return [moves[person.id].path for person in people]


def test_chance_is_fair_and_always_the_same():
    drawn = _drawn({"a": 20, "b": 50, "c": 30})
    assert drawn == _drawn({"a": 20, "b": 50, "c": 30})
    assert drawn != _drawn({"a": 20, "b": 50, "c": 30}, passage=2)
    assert all(abs(drawn.count(key) - share) < 100 for key, share in {"a": 800, "b": 2000, "c": 1200}.items())
    assert set(_drawn({"a": 0, "b": 100})) == {"b"}


def test_the_first_rule_that_holds_decides(tenant):
    rule = {"attribute": "country", "is": "SA"}
    paths = [
        {"key": "a", "settings": {"rule": {"all": [rule, {"attribute": "city", "is": "Riyadh"}]}}, "steps": [tag("A")]},
        {"key": "b", "settings": {"rule": rule}, "steps": [tag("B")]},
        {"key": "else", "steps": [tag("E")]},
    ]
    with tenancy.scope(tenant):
        people = [CustomerFactory(country="SA", city="Riyadh"), CustomerFactory(country="SA"), CustomerFactory()]
        made = automation(tenant, [{"kind": "branch", "paths": paths}, tag("all")])
        come(made, *people)
    run(tenant)
    with tenancy.scope(tenant):
        found = CustomerTag.objects.order_by("customer_id", "tag__name").values_list("customer_id", "tag__name")
        first, second, third = (person.pk for person in people)
        assert list(found) == [
            (first, "A"),
            (first, "all"),
            (second, "B"),
            (second, "all"),
            (third, "E"),
            (third, "all"),
        ]
        assert sorted(StepTaken.objects.filter(node="s1").values_list("path", flat=True)) == ["a", "b", "else"]


def test_an_attribute_is_written_and_emptied_set_based(tenant):
    with tenancy.scope(tenant):
        attributes.define(key="tier", label="Tier", kind="number", by=SYSTEM)
        people = [CustomerFactory(attributes={"tier": 1, "x": 2}), CustomerFactory()]
        step = {"kind": "attribute", "settings": {"attribute": "tier", "value": "5"}}
        come(automation(tenant, [step]), *people)
    run(tenant)
    with tenancy.scope(tenant):
        for person in people:
            person.refresh_from_db()
        assert [person.attributes for person in people] == [{"tier": 5, "x": 2}, {"tier": 5}]
        ids = [person.pk for person in people]
        assert attributes.put(key="tier", value=5, customer_ids=ids, by=SYSTEM) == 0
        assert attributes.put(key="tier", value=None, customer_ids=ids, by=SYSTEM) == 2
        people[0].refresh_from_db()
        assert people[0].attributes == {"x": 2}
        assert steps.attribute.words({"attribute": "tier", "value": 5}, Names(tenant)) == "Set “Tier” to “5”"


def test_a_call_is_a_row_once(tenant):
    with tenancy.scope(tenant):
        customer = CustomerFactory(name="Zoe", email="zoe@example.com", external_id="z1", phone="+49301234")
        made = automation(tenant, [{"kind": "webhook", "settings": {"url": "https://example.com/hook"}}])
        come(made, customer)
    run(tenant)
    with tenancy.scope(tenant):
        call = Call.objects.get()
        assert (call.url, call.state, call.attempts) == ("https://example.com/hook", "queued", 0)
        assert call.body == {
            "type": "automation.step", "timestamp": NOW.isoformat(),
            "data": {"automation": made.pk, "step": "s1", "passage": 1, "event": {},
                     "customer": {"id": customer.pk, "external_id": "z1", "name": "Zoe", "email": "zoe@example.com",
                                  "phone": "+49301234", "language": ""}},
        }  # fmt: skip
