"""What a drawing may hold, and what can be done to it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.domain import map_content, map_editing
from journeys.domain.map_content import InvalidMap, NoSuchPart
from tests.journeys.map_factories import drawing


def wrong(document: object) -> dict[str, str]:
    with pytest.raises(InvalidMap) as refusal:
        map_content.parse(document)
    return refusal.value.fields


def two_stages() -> dict:
    return map_content.parse(
        {
            "stages": [
                {"id": "one", "name": "One", "touchpoints": [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}]},
                {"id": "two", "name": "Two", "touchpoints": [{"id": "c", "name": "C"}]},
            ]
        }
    )


def order(content: dict) -> list[list[str]]:
    return [[found["id"] for found in stage["touchpoints"]] for stage in content["stages"]]


def test_what_was_read_reads_the_same_again():
    content = drawing("A", feeling=-2, pains=[map_content.item("Slow")])
    assert map_content.parse(content) == content
    assert map_content.parse(map_content.parse({})) == map_content.empty()


def test_parts_without_ids_get_some():
    read = map_content.parse({"stages": [{"name": "One", "touchpoints": [{"name": "A"}]}]})
    assert len({read["stages"][0]["id"], read["stages"][0]["touchpoints"][0]["id"]}) == 2


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ([], "content"),
        ({"extra": 1}, "extra"),
        ({"stages": {}}, "stages"),
        ({"stages": [{"name": " "}]}, "stages[0].name"),
        ({"stages": [{"name": "A", "id": "A-1"}]}, "stages[0].id"),
        ({"stages": [{"name": "A", "id": "a"}, {"name": "B", "id": "a"}]}, "stages[1].id"),
        ({"stages": [{"name": "A", "touchpoints": [{"name": "x", "feeling": 3}]}]}, "stages[0].touchpoints[0].feeling"),
        ({"stages": [{"name": "A", "touchpoints": [{"name": "x", "feeling": True}]}]},
         "stages[0].touchpoints[0].feeling"),
        ({"stages": [{"name": "A", "touchpoints": [{"name": "x", "moment": 1}]}]}, "stages[0].touchpoints[0].moment"),
        ({"stages": [{"name": "A", "touchpoints": [{"name": "x", "event": {"name": "E", "property": "p"}}]}]},
         "stages[0].touchpoints[0].event"),
        ({"stages": [{"name": "A", "touchpoints": [{"name": "x", "pains": [{"text": " "}]}]}]},
         "stages[0].touchpoints[0].pains[0].text"),
        ({"swot": [{"text": "x"}]}, "swot[0].kind"),
        ({"goal": "x\0"}, "goal"),
        ({"goal": "\ud800"}, "goal"),
        ({"goal": "x" * 301}, "goal"),
        ({"stages": [{"name": "A"}] * 13}, "stages"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_place(document, path):
    assert path in wrong(document)


def test_a_map_holds_sixty_touchpoints_and_no_more():
    stages = [{"name": f"S{n}", "touchpoints": [{"name": "x"}] * 31} for n in range(2)]
    assert list(wrong({"stages": stages})) == ["stages[1].touchpoints[29]"]


@settings(max_examples=60, derandomize=True, database=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["stages", "touchpoints", "name", "id", "event", "swot", "pains", "feeling"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    )
)
def test_whatever_comes_is_read_or_refused(document):
    try:
        read = map_content.parse(document)
    except InvalidMap as refusal:
        assert refusal.fields
    else:
        assert map_content.parse(read) == read


def test_stages_are_moved_and_stop_at_the_ends():
    content = map_editing.move_stage(two_stages(), stage_id="two", places=-1)
    assert [found["id"] for found in content["stages"]] == ["two", "one"]
    assert map_editing.move_stage(content, stage_id="two", places=-1) == content
    assert map_editing.move_stage(content, stage_id="one", places=1) == content


def test_touchpoints_move_within_their_stage_and_over_into_the_next():
    content = two_stages()
    seen = []
    for _step in range(4):
        content = map_editing.move_touchpoint(content, touchpoint_id="a", places=1)
        seen.append(order(content))
    assert seen == [[["b", "a"], ["c"]], [["b"], ["a", "c"]], [["b"], ["c", "a"]], [["b"], ["c", "a"]]]
    for _step in range(4):
        content = map_editing.move_touchpoint(content, touchpoint_id="a", places=-1)
    assert order(content) == [["a", "b"], ["c"]]


def test_lines_keep_their_ids_when_reworded_or_put_elsewhere():
    content = drawing("A", pains=[{"id": "p1", "text": "Slow"}, {"id": "p2", "text": "Dear"}])
    step = map_editing.set_items
    found = step(content, touchpoint_id="t0", lane="pains", texts=["Dear", "Slow", ""])["stages"][0]["touchpoints"][0]
    assert [item["id"] for item in found["pains"]] == ["p2", "p1"]
    found = step(content, touchpoint_id="t0", lane="pains", texts=["Too slow", "Dear", "New"])
    pains = found["stages"][0]["touchpoints"][0]["pains"]
    assert [item["id"] for item in pains[:2]] == ["p1", "p2"]
    assert pains[2]["id"] not in {"p1", "p2"}


def test_steps_leave_what_they_began_with_as_it_was():
    content = two_stages()
    before = map_content.copied(content)
    map_editing.add_touchpoint(content, stage_id="one", name="D")
    map_editing.remove_touchpoint(content, touchpoint_id="a")
    map_editing.change_touchpoint(content, touchpoint_id="a", name="Z", id="stolen")
    map_editing.remove_stage(content, stage_id="one")
    map_editing.set_items(content, touchpoint_id="a", lane="pains", texts=["x"])
    assert content == before


@pytest.mark.parametrize(
    ("step", "arguments"),
    [
        ("change_stage", {"stage_id": "zz", "name": "x"}),
        ("move_stage", {"stage_id": "zz", "places": 1}),
        ("remove_stage", {"stage_id": "zz"}),
        ("add_touchpoint", {"stage_id": "a", "name": "x"}),
        ("move_touchpoint", {"touchpoint_id": "one", "places": 1}),
        ("remove_touchpoint", {"touchpoint_id": "zz"}),
        ("remove_entry", {"entry_id": "zz"}),
    ],
)
def test_parts_that_are_gone_are_said_to_be(step, arguments):
    with pytest.raises(NoSuchPart):
        getattr(map_editing, step)(two_stages(), **arguments)
