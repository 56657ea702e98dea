"""Cases opened, answered, given away, written to and found late by several at once."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from customers.models import Customer, Event
from cxm import tenancy
from cxm.accounts.models import Role, Todo
from cxm.audit.actors import SYSTEM, Actor
from cxm.audit.models import Entry
from feedback.domain import breaches, cases, desk, inbound, reply_addresses
from feedback.models import Case, CaseMessage, CaseNotice, InboundMail
from tests.conftest import make_user
from tests.factories import CustomerFactory
from tests.feedback.case_rows import MONDAY

HOUR = timedelta(hours=1)
ANN, BOB = Actor("user", None, "ann@shop.test"), Actor("user", None, "bob@shop.test")
MAIL = "From: Sara <sara@example.com>\nTo: {to}\nSubject: Re: it\nMessage-ID: <one@example.com>\n\nOrder 7.\n"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def customer(tenant):
    with tenancy.scope(tenant):
        desk.begin(by=SYSTEM)
        return CustomerFactory(name="Sara", email="sara@example.com")


@pytest.fixture
def case(customer):
    with tenancy.scope(customer.tenant):
        return opened(customer)


def opened(customer, **more) -> Case:
    return cases.open(
        type=desk.type_by(ref="question"), customer=customer, subject="Where?", body="I wait.", channel="email",
        by=SYSTEM, now=MONDAY, **more,
    )  # fmt: skip


def at_once(*calls: Callable[[], Any], tenant=None) -> list[Any]:
    """What each call gave, or the refusal it met: all begin at the same moment, each on a connection of its own."""
    gate, given = threading.Barrier(len(calls)), [None] * len(calls)

    def run(at: int) -> None:
        gate.wait()
        try:
            if tenant is None:
                given[at] = calls[at]()
            else:
                with tenancy.scope(tenant):
                    given[at] = calls[at]()
        except Exception as refusal:
            given[at] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return given


def told(name: str) -> int:
    return Event.objects.filter(name=name).count()


def test_the_same_key_at_once_is_one_case(tenant, customer):
    made = at_once(*(lambda: opened(customer, key="order:7") for _time in range(4)), tenant=tenant)
    assert [found.pk for found in made] == [Case.objects.get().pk] * 4
    assert (CaseMessage.objects.count(), told("Case Opened")) == (1, 1)
    assert Entry.objects.filter(action="case.opened").count() == 1


def test_eight_at_once_have_eight_numbers_in_each_tenant(tenant, other_tenant, customer):
    with tenancy.scope(other_tenant):
        desk.begin(by=SYSTEM)
        stranger = CustomerFactory()

    def call(person) -> Callable[[], Case]:
        def there() -> Case:
            with tenancy.scope(person.tenant):
                return opened(person)

        return there

    made = at_once(*(call(person) for person in (customer, stranger) for _time in range(8)))
    assert sorted((found.tenant_id, found.number) for found in made) == [
        (where.pk, number) for where in sorted((tenant, other_tenant), key=lambda it: it.pk) for number in range(1, 9)
    ]
    assert told("Case Opened") == 16


def test_two_answers_at_once_are_both_said_and_the_earliest_counts(tenant, case):
    at_once(
        *(
            lambda by=by, now=now: cases.answer(case=case, body=by.label, by=by, now=now)
            for by, now in ((BOB, MONDAY + 2 * HOUR), (ANN, MONDAY + HOUR), (BOB, MONDAY + 3 * HOUR))
        ),
        tenant=tenant,
    )
    found = Case.objects.get()
    assert (found.state, found.first_answered_at) == ("open", MONDAY + HOUR)
    assert (CaseMessage.objects.filter(direction="out").count(), told("Case Answered")) == (3, 3)


def test_who_answers_assigns_and_rearranges_at_once_loses_nothing(tenant, case):
    ann = make_user(tenant, Role.AGENT)
    given = at_once(
        lambda: cases.answer(case=case, body="On its way.", by=ANN, now=MONDAY + HOUR),
        lambda: cases.assign(case=case, owner=ann, by=BOB, now=MONDAY + HOUR),
        lambda: cases.change(case=case, priority="urgent", by=BOB, now=MONDAY + HOUR),
        lambda: cases.note(case=case, body="She is upset.", by=BOB, now=MONDAY + HOUR),
        tenant=tenant,
    )
    assert [found for found in given if isinstance(found, Exception)] == []
    found = Case.objects.get()
    assert (found.owner_id, found.priority, found.first_answered_at) == (ann.pk, "urgent", MONDAY + HOUR)
    assert CaseMessage.objects.count() == 3


def test_of_two_owners_at_once_the_case_has_one_and_the_trail_has_both(tenant, case):
    people = [make_user(tenant, Role.AGENT, f"{name}@shop.test") for name in ("ann", "bob")]
    at_once(*(lambda to=to: cases.assign(case=case, owner=to, by=SYSTEM, now=MONDAY) for to in people), tenant=tenant)
    last = Entry.objects.filter(action="case.assigned").order_by("id")
    assert last.count() == 2
    assert str(Case.objects.get().owner) == last.last().details["to"]


def test_solved_by_two_at_once_it_is_solved_once(tenant, case):
    given = at_once(
        *(lambda by=by: cases.solve(case=case, by=by, now=MONDAY + HOUR, answer="Done.") for by in (ANN, BOB)),
        tenant=tenant,
    )
    assert sorted(type(found).__name__ for found in given) == ["Case", "WrongState"]
    assert (told("Case Solved"), told("Case Answered")) == (1, 1)
    assert CaseMessage.objects.filter(direction="out").count() == 1
    assert Case.objects.get().pauses.filter(ended_at=None).count() == 1


def test_the_same_mail_twice_at_once_is_one_message(tenant, case, settings):
    settings.INBOUND_ADDRESS = "reply@in.shop.example"
    proven = MAIL.format(to=reply_addresses.make(tenant_id=tenant.pk, case_id=case.pk)).encode()
    given = at_once(*(lambda: inbound.take(raw=proven, now=MONDAY + HOUR) for _time in range(3)))
    assert [type(found) for found in given if found is not None] == [CaseMessage]
    assert (CaseMessage.objects.filter(mail_id="<one@example.com>").count(), told("Case Replied")) == (1, 1)


def test_the_same_mail_to_two_cases_at_once_is_one_message(tenant, case, customer, settings):
    """Two addresses of ours on one mail: the mailbox delivers it twice, each copy naming the other case first."""
    settings.INBOUND_ADDRESS = "reply@in.shop.example"
    with tenancy.scope(tenant):
        pair = [case, opened(customer)]
    raws = [MAIL.format(to=reply_addresses.make(tenant_id=tenant.pk, case_id=found.pk)).encode() for found in pair]
    given = at_once(*(lambda raw=raw: inbound.take(raw=raw, now=MONDAY + HOUR) for raw in raws))
    assert sorted(type(found).__name__ for found in given) == ["CaseMessage", "NoneType"]
    assert told("Case Replied") == 1


def test_the_same_mail_kept_apart_twice_at_once_is_kept_and_opened_once(tenant, customer):
    with tenancy.scope(tenant):
        mail = InboundMail.objects.create(
            mail_id="<x@example.com>", sender="sara@example.com", subject="New", body="Hi", reason="no_proof",
            received_at=MONDAY,
        )  # fmt: skip
        kind = desk.type_by(ref="question")
    given = at_once(
        *(
            lambda: inbound.open_case(mail=mail, customer=customer, type=kind, by=ANN, now=MONDAY + HOUR)
            for _time in range(2)
        ),
        tenant=tenant,
    )
    assert sorted(type(found).__name__ for found in given) == ["AlreadyDecided", "Case"]
    assert (Case.objects.count(), told("Case Opened")) == (1, 1)


def test_two_mails_of_somebody_unknown_opened_at_once_make_one_customer(tenant, customer):
    with tenancy.scope(tenant):
        mails = [
            InboundMail.objects.create(
                mail_id=f"<{number}@example.com>", sender=sender, subject="New", body="Hi", reason="no_proof",
                received_at=MONDAY,
            )
            for number, sender in enumerate(["new@example.com", "New@example.com", "new@example.com"])
        ]  # fmt: skip
        kind = desk.type_by(ref="question")
    given = at_once(
        *(
            lambda mail=mail: inbound.open_case(mail=mail, customer=None, type=kind, by=ANN, now=MONDAY + HOUR)
            for mail in mails
        ),
        tenant=tenant,
    )
    assert sorted(type(found).__name__ for found in given) == ["Case", "KnownSender", "KnownSender"]
    assert (Customer.objects.count(), Case.objects.count()) == (2, 1)


def test_two_sweeps_at_once_note_a_breach_once(tenant, case):
    late = case.first_due_at
    given = at_once(*(lambda: breaches.sweep(now=late) for _time in range(3)), tenant=tenant)
    assert sorted(given) == [0, 0, 1]
    assert [(found.clock, found.kind) for found in CaseNotice.objects.all()] == [("first", "breach")]
    assert (told("Case Breached"), Todo.objects.count()) == (1, 1)


def test_sweep_and_late_answer_at_once_note_the_breach_once(tenant, case):
    late = case.first_due_at + HOUR
    given = at_once(
        lambda: breaches.sweep(now=late),
        lambda: cases.answer(case=case, body="Sorry.", by=ANN, now=late),
        lambda: breaches.sweep(now=late),
        tenant=tenant,
    )
    assert [found for found in given if isinstance(found, Exception)] == []
    assert CaseNotice.objects.filter(kind="breach").count() == told("Case Breached") == 1
    found = Case.objects.get()
    assert (found.first_breached_at, found.first_answered_at) == (case.first_due_at, late)
