"""Definitions: one form, refused by place, checked before people come in."""

import pytest

from cxm import tenancy
from cxm.audit.actors import SYSTEM
from journeys.domain import automations, enrolments, trees
from journeys.models import Enrolment
from journeys.steps.frame import Names
from tests.factories import CustomerFactory
from tests.journeys.factories import MANUAL, NOW, automation, come, run, standing, tag, wait

DEEP: dict = {"kind": "branch", "paths": []}
for _level in range(12):
    DEEP = {"kind": "branch", "paths": [{"key": "a", "steps": [DEEP]}]}


def test_ids_are_given_out_and_paths_filled_in():
    found = trees.shaped({"steps": [{"kind": "branch"}, {"id": "s1", "kind": "wait_event"}, tag("x")]})
    assert [step["id"] for step in trees.walk(found["steps"])] == ["s2", "s1", "s3"]
    assert [path["key"] for path in found["steps"][0]["paths"]] == ["a", "else"]
    assert [path["key"] for path in found["steps"][1]["paths"]] == ["yes", "no"]
    assert (found["trigger"], found["again"], found["goal"]) == (MANUAL, {"rule": "once"}, None)
    assert trees.shaped(found) == found


@pytest.mark.parametrize(
    ("definition", "place"),
    [
        ({"steps": [tag("\0")]}, "definition"), ({"steps": [tag("\ud800")]}, "definition"),
        ({"trigger": {"x": float("nan")}}, "definition"),
        (None, "definition"), ([], "definition"), ({"steps": {}}, "steps"), ({"steps": [1]}, "steps[0]"),
        ({"steps": [{"kind": "sleep"}]}, "steps[0]"), ({"steps": [{"kind": ["wait"]}]}, "steps[0]"),
        ({"steps": [{"kind": "wait", "then": 1}]}, "steps[0].then"), ({"tigger": 1}, "tigger"),
        ({"steps": [{"kind": "wait", "settings": []}]}, "steps[0].settings"), ({"trigger": []}, "trigger"),
        ({"steps": [wait("P1D", id="a"), wait("P1D", id="a")]}, "steps[1].id"), ({"goal": 3}, "goal"),
        ({"steps": [wait("P1D", id="A b")]}, "steps[0].id"), ({"steps": [wait("P1D", id=7)]}, "steps[0].id"),
        ({"steps": [{"kind": "wait_event", "paths": [{"key": "c"}]}]}, "steps[0].paths"),
        ({"steps": [{"kind": "branch", "paths": [{"key": "a"}, {"key": "a"}]}]}, "steps[0].paths"),
        ({"steps": [{"kind": "branch", "paths": [{"key": "a", "steps": [{}]}]}]}, "steps[0].paths.a.steps[0]"),
        ({"steps": [wait("P1D")] * 101}, "steps[100]"),
        ({"steps": [{"kind": "wait", "settings": {"x": "y" * 10**6}}]}, "definition"),
        ({"steps": [DEEP]}, "steps[0]" + ".paths.a.steps[0]" * 7 + ".paths.a.steps"),
    ],
)  # fmt: skip
def test_what_is_no_tree_is_refused_with_its_place(definition, place):
    with pytest.raises(trees.InvalidDefinition) as refusal:
        trees.shaped(definition)
    assert list(refusal.value.fields) == [place]


