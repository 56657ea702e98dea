"""The answer page: nothing votes but a button, nothing is shown to whoever has no right link."""

import re
import time
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from campaigns.domain import sending
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.lib import signing
from cxm.rest import limits
from feedback.domain import invitations, surveys, tokens, versions
from feedback.models import Answer, Invitation, Response
from feedback.views import answering
from tests.campaigns.conftest import mailbox  # noqa: F401 -- a fixture
from tests.campaigns.factories import SenderFactory, VersionFactory
from tests.factories import CustomerFactory
from tests.feedback.factories import make_survey

BODY = '<p>{{ survey.scale }}</p><p><a href="{{ survey.url }}">All of it</a></p>'


@pytest.fixture
def survey(tenant):
    with tenancy.scope(tenant):
        return make_survey("nps", "choice", "text", open_link=True)


def _page(token: str) -> str:
    return reverse("survey_answer", args=[token])


def _invited(tenant, survey, **customer) -> tuple[Invitation, str]:
    with tenancy.scope(tenant):
        VersionFactory(template__kind="feedback", body=BODY)
        invitation = invitations.invite(
            survey=survey, customer=CustomerFactory(**customer), key="1", by=SYSTEM, now=timezone.now()
        )
        return invitation, _page(tokens.invitation(invitation.pk))


def test_a_person_answers_step_by_step(client, tenant, survey):
    invitation, url = _invited(tenant, survey)
    shown = client.get(f"{url}?a=9").content.decode()
    assert re.search(r'value="9" checked', shown) and "Press the button" in shown
    assert Response.objects.count() == 0
    for key, value in (("nps", "9"), ("choice", ["price", "staff"])):
        answered = client.post(url, {"question": key, "answer": value, "lang": "en"})
        assert (answered.status_code, answered["Location"]) == (303, url)
    assert "Why?" in client.get(url).content.decode()
    client.post(url, {"question": "text", "answer": "Kind people", "lang": "en"})
    assert "Thank you" in client.get(url).content.decode()
    found = Response.objects.get()
    assert (found.score, found.comment, found.invitation_id, found.completed_at is not None) == (
        9, "Kind people", invitation.pk, True,
    )  # fmt: skip
    assert [answer.choices for answer in Answer.objects.order_by("pk")] == [[], ["price", "staff"], []]


def test_going_back_changes_an_answer_until_it_is_told(client, tenant, survey):
    _invitation, url = _invited(tenant, survey)
    client.post(url, {"question": "nps", "answer": "3"})
    assert re.search(r'value="3" checked', client.get(f"{url}?q=nps").content.decode())
    client.post(url, {"question": "nps", "answer": "8"})
    client.post(url, {"question": "choice", "skip": "1", "answer": "staff"})
    assert Answer.objects.get(question__key="choice").choices == []
    client.post(url, {"question": "text", "answer": ""})
    assert Response.objects.get().score == 8
    assert client.post(url, {"question": "nps", "answer": "1"}).status_code == 302
    assert Response.objects.get().score == 8
    assert "Thank you" in client.get(f"{url}?a=1").content.decode()


def test_a_wrong_answer_is_said_beside_the_question(client, tenant, survey):
    _invitation, url = _invited(tenant, survey)
    for value in ("11", "-1", "8.5", "x"):
        refused = client.post(url, {"question": "nps", "answer": value})
        assert (refused.status_code, "Choose a whole number from 0 to 10." in refused.content.decode()) == (422, True)
    assert client.post(url, {"question": "nothing", "answer": "1"}).status_code == 302
    assert client.post(url, {}).status_code == 302
    assert Response.objects.count() == 0


def test_scanners_cannot_vote(client, tenant, survey, mailbox):  # noqa: F811
    with tenancy.scope(tenant):
        SenderFactory(is_default=True)
    _invited(tenant, survey)
    sending.work(tenant=tenant, worker="test", clock=timezone.now, until=time.monotonic() + 10)
    html = mailbox.received[0][1].get_body("html").get_content()
    text = mailbox.received[0][1].get_body("plain").get_content()
    links = set(re.findall(r'(?:href|src)="(https?://[^"]+)"', html)) | set(re.findall(r"https?://[^\s)>\"]+", text))
    assert len([link for link in links if "/t/c/" in link]) == 12
    followed = 0
    for link in sorted(links):
        for method in ("get", "head", "get", "head"):
            answer = getattr(client, method)(re.sub(r"https?://[^/]+", "", link))
            if answer.status_code == 302:
                followed += 1
                page = getattr(client, method)(re.sub(r"https?://[^/]+", "", answer["Location"]))
                assert page.status_code == 200
    assert followed == 48
    assert (Response.objects.count(), Answer.objects.count()) == (0, 0)


def test_altered_moved_expired_and_strangers_tokens_show_nothing(client, tenant, other_tenant, survey):
    invitation, url = _invited(tenant, survey)
    good = url.removeprefix("/s/")
    with tenancy.scope(other_tenant):
        theirs = make_survey()
        moved = [
            tokens.invitation(invitation.pk),  # signed for the other tenant, with a number of this one
            signing.sign(tokens.LINK, other_tenant.pk, survey.pk, survey.link_number),
        ]
    altered = [good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :] for at in range(len(good))]
    wrong_kind = [signing.sign(kind, tenant.pk, invitation.pk) for kind in ("unsubscribe", "view", tokens.RESPONSE)]
    nothing = [signing.sign(tokens.INVITATION, 0, 1), signing.sign(tokens.LINK, tenant.pk, theirs.pk, 1), "x", "%00"]
    for token in [*altered, *wrong_kind, *moved, *nothing]:
        for answer in (client.get(f"/s/{token}"), client.post(f"/s/{token}", {"question": "nps", "answer": "9"})):
            assert answer.status_code == 404
            assert "recommend" not in answer.content.decode() and "Shop" not in answer.content.decode()
    assert client.get(url).status_code == 200
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.post(url, {"question": "nps", "answer": "9"}).status_code == 404
    assert Response.objects.count() == 0


