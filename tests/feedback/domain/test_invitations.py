"""Asking: once for a key, not too often, and always with a reason."""

import re
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.domain import rendering, sending
from campaigns.models import Message, SendUnit
from customers.models import Consent, Event
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from feedback.domain import etiquette, invitations, surveys
from feedback.models import Invitation
from tests.campaigns.conftest import mailbox  # noqa: F401 -- a fixture
from tests.campaigns.factories import SenderFactory, VersionFactory
from tests.factories import CustomerFactory
from tests.feedback.factories import NOW, make_survey

BODY = '<p>{{ survey.question }}</p>{{ survey.scale }}<p><a href="{{ survey.url }}">All of it</a></p>'


@pytest.fixture
def template(scoped):
    return VersionFactory(template__kind="feedback", body=BODY, subject="Your opinion").template


def _invite(survey, customer, key, at=NOW):
    return invitations.invite(survey=survey, customer=customer, key=key, by=SYSTEM, now=at)


def test_the_same_key_asks_once(scoped, template):
    survey, customer = make_survey(), CustomerFactory()
    first, again = _invite(survey, customer, "order:1"), _invite(survey, customer, "order:1", NOW + timedelta(days=99))
    assert first.pk == again.pk
    assert (first.state, Message.objects.count(), SendUnit.objects.get().data["survey"]) == ("waiting", 1, "nps")


def test_nobody_is_asked_too_often_and_the_reason_is_kept(scoped, template):
    nps, csat, customer = make_survey(), make_survey("csat", name="CSAT"), CustomerFactory()
    etiquette.save(any_days=7, survey_days=30, by=SYSTEM)
    _invite(nps, customer, "1")
    told = [
        (_invite(survey, customer, f"{survey.slug}:{days}", NOW + timedelta(days=days)))
        for survey, days in ((csat, 6), (csat, 7), (nps, 29), (nps, 30))
    ]
    assert [(each.state, each.reason, each.until) for each in told] == [
        ("skipped", "survey_asked_recently", NOW + timedelta(days=7)),
        ("waiting", "", None),
        ("skipped", "survey_asked_before", NOW + timedelta(days=30)),
        ("waiting", "", None),
    ]
    assert Message.objects.count() == 3


def test_a_survey_may_have_a_rhythm_of_its_own(scoped, template):
    survey, customer = make_survey(rest_days=0), CustomerFactory()
    etiquette.save(any_days=0, survey_days=365, by=SYSTEM)
    assert [_invite(survey, customer, key).state for key in "abc"] == ["waiting"] * 3


def test_many_are_asked_in_a_few_statements(scoped, template, django_assert_num_queries):
    survey, people = make_survey(), CustomerFactory.create_batch(3)
    _invite(survey, people[0], "before")
    ids = [person.pk for person in people]
    with django_assert_num_queries(20):
        assert invitations.invite_many(survey=survey, customer_ids=ids, key="wave", by=SYSTEM, now=NOW) == 2
    assert invitations.invite_many(survey=survey, customer_ids=ids, key="wave", by=SYSTEM, now=NOW) == 0
    assert sorted(Invitation.objects.filter(key__startswith="wave").values_list("state", "reason")) == [
        ("skipped", "survey_asked_before"), ("waiting", ""), ("waiting", ""),
    ]  # fmt: skip
    more = [person.pk for person in CustomerFactory.create_batch(20)]
    with django_assert_num_queries(20):
        assert invitations.invite_many(survey=survey, customer_ids=more, key="other", by=SYSTEM, now=NOW) == 20


def test_a_template_that_names_no_survey_asks_nobody(scoped):
    survey, mute = make_survey(), VersionFactory(template__kind="feedback").template
    found = invitations.template_of(survey=survey)
    assert (found.pk != mute.pk, found.kind) == (True, "feedback")
    with pytest.raises(surveys.BadSurvey) as refusal:
        surveys.change(survey=survey, template=mute, by=SYSTEM)
    assert list(refusal.value.fields) == ["template"]
    assert surveys.change(survey=survey, template=found, by=SYSTEM).template == found


