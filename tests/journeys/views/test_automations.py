"""Pages of automations: listed, drawn, published, watched, tried out."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import Template
from customers.models import SegmentMember
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.jobs import domain as jobs
from cxm.jobs.models import Job
from feedback.domain import desk
from journeys.domain import automations, recipes
from journeys.models import Automation, Enrolment
from tests.conftest import make_user
from tests.factories import CustomerFactory, SegmentFactory
from tests.journeys.factories import NOW, automation, come, run, tag, wait

LIST = "/app/shop/journeys/automations/"
CHOICE = {"kind": "branch", "paths": [
    {"key": "a", "name": "Saudi", "settings": {"rule": {"attribute": "country", "is": "SA"}}, "steps": [wait("P1D")]},
    {"key": "else", "steps": [tag("other")]}]}  # fmt: skip


@pytest.fixture
def live(tenant) -> Automation:
    with tenancy.scope(tenant):
        made = automation(tenant, [tag("seen"), CHOICE])
        come(made, CustomerFactory(name="Zoe Example", country="SA"), CustomerFactory(name="Otto"))
    run(tenant)
    return made


@pytest.fixture
def draft(tenant) -> Automation:
    with tenancy.scope(tenant):
        return automations.create(name="Draft", by=SYSTEM)


def draw(page, made, do="set", node="trigger", **said):
    url = f"{LIST}{made.pk}/draw/"
    return page.post(url, {"do": do, "node": node} | said, headers={"HX-Request": "true"})


def fresh(tenant, made) -> Automation:
    with tenancy.scope(tenant):
        return automations.get(automation_id=made.pk)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_for_one_and_for_three(page, tenant, rows, django_assert_num_queries):
    with tenancy.scope(tenant):
        for _row in range(rows):
            automation(tenant, [tag("x")])
    page.get(LIST)
    with django_assert_num_queries(8):
        response = page.get(LIST)
    assert response.status_code == 200
    assert response.content.decode().count(">Welcome<") == rows


def test_the_list_is_narrowed_and_teaches_when_empty(page, tenant):
    assert "Start from a recipe" in page.get(LIST).content.decode()
    with tenancy.scope(tenant):
        automation(tenant, [tag("x")])
    assert "Welcome" in page.get(f"{LIST}?q=elc&state=live").content.decode()
    assert "No automation fits" in page.get(f"{LIST}?state=paused").content.decode()


@pytest.mark.parametrize("key", ["", *recipes.RECIPES])
def test_every_recipe_makes_a_draft_that_can_be_drawn(page, tenant, key):
    response = page.post(f"{LIST}new/", {"recipe": key, "name": "" if key else "Mine"})
    assert response.status_code == 302
    assert page.get(response.url).status_code == 200
    with tenancy.scope(tenant):
        made = Automation.objects.get()
        assert made.name == (str(recipes.RECIPES[key].name) if key else "Mine")
        if key:
            automations.publish(automation=made, tenant=tenant, by=SYSTEM, now=timezone.now())


def test_without_a_name_and_without_a_recipe_nothing_is_made(page, tenant):
    response = page.post(f"{LIST}new/", {"recipe": "", "name": " "})
    assert (response.status_code, "Give it a name." in response.content.decode()) == (422, True)


def test_steps_are_added_set_moved_and_removed(page, tenant, draft):
    assert draw(page, draft, "add::wait").status_code == 200
    draw(page, draft, "add:s1:branch")
    draw(page, draft, "add:s2/a:tag")
    draw(page, draft, "path:s2")
    draw(page, draft, node="s1", duration_amount="3", duration_unit="hours")
    draw(page, draft, node="s3", action="add", tag="vip")
    steps = fresh(tenant, draft).draft["steps"]
    assert [step["id"] for step in steps] == ["s1", "s2"]
    assert steps[0]["settings"] == {"duration": "PT3H"}
    assert [path["key"] for path in steps[1]["paths"]] == ["a", "b", "else"]
    assert steps[1]["paths"][0]["steps"][0]["settings"]["tag"] == "vip"
    draw(page, draft, "down:s1")
    draw(page, draft, "unpath:s2/b")
    steps = fresh(tenant, draft).draft["steps"]
    assert ([step["id"] for step in steps], len(steps[0]["paths"])) == (["s2", "s1"], 2)
    draw(page, draft, "remove:s2")
    assert [step["id"] for step in fresh(tenant, draft).draft["steps"]] == ["s1"]
    draw(page, draft, "undo")
    assert len(fresh(tenant, draft).draft["steps"]) == 2


def test_the_trigger_is_chosen_and_filled(page, tenant, draft):
    draw(page, draft, kind="event", again="not_within", goal="Order Completed")
    where = {"where_name": ["total", ""], "where_operator": ["gte", "is"], "where_value": ["50", ""]}
    draw(page, draft, kind="event", event="Checkout Started", again="not_within", again_days="14",
         goal="Order Completed", **where)  # fmt: skip
    found = fresh(tenant, draft).draft
    assert found["trigger"] == {"kind": "event", "event": "Checkout Started", "where": {"total": {"gte": 50}}}
    assert found["again"] == {"rule": "not_within", "days": 14}
    assert found["goal"] == {"event": "Order Completed", "where": {}}
    draw(page, draft, kind="date", again="always")
    assert fresh(tenant, draft).draft["trigger"]["attribute"] == "birthday"


def test_types_of_cases_are_chosen_by_their_names_and_numbers_read_in_arabic_digits(page, tenant, draft):
    with tenancy.scope(tenant):
        desk.begin(by=SYSTEM)
    page.cookies["cxm_language"] = "ar"
    draw(page, draft, kind="case")
    shown = draw(page, draft, kind="case", when="opened", type="complaint").text
    assert '<option value="complaint" selected>شكوى</option>' in shown
    assert fresh(tenant, draft).draft["trigger"] == {"kind": "case", "when": "opened", "type": "complaint"}
    draw(page, draft, kind="event")
    said = {"where_name": ["total", "city"], "where_operator": ["gte", "in"], "where_value": ["٥٠٠٫٥", "جدة، مكة"]}
    draw(page, draft, kind="event", event="Order Completed", **said)
    assert fresh(tenant, draft).draft["trigger"]["where"] == {"total": {"gte": 500.5}, "city": {"in": ["جدة", "مكة"]}}


def test_what_the_page_does_not_ask_of_a_goal_stays_with_its_event(page, tenant, draft):
    goal = {"event": "Order Completed", "where": {"total": {"gte": 50}}}
    with tenancy.scope(tenant):
        automations.redraw(automation=draft, definition={**draft.draft, "goal": goal}, by=SYSTEM)
    draw(page, draft, kind="manual", again="always", goal="Order Completed")
    assert fresh(tenant, draft).draft["goal"] == goal
    draw(page, draft, kind="manual", again="always", goal="Checkout Started")
    assert fresh(tenant, draft).draft["goal"] == {"event": "Checkout Started", "where": {}}
    draw(page, draft, kind="manual", again="always", goal="")
    assert fresh(tenant, draft).draft["goal"] is None


def test_a_slower_editor_is_told(page, tenant, draft):
    draw(page, draft, "add::wait", revision="1")
    response = draw(page, draft, "add::tag", revision="1")
    assert "Somebody else has changed" in response.headers.get("HX-Trigger", "") + response.content.decode()
    assert len(fresh(tenant, draft).draft["steps"]) == 1


@pytest.mark.parametrize("action", ["remove:s9", "add:s9:wait", "add::nothing", "path:s9", "unpath:s9/a", "up:s9"])
def test_what_is_not_there_cannot_be_drawn(page, tenant, draft, action):
    assert draw(page, draft, action).status_code == 404
    assert fresh(tenant, draft).revision == 1


@pytest.mark.parametrize("said", [
    {"node": "s1", "duration_amount": "x" * 5000}, {"node": "s1", "duration_amount": "-1", "duration_unit": "eons"},
    {"kind": "\0"}, {"kind": "date", "days": "9" * 40, "time": "\0"}, {"node": "' OR 1=1"},
    {"again": "x", "again_days": "-"},
    {"kind": "event", "event": "e" * 3000, "where_name": "a", "where_operator": "is", "where_value": "\0"},
])  # fmt: skip
def test_hostile_input_is_kept_as_a_fault_or_refused(page, tenant, draft, said):
    draw(page, draft, "add::wait")
    assert draw(page, draft, **said).status_code in (200, 404)
    assert page.get(f"{LIST}{draft.pk}/build/").status_code == 200


def test_the_rule_of_a_path_is_built(page, tenant, draft):
    draw(page, draft, "add::branch")
    url = f"{LIST}{draft.pk}/steps/s1/a/"
    assert page.get(url).status_code == 200
    bad = page.post(url, {"n.kind": "all", "n-0.kind": "field", "n-0.field": "attribute:country"})
    assert bad.status_code == 422
    good = {"n.kind": "all", "n-0.kind": "json", "n-0.json": '{"attribute": "country", "is": "SA"}', "name": "Saudi"}
    assert page.post(url, good).status_code == 302
    path = fresh(tenant, draft).draft["steps"][0]["paths"][0]
    assert (path["name"], path["settings"]) == ("Saudi", {"rule": {"all": [{"attribute": "country", "is": "SA"}]}})
    assert page.get(f"{LIST}{draft.pk}/steps/s1/zz/").status_code == 404


def test_publishing_says_what_is_missing_and_then_goes_live(page, tenant, draft):
    draw(page, draft, "add::wait")
    words = page.get(f"{LIST}{draft.pk}/publish/").content.decode()
    assert "What is missing" in words
    assert "Say how long." in words
    assert page.post(f"{LIST}{draft.pk}/publish/").status_code == 422
    draw(page, draft, node="s1", duration_amount="1", duration_unit="weeks")
    assert page.post(f"{LIST}{draft.pk}/publish/").status_code == 302
    assert fresh(tenant, draft).version.definition["steps"][0]["settings"] == {"duration": "P7D"}


def test_a_version_with_people_asks_what_becomes_of_them(page, tenant, live):
    draw(page, live, "remove:s2")
    draw(page, live, "add:s1:wait")
    draw(page, live, node="s2", duration_amount="1", duration_unit="days")
    url = f"{LIST}{live.pk}/publish/"
    assert "1 person is on the way" in page.get(url).content.decode()
    assert page.post(url).status_code == 422
    assert page.post(url, {"inside": "move", "to.s3": "s2"}).status_code == 302
    with tenancy.scope(tenant):
        assert list(Enrolment.objects.filter(state="active").values_list("node", "version__number")) == [("s2", 2)]


def test_one_shows_its_tree_its_figures_and_its_people(page, tenant, live):
    words = page.get(f"{LIST}{live.pk}/").content.decode()
    assert "Zoe Example" in words
    assert "Tag with “seen”" in words
    assert page.get(f"{LIST}{live.pk}/live/", headers={"HX-Request": "true"}).status_code == 200
    people = page.get(f"{LIST}{live.pk}/people/?state=active&node=s3").content.decode()
    assert ("Zoe Example" in people, "Otto" in people) == (True, False)


def test_the_people_of_a_segment_cost_no_question_each(page, tenant, django_assert_num_queries):
    with tenancy.scope(tenant):
        segment = SegmentFactory(name="Newcomers")
        trigger = {"kind": "segment", "segment": segment.pk, "when": "entered"}
        made = automation(tenant, [wait("P1D")], trigger=trigger)
    counts = []
    for round_number in (1, 2):
        with tenancy.scope(tenant):
            for _person in range(round_number):
                come(made, CustomerFactory(), key=f"entered:{segment.pk}:2026-06-01")
        with CaptureQueriesContext(connection) as captured:
            words = page.get(f"{LIST}{made.pk}/people/").content.decode()
        counts.append(len(captured))
        assert "Came into “Newcomers”" in words
    assert counts[0] == counts[1]


def test_the_way_of_one_person_is_told(page, tenant, live):
    with tenancy.scope(tenant):
        found = Enrolment.objects.get(customer__name="Zoe Example")
    words = page.get(f"/app/shop/journeys/passages/{found.pk}/").content.decode()
    assert "→ Saudi" in words
    assert "Wait 1 day" in words
    assert page.post(f"/app/shop/journeys/passages/{found.pk}/take-out/").status_code == 302
    assert "Taken out by a colleague" in page.get(f"/app/shop/journeys/passages/{found.pk}/").content.decode()


def test_pause_resume_stop_duplicate(page, tenant, live):
    for action, state in (("pause", "paused"), ("resume", "live"), ("stop", "stopped")):
        assert page.post(f"{LIST}{live.pk}/act/", {"action": action}).status_code == 302
        assert fresh(tenant, live).state == state
        assert page.get(f"{LIST}{live.pk}/").status_code == 200
    page.post(f"{LIST}{live.pk}/act/", {"action": "resume"})  # refused with a notice
    assert fresh(tenant, live).state == "stopped"
    page.post(f"{LIST}{live.pk}/act/", {"action": "duplicate"})
    with tenancy.scope(tenant):
        assert Automation.objects.count() == 2


def test_the_people_of_a_segment_are_let_in(page, tenant, live):
    with tenancy.scope(tenant):
        segment = SegmentFactory(rule={"attribute": "city", "is": "Riyadh"})
        customer = CustomerFactory(city="Riyadh")
        SegmentMember.objects.create(segment=segment, customer=customer, entered_at=NOW)
    assert page.post(f"{LIST}{live.pk}/enrol/", {"segment": segment.pk}).status_code == 302
    with tenancy.scope(tenant):
        job = Job.objects.get(kind="journeys.enrol")
    assert jobs.run(tenant_id=tenant.pk, job_id=job.pk, now=timezone.now)
    with tenancy.scope(tenant):
        job.refresh_from_db()
        assert (job.state, job.result) == ("done", {"people": 1, "entered": 1})
        assert Enrolment.objects.filter(customer=customer).count() == 1


def test_trying_out_tells_who_would_get_what(page, tenant, draft):
    with tenancy.scope(tenant):
        segment = SegmentFactory()
        SegmentMember.objects.create(segment=segment, customer=CustomerFactory(name="Zoe"), entered_at=NOW)
        todo = {"kind": "todo", "settings": {"title": "Call her", "days": 2}}
        automations.redraw(automation=draft, definition={"steps": [todo]}, by=SYSTEM)
    url = f"{LIST}{draft.pk}/simulate/"
    assert page.get(url).status_code == 200
    words = page.get(f"{url}?segment={segment.pk}").content.decode()
    assert "1 person would have come in" in words
    assert "To-do: Call her" in words
    assert "Choose a segment to simulate with" in page.get(f"{url}?segment=&since=2026-01-01").content.decode()
    assert page.get(f"{url}?segment=999999").status_code == 404
    assert page.get(f"{url}?since=9999-99-99&until=x").status_code == 200


def test_roles(client, tenant, live):
    client.force_login(make_user(tenant, "analyst"))
    assert client.get(f"{LIST}{live.pk}/").status_code == 200
    assert client.get(f"{LIST}{live.pk}/build/").status_code == 403
    assert client.post(f"{LIST}{live.pk}/act/", {"action": "stop"}).status_code == 403
    with tenancy.scope(tenant):
        assert Template.objects.count() == 0


def test_a_profile_shows_the_automations_somebody_is_in(page, tenant, live):
    with tenancy.scope(tenant):
        inside = Enrolment.objects.get(customer__name="Otto").customer_id
        outside = CustomerFactory().pk
    assert "Welcome" in page.get(f"/app/shop/journeys/customers/{inside}/automations/").content.decode()
    assert "In no automation yet." in page.get(f"/app/shop/journeys/customers/{outside}/automations/").content.decode()
