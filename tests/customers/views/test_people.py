"""The list of people, the look-up, bulk actions, export."""

from datetime import UTC, datetime

import pytest

from customers.domain import customers, tags
from customers.models import Customer, CustomerTag
from cxm import tenancy
from cxm.accounts.models import Role
from cxm.audit.actors import SYSTEM
from cxm.audit.models import Entry
from tests.conftest import make_user
from tests.factories import CustomerFactory

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LIST = "/app/shop/customers/"


def _make(tenant, **values) -> Customer:
    with tenancy.scope(tenant):
        return customers.create(values=values, by=SYSTEM, now=NOW)


def test_empty_list_offers_the_first_action(page):
    answer = page.get(LIST)
    assert answer.status_code == 200
    assert "No people yet" in answer.text
    assert f"{LIST}new/" in answer.text


def test_who_has_the_address_of_somebody_new_already_is_mentioned(page, tenant):
    _make(tenant, name="Ada", email="ada@example.com", phone="+447400123456")
    _make(tenant, name="Bob", phone="+447400999999")
    said = "Somebody else has this address or number too: \u2068Ada\u2069."
    again = [{"email": "ADA@example.com"}, {"email": "x@example.com", "phone": "+447400123456"}, {"name": "Ada"}]
    answers = [page.post(f"{LIST}new/", values, follow=True) for values in again]
    assert [answer.text.count(said) for answer in answers] == [1, 1, 0]
    with tenancy.scope(tenant):
        assert [str(other) for other in customers.alike(Customer.objects.get(email="x@example.com"))] == ["Ada"]
        assert Customer.objects.count() == 5


def test_names_are_words_not_markup(page, tenant):
    made = _make(tenant, name='<img src=x onerror="alert(1)">', company="<b>Co</b>", tags=["<i>x</i>"])
    for address in ("", f"{made.pk}/", f"{made.pk}/edit/", f"{made.pk}/erase/", "search/?q=img", "companies/",
                    f"companies/{made.company_id}/"):  # fmt: skip
        answer = page.get(f"{LIST}{address}")
        assert answer.status_code == 200
        assert not any(markup in answer.text for markup in ("<img src=x", "<b>Co", "<i>x</i>")), address


def test_list_searches_filters_and_says_so(page, tenant):
    _make(tenant, name="أحمد علي", country="SA")
    _make(tenant, name="Jane", country="GB")
    answer = page.get(LIST, {"q": "احمد", "country": "SA", "tag": "nonsense", "since": "not a day"})
    assert "أحمد علي" in answer.text
    assert "Jane" not in answer.text
    assert "1 person" in answer.text
    assert "Saudi Arabia" in answer.text
    assert "Nobody fits" in page.get(LIST, {"q": "nobody"}).text


def test_htmx_gets_the_found_part_and_a_short_address(page, tenant):
    _make(tenant, name="Jane")
    answer = page.get(LIST, {"q": "jane", "country": "", "sort": "created"}, headers={"HX-Request": "true"})
    assert "<html" not in answer.text
    assert answer.headers["HX-Push-Url"] == f"{LIST}?q=jane"


def test_pages_go_on(page, tenant):
    with tenancy.scope(tenant):
        CustomerFactory.create_batch(28)
    first = page.get(LIST)
    assert first.text.count('name="ids"') == 25
    more = first.text.split('hx-get="/app/shop/customers/?', 1)[1].split('"')[0].replace("&amp;", "&")
    rest = page.get(f"{LIST}?{more}", headers={"HX-Request": "true"})
    assert rest.text.count('name="ids"') == 3
    assert "<html" not in rest.text


def test_list_costs_the_same_for_one_and_for_three(page, tenant, django_assert_num_queries):
    page.get(LIST)
    for size in (1, 2):
        with tenancy.scope(tenant):
            CustomerFactory.create_batch(size)
        with django_assert_num_queries(11):
            page.get(LIST)


def test_finder_shows_eight_at_most(page, tenant):
    with tenancy.scope(tenant):
        CustomerFactory.create_batch(10, name="Jane Doe")
    answer = page.get(f"{LIST}search/", {"q": "jane"})
    assert answer.text.count('role="option"') == 8
    assert page.get(f"{LIST}search/", {"q": ""}).text.strip() == ""


