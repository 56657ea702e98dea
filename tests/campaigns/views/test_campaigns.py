"""Pages of campaigns: drafted, reviewed, launched, watched, and who got it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from campaigns.domain import campaigns
from campaigns.models import Campaign, Hit, Link, Message
from customers.models import Consent, SegmentMember, Suppression
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.lib import formats
from tests.campaigns.factories import MessageFactory, OfferFactory, UnitFactory, VersionFactory
from tests.conftest import make_user
from tests.factories import CustomerFactory, SegmentFactory

LIST = "/app/shop/campaigns/"
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def segment(tenant):
    with tenancy.scope(tenant):
        found = SegmentFactory(name="Loyal")
        people = [CustomerFactory() for _person in range(4)]
        people.append(CustomerFactory(email="", email_key=""))
        people.append(CustomerFactory(email=people[0].email, email_key=people[0].email_key))
        SegmentMember.objects.bulk_create(SegmentMember(segment=found, customer=p, entered_at=AT) for p in people)
        Consent.objects.create(customer=people[1], channel="email", topic="", granted=False, at=AT)
        Suppression.objects.create(channel="email", address_key=people[2].email_key, reason="manual")
        return found


@pytest.fixture
def words(tenant, segment) -> dict:
    with tenancy.scope(tenant):
        return {"name": "Sale", "kind": "discount", "segment": segment.pk, "template": VersionFactory().template.pk}


@pytest.fixture
def sent(tenant) -> Campaign:
    with tenancy.scope(tenant):
        unit = UnitFactory()
        made = campaigns.create(name="March", by=SYSTEM)
        later = AT + timedelta(hours=3)
        clicked = MessageFactory(unit=unit, state="accepted", language="en", sent_at=AT, opened_at=later,
                                 clicked_at=later, revenue="12.50", converted_at=later)  # fmt: skip
        Link.objects.create(unit=unit, language="en", index=0, url="https://shop.example/sale")
        for machine in ("", "", "agent"):
            Hit.objects.create(message=clicked, kind="click", link_index=0, at=later, method="GET", machine=machine)
        MessageFactory(unit=unit, state="skipped", reason="unsubscribed")
        MessageFactory(unit=unit, state="failed", reply="550 5.1.1 unknown", customer__name="=cmd()|A1")
        Campaign.objects.update(unit=unit, audience=3, state="done", launched_at=AT, audience_ready_at=AT)
        return campaigns.get(campaign_id=made.pk)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_page_opens_in_both_languages(page, words, sent, language):
    page.cookies["cxm_language"] = language
    draft = page.post(f"{LIST}new/", words).url
    for address in (LIST, f"{LIST}new/", draft, f"{draft}edit/", f"{LIST}{sent.pk}/", f"{LIST}{sent.pk}/people/"):
        answer = page.get(address)
        assert answer.status_code == 200, address
        assert f'lang="{language}"' in answer.text


def test_drafted_reviewed_and_launched(page, tenant, words):
    url = page.post(f"{LIST}new/", words).url
    reach = re.search(r'hx-get="([^"]*preflight[^"]*)"', page.get(url).text)[1].replace("&amp;", "&")
    review = page.get(reach).text
    assert "Send to 2 people" in review
    for reason in ("No email address", "Unsubscribed from email", "suppression list", "has the same address"):
        assert reason in review
    answer = page.post(f"{url}launch/", follow=True)
    assert "It is on its way." in answer.text
    with tenancy.scope(tenant):
        assert Campaign.objects.get().state == "running"
    assert 'hx-trigger="every 2s"' in page.get(url).text
    assert page.post(f"{url}pause/", follow=True).text.count("Go on") == 1
    page.post(f"{url}resume/")
    page.post(f"{url}cancel/")
    shown = page.get(url).text
    assert "Cancelled" in shown and "every 2s" not in shown.split('id="live"')[1]


def test_what_is_missing_is_said_and_nothing_launched(page, tenant):
    url = page.post(f"{LIST}new/", {"name": "Sale", "kind": "newsletter"}).url
    assert "Choose whom to send it to." in page.get(url).text
    assert "Choose what to send." in page.post(f"{url}launch/", follow=True).text
    with tenancy.scope(tenant):
        assert Campaign.objects.get().state == "draft"


def test_scheduled_in_the_tenants_time(page, tenant, words):
    at = (timezone.now() + timedelta(days=2)).replace(second=0, microsecond=0)
    url = page.post(f"{LIST}new/", words | {"send_at": at.strftime("%Y-%m-%dT%H:%M")}).url
    assert "Empty: at once, when you launch it. Time of UTC." in page.get(f"{url}edit/").text
    notice = page.post(f"{url}launch/", follow=True).text
    with tenancy.scope(tenant):
        found = Campaign.objects.get()
        assert (found.state, found.send_at) == ("scheduled", at)
    assert "Cancel it" in page.get(url).text
    assert f"It will be sent at {formats.moment(at, language='en', system='latn')}." in notice


def test_an_hour_that_has_passed_is_told_before_it_is_sent_at_once(page, words):
    url = page.post(f"{LIST}new/", words | {"send_at": "2026-03-02T10:15"}).url
    assert "2 Mar 2026, 10:15 has passed: it would be sent at once." in page.get(url).text


def test_the_review_shows_the_message_in_every_language_it_is_written_in(page, tenant, words):
    with tenancy.scope(tenant):
        VersionFactory(template_id=words["template"], template=None, language="ar")
    url = page.post(f"{LIST}new/", words).url
    for asked, shown in (("", "en"), ("?language=ar", "ar"), ("?language=xx", "en")):
        review = page.get(url + asked).text
        assert re.findall(r'href="\?language=(\w+)" aria-current="page"', review) == [shown]
        assert f'/templates/{words["template"]}/preview/?language={shown}"' in review


def test_what_was_changed_after_the_launch_is_not_lost_without_a_word(page, words):
    url = page.post(f"{LIST}new/", words).url
    page.post(f"{url}launch/")
    answer = page.post(f"{url}edit/", words | {"name": "Summer"})
    assert (answer.status_code, page.get(f"{url}edit/").url) == (422, url)
    assert "the campaign is “Running”" in answer.text and 'value="Summer"' in answer.text


def test_a_name_of_two_lines_is_refused(page, tenant, words):
    answer = page.post(f"{LIST}new/", words | {"name": "a\u2028b"})
    assert answer.status_code == 422
    with tenancy.scope(tenant):
        assert not Campaign.objects.exists()


def test_preflight_counts_codes(page, tenant, words, segment):
    with tenancy.scope(tenant):
        offer = OfferFactory(pool=1, state="active")
    url = page.post(f"{LIST}new/", words | {"offer": offer.pk}).url
    reach = re.search(r'hx-get="([^"]*preflight[^"]*)"', page.get(url).text)[1].replace("&amp;", "&")
    review = page.get(reach).text
    assert "Send to 1 person" in review
    assert "The offer had no code left, or was over" in review


def test_what_a_cancelled_campaign_has_on_its_way_is_watched_to_its_end(page, tenant, sent):
    with tenancy.scope(tenant):
        Campaign.objects.update(state="cancelled")
    assert "every 2s" not in page.get(f"{LIST}{sent.pk}/live/").text
    with tenancy.scope(tenant):
        MessageFactory(unit=sent.unit, state="queued")
    assert "every 2s" in page.get(f"{LIST}{sent.pk}/live/").text


def test_preflight_counts_live(page, words, segment):
    shown = page.get(f"{LIST}preflight/", {"segment": segment.pk, "kind": "discount"}).text
    assert '<p class="big-number">2</p>' in shown
    transactional = page.get(f"{LIST}preflight/", {"segment": segment.pk, "kind": "confirmation"}).text
    assert '<p class="big-number">4</p>' in transactional


def test_the_report_says_it_in_a_sentence_and_in_figures(page, sent):
    shown = page.get(f"{LIST}{sent.pk}/").text
    for words in ("It was sent to 1 of 3 people.", "1 person opened it, 1 clicked.", "£12.50", "by machines: 0",
                  "Unsubscribed from email", "https://shop.example/sale", "100.0%", "20.7%",
                  "What was sent"):  # fmt: skip
        assert words in shown, words
    assert 'hx-trigger="every 2s"' not in shown


def test_who_got_it_filtered_searched_and_exported(page, sent, tenant):
    url = f"{LIST}{sent.pk}/people/"
    assert page.get(url).text.count("<tr>") == 4
    failed = page.get(url, {"state": "failed"}).text
    assert "550 5.1.1 unknown" in failed and failed.count("<tr>") == 2
    assert page.get(url, {"reason": "unsubscribed"}).text.count("<tr>") == 2
    with tenancy.scope(tenant):
        name = Message.objects.get(state="accepted").customer.email
    assert page.get(url, {"q": name}).text.count("<tr>") == 2
    lines = page.get(f"{url}export/").getvalue().decode("utf-8-sig").splitlines()
    assert lines[0].startswith("external_id,name,email,state,reason,why")
    assert len(lines) == 4
    assert any("'=cmd()|A1" in line for line in lines)
    assert len(page.get(f"{url}export/?state=skipped").getvalue().splitlines()) == 2


def test_people_go_on_page_by_page(page, tenant, sent):
    with tenancy.scope(tenant):
        for _row in range(60):
            MessageFactory(unit_id=sent.unit_id, state="accepted")
    url = f"{LIST}{sent.pk}/people/"
    first = page.get(url).text
    more = first.split('class="more-row"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    rest = page.get(more, headers={"HX-Request": "true"}).text
    assert first.count("<tr>") - 1 + rest.count("<tr>") == 63


def test_the_customers_page_shows_messages(page, tenant, sent):
    with tenancy.scope(tenant):
        person = Message.objects.get(state="accepted").customer_id
    shown = page.get(f"{LIST}customers/{person}/messages/").text
    assert "March" in shown and "Sent" in shown
    assert f"{LIST}customers/{person}/messages/" in page.get(f"/app/shop/customers/{person}/").text


def test_copied_and_thrown_away(page, tenant, sent):
    copy = page.post(f"{LIST}{sent.pk}/duplicate/").url
    assert "March (copy)" in page.get(copy).text
    page.post(copy.replace("edit", "delete"))
    page.post(f"{LIST}{sent.pk}/delete/")
    with tenancy.scope(tenant):
        assert Campaign.objects.get().name == "March"


def test_analysts_see_and_send_nothing(client, tenant, sent):
    client.force_login(make_user(tenant, "analyst"))
    assert client.get(f"{LIST}{sent.pk}/").status_code == 200
    for action in ("launch", "pause", "resume", "cancel", "duplicate", "delete"):
        assert client.post(f"{LIST}{sent.pk}/{action}/").status_code == 403


@pytest.mark.parametrize("rows", [1, 3])
def test_the_lists_ask_the_same_whatever_they_hold(page, tenant, rows, django_assert_num_queries):
    with tenancy.scope(tenant):
        for _row in range(rows):
            unit = UnitFactory()
            made = campaigns.create(
                name="March", by=SYSTEM, segment=SegmentFactory(), template=VersionFactory().template
            )
            for _message in range(rows):
                MessageFactory(unit=unit, state="accepted")
            Campaign.objects.filter(pk=made.pk).update(unit=unit)
    page.get(LIST)
    with django_assert_num_queries(9):
        page.get(LIST)
    with django_assert_num_queries(9):
        page.get(f"{LIST}{made.pk}/people/")
