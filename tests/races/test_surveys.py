"""Asked from several sides at once, answered twice at once."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from cxm import tenancy
from cxm.audit.actors import SYSTEM
from feedback.domain import invitations, tokens
from feedback.models import Answer, Invitation, Response, Survey
from tests.campaigns.factories import VersionFactory
from tests.factories import CustomerFactory
from tests.feedback.factories import make_survey


def _at_once(*calls: Callable[[], None]) -> None:
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], None]) -> None:
        gate.wait()
        try:
            call()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)


@pytest.mark.django_db(transaction=True)
def test_of_surveys_that_ask_at_once_only_one_does(tenant):
    with tenancy.scope(tenant):
        VersionFactory(template__kind="feedback")
        customer = CustomerFactory()
        slugs = [make_survey(name=name).slug for name in ("First", "Second", "Third")]

    def ask(slug: str, key: str) -> Callable[[], None]:
        def call() -> None:
            with tenancy.scope(tenant):
                survey = Survey.objects.get(slug=slug)
                invitations.invite(survey=survey, customer=customer, key=key, by=SYSTEM, now=timezone.now())

        return call

    _at_once(*(ask(slug, slug) for slug in slugs))
    assert sorted(Invitation.objects.values_list("state", "reason")) == [
        ("skipped", "survey_asked_recently"), ("skipped", "survey_asked_recently"), ("waiting", ""),
    ]  # fmt: skip
    _at_once(*(ask("first", "the same") for _time in range(3)))
    assert Invitation.objects.filter(key="the same").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_presses_of_the_button_are_one_answer(tenant):
    with tenancy.scope(tenant):
        VersionFactory(template__kind="feedback")
        survey = make_survey("nps", "text")
        invited = invitations.invite(survey=survey, customer=CustomerFactory(), key="1", by=SYSTEM, now=timezone.now())
        url = f"/s/{tokens.invitation(invited.pk)}"
    told: list[int] = []

    def press() -> None:
        told.append(Client().post(url, {"question": "nps", "answer": "9"}).status_code)

    _at_once(press, press, press)
    assert told == [303, 303, 303]
    assert (Response.objects.get().score, Answer.objects.count()) == (9, 1)


@pytest.mark.django_db(transaction=True)
def test_two_presses_of_the_button_behind_the_open_link_are_one_response(tenant):
    with tenancy.scope(tenant):
        url = f"/s/{tokens.link(make_survey('nps', 'text', open_link=True))}"
    told: list[str] = []

    def press() -> None:
        page = {"question": "nps", "answer": "9", "sheet": "0198b6a0-0000-7000-8000-000000000001"}
        told.append(Client().post(url, page).headers["Location"])

    _at_once(*[press] * 6)
    assert (len(told), len(set(told)), Response.objects.get().score, Answer.objects.count()) == (6, 1, 9, 1)
