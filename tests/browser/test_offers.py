"""An offer made with what people will read beside it, filled, activated, given by an agent and used."""

from datetime import timedelta

from django.utils import timezone

from campaigns.domain import codes, offers, points, points_rules
from campaigns.models import Issue, Offer
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from tests.browser.conftest import PHONE
from tests.campaigns.factories import OfferFactory
from tests.factories import CustomerFactory, SegmentFactory


def _fill(shop):
    """Some offers in every state, with people who have and used them."""
    now = timezone.now()
    with tenancy.scope(shop):
        offer = OfferFactory(name="رمضان كريم", title="15% off everything", title_ar="خصم 15% على كل شيء", minimum=100,
                             valid_days=14, segment=SegmentFactory(name="VIP"))  # fmt: skip
        codes.generate(offer=offer, count=40, by=SYSTEM, prefix="EID-")
        OfferFactory(name="Draft of autumn", state="draft", kind="voucher", value=25)
        OfferFactory(name="One for all", codes="single", pool=["SUMMER10"], ends_at=now + timedelta(days=20),
                     title="10% off for everybody who comes to the opening of our new branch by the sea")  # fmt: skip
        people = [
            CustomerFactory(name=name) for name in ("Ada Lovelace", "سارة حداد", "Jean-Luc Émile", "نورة القحطاني")
        ]
        given = [offers.issue(offer=offer, customer=who, key="k", by=SYSTEM, now=now) for who in people]
        for number, issue in enumerate(given[:2]):
            offers.redeem(code=issue.code, order_id=f"BN-10{number}", amount=240, by=SYSTEM, now=now)
        points_rules.save(active=True, per_unit=1, by=SYSTEM, now=now, worth="0.05", valid_days=365,
                          tiers="10 Silver / فضي")  # fmt: skip
        points.add(customer=people[3], amount=180, reason="Review of the lamp", key="a", by=SYSTEM, at=now)
        points.add(customer=people[3], amount=-60, reason="Free delivery", key="b", by=SYSTEM, at=now)
        return offer, people


def test_pages_of_offers_in_both_directions(browse, shop, owner_of_shop, screenshot, axe):
    offer, people = _fill(shop)
    base = "/app/shop/campaigns"
    one = f"{base}/offers/{offer.pk}/"
    places = {"list": f"{base}/offers/", "detail": one, "codes": f"{one}codes/", "edit": f"{one}edit/",
              "person": f"/app/shop/customers/{people[3].pk}/",
              "points": f"{base}/settings/points/", "redeem": f"{base}/offers/redeem/"}  # fmt: skip
    for language, theme, viewport, size in (("en", "light", None, "desktop"), ("ar", "dark", PHONE, "phone")):
        page = browse(owner_of_shop, language=language, theme=theme, **({"viewport": viewport} if viewport else {}))
        for name, address in places.items():
            page.goto(address)
            page.wait_for_load_state("networkidle")
            axe(page)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, language)
            screenshot(page, f"offers-{name}-{language}-{theme}-{size}")


def test_from_a_draft_to_a_code_read_aloud(browse, shop, owner_of_shop):
    with tenancy.scope(shop):
        ada = CustomerFactory(name="Ada")
    page = browse(owner_of_shop)
    page.goto("/app/shop/campaigns/offers/new/")
    page.fill("[name=name]", "Sorry for the wait")
    page.select_option("[name=kind]", "voucher")
    page.fill("[name=value]", "25")
    page.wait_for_selector(".coupon-title:has-text('£25')")
    page.click("text=Save")
    page.click("text=Add codes")
    page.fill("[name=words]", "SORRY-1\nSORRY-2\nsorry 1")
    page.click("text=Add these codes")
    page.wait_for_selector("text=2 codes were added")
    page.click("text=Back to the offer")
    page.click("text=Activate")
    page.wait_for_selector("text=Send it")
    page.goto(f"/app/shop/customers/{ada.pk}/")
    page.click("#rewards button:has-text('Give')")
    page.wait_for_selector("#rewards .coupon-code:has-text('SORRY-1')")
    with tenancy.scope(shop):
        assert (Issue.objects.get().customer_id, Offer.objects.get().state) == (ada.pk, "active")
