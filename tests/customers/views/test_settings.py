"""Settings of customer data, and companies."""

from datetime import UTC, datetime

import pytest

from customers.domain import customers
from customers.models import Attribute, Company, Suppression, Tag, Topic
from cxm import tenancy
from cxm.audit.actors import SYSTEM

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LIST = "/app/shop/customers/"


@pytest.mark.parametrize("place", ["attributes", "topics", "tags", "suppressions", "companies"])
def test_empty_pages_say_what_they_are_for(page, place):
    answer = page.get(f"{LIST}{place}/")
    assert answer.status_code == 200
    assert "empty-state" in answer.text


def test_attributes(page, tenant):
    made = {"label": "Size", "key": "size", "kind": "choice", "choices": "Small\nLarge"}
    assert page.post(f"{LIST}attributes/", made).status_code == 302
    assert page.post(f"{LIST}attributes/", made).status_code == 422
    with tenancy.scope(tenant):
        found = Attribute.objects.get()
    assert "Large" in page.get(f"{LIST}attributes/").text
    page.post(f"{LIST}attributes/{found.pk}/", {"label": "Shirt", "choices": "Small\nLarge\nHuge"})
    with tenancy.scope(tenant):
        found.refresh_from_db()
        assert (found.label, found.choices) == ("Shirt", ["Small", "Large", "Huge"])
    page.post(f"{LIST}attributes/{found.pk}/delete/")
    with tenancy.scope(tenant):
        assert Attribute.objects.count() == 0


def test_topics(page, tenant):
    assert page.post(f"{LIST}topics/", {"name": "عروض", "public": "on"}).status_code == 302
    with tenancy.scope(tenant):
        found = Topic.objects.get()
        assert (found.name, found.public, found.slug.isascii()) == ("عروض", True, True)
    page.post(f"{LIST}topics/{found.pk}/", {"name": "Offers", "name_ar": "عروض"})
    with tenancy.scope(tenant):
        found.refresh_from_db()
        assert (found.name, found.name_ar, found.public) == ("Offers", "عروض", False)
    page.post(f"{LIST}topics/{found.pk}/delete/")
    with tenancy.scope(tenant):
        assert Topic.objects.count() == 0


def test_tags(page, tenant):
    page.post(f"{LIST}tags/", {"name": "VIP"})
    page.post(f"{LIST}tags/", {"name": "Press"})
    with tenancy.scope(tenant):
        vip = Tag.objects.get(name="VIP")
    assert page.post(f"{LIST}tags/{vip.pk}/", {"name": "press"}).status_code == 422
    page.post(f"{LIST}tags/{vip.pk}/", {"name": "Gold"})
    page.post(f"{LIST}tags/{vip.pk}/delete/")
    with tenancy.scope(tenant):
        assert [tag.name for tag in Tag.objects.all()] == ["Press"]


def test_suppressions(page, tenant):
    page.post(f"{LIST}suppressions/", {"channel": "email", "address": "A@Example.com", "note": "asked"})
    with tenancy.scope(tenant):
        found = Suppression.objects.get()
        assert (found.address_key, found.reason, found.note) == ("a@example.com", "manual", "asked")
    assert "a@example.com" in page.get(f"{LIST}suppressions/", {"q": "a@"}).text
    assert "Not on the list" in page.get(f"{LIST}suppressions/", {"q": "b@"}).text
    page.post(f"{LIST}suppressions/{found.pk}/remove/")
    with tenancy.scope(tenant):
        assert Suppression.objects.count() == 0


def test_companies(page, tenant):
    with tenancy.scope(tenant):
        made = customers.create(values={"name": "Ada", "company": "Acme"}, by=SYSTEM, now=NOW)
    assert "Acme" in page.get(f"{LIST}companies/", {"q": "ac"}).text
    assert "Acme" not in page.get(f"{LIST}companies/", {"q": "x"}).text
    address = f"{LIST}companies/{made.company_id}/"
    assert "Ada" in page.get(address).text
    page.post(address, {"name": "Zenith", "domain": "Zenith.example"})
    with tenancy.scope(tenant):
        found = Company.objects.get()
        assert (found.name, found.name_key, found.domain) == ("Zenith", "zenith", "zenith.example")
        made.refresh_from_db()
        assert made.search == "ada zenith"
