"""The brand and the senders."""

import pytest

from campaigns.domain import brands
from campaigns.models import Brand, Sender
from cxm import tenancy
from tests.campaigns.factories import UnitFactory

BRAND = "/app/shop/campaigns/settings/brand/"
SENDERS = "/app/shop/campaigns/settings/senders/"
GOOD = {"name": "Dune", "name_ar": "كثيب", "color": "#0b7a75", "logo_url": "https://dune.example/l.png",
        "website": "https://dune.example", "address": "Road 1", "address_ar": ""}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_page_opens_in_both_languages(page, language):
    page.cookies["cxm_language"] = language
    for address in (BRAND, SENDERS):
        assert f'lang="{language}"' in page.get(address).text


def test_brand_is_kept_and_shown(page, tenant):
    assert page.post(BRAND, GOOD).status_code == 302
    with tenancy.scope(tenant):
        found = Brand.objects.get()
    assert {name: getattr(found, name) for name in GOOD} == GOOD
    assert "easy to read" in page.get(BRAND).text
    page.post(BRAND, GOOD | {"color": "#ffee99"})
    assert "hard to read" in page.get(BRAND).text


@pytest.mark.parametrize(
    "change",
    [
        {"color": "red"},
        {"color": "#12345g"},
        {"color": "#١٢٣٤٥٦"},
        {"color": "#123456;"},
        {"logo_url": "javascript:alert(1)"},
        {"website": "dune.example"},
        {"website": "https://x.example/\"onclick='x"},
        {"name": ""},
        {"address": "a\u2028b"},
    ],
)
def test_what_could_break_a_message_is_refused(page, tenant, change):
    assert page.post(BRAND, GOOD | change).status_code == 422
    with tenancy.scope(tenant):
        assert not Brand.objects.filter(name="Dune").exists()


@pytest.mark.parametrize(("color", "ratio"), [("#000000", 21.0), ("#ffffff", 1.0), ("#767676", 4.54), ("#0b7a75", 5.2)])
def test_contrast_as_wcag_defines_it(color, ratio):
    assert brands.contrast(color) == pytest.approx(ratio, abs=0.03)


def test_senders_are_added_changed_and_one_is_the_default(page, tenant):
    page.post(SENDERS, {"name": "Shop", "email": "hello@shop.example"})
    page.post(SENDERS, {"name": "News", "name_ar": "أخبار", "email": "news@shop.example", "reply_to": "a@shop.example"})
    with tenancy.scope(tenant):
        first, second = Sender.objects.order_by("id")
        assert (first.is_default, second.is_default) == (True, False)
    assert "There is already a sender" in page.post(SENDERS, {"name": "News", "email": "NEWS@shop.example"}).text
    page.post(f"{SENDERS}{second.pk}/default/")
    page.post(f"{SENDERS}{first.pk}/", {"name": "The shop", "email": "hello@shop.example"})
    page.post(f"{SENDERS}{first.pk}/delete/")
    with tenancy.scope(tenant):
        assert list(Sender.objects.values_list("email", "is_default")) == [("news@shop.example", True)]
        UnitFactory(sender=second)
    assert (
        "it stays"
        in page.post(
            f"{SENDERS}{second.pk}/delete/", follow=True, headers={"Referer": f"http://testserver{SENDERS}"}
        ).text
    )


@pytest.mark.parametrize(
    "change",
    [
        {"email": "no address"},
        {"email": "taken@shop.example"},
        {"name": "Shop\u2028Bcc: x@y.example"},
        {"reply_to": "x"},
        {"name": ""},
    ],
)
def test_bad_senders_are_refused(page, tenant, change):
    page.post(SENDERS, {"name": "Taken", "email": "taken@shop.example"})
    assert page.post(SENDERS, {"name": "Shop", "email": "hello@shop.example"} | change).status_code == 422
    with tenancy.scope(tenant):
        assert Sender.objects.count() == 1
