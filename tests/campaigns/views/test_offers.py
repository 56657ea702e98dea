"""Pages of offers: made, filled, activated, watched, ended; and what an agent does for one person."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from campaigns.domain import codes, offers, points, points_rules
from campaigns.models import Campaign, Issue, Offer, PointsEntry, Redemption
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from tests.campaigns.factories import OfferFactory, VersionFactory
from tests.factories import CustomerFactory, SegmentFactory

LIST = "/app/shop/campaigns/offers/"
RULE = "/app/shop/campaigns/settings/points/"
GOOD = {"name": "Eid", "kind": "percent", "value": "15", "codes": "unique"}


@pytest.fixture
def offer(tenant):
    with tenancy.scope(tenant):
        return OfferFactory(name="Ramadan <b>", pool=3)


@pytest.fixture
def ada(tenant):
    with tenancy.scope(tenant):
        return CustomerFactory(name="Ada")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_page_opens_in_both_languages(page, offer, ada, language):
    page.cookies["cxm_language"] = language
    for tail in ("", "new/", "redeem/", f"{offer.pk}/", f"{offer.pk}/edit/", f"{offer.pk}/codes/",
                 f"{offer.pk}/?rows=used"):  # fmt: skip
        assert f'lang="{language}"' in page.get(LIST + tail).text
    assert f'lang="{language}"' in page.get(RULE).text
    assert page.get(f"/app/shop/campaigns/customers/{ada.pk}/rewards/").status_code == 200


def test_the_empty_list_teaches_and_a_full_one_escapes(page, tenant):
    assert "No offers yet" in page.get(LIST).text
    with tenancy.scope(tenant):
        OfferFactory(name="Ramadan <b>", pool=["ABC-1"])
    assert "Ramadan &lt;b&gt;" in page.get(LIST, {"q": "abc1"}).text
    assert "No offer fits" in page.get(LIST, {"q": "abc2", "state": "ended"}).text


def test_a_list_of_codes_goes_to_the_pool_also_after_a_number_that_was_refused(page, offer):
    refused = page.post(f"{LIST}{offer.pk}/codes/generate/", {"count": "0"})

    assert refused.status_code == 422
    assert f'action="{LIST}{offer.pk}/codes/" enctype="multipart/form-data"' in refused.text
    assert page.get(f"{LIST}{offer.pk}/codes/generate/").url == f"{LIST}{offer.pk}/codes/"


def test_an_offer_is_made_filled_activated_and_ended(page, tenant):
    made = page.post(f"{LIST}new/", GOOD)
    with tenancy.scope(tenant):
        offer = Offer.objects.get()
    assert (made.status_code, made.url) == (302, f"{LIST}{offer.pk}/")
    assert "Next: its codes" in page.get(made.url).text

    page.post(f"{made.url}activate/")
    page.post(f"{made.url}codes/generate/", {"count": "20", "prefix": "EID-"})
    assert "Activate" in page.get(made.url).text
    page.post(f"{made.url}activate/")
    page.post(f"{made.url}end/")

    with tenancy.scope(tenant):
        offer.refresh_from_db()
        assert (offer.state, codes.pool(offer=offer).free) == ("ended", 20)


def test_what_is_wrong_stands_beside_its_field(page):
    answer = page.post(f"{LIST}new/", GOOD | {"value": "150"})

    assert answer.status_code == 422
    assert "A discount lies between 0 and 100 percent." in answer.text


def test_what_people_will_read_is_shown_in_both_languages(page):
    shown = page.get(f"{LIST}example/", GOOD | {"minimum": "100", "valid_days": "7"}).text

    assert "15% off" in shown
    assert "خصم" in shown
    assert codes.PLACEHOLDER in shown
    assert "Give it a name" in page.get(f"{LIST}example/", {"name": ""}).text


def test_an_upload_tells_of_every_line(page, tenant, offer):
    file = SimpleUploadedFile("codes.csv", f"code,note\nNEW1,x\nNEW-1,x\nC{offer.pk}-0,x\n,x\n".encode())

    told = page.post(f"{LIST}{offer.pk}/codes/", {"file": file}).text

    assert "1 code was added" in told
    assert "1 line repeats" in told
    assert "1 code was in the pool already" in told
    assert page.post(f"{LIST}{offer.pk}/codes/", {"words": ""}).status_code == 422


def test_codes_are_exported_for_the_shop(page, tenant):
    with tenancy.scope(tenant):
        offer = OfferFactory(pool=["=A1", "B2"])
        offers.redeem(code="b2", by=SYSTEM, now=timezone.now())

    answer = page.get(f"{LIST}{offer.pk}/codes/export/")

    assert b"".join(answer.streaming_content).decode("utf-8-sig").split() == ["code,free", "'=A1,yes", "B2,no"]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_and_the_rows_cost_the_same_for_many(page, tenant, rows, django_assert_num_queries):
    with tenancy.scope(tenant):
        offer = OfferFactory(pool=5)
        for _n in range(rows):
            given = offers.issue(offer=offer, customer=CustomerFactory(), key="k", by=SYSTEM, now=timezone.now())
            offers.redeem(code=given.code, by=SYSTEM, now=timezone.now())
            OfferFactory(pool=1)
    page.get(LIST)
    with django_assert_num_queries(LIST_QUERIES):
        page.get(LIST)
    with django_assert_num_queries(DETAIL_QUERIES):
        page.get(f"{LIST}{offer.pk}/")
    with django_assert_num_queries(DETAIL_QUERIES):
        page.get(f"{LIST}{offer.pk}/?rows=used")


LIST_QUERIES, DETAIL_QUERIES = 8, 9


def test_a_code_is_redeemed_at_the_desk(client, tenant, agent, offer, ada):
    client.force_login(agent)
    with tenancy.scope(tenant):
        given = offers.issue(offer=offer, customer=ada, key="k", by=SYSTEM, now=timezone.now())

    done = client.post(f"{LIST}redeem/", {"code": given.code.lower(), "order_id": "7", "amount": "200"})
    again = client.post(f"{LIST}redeem/", {"code": given.code, "order_id": "8", "amount": "200"})

    assert "Ada" in done.text
    assert "£30.00" in done.text
    assert (again.status_code, "This code was used already." in again.text) == (422, True)
    with tenancy.scope(tenant):
        assert Redemption.objects.get().created_by == agent.email


def test_an_agent_gives_an_offer_once_however_often_the_button_is_pressed(client, tenant, agent, offer, ada):
    client.force_login(agent)
    address = f"/app/shop/campaigns/customers/{ada.pk}/rewards/give/"

    for _press in range(2):
        shown = client.post(address, {"offer": offer.pk, "key": "k1"}).text

    with tenancy.scope(tenant):
        given = Issue.objects.get()
    assert given.code in shown
    assert (given.customer_id, given.created_by) == (ada.pk, agent.email)
    with tenancy.scope(tenant):
        offers.end(offer=offer, by=SYSTEM, now=timezone.now())
    assert "not active" in client.post(address, {"offer": offer.pk, "key": "k2"}).text


def test_points_are_given_and_spent_on_the_customer_s_page(client, tenant, agent, ada):
    client.force_login(agent)
    address = f"/app/shop/campaigns/customers/{ada.pk}/rewards/points/"

    client.post(address, {"way": "give", "amount": "50", "reason": "Sorry", "key": "a"})
    shown = client.post(address, {"way": "spend", "amount": "20", "reason": "Mug", "key": "b"}).text
    refused = client.post(address, {"way": "spend", "amount": "31", "reason": "Mug", "key": "c"}).text

    assert "30" in shown
    assert "There are not so many points." in refused
    assert "Say how many points, and why." in client.post(address, {"way": "give"}).text
    with tenancy.scope(tenant):
        assert list(PointsEntry.objects.order_by("id").values_list("amount", "reason")) == [(50, "Sorry"), (-20, "Mug")]


def test_the_rule_of_points_is_kept_with_its_tiers(page, tenant, ada):
    said = {
        "active": "on",
        "per_unit": "2",
        "valid_days": "365",
        "worth": "0.01",
        "tiers": "500 Gold / ذهبي\n10 Silver",
    }

    assert page.post(RULE, said).status_code == 302

    assert "500 Gold / ذهبي" in page.get(RULE).text
    assert page.post(RULE, said | {"tiers": "Gold"}).status_code == 422
    with tenancy.scope(tenant):
        PointsEntry.objects.create(customer=ada, kind="order", amount=20, unspent=20, key="order:1", at=timezone.now())
        assert points_rules.tier(customer=ada) == "Silver"
        assert points.outstanding(now=timezone.now()) == 20


def test_a_campaign_takes_an_offer_and_says_when_it_is_over(page, tenant, offer):
    with tenancy.scope(tenant):
        template, segment = VersionFactory(body="<p>{{ offer.code }}</p>").template, SegmentFactory(member_count=9)
    said = {"name": "June", "kind": "discount", "template": template.pk, "segment": segment.pk, "offer": offer.pk}

    made = page.post("/app/shop/campaigns/new/", said)

    assert "Fewer codes than people" in page.get(made.url).text
    with tenancy.scope(tenant):
        assert Campaign.objects.get().offer_id == offer.pk
        offers.end(offer=offer, by=SYSTEM, now=timezone.now())
    assert "The offer is not active." in page.get(made.url).text
    preview = page.get(f"/app/shop/campaigns/templates/{template.pk}/preview/?offer={offer.pk}")
    assert preview.status_code == 200
