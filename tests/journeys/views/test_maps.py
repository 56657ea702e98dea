"""The pages of maps: the list, the builder and its steps, the guided start, SWOT, versions, links, people."""

from datetime import timedelta

import pytest
from django.core import signing as django_signing
from django.utils import timezone

from customers.domain import events
from customers.domain.events import Happening
from customers.models import Segment
from cxm import tenancy
from cxm.accounts.models import Todo
from cxm.audit.actors import SYSTEM
from cxm.lib import signing
from journeys.domain import map_links, map_versions, maps
from journeys.models import JourneyMap, MapComment, MapLink, Persona
from tests.factories import CustomerFactory
from tests.journeys.map_factories import ChannelFactory, MapFactory, PersonaFactory, drawing

ROOT = "/app/shop/journeys/maps/"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def no_cache(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"


@pytest.fixture
def drawn(tenant):
    with tenancy.scope(tenant):
        return MapFactory(name="First way", persona=PersonaFactory(name="Sara"), draft=drawing("A", "B", feeling=1))


def body(answer) -> str:
    return answer.content.decode()


def point(journey_map, at: int = 0) -> dict:
    journey_map.refresh_from_db()
    return journey_map.draft["stages"][0]["touchpoints"][at]


FIELDS = {"name": "A", "channel": "", "actions": "", "feeling": "1", "evidence": "none", "moment_why": "", "pains": "",
          "opportunities": "", "owner": "", "event": "A", "property": "", "value": "", "survey": ""}  # fmt: skip


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_needs_as_many_queries_for_three_as_for_one(page, tenant, rows, django_assert_num_queries):
    with tenancy.scope(tenant):
        for number in range(rows):
            MapFactory(name=f"Way {number}")
    with django_assert_num_queries(9):
        answer = page.get(ROOT)
    assert all(f"Way {number}" in body(answer) for number in range(rows))


def test_the_list_teaches_where_there_is_nothing(page):
    assert "Draw the first map" in body(page.get(ROOT))
    assert "No map fits" in body(page.get(ROOT + "?q=zzz", headers=HTMX))


def test_the_builder_shows_the_map_and_what_is_chosen(page, drawn):
    answer = body(page.get(f"{ROOT}{drawn.pk}/?at=t1"))
    assert "First way" in answer
    assert 'data-place="t1"' in answer
    assert 'value="B"' in answer
    assert 'data-place=""' in body(page.get(f"{ROOT}{drawn.pk}/?at=gone"))


@pytest.mark.parametrize("count", [1, 3])
def test_the_builder_needs_as_many_queries_for_three_touchpoints_as_for_one(
    page, tenant, count, django_assert_num_queries
):
    with tenancy.scope(tenant):
        found = MapFactory(draft=drawing(*"ABC"[:count]))
    with django_assert_num_queries(15):
        page.get(f"{ROOT}{found.pk}/")


def test_figures_come_with_the_canvas(page, tenant, drawn):
    with tenancy.scope(tenant):
        people = CustomerFactory.create_batch(2)
        at = timezone.now() - timedelta(days=2)
        events.record([Happening(people[0].pk, "A", at), Happening(people[1].pk, "A", at),
                       Happening(people[0].pk, "B", at + timedelta(hours=3))])  # fmt: skip
    answer = body(page.get(f"{ROOT}{drawn.pk}/canvas/"))
    assert "<strong>50%</strong>" in answer
    assert "3 hours" in answer
    assert "1 leaves here" in answer


def test_typing_keeps_the_draft_and_answers_with_the_canvas(page, drawn):
    url = f"{ROOT}{drawn.pk}/parts/t0/save/"
    said = FIELDS | {"name": "Shop window", "feeling": "-2", "pains": "Dark\n\nClosed", "moment": "on"}
    answer = page.post(url, said, headers=HTMX)
    assert (answer.status_code, 'id="canvas"' in body(answer), 'id="inspector"' in body(answer)) == (200, True, False)
    kept = point(drawn)
    assert (kept["name"], kept["feeling"], kept["moment"]) == ("Shop window", -2, True)
    assert [item["text"] for item in kept["pains"]] == ["Dark", "Closed"]
    page.post(f"{ROOT}{drawn.pk}/undo/", headers=HTMX)
    assert point(drawn)["name"] == "A"
    page.post(f"{ROOT}{drawn.pk}/redo/", headers=HTMX)
    assert point(drawn)["name"] == "Shop window"


def test_what_cannot_be_kept_is_said_beside_the_fields(page, drawn):
    answer = page.post(f"{ROOT}{drawn.pk}/parts/t0/save/", FIELDS | {"event": "", "property": "plan"}, headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (422, "#part-errors")
    assert "Give it a name." in body(answer)
    answer = page.post(f"{ROOT}{drawn.pk}/parts/t0/save/", FIELDS | {"feeling": "9"}, headers=HTMX)
    assert answer.status_code == 422
    assert page.post(f"{ROOT}{drawn.pk}/parts/gone/save/", FIELDS, headers=HTMX).status_code == 404
    assert point(drawn)["feeling"] == 1


def test_stages_and_touchpoints_are_added_moved_and_removed(page, drawn):
    page.post(f"{ROOT}{drawn.pk}/stages/", {"name": "Later"}, headers=HTMX)
    drawn.refresh_from_db()
    later = drawn.draft["stages"][1]["id"]
    answer = page.post(f"{ROOT}{drawn.pk}/parts/{later}/add/", {"name": "C"}, headers=HTMX)
    assert 'id="inspector"' in body(answer)
    page.post(f"{ROOT}{drawn.pk}/parts/t1/move/", {"to": "later"}, headers=HTMX)
    drawn.refresh_from_db()
    assert [[each["name"] for each in stage["touchpoints"]] for stage in drawn.draft["stages"]] == [["A"], ["B", "C"]]
    page.post(f"{ROOT}{drawn.pk}/parts/{later}/move/", {"to": "earlier"}, headers=HTMX)
    page.post(f"{ROOT}{drawn.pk}/parts/t1/remove/", headers=HTMX)
    drawn.refresh_from_db()
    assert [[each["name"] for each in stage["touchpoints"]] for stage in drawn.draft["stages"]] == [["C"], ["A"]]


def test_every_step_works_without_scripts(page, drawn):
    answer = page.post(f"{ROOT}{drawn.pk}/parts/t0/save/", FIELDS | {"name": "Plain"})
    assert (answer.status_code, answer.url) == (302, f"{ROOT}{drawn.pk}/?at=t0")
    assert page.post(f"{ROOT}{drawn.pk}/undo/").status_code == 302


def test_an_open_builder_hears_that_another_drew(page, tenant, drawn):
    assert "changed this map" not in body(page.get(f"{ROOT}{drawn.pk}/state/?revision=0"))
    page.post(f"{ROOT}{drawn.pk}/stages/", {"name": "Later"})
    assert "changed this map meanwhile" in body(page.get(f"{ROOT}{drawn.pk}/state/?revision=0"))


def test_a_map_is_begun_in_four_steps(page, tenant):
    assert "Whose journey is it?" in body(page.get(ROOT + "new/"))
    assert page.post(ROOT + "new/", {"starter": "shop"}).status_code == 422
    answer = page.post(ROOT + "new/", {"starter": "shop", "new_persona": "Sara", "goal": "Comes back"})
    made = JourneyMap.objects.get()
    assert (answer.url, made.name, made.persona.name) == (
        f"{ROOT}{made.pk}/start/2/", "From first visit to after-sale", "Sara")  # fmt: skip
    assert (made.draft["goal"], len(made.draft["stages"])) == ("Comes back", 4)
    first = made.draft["stages"][0]
    page.post(f"{ROOT}{made.pk}/start/2/", {f"name-{first['id']}": "Hears of us", "new": "Return", "action": "add"})
    page.post(f"{ROOT}{made.pk}/start/2/", {"action": f"later:{first['id']}"})
    made.refresh_from_db()
    assert [stage["name"] for stage in made.draft["stages"]] == [
        "Consider", "Hears of us", "Buy", "After the sale", "Return"]  # fmt: skip
    last = made.draft["stages"][-1]["id"]
    page.post(f"{ROOT}{made.pk}/start/3/", {f"new-{last}": "Newsletter", f"new-channel-{last}": "email",
                                            "action": f"add:{last}"})  # fmt: skip
    made.refresh_from_db()
    added = made.draft["stages"][-1]["touchpoints"][0]
    assert (added["name"], added["channel"]) == ("Newsletter", "email")
    answer = page.post(f"{ROOT}{made.pk}/start/4/", {f"feeling-{added['id']}": "-1", "action": "next"})
    made.refresh_from_db()
    assert (made.draft["stages"][-1]["touchpoints"][0]["feeling"], answer.url) == (-1, f"{ROOT}{made.pk}/")
    assert page.get(f"{ROOT}{made.pk}/start/5/").status_code == 404


def test_a_start_in_arabic_begins_with_an_arabic_map(page):
    page.cookies["cxm_language"] = "ar"
    page.post(ROOT + "new/", {"starter": "shop", "new_persona": "سارة"})
    assert JourneyMap.objects.get().draft["stages"][0]["name"] == "الاكتشاف"


def test_whoever_sees_the_map_may_comment(client, agent, tenant, drawn):
    client.force_login(agent)
    answer = client.post(f"{ROOT}{drawn.pk}/comments/", {"place": "t0", "lane": "pains", "text": "True"}, headers=HTMX)
    assert "True" in body(answer)
    said = MapComment.objects.get()
    client.post(f"{ROOT}{drawn.pk}/comments/{said.pk}/", {"action": "resolve"})
    said.refresh_from_db()
    assert (said.author, said.resolved_by) == (agent.email, agent.email)
    for address in ("undo/", "stages/", "publish/", "parts/t0/remove/"):
        assert client.post(f"{ROOT}{drawn.pk}/{address}").status_code == 403
    assert client.get(f"{ROOT}{drawn.pk}/share/").status_code == 403


def test_swot_entries_and_pain_points_become_to_dos(page, tenant, owner, drawn):
    page.post(f"{ROOT}{drawn.pk}/swot/add/", {"kind": "threat", "text": "Rivals", "priority": "1"})
    page.post(f"{ROOT}{drawn.pk}/parts/t0/save/", FIELDS | {"pains": "Slow"})
    drawn.refresh_from_db()
    entry, pain = drawn.draft["swot"][0], point(drawn)["pains"][0]
    for item in (entry["id"], pain["id"], pain["id"]):
        page.post(f"{ROOT}{drawn.pk}/actions/", {"item": item, "assignee": owner.pk, "due": "2026-12-24"})
    with tenancy.scope(tenant):
        told = list(Todo.objects.order_by("id").values_list("title", "assignee", "about_kind", "about_id"))
    assert told == [("Rivals", owner.pk, "map", drawn.pk), ("Slow", owner.pk, "map", drawn.pk)]
    page.post(f"{ROOT}{drawn.pk}/actions/{pain['id']}/done/")
    assert Todo.objects.get(title="Slow").done_at is not None
    page.post(f"{ROOT}{drawn.pk}/swot/{entry['id']}/", {"priority": "3"})
    page.post(f"{ROOT}{drawn.pk}/swot/{entry['id']}/", {"priority": "3", "action": "remove"})
    drawn.refresh_from_db()
    assert drawn.draft["swot"] == []
    shown = body(page.get(f"{ROOT}{drawn.pk}/swot/"))
    assert "Slow" in shown
    page.post(f"{ROOT}{drawn.pk}/swot/add/", {"kind": "wall", "text": "x"})
    drawn.refresh_from_db()
    assert drawn.draft["swot"] == []
    assert "First way" in body(page.get("/app/shop/todos/?view=team"))


def test_versions_are_published_shown_compared_and_brought_back(page, drawn):
    page.post(f"{ROOT}{drawn.pk}/publish/", {"note": "Begun"})
    page.post(f"{ROOT}{drawn.pk}/parts/t0/save/", FIELDS | {"name": "A2"})
    assert "A2" in body(page.get(f"{ROOT}{drawn.pk}/versions/"))
    page.post(f"{ROOT}{drawn.pk}/publish/")
    shown = body(page.get(f"{ROOT}{drawn.pk}/versions/2/"))
    assert '<del dir="auto">A</del>' in shown
    page.post(f"{ROOT}{drawn.pk}/versions/1/restore/")
    assert point(drawn)["name"] == "A"
    assert page.get(f"{ROOT}{drawn.pk}/versions/3/").status_code == 404


def test_a_review_that_is_due_is_said_and_done(page, tenant, drawn):
    JourneyMap.objects.filter(pk=drawn.pk).update(review_due=timezone.now().date())
    assert "It is time to look at this map again" in body(page.get(f"{ROOT}{drawn.pk}/"))
    page.post(f"{ROOT}{drawn.pk}/reviewed/")
    assert "It is time to look at this map again" not in body(page.get(f"{ROOT}{drawn.pk}/"))


def test_what_a_map_is_about_is_changed(page, tenant, owner, drawn):
    said = {"name": "Renamed", "persona": "", "goal": "Glad", "state": "to_be", "owner": owner.pk, "review_months": "6"}
    assert page.post(f"{ROOT}{drawn.pk}/settings/", said).status_code == 302
    drawn.refresh_from_db()
    assert (drawn.name, drawn.persona, drawn.draft["goal"], drawn.state, drawn.owner, drawn.review_months) == (
        "Renamed", None, "Glad", "to_be", owner, 6)  # fmt: skip
    assert "A map for everybody is a map for nobody" in body(page.get(f"{ROOT}{drawn.pk}/"))
    assert page.post(f"{ROOT}{drawn.pk}/settings/", said | {"review_months": "99"}).status_code == 422
    page.post(f"{ROOT}{drawn.pk}/archive/")
    assert "Renamed" not in body(page.get(ROOT))
    assert "Renamed" in body(page.get(ROOT + "?archived=1"))


# --- the people behind figures ---------------------------------------------------------------------


def test_a_figure_opens_its_people_who_can_be_kept_as_a_segment(page, tenant, drawn):
    with tenancy.scope(tenant):
        through, stopped = CustomerFactory(name="Thora"), CustomerFactory(name="Stig")
        at = timezone.now() - timedelta(days=2)
        events.record([Happening(through.pk, "A", at), Happening(stopped.pk, "A", at),
                       Happening(through.pk, "B", at + timedelta(hours=3))])  # fmt: skip
    url = f"{ROOT}{drawn.pk}/parts/t0/people/"
    shown = body(page.get(url))
    assert ("Thora" in shown, "Stig" in shown) == (True, True)
    shown = body(page.get(url + "?group=left"))
    assert ("Thora" in shown, "Stig" in shown) == (False, True)
    answer = page.post(url + "keep/", {"name": "Gone", "group": "left", "period": "last_7_days"})
    made = Segment.objects.get()
    assert (answer.url, made.rule) == (
        f"/app/shop/customers/segments/{made.pk}/",
        {"all": [{"event": "A", "within": "P7D"}, {"not": {"event": "B", "within": "P7D"}}]},
    )
    for wrong in ("?group=all", "?after=x"):
        assert page.get(url + wrong).status_code == (404 if "group" in wrong else 200)
    assert "The most taken way" not in body(page.get(f"{ROOT}{drawn.pk}/ways/"))


# --- public links ----------------------------------------------------------------------------------


@pytest.fixture
def link(tenant, drawn) -> MapLink:
    with tenancy.scope(tenant):
        today = timezone.now().date()
        map_versions.publish(journey_map=drawn, by=SYSTEM, now=timezone.now(), today=today)
        return map_links.create(journey_map=maps.get(drawn.pk), by=SYSTEM, now=timezone.now())


def test_a_link_shows_the_published_map_without_a_login(client, link, drawn):
    answer = client.get(f"/j/{map_links.token(link)}")
    assert answer.status_code == 200
    assert "First way" in body(answer)
    assert ("<form" in body(answer), "hx-" in body(answer), "journeys/maps" in body(answer)) == (False, False, False)
    assert "no-store" in answer.headers["Cache-Control"]
    assert client.post(f"/j/{map_links.token(link)}").status_code == 405


def test_links_that_are_not_exactly_ours_show_nothing(client, link, tenant, other_tenant):
    token = map_links.token(link)
    wrong = [
        token[:-1],
        token + "A",
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        token.swapcase(),
        signing.sign("map", other_tenant.pk, link.pk),
        signing.sign("map", tenant.pk, link.pk + 1),
        signing.sign("map", tenant.pk, link.pk, 1),
        signing.sign("view", tenant.pk, link.pk),
        signing.sign("map", 2**70, link.pk % 7),
        django_signing.dumps([tenant.pk, link.pk]),
        "x",
    ]
    told = {(answer.status_code, "First way" in body(answer)) for answer in map(client.get, (f"/j/{w}" for w in wrong))}
    assert told == {(404, False)}


def test_links_that_expired_or_were_taken_back_show_nothing(client, tenant, link):
    url = f"/j/{map_links.token(link)}"
    MapLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(url).status_code == 404
    MapLink.objects.update(expires_at=None)
    with tenancy.scope(tenant):
        map_links.revoke(link=link, by=SYSTEM, now=timezone.now())
    assert client.get(url).status_code == 404


def test_links_are_made_and_taken_back_on_their_page(page, link, drawn):
    answer = page.post(f"{ROOT}{drawn.pk}/share/", {"label": "Board", "days": "7", "with_figures": "on"})
    assert answer.status_code == 302
    made = MapLink.objects.get(label="Board")
    assert map_links.token(made) in body(page.get(f"{ROOT}{drawn.pk}/share/"))
    page.post(f"{ROOT}{drawn.pk}/share/{made.pk}/revoke/")
    assert map_links.token(made) not in body(page.get(f"{ROOT}{drawn.pk}/share/"))


def test_people_words_are_escaped(page, client, tenant, drawn):
    hostile = "<script>alert(1)</script>"
    page.post(f"{ROOT}{drawn.pk}/parts/t0/save/", FIELDS | {"name": hostile, "pains": hostile, "owner": hostile})
    page.post(f"{ROOT}{drawn.pk}/comments/", {"place": "t0", "text": hostile})
    page.post(f"{ROOT}{drawn.pk}/swot/add/", {"kind": "threat", "text": hostile})
    page.post(f"{ROOT}{drawn.pk}/publish/", {"note": hostile})
    for address in ("?at=t0", "canvas/", "swot/", "versions/", "versions/1/", "parts/t0/people/", "ways/"):
        assert "<script>alert" not in body(page.get(f"{ROOT}{drawn.pk}/{address}")), address


# --- personas and channels -------------------------------------------------------------------------


def test_personas_are_described_changed_and_removed(page, tenant):
    root = "/app/shop/journeys/personas/"
    assert "No personas yet" in body(page.get(root))
    assert page.post(root + "new/", {"name": ""}).status_code == 422
    answer = page.post(root + "new/", {"name": "Sara", "problems": "Late gifts"})
    made = Persona.objects.get()
    assert "Late gifts" in body(page.get(answer.url))
    page.post(f"{root}{made.pk}/edit/", {"name": "Sara", "life": "Two children"})
    made.refresh_from_db()
    assert (made.problems, made.life) == ("", "Two children")
    assert "Sara" in body(page.get(root))
    page.post(f"{root}{made.pk}/delete/")
    assert not Persona.objects.exists()


def test_channels_are_listed_with_their_warnings(page, tenant):
    root = "/app/shop/journeys/channels/"
    assert "Take those of the timeline" in body(page.get(root))
    with tenancy.scope(tenant):
        ChannelFactory(key="chat", name="Chat")
        person = CustomerFactory()
        events.record([Happening(person.pk, "Page Viewed", timezone.now() - timedelta(hours=n), channel="web")
                       for n in range(1, 61)])  # fmt: skip
    shown = body(page.get(root))
    assert "Website carries 100% of all contacts" in shown
    assert "Chat is neglected: 0 contacts" in shown
    answer = page.post(root + "new/", {"name": "Website", "key": "web", "goal": "To be found"})
    assert answer.status_code == 302
    assert page.post(root + "new/", {"name": "Website", "key": "web"}).status_code == 422
    assert "To be found" in body(page.get(root))
