"""A link shows figures to whoever has it, and nothing once it is taken back."""

import html
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from analytics.domain import shares
from analytics.models import Share
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.audit.models import Entry
from cxm.lib import signing


@pytest.fixture
def token(tenant) -> str:
    with tenancy.scope(tenant):
        return shares.token(shares.create(board="overview", period="last_30_days", by=SYSTEM, now=timezone.now()))


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("board", ["overview", "marketing", "service"])
def test_whoever_has_the_link_sees_the_figures(client, tenant, board, language):
    with tenancy.scope(tenant):
        token = shares.token(shares.create(board=board, period="last_12_months", by=SYSTEM, now=timezone.now()))
    answer = client.get(f"/d/{token}", headers={"accept-language": language})
    assert answer.status_code == 200
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert f'lang="{language}"' in answer.text
    assert "/app/shop/" not in answer.text


def test_taken_back_altered_or_of_another_kind_it_shows_nothing(client, page, tenant, token):
    number = shares.tenant_of(token)[1]
    altered = token[:-1] + ("A" if token[-1] != "A" else "B")
    signed = [("open", tenant.pk, number), (shares.KIND, tenant.pk + 1, number), (shares.KIND, tenant.pk)]
    for wrong in (altered, "x", *(signing.sign(*each) for each in signed)):
        assert client.get(f"/d/{wrong}").status_code == 404
    for _tab in range(2):
        assert page.post(f"/app/shop/analytics/shares/{number}/revoke/").status_code == 302
    with tenancy.scope(tenant):
        assert Entry.objects.filter(action="dashboard.share_revoked").count() == 1
    assert client.get(f"/d/{token}").status_code == 404


def test_a_link_of_another_tenant_is_not_ours(client, tenant, other_tenant, token):
    number = shares.tenant_of(token)[1]
    assert client.get(f"/d/{signing.sign(shares.KIND, other_tenant.pk, number)}").status_code == 404


def test_links_are_made_and_listed(page, tenant):
    assert page.post("/app/shop/analytics/shares/new/", {"board": "service", "period": "this_week"}).status_code == 302
    with tenancy.scope(tenant):
        share = Share.objects.get()
    assert f"/d/{shares.token(share)}" in page.get("/app/shop/analytics/shares/").text
    page.post("/app/shop/analytics/shares/new/", {"board": "service", "period": "nonsense"})
    assert page.post("/app/shop/analytics/shares/new/", {"board": "x", "period": "this_week"}).status_code == 404
    with tenancy.scope(tenant):
        assert Share.objects.count() == 1


@pytest.mark.parametrize(("days", "left"), [("7", 7), (None, 90), ("0", None)])
def test_a_link_ends_when_it_was_said_to(client, page, tenant, days, left):
    said = {"board": "service", "period": "this_week"} | ({"days": days} if days else {})
    assert page.post("/app/shop/analytics/shares/new/", said).status_code == 302
    with tenancy.scope(tenant):
        share = Share.objects.get()
    address = f"/d/{shares.token(share)}"

    lasts = share.expires_at and round((share.expires_at - share.created_at) / timedelta(days=1))
    assert lasts == left
    assert client.get(address).status_code == 200
    with tenancy.scope(tenant):
        Share.objects.exclude(expires_at=None).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(address).status_code == (404 if left else 200)
    assert (address in page.get("/app/shop/analytics/shares/").text) == (not left)


def test_a_link_that_lasts_as_long_as_nobody_offers_is_not_made(page, tenant):
    said = {"board": "service", "period": "this_week", "days": "100000000"}
    page.post("/app/shop/analytics/shares/new/", said)
    with tenancy.scope(tenant):
        assert not Share.objects.exists()


def test_many_links_are_read_on(page, tenant):
    with tenancy.scope(tenant):
        for _number in range(51):
            shares.create(board="overview", period="last_30_days", by=SYSTEM, now=timezone.now())
    first = page.get("/app/shop/analytics/shares/").text
    rest = re.search(r'href="([^"]*cursor=[^"]*)"', first)[1]
    more = page.get(html.unescape(rest), headers={"HX-Request": "true"}).text

    assert (first.count("/revoke/"), more.count("/revoke/"), "<html" in more) == (50, 1, False)
