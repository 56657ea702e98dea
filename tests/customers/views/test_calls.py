"""Pages of the telephone and of contacts."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers import panels
from customers.domain import calls, customers, telephony
from customers.models import Call, CallAgent, CallDraft, CallQueue, Interaction, PhoneNumber
from cxm import tenancy
from cxm.accounts.domain import todos
from cxm.accounts.models import Todo
from cxm.audit.actors import SYSTEM

BASE = "/app/shop/customers/"
HX = {"HX-Request": "true"}


@pytest.fixture
def desk(client, agent, tenant):
    """An agent who takes calls, signed in."""
    client.force_login(agent)
    with tenancy.scope(tenant):
        telephony.set_state(user=agent, state="available", now=timezone.now())
    return client


@pytest.fixture
def ada(tenant):
    with tenancy.scope(tenant):
        values = {"name": "Ada King", "phone": "+447400123456", "company": "Acme", "tags": ["vip"]}
        return customers.create(values=values, by=SYSTEM, now=timezone.now())


def ring(tenant, number="07400123456", call_id="c1", **more) -> Call:
    with tenancy.scope(tenant):
        said = {"call_id": call_id, "state": "ringing", "number": number, "by": SYSTEM, "now": timezone.now()}
        return calls.tell(**said | more)


def test_agents_land_on_their_console(desk):
    assert desk.get("/app/shop/").headers["Location"] == f"{BASE}console/"
    page = desk.get(f"{BASE}console/").text
    assert page.count('id="calls"') == page.count('hx-trigger="bell from:body"') == 1
    assert "Nobody is calling" in page


def test_other_pages_of_an_agent_hold_the_dock_and_those_of_others_do_not(desk, client, owner):
    assert 'id="calls"' in desk.get(BASE).text
    assert 'hx-trigger="bell from:body"' in desk.get(BASE).text
    client.force_login(owner)
    assert 'id="calls"' not in client.get(BASE).text
    client.post(f"{BASE}calls/state/", {"state": "available"})
    assert 'id="calls"' in client.get(BASE).text
    client.post(f"{BASE}calls/state/", {"state": "away"})
    assert 'id="calls"' not in client.get(BASE).text


def test_the_card_shows_who_calls(desk, tenant, ada):
    ring(tenant)
    text = desk.get(f"{BASE}calls/live/").text
    for words in ("Ada King", "Acme", "vip", "+44 7400 123456", "Ringing", "This number stands in the profile",
                  "Ada King is calling", 'data-state="ringing"'):  # fmt: skip
        assert words in text, words
    assert "<html" not in text


def test_the_card_costs_the_same_whatever_is_known(desk, tenant, ada, agent, django_assert_num_queries):
    ring(tenant)
    for rows in (1, 3):
        with tenancy.scope(tenant):
            for number in range(rows):
                title = f"{rows}.{number}"
                todos.create(title=title, by=SYSTEM, about=("customer", ada.pk), assignee=agent)
        desk.get(f"{BASE}calls/live/")
        with django_assert_num_queries(24):
            desk.get(f"{BASE}calls/live/")


@pytest.fixture
def own_glances():
    """Lines that a test registers go with it."""
    kept = dict(panels._glances)
    yield
    panels._glances.clear()
    panels._glances.update(kept)


def test_lines_of_other_apps_stand_on_the_card_and_one_that_fails_is_left_out(desk, tenant, ada, own_glances):
    lines = [panels.Line("Case 17: late parcel", href="/x", note="2 h left", tone="warn")]
    panels.register_glance(panels.Glance("cases", "Open cases", lambda person: lines, "customers.view"))
    panels.register_glance(
        panels.Glance("broken", "Broken", lambda person: list(PhoneNumber.objects.extra(where=["no_such"])),
                      "customers.view")
    )  # fmt: skip
    panels.register_glance(panels.Glance("hidden", "Hidden", lambda person: lines, "settings.manage"))
    ring(tenant)
    text = desk.get(f"{BASE}calls/live/").text
    assert "Case 17: late parcel" in text
    assert "2 h left" in text
    assert "Broken" not in text
    assert "Hidden" not in text


def test_take_write_hang_up_and_log(desk, tenant, ada, agent):
    call = ring(tenant)
    place = f"{BASE}calls/{call.pk}/"
    taken = desk.post(f"{place}take/", headers=HX)
    assert (taken.status_code, taken.headers["HX-Trigger"]) == (204, '{"calls": {}}')
    assert desk.post(f"{place}draft/", {"note": "Parcel is late", "outcome": "solved"}, headers=HX).status_code == 204
    ring(tenant, state="answered")
    ring(tenant, state="ended", now=timezone.now() + timedelta(minutes=1))
    text = desk.get(f"{BASE}calls/live/").text
    assert "Hung up. What came of it?" in text
    assert "Parcel is late" in text
    said = {"note": "Parcel is late", "outcome": "solved", "follow_up": "Ask the courier", "sentiment": "bad"}
    assert desk.post(f"{place}log/", said | {"outcome": "x"}, headers=HX).status_code == 422
    logged = desk.post(f"{place}log/", said, headers=HX)
    assert logged.status_code == 204
    assert "Written down. It stands on the timeline." in logged.headers["HX-Trigger"]
    with tenancy.scope(tenant):
        found = Interaction.objects.get()
        assert (found.note, found.sentiment, found.call_id, found.actor_label) == (
            "Parcel is late", "bad", call.pk, "agent@shop.test")  # fmt: skip
        assert Todo.objects.values_list("title", "assignee").get() == ("Ask the courier", agent.pk)
        assert CallDraft.objects.count() == 0
    assert "Came to us, Phone call: Solved" in desk.get(f"{BASE}{ada.pk}/").text
    assert "Ada King" not in desk.get(f"{BASE}calls/live/").text
    desk.post(f"{place}draft/", {"note": "late keystroke"}, headers=HX)
    with tenancy.scope(tenant):
        assert CallDraft.objects.count() == 0


def test_a_log_without_a_person_says_what_is_missing(desk, tenant):
    call = ring(tenant, number="anonymous")
    answer = desk.post(f"{BASE}calls/{call.pk}/log/", {"outcome": "solved"}, headers=HX)
    assert answer.status_code == 422
    assert "Say first who it was" in answer.text


def test_several_people_of_a_number_are_chosen_from(desk, tenant, ada):
    with tenancy.scope(tenant):
        customers.create(values={"name": "Bob King", "phone": ada.phone}, by=SYSTEM, now=timezone.now())
    call = ring(tenant)
    text = desk.get(f"{BASE}calls/live/").text
    assert all(words in text for words in ("Several people have this number", "Ada King", "Bob King"))
    desk.post(f"{BASE}calls/{call.pk}/choose/{ada.pk}/", headers=HX)
    assert "Chosen by a colleague" in desk.get(f"{BASE}calls/live/").text


def test_an_unknown_number_is_put_on_somebody_or_on_somebody_new(desk, tenant, ada):
    call = ring(tenant, number="+447400999999")
    found = desk.get(f"{BASE}calls/{call.pk}/look-up/", {"q": "ada"}, headers=HX).text
    assert "And keep the number" in found
    desk.post(f"{BASE}calls/{call.pk}/choose/{ada.pk}/", {"keep": "yes"}, headers=HX)
    with tenancy.scope(tenant):
        assert PhoneNumber.objects.values_list("customer", "number").get() == (ada.pk, "+447400999999")
    other = ring(tenant, number="+447400888888", call_id="c2")
    assert desk.post(f"{BASE}calls/{other.pk}/person/", {"name": ""}, headers=HX).status_code == 422
    desk.post(f"{BASE}calls/{other.pk}/person/", {"name": "Zed", "email": "z@x.test", "company": "Z"}, headers=HX)
    with tenancy.scope(tenant):
        other.refresh_from_db()
        assert (other.customer.name, other.customer.phone, other.match) == ("Zed", "+447400888888", "chosen")


def test_a_card_put_aside_comes_back_when_asked_for(desk, tenant, ada):
    call = ring(tenant)
    desk.post(f"{BASE}calls/{call.pk}/aside/")
    assert "Ada King" not in desk.get(f"{BASE}calls/live/").text
    desk.post(f"{BASE}calls/{call.pk}/take-up/")
    assert "Ada King" in desk.get(f"{BASE}calls/live/").text


def test_the_console_finds_people_and_lists_what_waits(desk, tenant, ada, agent):
    with tenancy.scope(tenant):
        todos.create(title="Write to Ada", by=SYSTEM, assignee=agent)
        todos.create(title="For anybody", by=SYSTEM)
    ring(tenant)
    ring(tenant, state="ended")
    beside = desk.get(f"{BASE}console/beside/").text
    assert all(words in beside for words in ("Write to Ada", "For anybody", "Ada King", "is-missed"))
    assert "Ada King" in desk.get(f"{BASE}console/find/", {"q": "king"}).text
    assert "Nobody has written down a contact yet." in desk.get(f"{BASE}console/{ada.pk}/").text


def test_settings_of_the_telephone(page, tenant, owner, agent):
    place = f"{BASE}telephone/"
    assert "No queues yet" in page.get(place).text
    page.post(place, {"name": "Care", "key": "", "agents": [agent.pk]})
    assert page.post(place, {"name": "Care again", "key": "care"}).status_code == 422
    with tenancy.scope(tenant):
        queue = CallQueue.objects.get()
        assert (queue.key, list(telephony.seated(queue))) == ("care", [agent.pk])
    page.post(f"{place}{queue.pk}/", {"name": "Help", "key": "help", "agents": [owner.pk]})
    with tenancy.scope(tenant):
        queue.refresh_from_db()
        assert (queue.name, queue.key, list(telephony.seated(queue))) == ("Help", "help", [owner.pk])
        assert CallAgent.objects.count() == 2
    page.post(f"{place}{queue.pk}/remove/")
    with tenancy.scope(tenant):
        assert CallQueue.objects.count() == 0


def test_contacts_are_written_down_and_listed(page, tenant, ada):
    assert "No contacts yet" in page.get(f"{BASE}interactions/").text
    said = {"channel": "store", "direction": "in", "occurred_at": "2024-11-25T10:00", "minutes": "20",
            "subject": "Fitting", "note": "Took two", "outcome": "sale", "sentiment": "good"}  # fmt: skip
    assert page.post(f"{BASE}{ada.pk}/interactions/new/", said | {"channel": "fax"}).status_code == 422
    ahead = {"occurred_at": f"{timezone.now().year + 1}-01-01T10:00"}
    early = page.post(f"{BASE}{ada.pk}/interactions/new/", said | ahead)
    assert (early.status_code, early.text.count("This time is still to come.")) == (422, 1)
    assert page.post(f"{BASE}{ada.pk}/interactions/new/", said).headers["Location"] == f"{BASE}{ada.pk}/"
    with tenancy.scope(tenant):
        assert Interaction.objects.values_list("duration", "subject").get() == (1200, "Fitting")
    assert "Took two" in page.get(f"{BASE}interactions/", {"channel": "store", "outcome": "bogus"}).text
    assert "Nothing of this kind" in page.get(f"{BASE}interactions/", {"channel": "chat"}).text


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_the_same_questions_for_any_number_of_rows(page, tenant, ada, django_assert_num_queries, rows):
    from tests.customers.domain.test_interactions import SAID, interactions  # noqa: PLC0415

    with tenancy.scope(tenant):
        for _row in range(rows):
            interactions.log(customer=ada, **SAID)
    page.get(f"{BASE}interactions/")
    with django_assert_num_queries(7):
        assert page.get(f"{BASE}interactions/").text.count(f"{BASE}{ada.pk}/") == rows


@pytest.mark.parametrize("place", ["console/", "interactions/", "telephone/", "calls/live/"])
def test_pages_speak_arabic(page, tenant, ada, place):
    ring(tenant)
    page.cookies["cxm_language"] = "ar"
    assert page.get(f"{BASE}{place}").status_code == 200
