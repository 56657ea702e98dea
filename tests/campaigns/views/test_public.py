"""What recipients meet: links that count persons, and choices that no GET changes."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import iri_to_uri

from campaigns.channels.email import links
from campaigns.domain import gate, messages
from campaigns.models import Hit, Link, Message, SendUnit, TemplateVersion
from customers.domain import suppressions
from customers.models import Consent, ConsentEntry, Event, Suppression, Topic
from cxm import tenancy
from cxm.accounts.models import Membership, Role
from cxm.audit.actors import SYSTEM
from cxm.lib import signing
from tests.campaigns.factories import MessageFactory, UnitFactory, VersionFactory
from tests.conftest import make_user
from tests.factories import CustomerFactory

CHROME = {
    "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36",
    "HTTP_ACCEPT_LANGUAGE": "en",
    "HTTP_SEC_FETCH_MODE": "navigate",
}
SHOP = "https://shop.example/مرحبا?a=1&b=%D9%85#x"


@pytest.fixture
def message(tenant) -> Message:
    """A message sent a minute ago, with three links."""
    with tenancy.scope(tenant):
        version = VersionFactory()
        unit = UnitFactory(template=version.template, versions={"en": version.pk})
        for index in range(3):
            Link.objects.create(unit=unit, language="en", index=index, url=f"{SHOP}{index}")
        return MessageFactory(
            unit=unit,
            state="accepted",
            language="en",
            address="c@example.com",
            sent_at=timezone.now() - timedelta(minutes=1),
        )


def _path(name: str, kind: str, *numbers: int) -> str:
    return reverse(name, args=[signing.sign(kind, *numbers)])


def _click(message: Message, index: int = 0) -> str:
    return _path("click", "click", message.tenant_id, message.pk, index)


def _unsubscribe(message: Message) -> str:
    return _path("unsubscribe", "unsubscribe", message.tenant_id, message.pk)


def _now(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def test_a_click_leads_byte_for_byte_where_the_link_led(client, message):
    answer = client.get(_click(message, 1), **CHROME)

    assert (answer.status_code, answer["Location"]) == (
        302,
        "https://shop.example/%D9%85%D8%B1%D8%AD%D8%A8%D8%A7?a=1&b=%D9%85#x1",
    )
    assert _now(message).clicked_at is not None
    assert _now(message).opened_at == _now(message).clicked_at
    assert Event.objects.get(name="Email Link Clicked").properties["url"] == f"{SHOP}1"
    assert Event.objects.filter(name="Email Opened").count() == 1


def test_a_click_on_a_link_made_from_data_leads_where_its_message_says_and_nowhere_else(client, message):
    marks = links.MessageMarks(
        sign=signing.sign, base_url="http://testserver", tenant_id=message.tenant_id, message_id=message.pk
    )
    link = marks.click(7, f"{SHOP}?c=5", fixed=False).removeprefix("http://testserver")
    signed, evil = link.partition("~")[0], marks.click(7, "https://evil.test/", fixed=False).partition("~")[2]

    answer = client.get(link, **CHROME)

    assert (answer.status_code, answer["Location"]) == (302, iri_to_uri(f"{SHOP}?c=5"))
    assert Hit.objects.get().link_index == 7
    assert [client.get(other, **CHROME).status_code for other in (f"{signed}~{evil}", signed)] == [404, 404]


def test_an_open_counts_once_and_every_request_is_kept(client, message):
    pixel = _path("open_pixel", "open", message.tenant_id, message.pk)

    first = client.get(pixel, **CHROME)
    at = _now(message).opened_at
    client.get(pixel, **CHROME)

    assert (first["Content-Type"], first["Cache-Control"]) == (
        "image/gif",
        "max-age=0, no-cache, no-store, must-revalidate, private",
    )
    assert (_now(message).opened_at, Hit.objects.count(), Event.objects.count()) == (at, 2, 1)


def test_scanners_leave_no_trace_in_the_human_figures(client, message):
    paths = [_click(message, index) for index in range(3)] + [
        _path("open_pixel", "open", message.tenant_id, message.pk),
        _unsubscribe(message),
        _path("preferences", "preferences", message.tenant_id, message.pk),
        _path("message_in_browser", "view", message.tenant_id, message.pk),
    ]
    for path in paths * 2:
        assert client.get(path, HTTP_USER_AGENT="python-requests/2").status_code in {200, 302}
        assert client.head(path, HTTP_USER_AGENT="python-requests/2").status_code in {200, 302}

    found = _now(message)
    assert (found.opened_at, found.clicked_at, found.unsubscribed_at) == (None, None, None)
    assert found.clicked_machine_at is not None
    assert (ConsentEntry.objects.count(), Event.objects.count()) == (0, 0)


def test_a_scanner_in_a_browsers_clothes_is_known_by_its_haste(client, message):
    for index in range(3):
        client.get(_click(message, index), **CHROME)

    assert (_now(message).clicked_at, _now(message).opened_at) == (None, None)
    assert list(Hit.objects.values_list("machine", flat=True)) == ["burst"] * 3
    assert Event.objects.count() == 0


def test_altered_and_foreign_tokens_lead_nowhere(client, message, other_tenant):
    token = signing.sign("click", message.tenant_id, message.pk, 0)
    swapped = token[:-1] + ("A" if token[-1] != "A" else "B")
    for path in (
        reverse("click", args=[swapped]),
        _path("click", "open", message.tenant_id, message.pk, 0),
        _path("click", "click", other_tenant.pk, message.pk, 0),
        _path("click", "click", message.tenant_id, message.pk, 99),
        _path("unsubscribe", "unsubscribe", other_tenant.pk, message.pk),
        reverse("unsubscribe", args=["garbage"]),
    ):
        assert client.get(path, **CHROME).status_code == 404
    assert client.post(_path("unsubscribe", "unsubscribe", other_tenant.pk, message.pk)).status_code == 404
    assert (Hit.objects.count(), ConsentEntry.objects.count()) == (0, 0)


@pytest.mark.parametrize("form", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
def test_one_click_unsubscribe(client, message, form):
    body = "List-Unsubscribe=One-Click"
    if form.startswith("multipart"):
        body = '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
    answers = [client.post(_unsubscribe(message), body, content_type=form).status_code for _n in range(2)]

    assert answers == [200, 200]
    assert _now(message).unsubscribed_at is not None
    assert list(Consent.objects.values_list("channel", "topic", "granted")) == [("email", "", False)]
    assert set(ConsentEntry.objects.values_list("source", flat=True)) == {"one_click"}
    assert Event.objects.filter(name="Email Unsubscribed").count() == 1


def test_the_page_says_how_it_stands_whoever_comes_back_to_it(client, tenant, message):
    with tenancy.scope(tenant):
        Topic.objects.create(slug="news", name="News")
    SendUnit.objects.update(topic="news")
    page, choices = _unsubscribe(message), _path("preferences", "preferences", message.tenant_id, message.pk)
    headings = [client.get(page)]
    answer = client.post(page, {"page": "1"})
    headings.append(client.get(answer.url))
    client.post(choices, {"topics": ["news"]})
    headings.append(client.get(page))

    assert (answer.status_code, answer.url) == (302, page)
    assert [re.search("<h1>(.+)</h1>", found.text)[1] for found in headings] == [
        "Unsubscribe?", "You are unsubscribed", "Unsubscribe?",
    ]  # fmt: skip


@pytest.mark.parametrize("sharing", [0, 2])
def test_an_address_that_is_nobodys_alone_is_taken_off_marketing(client, tenant, sharing):
    with tenancy.scope(tenant):
        for _n in range(sharing):
            CustomerFactory(email="us@example.com")
        made = [
            messages.send(
                to="Us@example.com", template=VersionFactory(template__kind=kind).template, data={}, by=SYSTEM
            )
            for kind in ("newsletter", "newsletter", "confirmation")
        ]

    answers = [client.post(_unsubscribe(made[0])).status_code for _n in range(2)]

    assert (answers, made[0].customer_id) == ([200, 200], None)
    with tenancy.scope(tenant):
        assert list(Suppression.objects.values_list("channel", "address_key", "reason")) == [
            ("email", "us@example.com", "unsubscribed")
        ]
        assert [_now(found).unsubscribed_at is None for found in made] == [False, True, True]
        judged = [gate.judge(lease=found.lease, unit=found.unit, opt_in=False)[0].reason for found in made]
        assert judged == ["unsubscribed", "unsubscribed", ""]
        suppressions.add(channel="email", address="us@example.com", reason="bounced", by=SYSTEM)
        judged = [gate.judge(lease=found.lease, unit=found.unit, opt_in=False)[0].reason for found in made]
        assert judged == ["suppressed"] * 3


def test_a_colleague_who_unsubscribes_from_a_test_is_not_kept(client, tenant):
    with tenancy.scope(tenant):
        test = messages.send_test(to="me@shop.example", template=VersionFactory().template, language="en",
                                  as_customer=None, by=SYSTEM)  # fmt: skip

    client.post(_unsubscribe(test))

    assert Suppression.objects.count() == 0


def test_unsubscribe_leaves_other_topics_alone(client, tenant, message):
    with tenancy.scope(tenant):
        Topic.objects.create(slug="news", name="News")
        message.unit.topic = "news"
        message.unit.save()

    client.post(_unsubscribe(message))

    assert list(Consent.objects.values_list("topic", "granted")) == [("news", False)]


@pytest.mark.parametrize(("language", "title"), [("en", "“News”"), ("ar", "«أخبار»")])
def test_unsubscribe_names_the_topic_in_the_language_of_the_message(client, tenant, message, language, title):
    with tenancy.scope(tenant):
        Topic.objects.create(slug="news", name="News", name_ar="أخبار")
        message.unit.topic, message.language = "news", language
        message.unit.save()
        message.save()

    assert title in client.get(_unsubscribe(message)).text


def test_preferences_are_kept_and_shown(client, tenant, message):
    with tenancy.scope(tenant):
        for slug in ("news", "offers"):
            Topic.objects.create(slug=slug, name=slug.title())
    path = _path("preferences", "preferences", message.tenant_id, message.pk)

    assert client.get(path).content.count(b"checked") == 2
    client.post(path, {"topics": ["offers"], "language": "ar"})

    assert list(Consent.objects.values_list("topic", "granted")) == [("news", False)]
    message.customer.refresh_from_db()
    assert message.customer.language == "ar"
    assert client.get(path).content.count(b"checked") == 1


def test_the_way_back_from_a_no_to_everything(client, tenant, message):
    with tenancy.scope(tenant):
        for slug in ("news", "offers"):
            Topic.objects.create(slug=slug, name=slug.title())
    path = _path("preferences", "preferences", message.tenant_id, message.pk)
    client.post(_unsubscribe(message))
    explained = b"Choose a topic to get email about that topic again."

    assert explained in client.get(path).content
    saved = client.post(path, {"topics": ["news"], "none": "yes"}, follow=True)

    assert saved.redirect_chain == [(f"{path}?saved=1", 302)]  # going back to it asks for nothing
    assert b"Saved. Your choice holds from now on." in saved.content
    assert explained not in saved.content
    assert dict(Consent.objects.values_list("topic", "granted")) == {"": True, "news": True, "offers": False}


def test_public_pages_speak_the_readers_language_and_stay_small(client, tenant, message):
    Message.objects.update(language="ar")

    page = client.get(_unsubscribe(message))

    assert b'dir="rtl"' in page.content
    assert len(page.content) < 50_000


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_topic_is_called_as_its_readers_call_it(client, tenant, message, method):
    with tenancy.scope(tenant):
        Topic.objects.create(slug="news", name="News", name_ar="الأخبار")
    SendUnit.objects.update(topic="news")
    shown = []
    for language in ("en", "ar"):
        Message.objects.update(language=language)
        shown.append(re.findall("“(.+?)”|«(.+?)»", getattr(client, method)(_unsubscribe(message)).text))

    assert shown == [[("News", "")], [("", "الأخبار")]]


def test_the_message_in_a_browser_runs_nothing(client, message):
    answer = client.get(_path("message_in_browser", "view", message.tenant_id, message.pk))

    assert answer["Content-Security-Policy"].startswith("sandbox")
    assert f"Dear {message.customer.name}" in answer.content.decode()
    assert f'href="{settings.BASE_URL}{_unsubscribe(message)}"' in answer.text  # the way out leads out here too


PAGES = {"unsubscribe": "unsubscribe", "preferences": "preferences", "message_in_browser": "view"}


@pytest.fixture(params=["colleague", "stranger"])
def somebody(request, tenant, other_tenant) -> Client:
    """A browser in which somebody is signed in: of the sender's business or another, who reads Arabic."""
    browser = Client()
    browser.force_login(make_user({"colleague": tenant, "stranger": other_tenant}[request.param], Role.OWNER))
    browser.cookies["cxm_language"] = "ar"
    return browser