def test_new_person(page, tenant):
    answer = page.post(f"{LIST}new/", {"name": "Ada King", "email": "ada@example.com", "tags": "vip، press"})
    with tenancy.scope(tenant):
        made = Customer.objects.get()
        assert (made.name, made.source, made.last_name) == ("Ada King", "page", "King")
        assert sorted(tag.name for tag in tags.all_tags()) == ["press", "vip"]
    assert answer.headers["Location"] == f"{LIST}{made.pk}/"


def test_wrong_fields_stay_with_what_was_typed(page, tenant):
    answer = page.post(f"{LIST}new/", {"name": "Ada", "email": "nonsense", "phone": "12"})
    assert answer.status_code == 422
    assert "exactly one @" in answer.text
    assert 'value="nonsense"' in answer.text
    with tenancy.scope(tenant):
        assert Customer.objects.count() == 0


def test_numbers_of_thousands_of_digits_are_nobody(page, tenant):
    answer = page.post(f"{LIST}bulk/", {"ids": ["9" * 5_000, "²", str(2**63)], "do": "tag", "tag": "VIP"})
    assert answer.status_code == 302
    with tenancy.scope(tenant):
        assert not CustomerTag.objects.exists()


def test_bulk_tags_and_untags(page, tenant):
    people = [_make(tenant, name=name) for name in ("A", "B", "C")]
    ids = [person.pk for person in people[:2]]
    answer = page.post(f"{LIST}bulk/?q=x", {"ids": ids, "do": "tag", "tag": "VIP"})
    assert answer.headers["Location"] == f"{LIST}?q=x"
    with tenancy.scope(tenant):
        assert sorted(CustomerTag.objects.values_list("customer_id", flat=True)) == ids
        assert Entry.objects.filter(action="customers.tagged").count() == 1
    page.post(f"{LIST}bulk/", {"ids": ids, "do": "untag", "tag": "vip"})
    with tenancy.scope(tenant):
        assert CustomerTag.objects.count() == 0


def test_a_blank_tag_is_refused_with_a_notice(page, tenant):
    made = _make(tenant, name="A")
    answer = page.post(
        f"{LIST}bulk/", {"ids": [made.pk], "do": "tag", "tag": " "}, headers={"Referer": "http://evil.test/"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{LIST}bulk/")


def test_export_defuses_formulas_and_is_audited(page, tenant):
    _make(tenant, name='=HYPERLINK("x")', email="a@example.com", external_id="1", tags=["vip"])
    _make(tenant, name="Jane", external_id="2")
    answer = page.get(f"{LIST}export/", {"q": "hyperlink"})
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("external_id,name,first_name,last_name,email,phone,")
    assert len(lines) == 2
    assert """1,"'=HYPERLINK(""x"")",""" in lines[1]
    with tenancy.scope(tenant):
        assert Entry.objects.get(action="customers.exported").details == {"people": 1}


def test_export_of_those_ticked(page, tenant):
    made, _other = _make(tenant, name="A"), _make(tenant, name="B")
    answer = page.post(f"{LIST}bulk/", {"ids": [made.pk], "do": "export"})
    assert len(b"".join(answer.streaming_content).splitlines()) == 2


@pytest.mark.parametrize(
    ("role", "address", "allowed"),
    [
        (Role.ANALYST, LIST, True),
        (Role.ANALYST, f"{LIST}new/", False),
        (Role.ANALYST, f"{LIST}export/", False),
        (Role.AGENT, f"{LIST}new/", True),
        (Role.AGENT, f"{LIST}export/", False),
        (Role.MARKETER, f"{LIST}attributes/", False),
        (Role.MARKETER, f"{LIST}export/", True),
    ],
)
def test_roles(client, tenant, role, address, allowed):
    client.force_login(make_user(tenant, role))
    assert client.get(address).status_code == (200 if allowed else 403)


def test_strangers_people_are_not_there(page, tenant, other_tenant):
    theirs = _make(other_tenant, name="Theirs")
    for address in ("", "edit/", "erase/", "timeline/", "orders/", "consents/", "panels/orders/", "panels/segments/"):
        assert page.get(f"{LIST}{theirs.pk}/{address}").status_code == 404
    assert "Theirs" not in page.get(LIST).text
