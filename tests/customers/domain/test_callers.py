"""Whose number it is."""

from datetime import UTC, datetime

import pytest

from customers.domain import callers, customers, identities
from customers.models import PhoneNumber
from cxm.audit.actors import SYSTEM

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MOBILE = "+447400123456"


def person(name: str, phone: str = "") -> object:
    return customers.create(values={"name": name, "phone": phone}, by=SYSTEM, now=NOW)


def found(number: str) -> tuple[str, list[str]]:
    result = callers.find(callers.clean(number, country="GB"))
    return str(result.match), sorted(customer.name for customer in result.people)


@pytest.mark.parametrize(
    ("written", "cleaned"),
    [
        ("07400 123456", MOBILE), ("+44 (0)7400 123456", MOBILE), ("٠٧٤٠٠١٢٣٤٥٦", MOBILE), ("0044 7400-123456", MOBILE),
        ("anonymous", ""), ("", ""), ("Restricted", ""), ("12", "12"), ("sip:<script>", ""), ("9" * 80, "9" * 64),
    ],
)  # fmt: skip
def test_numbers_as_telephone_systems_write_them(written, cleaned):
    assert callers.clean(written, country="GB") == cleaned


def test_how_sure_a_match_is(scoped):
    ada = person("Ada", MOBILE)
    assert found("07400123456") == ("known", ["Ada"])
    callers.add_number(customer=ada, number=MOBILE, by=SYSTEM, now=NOW)
    assert found(MOBILE) == ("verified", ["Ada"])
    callers.add_number(customer=person("Bob"), number="07400 123456", by=SYSTEM, now=NOW, verified=False)
    assert found(MOBILE) == ("several", ["Ada", "Bob"])
    assert found("anonymous") == ("withheld", [])
    assert found("+442079460000") == ("none", [])


def test_a_number_told_without_its_country_is_found_by_its_end(scoped):
    person("Noor", "+966501234567")
    callers.add_number(customer=person("Omar"), number="+97150 7654321", by=SYSTEM, now=NOW)
    assert found("0501234567") == ("maybe", ["Noor"])
    assert found("501234567") == ("maybe", ["Noor"])
    assert found("0507654321") == ("maybe", ["Omar"])
    assert found("0701234567") == ("none", [])  # ends alike in eight digits, differs before
    assert found("1234567") == ("none", [])  # too short to mean anybody


def test_a_number_is_put_on_a_person_once(scoped):
    ada = person("Ada")
    first = callers.add_number(customer=ada, number=MOBILE, by=SYSTEM, now=NOW, verified=False)
    again = callers.add_number(customer=ada, number="07400123456", by=SYSTEM, now=NOW)
    assert (again.pk, again.verified_at, PhoneNumber.objects.count()) == (first.pk, NOW, 1)
    with pytest.raises(callers.NotANumber):
        callers.add_number(customer=ada, number="anonymous", by=SYSTEM, now=NOW)


def test_numbers_follow_people_who_become_one(scoped):
    ada, twin = person("Ada", MOBILE), person("Ada again")
    for who in (ada, twin):
        callers.add_number(customer=who, number="+442079460001", by=SYSTEM, now=NOW)
    identities.merge(winner_id=ada.pk, loser_id=twin.pk, by=SYSTEM, now=NOW)
    assert found("+442079460001") == ("verified", ["Ada"])
