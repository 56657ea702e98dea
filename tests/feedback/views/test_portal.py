"""The portal: articles for everybody; one's own page for whoever holds the signed address, and for nobody else."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from campaigns.channels.email import document
from campaigns.domain import points
from campaigns.models import Brand, Message
from customers.domain import consents, customers, topics
from cxm import tenancy
from cxm.accounts.models import Todo
from cxm.audit.actors import SYSTEM
from cxm.lib import signing
from feedback.domain import articles, cases, desk, portal, portal_cases
from feedback.models import Article, Case, CaseType

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PORTAL = "/portal/shop/"


@pytest.fixture
def ada(tenant):
    with tenancy.scope(tenant):
        return customers.create(values={"name": "Ada", "email": "Ada@Example.com"}, by=SYSTEM, now=NOW)


@pytest.fixture
def mine(ada) -> str:
    return f"{PORTAL}me/{portal.token(customer=ada, now=timezone.now())}/"


def test_articles_are_found_in_both_languages_without_signing_in(client, tenant):
    with tenancy.scope(tenant):
        articles.create(title="Returns", title_ar="الإرجاع والاستبدال", body_ar="خلال ثلاثين يوماً", section="Orders",
                        state="public", by=SYSTEM, now=NOW)  # fmt: skip
        articles.create(title="Hidden draft", by=SYSTEM, now=NOW)
    text = client.get(PORTAL).text
    assert "Returns" in text
    assert "Hidden draft" not in text
    assert "Hidden draft" not in client.get(PORTAL, {"q": "hidden"}).text
    arabic = client.get(PORTAL, {"q": "ارجاع", "lang": "ar"})
    assert 'dir="rtl"' in arabic.text
    assert "الإرجاع والاستبدال" in arabic.text
    assert "خلال ثلاثين يوماً" in client.get(f"{PORTAL}articles/returns/").text
    assert client.get(f"{PORTAL}articles/hidden-draft/").status_code == 404
    assert len(text.encode()) < 50_000


def test_only_a_press_of_the_button_counts_as_a_vote(client, tenant):
    with tenancy.scope(tenant):
        articles.create(title="Returns", state="public", by=SYSTEM, now=NOW)
    place = f"{PORTAL}articles/returns/"
    client.get(place, {"helped": "yes"})
    client.post(place, {"helped": "yes"})
    client.post(place, {"helped": "perhaps"})
    with tenancy.scope(tenant):
        assert Article.objects.values_list("helped", "not_helped").get() == (1, 0)


def test_a_link_is_sent_to_a_known_address_and_nothing_tells_which_are_known(client, tenant, ada):
    known = client.post(f"{PORTAL}link/", {"email": " ada@example.com "})
    unknown = client.post(f"{PORTAL}link/", {"email": "nobody@example.com"})
    broken = client.post(f"{PORTAL}link/", {"email": "no address"})
    assert known.status_code == unknown.status_code == broken.status_code == 200
    said = [re.sub(r'nonce="[^"]*"', "", answer.text) for answer in (known, unknown, broken)]
    assert said[0] == said[1] == said[2]
    client.post(f"{PORTAL}link/", {"email": "ADA@example.com"})
    with tenancy.scope(tenant):
        message = Message.objects.select_related("unit").get()
        assert (message.customer_id, message.unit.message_class) == (ada.pk, "transactional")
        link = re.search(r"/portal/shop/me/[\w-]+/", str(message.data))[0]
    assert "Hello" in client.get(link).text


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_letter_with_the_link_fetches_nothing_from_elsewhere(language):
    _subject, *words = portal.LETTERS[language]
    body = portal._BODY.format(*words)
    made = document.build(
        body, form="mjml", language=language, preheader="", clicks=False, opens=False, marketing=False
    )
    assert "IBM Plex Sans Arabic" in made.html
    assert re.findall(r"googleapis|@import|Ubuntu", made.html) == []


def test_tokens_altered_ended_or_of_another_tenant_show_nothing(client, tenant, other_tenant, ada, mine):
    token = mine.split("/")[-2]
    ended = portal.token(customer=ada, now=timezone.now() - timedelta(days=8))
    other_kind = signing.sign("preferences", tenant.pk, ada.pk, 2**33)
    theirs = signing.sign("portal", other_tenant.pk, ada.pk, int(timezone.now().timestamp()) + 1000)
    gone = signing.sign("portal", tenant.pk, ada.pk + 1000, int(timezone.now().timestamp()) + 1000)
    altered = token[:5] + ("A" if token[5] != "A" else "B") + token[6:]
    for wrong in (ended, other_kind, theirs, gone, altered, token + "A", "x"):
        for place in ("", "preferences/"):
            for ask in (client.get, client.post):
                answer = ask(f"{PORTAL}me/{wrong}/{place}", {"none": "yes"} if ask == client.post else None)
                assert answer.status_code == 404, (wrong, place)
                assert "Ada" not in answer.text
    assert client.get(f"/portal/stranger/me/{token}/").status_code == 404
    assert client.get("/portal/no-such/").status_code == 404
    with tenancy.scope(tenant):
        assert consents.state(ada) == {}


def test_ones_own_page_shows_ones_points(client, tenant, ada, mine):
    with tenancy.scope(tenant):
        points.add(customer=ada, amount=120, reason="Welcome", key="w", by=SYSTEM, at=NOW)
        stranger = customers.create(values={"name": "Bob"}, by=SYSTEM, now=NOW)
        points.add(customer=stranger, amount=999, reason="Theirs", key="t", by=SYSTEM, at=NOW)
    text = client.get(mine).text
    assert all(words in text for words in ("120", "Welcome"))
    assert "999" not in text
    assert "Theirs" not in text


def test_preferences_are_ones_own_and_a_get_changes_none(client, tenant, ada, mine):
    with tenancy.scope(tenant):
        topics.create(name="Offers", by=SYSTEM)
    client.get(f"{mine}preferences/", {"none": "yes"})
    with tenancy.scope(tenant):
        assert consents.state(ada) == {}
    assert "Saved" in client.post(f"{mine}preferences/", {"none": "yes"}, follow=True).text
    with tenancy.scope(tenant):
        assert consents.state(ada)[("email", "")].granted is False


def test_asking_for_links_without_end_is_stopped(client, tenant):
    answers = [client.post(f"{PORTAL}link/", {"email": "x@x.test"}, REMOTE_ADDR="198.51.100.9") for _n in range(12)]
    assert answers[-1].status_code == 429


def test_behind_a_proxy_one_who_asks_too_often_stops_nobody_else(client, tenant, settings):
    settings.BEHIND_PROXY = True
    asked = {"email": "x@x.test"}
    for _n in range(12):
        client.post(f"{PORTAL}link/", asked, headers={"X-Forwarded-For": "198.51.100.10"})
    same = client.post(f"{PORTAL}link/", asked, headers={"X-Forwarded-For": "203.0.113.5, 198.51.100.10"})
    other = client.post(f"{PORTAL}link/", asked, headers={"X-Forwarded-For": "198.51.100.11"})

    assert (same.status_code, other.status_code < 400) == (429, True)


@pytest.mark.parametrize("place", ["", "write/", "preferences/"])
def test_pages_are_light_scriptless_and_speak_arabic(client, mine, place):
    answer = client.get(f"{mine}{place}", {"lang": "ar"})
    assert answer.status_code == 200
    assert 'dir="rtl"' in answer.text
    assert "<script" not in answer.text
    assert len(answer.content) < 50_000
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.fixture
def case(tenant, ada) -> Case:
    with tenancy.scope(tenant):
        made = portal_cases.write(
            customer=ada, type_id=None, subject="Cup broken", body="It came in two.", key="k", now=NOW
        )
        cases.note(case=made, body="Secret among us", by=SYSTEM, now=NOW)
        cases.answer(case=made, body="We send another.", by=SYSTEM, now=NOW)
        return cases.get(made.pk)


def test_ones_own_page_shows_cases_and_nothing_said_among_colleagues(client, tenant, ada, mine, case):
    with tenancy.scope(tenant):
        stranger = customers.create(values={"name": "Bob"}, by=SYSTEM, now=NOW)
        theirs = portal_cases.write(customer=stranger, type_id=None, subject="Bobs", body="x", key="k", now=NOW)
    text = client.get(mine).text
    assert "Cup broken" in text
    assert "Bobs" not in text
    thread = client.get(f"{mine}cases/{case.number}/").text
    assert "It came in two." in thread
    assert "We send another." in thread
    assert "Secret among us" not in thread
    assert client.get(f"{mine}cases/{theirs.number}/").status_code == 404


def test_the_business_answers_under_its_arabic_name_in_arabic(client, tenant, mine, case):
    with tenancy.scope(tenant):
        Brand.objects.update_or_create(defaults={"name": "Nakhla", "name_ar": "نخلة"})
    assert "<bdi>نخلة</bdi> ·" in client.get(f"{mine}cases/{case.number}/", {"lang": "ar"}).text


def test_a_case_of_a_bad_score_is_not_named_by_it(client, tenant, ada, mine):
    with tenancy.scope(tenant):
        desk.begin(by=SYSTEM)
        cases.open(type=desk.type_by(ref="complaint"), customer=ada, subject="Score 2 in “NPS”", body="",
                   key="survey:7", channel="survey", by=SYSTEM, now=NOW)  # fmt: skip
    for place in (mine, f"{mine}cases/1/"):
        text = client.get(place, {"lang": "ar"}).text
        assert "إجابتك عن استبياننا" in text
        assert "Score 2" not in text


def test_a_complaint_is_opened_once_and_reaches_a_person(client, tenant, ada, mine):
    with tenancy.scope(tenant):
        desk.begin(by=SYSTEM)
        kinds = {found.kind: found.pk for found in portal_cases.types()}
    key = re.search(r'name="key" value="(\w+)"', client.get(f"{mine}write/").text)[1]
    assert client.post(f"{mine}write/", {"key": key, "body": " "}).status_code == 422
    said = {"key": key, "type": kinds["complaint"], "subject": "", "body": "The cup came broken.\nAgain."}
    client.cookies["cxm_language"] = "ar"  # colleagues read English all the same
    first, again = client.post(f"{mine}write/", said), client.post(f"{mine}write/", said)
    assert first.headers["Location"] == again.headers["Location"] == f"{mine}cases/1/"
    with tenancy.scope(tenant):
        made = Case.objects.select_related("type").get()
        assert (made.subject, made.type.kind, made.channel, made.customer_id) == (
            "The cup came broken.", "complaint", "portal", ada.pk)  # fmt: skip
        todo = Todo.objects.get()
        assert (todo.key, todo.done_at, todo.about_kind, todo.about_id, todo.title) == (
            f"portal-case:{made.pk}", None, "case", made.pk,
            "Look at case 1 from the portal: The cup came broken.")  # fmt: skip


def test_looking_at_the_form_makes_nothing_and_writing_makes_what_is_missing(client, tenant, mine):
    assert "<select" not in client.get(f"{mine}write/").text
    with tenancy.scope(tenant):
        assert not CaseType.objects.exists()
    assert client.post(f"{mine}write/", {"key": "a", "body": "It is lost."}).status_code == 302
    with tenancy.scope(tenant):
        assert Case.objects.select_related("type").get().type.kind == "complaint"


def test_a_reply_wakes_a_case_and_an_empty_one_is_refused(client, tenant, mine, case):
    with tenancy.scope(tenant):
        cases.solve(case=case, by=SYSTEM, now=NOW)
    place = f"{mine}cases/{case.number}/"
    assert client.post(place, {"body": " "}).status_code == 422
    assert client.post(place, {"body": "Not solved <b>at all</b>"}).status_code == 302
    assert "&lt;b&gt;at all&lt;/b&gt;" in client.get(place).text
    with tenancy.scope(tenant):
        assert cases.get(case.pk).state == "open"
