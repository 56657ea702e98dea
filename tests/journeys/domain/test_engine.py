"""People move through trees: forward, together, by their own clock."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from journeys.domain import engine, trees
from journeys.steps.frame import Go, Leave, Person, Stay

AT = datetime(2026, 6, 1, 9, tzinfo=UTC)
TREE = {
    "steps": [
        {"id": "s1", "kind": "wait"},
        {"id": "s2", "kind": "branch", "paths": [
            {"key": "a", "steps": [{"id": "s3", "kind": "tag"}, {"id": "s4", "kind": "exit"}]},
            {"key": "b", "steps": [{"id": "s5", "kind": "split", "paths": [
                {"key": "x", "steps": []},
                {"key": "y", "steps": [{"id": "s6", "kind": "tag"}]}]}]},
            {"key": "else", "steps": []}]},
        {"id": "s7", "kind": "goal"},
    ]
}  # fmt: skip


def person(number: int = 1, node: str = "s1") -> Person:
    return Person(number, number, 1, node, AT, AT)


def test_paths_come_together_again():
    following = trees.read(TREE).following
    assert [step.id for step in trees.read(TREE).order] == ["s1", "s2", "s3", "s4", "s5", "s6", "s7"]
    assert following == {
        ("s1", ""): "s2", ("s2", ""): "s7", ("s2", "a"): "s3", ("s2", "b"): "s5", ("s2", "else"): "s7",
        ("s3", ""): "s4", ("s4", ""): "s7", ("s5", ""): "s7", ("s5", "x"): "s7", ("s5", "y"): "s6", ("s6", ""): "s7",
        ("s7", ""): None,
    }  # fmt: skip


def test_one_walk_moves_everybody_as_far_as_they_get():
    def perform(step, people):
        moves = {"s1": Go(at=AT + timedelta(hours=1)), "s3": Go(), "s4": Leave("exit"), "s5": Go("y"), "s6": Stay(AT)}
        if step.id == "s2":
            return {each.id: Go("a" if each.id == 1 else "b" if each.id == 2 else "else") for each in people}
        return {each.id: moves.get(step.id, Go()) for each in people}

    first, second, third = engine.advance(
        tree=trees.read(TREE), people=[person(1), person(2), person(3)], perform=perform
    )
    later = AT + timedelta(hours=1)
    assert first.taken == [("s1", "", later), ("s2", "a", later), ("s3", "", later), ("s4", "", later)]
    assert (first.end, first.due_at, first.failure) == ("exit", None, "")
    assert [step for step, _path, _at in second.taken] == ["s1", "s2", "s5"]
    assert (second.person.node, second.due_at, second.end) == ("s6", AT, "")
    assert [step for step, _path, _at in third.taken] == ["s1", "s2", "s7"]
    assert third.end == "done"


def test_a_step_that_is_gone_or_says_nothing_fails_the_person_alone():
    lost = engine.advance(tree=trees.read(TREE), people=[person(1, "s99"), person(2)], perform=lambda step, people: {})
    assert [way.failure for way in lost] == [engine.GONE, engine.GONE]
    assert [way.taken for way in lost] == [[], []]


@st.composite
def _steps(draw, depth=3):
    found = []
    for _index in range(draw(st.integers(0, 4 if depth == 3 else 2))):
        kind = draw(st.sampled_from(["tag", "wait", "branch"] if depth else ["tag", "wait"]))
        step = {"kind": kind, "settings": {}}
        if kind == "branch":
            step["paths"] = [{"key": key, "steps": draw(_steps(depth - 1))} for key in ("a", "else")]
        found.append(step)
    return found


@given(steps=_steps(), data=st.data())
def test_whatever_the_tree_everybody_only_goes_forward_and_arrives(steps, data):
    tree = trees.read(trees.shaped({"steps": steps}))
    if tree.first is None:
        return
    place = {step.id: index for index, step in enumerate(tree.order)}

    def perform(step, people):
        keys = [path.key for path in step.paths] or [""]
        return {each.id: Go(data.draw(st.sampled_from(keys))) for each in people}

    ways = engine.advance(tree=tree, people=[person(n, tree.first) for n in (1, 2, 3)], perform=perform)
    for way in ways:
        order = [place[step] for step, _path, _at in way.taken]
        assert order == sorted(set(order))
        assert way.end == "done"