def _told(answer) -> tuple:
    body = re.sub(r'nonce="[^"]+"', "", answer.content.decode())
    return answer.status_code, answer.headers.get("Location"), answer.headers.get("Content-Language"), body


@pytest.mark.parametrize("language", ["en", "ar"])
def test_whoever_is_signed_in_meets_exactly_the_pages_of_the_recipient(client, tenant, message, somebody, language):
    with tenancy.scope(tenant):
        Topic.objects.create(slug="news", name="News", name_ar="الأخبار")
        VersionFactory(template=message.unit.template, language="ar")
        SendUnit.objects.update(versions=dict(TemplateVersion.objects.values_list("language", "pk")))
        Message.objects.update(language=language)
    paths = [_path(name, kind, message.tenant_id, message.pk) for name, kind in PAGES.items()]
    paths += [_click(message), _click(message, 99), reverse("unsubscribe", args=["garbage"])]
    client.cookies["cxm_language"] = "ar"  # what has no message has no language but the browser's
    met = [_told(somebody.get(path)) for path in paths]

    assert met == [_told(client.get(path)) for path in paths]
    assert [(status, spoken) for status, _to, spoken, _body in met[:3]] == [(200, language)] * 3
    assert [f'<html lang="{language}"' in body for _status, _to, _spoken, body in met[:2]] == [True, True]


def test_whoever_is_signed_in_the_choice_is_the_recipients(tenant, message, somebody):
    with tenancy.scope(tenant):
        Topic.objects.create(slug="news", name="News")
    somebody.post(_path("preferences", "preferences", message.tenant_id, message.pk), {"topics": []})
    somebody.post(_unsubscribe(message))

    assert set(ConsentEntry.objects.values_list("tenant", "actor_label")) == {(tenant.pk, "c@example.com")}
    assert somebody.get(f"/app/{somebody_of(somebody)}/").status_code == 200  # still signed in


def somebody_of(browser: Client) -> str:
    return Membership.objects.get(user_id=browser.session["_auth_user_id"]).tenant.slug


def test_the_brands_colour_is_let_through_by_the_policy(client, message):
    answer = client.get(_unsubscribe(message))

    nonce = re.search(r'<style nonce="([^"]+)">:root { --brand: #1f6feb; }</style>', answer.content.decode())[1]
    assert f"'nonce-{nonce}'" in answer["Content-Security-Policy"]