def test_what_is_closed_skipped_or_out_of_use_shows_nothing(client, tenant, survey):
    _invitation, url = _invited(tenant, survey)
    with tenancy.scope(tenant):
        link = _page(tokens.link(survey))
        surveys.renew_link(survey=survey, by=SYSTEM)
    assert client.get(link).status_code == 404
    Invitation.objects.update(state="skipped")
    assert client.get(url).status_code == 404
    Invitation.objects.update(state="sent")
    with tenancy.scope(tenant):
        surveys.close(survey=survey, by=SYSTEM)
    for closed in (client.get(url), client.post(url, {"question": "nps", "answer": "9"})):
        assert closed.status_code == 404
        assert "This survey is closed" in closed.content.decode()
    assert "This survey is closed" not in client.get(f"{url}x").content.decode()


def test_the_open_link_begins_a_response_of_its_own(client, tenant, survey):
    with tenancy.scope(tenant):
        link = _page(tokens.link(survey))
    begun = client.post(link, {"question": "nps", "answer": "10"})
    assert begun.status_code == 303 and begun["Location"] != link
    client.post(begun["Location"], {"question": "choice", "answer": "staff"})
    again = client.post(link, {"question": "nps", "answer": "0"})
    assert sorted(Response.objects.values_list("score", "channel", "customer")) == [
        (0, "link", None), (10, "link", None),
    ]  # fmt: skip
    assert again["Location"] != begun["Location"]
    with tenancy.scope(tenant):
        surveys.change(survey=survey, by=SYSTEM, open_link=False)
    assert client.get(link).status_code == 404
    assert client.get(begun["Location"]).status_code == 200  # who has begun may end


def test_a_page_of_the_open_link_that_is_sent_twice_begins_one_response(client, tenant, survey):
    with tenancy.scope(tenant):
        link = _page(tokens.link(survey))
        other_link = _page(tokens.link(make_survey("nps", name="Another", open_link=True)))
    sheet = re.search('name="sheet" value="([0-9a-f-]{36})"', client.get(link).content.decode())[1]
    assert sheet not in client.get(link).content.decode()  # each page is one of its own
    first = client.post(link, {"question": "nps", "answer": "10", "sheet": sheet})
    again = client.post(link, {"question": "nps", "answer": "9", "sheet": sheet})
    assert (first["Location"], Response.objects.get().score) == (again["Location"], 9)
    assert 'name="sheet"' not in client.get(first["Location"]).content.decode()
    client.post(other_link, {"question": "nps", "answer": "3", "sheet": sheet})
    client.post(link, {"question": "nps", "answer": "1", "sheet": "no number"})
    assert sorted(Response.objects.values_list("survey__name", "score")) == [
        ("Another", 3), (survey.name, 1), (survey.name, 9),
    ]  # fmt: skip


def test_a_wrong_answer_keeps_the_number_of_its_page(client, tenant, survey):
    with tenancy.scope(tenant):
        link = _page(tokens.link(survey))
    number = "0198b6a0-0000-7000-8000-000000000001"
    answer = client.post(link, {"question": "nps", "answer": "11", "sheet": number})
    assert answer.status_code == 422 and f'name="sheet" value="{number}"' in answer.content.decode()


def test_arabic_reads_from_the_right_and_the_page_is_small(client, tenant, survey):
    _invitation, url = _invited(tenant, survey, language="ar")
    answer = client.get(url)
    page = answer.content.decode()
    assert 'lang="ar" dir="rtl"' in page and "هل توصي بنا؟" in page
    assert page.index('value="0"') < page.index('value="10"')  # the first step stands where reading begins
    assert "English" in page and "Would you" in client.get(f"{url}?lang=en").content.decode()
    with open("static/css/survey.css", "rb") as style, open("static/css/public.css", "rb") as public:
        assert len(answer.content) + len(style.read()) + len(public.read()) < 50_000
    assert "<script" not in page
    assert answer["Referrer-Policy"] == "no-referrer" and "no-store" in answer["Cache-Control"]


def test_a_page_needs_few_queries(client, tenant, survey, django_assert_num_queries):
    _invitation, url = _invited(tenant, survey)
    client.post(url, {"question": "nps", "answer": "3"})
    with django_assert_num_queries(13):
        client.get(url)


def test_conditions_lead_the_way(client, tenant):
    with tenancy.scope(tenant):
        survey = make_survey("nps", "text", publish=False)
        draft = versions.draft(survey=survey)
        why = versions.question(version=draft, key="text")
        versions.change(question=why, condition={"question": "nps", "operator": "lte", "value": 6}, by=SYSTEM)
        versions.publish(survey=survey, by=SYSTEM, now=timezone.now())
    _invitation, url = _invited(tenant, survey)
    client.post(url, {"question": "nps", "answer": "10"})
    assert "Thank you" in client.get(url).content.decode()
    assert Response.objects.get().completed_at is not None


def test_one_place_that_begins_too_much_is_told_when_to_come_again(client, tenant, survey):
    with tenancy.scope(tenant):
        token = tokens.link(survey)
    bucket = f"survey:{survey.pk}:127.0.0.1"
    while not limits.take(bucket=bucket, rate=answering.BEGUN_PER_SECOND, size=answering.BEGUN_AT_ONCE):
        pass
    answered = client.post(_page(token), {"question": "nps", "answer": "9"})

    assert (answered.status_code, int(answered.headers["Retry-After"]) > 0) == (429, True)
    assert Response.objects.count() == 0