def test_nobody_is_asked_what_nobody_can_answer(scoped, template):
    survey = make_survey(publish=False)
    with pytest.raises(surveys.NotLive):
        _invite(survey, CustomerFactory(), "1")


def test_who_is_never_reached_does_not_count_as_asked(scoped, template):
    survey, customer = make_survey(), CustomerFactory()
    first = _invite(survey, customer, "1")
    Message.objects.update(state="skipped", reason="unsubscribed")
    assert invitations.tidy(now=NOW) == 0
    assert invitations.tidy(now=NOW + timedelta(minutes=2)) == 1
    first.refresh_from_db()
    assert (first.state, first.reason) == ("skipped", "unsubscribed")
    assert _invite(survey, customer, "2", NOW + timedelta(minutes=3)).state == "waiting"


# --- through the mail ----------------------------------------------------------------------------


def _send(tenant):
    sending.work(tenant=tenant, worker="test", clock=timezone.now, until=time.monotonic() + 10)


def _links(box, at=0):
    html = box.received[at][1].get_body("html").get_content()
    return re.findall(r'href="([^"]+)"', html), html


def test_the_mail_carries_a_link_for_every_step(tenant, mailbox):  # noqa: F811
    with tenancy.scope(tenant):
        SenderFactory(is_default=True)
        VersionFactory(template__kind="feedback", body=BODY, subject="Your opinion")
        survey, customer = make_survey(), CustomerFactory(language="en")
        invitation = _invite(survey, customer, "1", timezone.now())
    _send(tenant)
    links, html = _links(mailbox)
    steps = [link for link in links if "/t/c/" in link]
    assert len(steps) == 12  # eleven steps and the link to all of it
    assert "Would you recommend us?" in html and "Extremely likely" in html
    with tenancy.scope(tenant):
        invitation.refresh_from_db()
        assert (invitation.state, invitation.sent_at is not None) == ("sent", True)
        assert Event.objects.get(name="Survey Sent").properties["slug"] == "nps"


def test_a_campaign_carries_a_survey_and_leaves_alone_who_was_asked(tenant, mailbox):  # noqa: F811
    with tenancy.scope(tenant):
        sender = SenderFactory(is_default=True)
        version = VersionFactory(body=BODY, language="ar", subject="رأيك")
        survey, asked, fresh, no = make_survey(), *CustomerFactory.create_batch(3)
        Consent.objects.create(customer=no, channel="email", topic="", granted=False, at=NOW)
        Invitation.objects.create(
            survey=survey, customer=asked, key="before", state="sent", created_at=timezone.now(),
            sent_at=timezone.now(), expires_at=timezone.now(),
        )  # fmt: skip
        unit = SendUnit.objects.create(kind="campaign", ref="1", template=version.template, sender=sender,
                                       versions={"ar": version.pk}, data={"survey": "nps"})  # fmt: skip
        rendering.register_links(unit=unit)
        from campaigns.domain import messages  # noqa: PLC0415 -- for this one test

        messages.queue_many(unit=unit, people={person.pk: {} for person in (asked, fresh, no)})
    _send(tenant)
    assert [address for address, _mail in mailbox.received] == [fresh.email]
    _all, html = _links(mailbox)
    assert "هل توصي بنا؟" in html and 'dir="rtl"' in html
    with tenancy.scope(tenant):
        told = dict(Message.objects.filter(unit=unit).values_list("customer_id", "reason"))
        assert told == {asked.pk: "survey_asked_before", fresh.pk: "", no.pk: "unsubscribed"}
        assert sorted(Invitation.objects.filter(unit=unit).values_list("customer_id", "state")) == [
            (asked.pk, "skipped"), (fresh.pk, "sent"),
        ]  # fmt: skip
