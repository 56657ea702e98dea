"""Offers and points over the API."""

import pytest
from django.utils import timezone

from campaigns.domain import points
from campaigns.models import Code, Offer
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from tests.campaigns.factories import OfferFactory
from tests.factories import CustomerFactory

OFFERS, POINTS = "/api/v1/offers/", "/api/v1/points/"


@pytest.fixture
def ada(tenant):
    with tenancy.scope(tenant):
        return CustomerFactory(external_id="ada")


def test_an_offer_from_draft_to_redemption(api, ada):
    made = api.post(OFFERS, {"name": "Welcome", "kind": "voucher", "value": "20.00", "minimum": "50"}, format="json")
    address = f"{OFFERS}{made.json()['id']}/"
    assert (made.status_code, made.json()["state"], made.json()["codes"]) == (201, "draft", "unique")
    filled = api.post(f"{address}codes/", {"codes": ["A1", "a-1", "B2"]}, format="json").json()
    assert filled == {"added": 2, "repeated": 1, "known": 0, "elsewhere": 0, "unusable": 0}
    assert api.post(f"{address}codes/", {"count": 5}, format="json").json()["added"] == 5
    assert api.post(f"{address}activate/").json()["state"] == "active"

    given = api.post(f"{address}issue/", {"customer": "ada", "key": "k"}, format="json")
    again = api.post(f"{address}issue/", {"customer": ada.pk, "key": "k"}, format="json")
    assert (given.status_code, given.json()) == (201, again.json())
    claim = {"code": given.json()["code"], "order_id": "7", "amount": "60"}
    used = api.post(f"{address}redeem/", claim, format="json")
    assert (used.status_code, used.json()["value"], used.json()["customer"]) == (200, "20.00", ada.pk)
    assert api.post(f"{address}redeem/", claim, format="json").json() == used.json()
    refused = api.post(f"{address}redeem/", claim | {"order_id": "8"}, format="json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "used")

    figures = api.get(f"{address}report/").json()
    assert (figures["issued"], figures["redeemed"], figures["revenue"], figures["free"]) == (1, 1, "60.00", 6)
    assert api.get(OFFERS, {"search": "b2"}).json()["results"][0]["name"] == "Welcome"
    assert api.post(f"{address}end/").json()["state"] == "ended"


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name": "x" * 121, "value": 5}, "name"),
        ({"name": "x", "value": 101}, "value"),
        ({"name": "x", "value": 5, "codes": "single"}, "code"),
        ({"name": "x", "value": 5, "codes": "single", "code": "--"}, "code"),
        ({"name": "x", "value": 5, "limit": 0}, "limit"),
        ({"name": "x", "value": 5, "segment": "none"}, "segment"),
    ],
)
def test_what_cannot_be_kept(api, sent, field):
    answer = api.post(OFFERS, sent, format="json")

    assert answer.status_code in {400, 404}
    assert list(answer.json()["error"]["fields"]) == [field]


def test_nothing_half_made_is_left_behind(api, tenant):
    api.post(OFFERS, {"name": "x", "value": 5, "codes": "single", "code": "--"}, format="json")

    with tenancy.scope(tenant):
        assert (Offer.objects.count(), Code.objects.count()) == (0, 0)


def test_a_code_of_another_offer_is_unknown_here(api, tenant):
    with tenancy.scope(tenant):
        offer = OfferFactory(pool=["MINE"])
        OfferFactory(pool=["THEIRS"])

    answer = api.post(f"{OFFERS}{offer.pk}/redeem/", {"code": "theirs"}, format="json")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_code")


@pytest.mark.parametrize("code", ["\0", "x" * 101, "", "\u202e", "' OR 1=1 --"])
def test_hostile_codes_are_refused(api, tenant, code):
    with tenancy.scope(tenant):
        offer = OfferFactory(pool=1)

    assert api.post(f"{OFFERS}{offer.pk}/redeem/", {"code": code}, format="json").status_code in {400, 404}


def test_points_are_given_spent_and_listed(api, ada):
    first = api.post(POINTS, {"customer": "ada", "amount": 50, "reason": "Review", "key": "a"}, format="json")
    again = api.post(POINTS, {"customer": "ada", "amount": 50, "reason": "Review", "key": "a"}, format="json")
    spent = api.post(POINTS, {"customer": ada.pk, "amount": -20, "key": "b"}, format="json")
    refused = api.post(POINTS, {"customer": "ada", "amount": -31, "key": "c"}, format="json")

    assert (first.status_code, first.json()["balance"], again.json()) == (201, 50, first.json())
    assert (spent.json()["balance"], spent.json()["kind"]) == (30, "spent")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_enough_points")
    rows = api.get(POINTS, {"customer": "ada"}).json()["results"]
    assert [row["amount"] for row in rows] == [-20, 50]
    assert api.post(POINTS, {"customer": "ada", "amount": 0, "key": "d"}, format="json").status_code == 400
    assert api.get(POINTS, {"customer": "nobody"}).status_code == 404


def test_the_key_of_a_program_never_meets_one_of_ours(api, tenant, ada):
    key = "order:17"
    with tenancy.scope(tenant):
        earned = points.Draft(ada.pk, "order", 5, "", key)
        points.write([earned], by=SYSTEM, at=timezone.now())

    said = {"customer": "ada", "amount": 50, "key": key}
    made, again = (api.post(POINTS, said, format="json").json() for _n in range(2))

    assert (made["kind"], made["key"], made["balance"], again) == ("given", key, 55, made)
    rows = api.get(POINTS, {"customer": "ada"}).json()["results"]
    assert [(row["amount"], row["key"]) for row in rows] == [(50, key), (5, key)]


def test_an_entry_whose_key_was_kept_as_it_was_said_is_not_written_again(api, tenant, ada):
    with tenancy.scope(tenant):
        before = points.add(customer=ada, amount=50, reason="", key="a", by=SYSTEM, at=timezone.now())

    again = api.post(POINTS, {"customer": "ada", "amount": 50, "key": "a"}, format="json").json()

    assert (again["id"], again["key"], again["balance"]) == (before.pk, "a", 50)
