"""Maps: drawing with undo, versions, comments, links, reviews."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cxm import tenancy
from cxm.accounts.models import Todo
from cxm.audit.actors import Actor
from cxm.lib import signing
from journeys import tasks
from journeys.domain import map_comments, map_content, map_editing, map_links, map_reviews, map_versions, maps
from journeys.models import MapChange
from tests.conftest import make_user
from tests.journeys.map_factories import MapFactory, PersonaFactory, drawing

NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)
TODAY = date(2026, 5, 1)
ME, YOU = Actor("user", None, "me@shop.test"), Actor("user", None, "you@shop.test")


def rename(journey_map, name, *, by=ME, now=NOW, place="t0"):
    return maps.edit(
        journey_map=journey_map, by=by, now=now, step=map_editing.change_touchpoint, place=place,
        touchpoint_id="t0", name=name,
    )  # fmt: skip


def name_of(journey_map) -> str:
    return next(map_content.touchpoints(journey_map.draft))["name"]


def publish(journey_map, note=""):
    return map_versions.publish(journey_map=journey_map, by=ME, now=NOW, today=TODAY, note=note)


def test_a_new_map_is_reviewed_in_four_months(owner, scoped):
    made = maps.create(name=" First ", by=owner.actor, today=date(2026, 10, 31))
    assert (made.name, made.review_due, made.owner, made.draft) == (
        "First", date(2027, 2, 28), owner, map_content.empty())  # fmt: skip


def test_steps_are_taken_back_and_done_again(scoped):
    drawn = MapFactory(draft=drawing("A"))
    for name in ("B", "C"):
        drawn = rename(drawn, name, place="")
    drawn = maps.undo(journey_map=drawn)
    assert name_of(drawn) == "B"
    drawn = maps.undo(journey_map=drawn)
    assert name_of(drawn) == "A"
    with pytest.raises(maps.NothingToUndo):
        maps.undo(journey_map=drawn)
    drawn = maps.redo(journey_map=maps.redo(journey_map=drawn))
    assert (name_of(drawn), drawn.revision) == ("C", 6)
    with pytest.raises(maps.NothingToUndo):
        maps.redo(journey_map=drawn)


def test_a_new_step_forgets_what_was_taken_back(scoped):
    drawn = rename(rename(MapFactory(draft=drawing("A")), "B", place=""), "C", place="")
    drawn = rename(maps.undo(journey_map=drawn), "D", place="")
    assert [step and step.kind for step in maps.steps(drawn)] == ["change_touchpoint", None]
    assert name_of(maps.undo(journey_map=drawn)) == "B"


def test_typing_on_is_one_step_and_anothers_or_a_later_one_is_not(scoped):
    drawn = rename(rename(MapFactory(draft=drawing("A")), "B"), "BC", now=NOW + timedelta(seconds=59))
    drawn = rename(drawn, "BCD", by=YOU)
    drawn = rename(drawn, "BCDE", by=YOU, now=NOW + timedelta(seconds=61))
    assert list(drawn.changes.order_by("number").values_list("by", flat=True)) == [ME.label, YOU.label, YOU.label]
    for expected in ("BCD", "BC", "A"):
        drawn = maps.undo(journey_map=drawn)
        assert name_of(drawn) == expected


def test_a_step_works_on_what_stands_there_now(scoped):
    mine = MapFactory(draft=drawing("A", "B"))
    yours = maps.get(mine.pk)
    rename(mine, "Mine")
    found = maps.edit(
        journey_map=yours, by=YOU, now=NOW, step=map_editing.change_touchpoint, touchpoint_id="t1", name="Yours"
    )
    assert [each["name"] for each in map_content.touchpoints(found.draft)] == ["Mine", "Yours"]


def test_a_step_that_changes_nothing_is_none(scoped):
    drawn = rename(MapFactory(draft=drawing("A")), "A")
    assert (drawn.revision, MapChange.objects.count()) == (0, 0)


def test_fifty_steps_are_remembered(scoped):
    drawn = MapFactory(draft=drawing("A"))
    for number in range(53):
        drawn = rename(drawn, f"N{number}", place="")
    assert drawn.changes.count() == 50


def test_what_is_no_map_is_refused_and_nothing_changes(scoped):
    drawn = MapFactory(draft=drawing("A"))
    with pytest.raises(map_content.InvalidMap):
        rename(drawn, "x" * 200)
    assert (maps.get(drawn.pk).draft, MapChange.objects.count()) == (drawn.draft, 0)


@pytest.fixture
def stranger(other_tenant):
    return make_user(other_tenant, "owner")


def test_an_owner_is_a_colleague(stranger, scoped):
    with pytest.raises(maps.MapRefused):
        maps.change(journey_map=MapFactory(), by=ME, today=TODAY, owner=stranger)


def test_versions_stay_what_they_were(scoped):
    drawn = MapFactory(draft=drawing("A"), persona=PersonaFactory(name="Sara"))
    first = publish(drawn, note="Begun")
    drawn = rename(maps.get(drawn.pk), "B")
    second = publish(drawn)
    told = [(each.number, each.persona_name, next(map_content.touchpoints(each.content))["name"])
            for each in (map_versions.get(journey_map=drawn, number=1), second)]  # fmt: skip
    assert told == [(1, "Sara", "A"), (2, "Sara", "B")]
    restored = map_versions.restore(version=first, by=ME, now=NOW)
    assert (name_of(restored), restored.published_number) == ("A", 2)
    assert name_of(maps.undo(journey_map=restored)) == "B"


def test_publishing_needs_something_new(scoped):
    with pytest.raises(map_versions.NothingToPublish):
        publish(MapFactory(draft=map_content.empty()))
    drawn = MapFactory(draft=drawing("A"))
    publish(drawn)
    with pytest.raises(map_versions.AlreadyPublished):
        publish(maps.get(drawn.pk))


def test_versions_are_compared_part_by_part(scoped):
    before = drawing("A", "B", feeling=1)
    after = map_editing.change_touchpoint(before, touchpoint_id="t0", name="A2", feeling=-1)
    after = map_editing.remove_touchpoint(after, touchpoint_id="t1")
    after = map_editing.add_stage(after, name="Later", part=map_content.stage("Later", id="s1"))
    after = map_editing.add_touchpoint(after, stage_id="s1", name="C", part=map_content.touchpoint("C", id="c"))
    after = map_editing.add_entry(after, kind="threat", text="Rivals", priority=1)
    told = [(each.kind, each.noun, each.name, each.field, each.before, each.after)
            for each in map_versions.compare(before, after)]  # fmt: skip
    assert told == [
        ("added", "stage", "Later", "", "", ""),
        ("changed", "touchpoint", "A2", "name", "A", "A2"),
        ("changed", "touchpoint", "A2", "feeling", "+1", "-1"),
        ("added", "touchpoint", "C", "", "", ""),
        ("removed", "touchpoint", "B", "", "", ""),
        ("added", "swot", "Rivals", "", "", ""),
    ]
    moved = map_editing.move_stage(after, stage_id="s1", places=-1)
    assert {(each.kind, each.name) for each in map_versions.compare(after, moved)} == {
        ("moved", "Later"), ("moved", "Only")}  # fmt: skip
    home = map_editing.move_touchpoint(after, touchpoint_id="c", places=-1)
    assert [(each.kind, each.field, each.before, each.after) for each in map_versions.compare(after, home)] == [
        ("moved", "stage", "Later", "Only")]  # fmt: skip


def test_comments_belong_to_places_and_are_resolved(scoped):
    drawn = MapFactory(draft=drawing("A"))
    ways = {"journey_map": drawn, "by": ME, "now": NOW}
    said = map_comments.say(place="t0", lane="pains", text=" True? ", **ways)
    map_comments.say(place="", lane="", text="Well done", **ways)
    assert map_comments.counts(drawn) == {"t0": 1, "": 1}
    map_comments.resolve(comment=said, by=YOU, now=NOW)
    assert map_comments.counts(drawn) == {"": 1}
    for place, lane, text, refusal in (
        ("gone", "", "x", map_content.NoSuchPart),
        ("t0", "walls", "x", map_comments.CommentRefused),
        ("t0", "", " ", map_comments.CommentRefused),
    ):
        with pytest.raises(refusal):
            map_comments.say(place=place, lane=lane, text=text, **ways)


def test_links_show_what_is_published_until_they_are_taken_back(scoped):
    drawn = MapFactory(draft=drawing("A"))
    with pytest.raises(map_links.NotPublished):
        map_links.create(journey_map=drawn, by=ME, now=NOW)
    publish(drawn)
    drawn = maps.get(drawn.pk)
    link = map_links.create(journey_map=drawn, by=ME, now=NOW, days=1)
    assert map_links.numbers(map_links.token(link)) == (scoped.pk, link.pk)
    rename(drawn, "Draft")
    assert next(map_content.touchpoints(map_links.opened(link_id=link.pk, now=NOW).version.content))["name"] == "A"
    assert map_links.opened(link_id=link.pk, now=NOW + timedelta(days=1)) is None
    map_links.revoke(link=link, by=ME, now=NOW)
    assert map_links.opened(link_id=link.pk, now=NOW) is None


def test_a_link_of_a_map_put_away_or_of_another_kind_shows_nothing(scoped):
    drawn = MapFactory(draft=drawing("A"))
    publish(drawn)
    drawn = maps.get(drawn.pk)
    link = map_links.create(journey_map=drawn, by=ME, now=NOW)
    assert map_links.numbers(signing.sign("view", scoped.pk, link.pk)) is None
    maps.archive(journey_map=drawn, by=ME, now=NOW)
    assert map_links.opened(link_id=link.pk, now=NOW) is None


def test_a_review_comes_due_and_is_done(scoped):
    drawn = MapFactory(review_due=TODAY)
    assert map_reviews.is_due(journey_map=drawn, today=TODAY)
    map_reviews.reviewed(journey_map=drawn, by=ME, now=NOW, today=TODAY)
    assert (drawn.review_due, map_reviews.is_due(journey_map=drawn, today=TODAY)) == (date(2026, 9, 1), False)
    drawn = maps.change(journey_map=drawn, by=ME, today=TODAY, review_months=3)
    assert drawn.review_due == date(2026, 8, 1)


def test_reminders_of_reviews_come_once_for_each_date(owner, tenant):
    with tenancy.scope(tenant):
        due = MapFactory(name="Due", review_due=TODAY, owner=owner)
        MapFactory(review_due=TODAY + timedelta(days=1))
        MapFactory(review_due=TODAY, archived_at=NOW)
    assert map_reviews.tenants_due(now=NOW - timedelta(days=3)) == []
    for _twice in range(2):
        tasks.remind_of_reviews()
    with tenancy.scope(tenant):
        told = list(Todo.objects.values_list("title", "assignee", "about_kind", "about_id"))
    assert told[0] == ("Look at the map “Due” again", owner.pk, "map", due.pk)
    assert len(told) == 2
    assert map_reviews.tenants_due(now=NOW) == []
    with tenancy.scope(tenant):
        map_reviews.reviewed(journey_map=due, by=ME, now=NOW, today=TODAY)
        assert Todo.objects.filter(done_at=None).count() == 1