@pytest.mark.parametrize(
    ("step", "field"),
    [
        (wait(""), "s1.duration"), (wait("P9Y"), "s1.duration"),
        ({"kind": "wait", "settings": {"duration": 5}}, "s1.duration"),
        ({"kind": "wait_until", "settings": {"time": "25:00"}}, "s1.time"),
        ({"kind": "wait_until", "settings": {"time": "09:00", "days": ["xyz"]}}, "s1.days"),
        ({"kind": "wait_event", "settings": {"event": "A", "timeout": ""}}, "s1.timeout"),
        ({"kind": "wait_event", "settings": {"event": "A", "where": {"x": {"nope": 1}}, "timeout": "P1D"}}, "s1.where"),
        ({"kind": "branch"}, "s1.a.rule"),
        ({"kind": "split", "paths": [{"key": "a", "settings": {"percent": 10}}]}, "s1.percent"),
        ({"kind": "split", "paths": [{"key": "a", "settings": {"percent": "x"}}]}, "s1.a.percent"),
        ({"kind": "send", "settings": {"template": 12}}, "s1.template"), (tag(""), "s1.tag"),
        ({"kind": "attribute", "settings": {"attribute": "none", "value": 1}}, "s1.attribute"),
        ({"kind": "webhook", "settings": {"url": "http://user:pass@example.com/"}}, "s1.url"),
        ({"kind": "webhook", "settings": {"url": None}}, "s1.url"),
        ({"kind": "goal", "settings": {"name": []}}, "s1.name"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_beside_the_step(scoped, step, field):
    definition = trees.shaped({"steps": [step]})
    with pytest.raises(trees.NotReady) as refusal:
        trees.cleaned(definition, Names(scoped))
    assert list(refusal.value.fields) == [field]


@pytest.mark.parametrize(
    ("trigger", "field"),
    [
        ({}, "trigger.kind"), ({"kind": []}, "trigger.kind"), ({"kind": "event"}, "trigger.event"),
        ({"kind": "segment", "segment": 9}, "trigger.segment"),
        ({"kind": "date", "attribute": "name"}, "trigger.attribute"),
        ({"kind": "date", "days": 999}, "trigger.days"), ({"kind": "case", "when": "lost"}, "trigger.when"),
        ({"kind": "survey", "score": {"big": 1}}, "trigger.score"),
    ],
)  # fmt: skip
def test_what_is_missing_of_a_trigger_is_said(scoped, trigger, field):
    definition = trees.shaped({"steps": [wait("P1D")], "trigger": trigger})
    assert [
        f"{place}.{name}" for place, said in trees.problems(definition, Names(scoped)).items() for name in said
    ] == [field]


def test_nothing_goes_live_without_steps(scoped):
    made = automations.create(name="Empty", by=SYSTEM)
    with pytest.raises(trees.NotReady):
        automations.publish(automation=made, tenant=scoped, by=SYSTEM, now=NOW)
    assert automations.get(automation_id=made.pk).state == "draft"


# --- versions -----------------------------------------------------------------------------------


@pytest.fixture
def inside(tenant):
    """Two people who wait at the first step, and a draft without it."""
    with tenancy.scope(tenant):
        made = automation(tenant, [wait("P1D"), tag("old")])
        come(made, CustomerFactory(), CustomerFactory())
    run(tenant)
    with tenancy.scope(tenant):
        draft = {"trigger": MANUAL, "again": {"rule": "always"}, "steps": [tag("new", id="n1"), tag("x", id="s2")]}
        return automations.redraw(automation=made, definition=draft, by=SYSTEM)


def publish(made, tenant, **said):
    return automations.publish(automation=made, tenant=tenant, by=SYSTEM, now=NOW, **said)


def test_a_version_that_people_are_in_asks_what_becomes_of_them(tenant, inside):
    with tenancy.scope(tenant):
        assert automations.inside(automation=inside) == {"s1": 2}
        assert automations.lost_steps(automation=inside) == ["s1"]
        with pytest.raises(automations.PeopleInside):
            publish(inside, tenant)
        with pytest.raises(automations.PeopleInside) as refusal:
            publish(inside, tenant, inside="move")
        assert list(refusal.value.fields) == ["mapping.s1"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"inside": "finish"}, [("done", "s2", 1)] * 2),
        ({"inside": "leave"}, [("left", "s1", 1)] * 2),
        ({"inside": "move", "mapping": {"s1": "n1"}}, [("done", "s2", 2)] * 2),
        ({"inside": "move", "mapping": {"s1": ""}}, [("left", "s1", 1)] * 2),
    ],
)
def test_people_finish_leave_or_move(tenant, inside, said, expected):
    with tenancy.scope(tenant):
        assert publish(inside, tenant, **said).number == 2
    run(tenant, NOW.replace(day=9))
    with tenancy.scope(tenant):
        found = Enrolment.objects.order_by("pk").values_list("state", "node", "version__number")
        assert list(found) == expected


def test_a_published_version_is_what_it_was(tenant, inside):
    with tenancy.scope(tenant):
        first = automations.get(automation_id=inside.pk).version
        publish(inside, tenant, inside="finish")
        first.refresh_from_db()
        assert [step["id"] for step in first.definition["steps"]] == ["s1", "s2"]
        newest = automations.get(automation_id=inside.pk)
        assert (newest.version.number, newest.draft) == (2, inside.draft)


def test_drafts_go_back_and_a_slower_editor_is_told(scoped):
    made = automations.create(name="Two", by=SYSTEM)
    first = automations.redraw(automation=made, definition={"steps": [tag("a")]}, by=SYSTEM, revision=1)
    assert first.revision == 2
    with pytest.raises(automations.Overtaken):
        automations.redraw(automation=made, definition={"steps": []}, by=SYSTEM, revision=1)
    back = automations.undo(automation=made, by=SYSTEM)
    assert (back.draft["steps"], back.revision, back.past) == ([], 3, [])
    assert automations.undo(automation=made, by=SYSTEM).revision == 3


def test_only_what_was_never_live_can_be_thrown_away(scoped):
    made = automation(scoped, [tag("a")])
    with pytest.raises(automations.WrongState):
        automations.delete(automation=made, by=SYSTEM)
    copy = automations.duplicate(automation=made, by=SYSTEM)
    assert (copy.name, copy.state, copy.version_id) == ("Welcome (copy)", "draft", None)
    automations.delete(automation=copy, by=SYSTEM)
    assert automations.listed().count() == 1


def test_a_stopped_automation_can_be_published_again(tenant):
    with tenancy.scope(tenant):
        made = automation(tenant, [wait("P1D")])
        automations.stop(automation=made, by=SYSTEM, now=NOW)
        publish(made, tenant)
        again = automations.get(automation_id=made.pk)
        assert (again.state, again.version.number) == ("live", 2)
        assert enrolments.enrol(automation=again, customer_ids=[CustomerFactory().pk], key="x", by=SYSTEM, now=NOW) == 1
        assert standing() == [("active", "s1")]
