"""What is typed into editors and not saved, and who else has the same editor open."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache

from campaigns.domain import campaigns, templates
from campaigns.models import Campaign
from cxm import tenancy
from cxm.accounts.domain import drafts
from cxm.accounts.models import Draft, Membership, Role
from cxm.audit.actors import SYSTEM
from tests.campaigns.factories import VersionFactory
from tests.conftest import make_user

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
APP = "/app/shop/"


@pytest.fixture
def ada(marketer, owner, scoped) -> Membership:
    return Membership.objects.select_related("user").defer("user__password").get(user=marketer)


@pytest.fixture
def bob(ada, owner) -> Membership:
    return Membership.objects.select_related("user").defer("user__password").get(user=owner)


@pytest.fixture
def template(tenant):
    with tenancy.scope(tenant):
        return VersionFactory(body="<p>Saved</p>").template


def _words(body: str) -> dict:
    return {"name": "Sale", "kind": "newsletter", "subject": "Hi", "preheader": "", "body": body, "who": "x"}


def test_a_draft_is_ones_own_and_the_newest_counts(ada, bob):
    opened = {"kind": "template", "ref": "7-en", "membership": ada}
    for body in ("one", "two\0"):
        drafts.keep(**opened, sitting="a", content={"body": body}, now=NOW)

    assert Draft.objects.get().content == {"body": "two"}
    assert drafts.find(kind="template", ref="7-en", membership=bob) is None
    drafts.discard(**opened, sitting="a", now=NOW)
    assert drafts.find(**opened) is None


def test_what_arrives_after_saving_is_not_kept(ada):
    opened = {"kind": "template", "ref": "7-en", "membership": ada}
    drafts.discard(**opened, sitting="a" * 99, now=NOW)
    with pytest.raises(drafts.SittingOver):
        drafts.keep(**opened, sitting="a" * 99, content={"body": "late"}, now=NOW)
    assert drafts.find(**opened) is None

    drafts.keep(**opened, sitting="b", content={"body": "next"}, now=NOW)
    assert drafts.find(**opened).content == {"body": "next"}


def test_what_is_too_long_is_refused(ada):
    with pytest.raises(drafts.DraftRefused):
        drafts.keep(
            kind="template", ref="7-en", membership=ada, sitting="a", content={"body": "x" * drafts.MOST}, now=NOW
        )


def test_those_who_are_there_see_each_other_until_they_leave(ada, bob):
    cache.clear()
    seen = [
        drafts.meet(kind="template", ref="7-en", membership=who, now=NOW + timedelta(seconds=after))
        for who, after in ((ada, 0), (bob, 10), (ada, 20), (ada, 60))
    ]
    elsewhere = drafts.meet(kind="template", ref="8-en", membership=ada, now=NOW)

    assert seen == [[], ["marketer@shop.test"], ["owner@shop.test"], []]
    assert elsewhere == []


def test_a_closed_tab_loses_nothing_and_saving_forgets_the_draft(page, tenant, template):
    editor, draft = f"{APP}campaigns/templates/{template.pk}/?language=en", f"{APP}drafts/template/{template.pk}-en/"
    typed = _words("<p>Typed</p>") | {"sitting": "one"}
    kept = page.post(draft, typed)
    again = page.get(editor)
    saved = page.post(f"{APP}campaigns/templates/{template.pk}/save/?language=en", typed)
    late = page.post(draft, typed)

    assert "Draft kept" in kept.text
    assert "&lt;p&gt;Typed&lt;/p&gt;" in again.text and "typed and did not save" in again.text
    assert saved.status_code == 302
    assert "saved meanwhile" in late.text
    assert "typed and did not save" not in page.get(editor).text
    assert page.get(f"{editor}&version=0").status_code == 404  # an older version is shown as it is


def test_a_version_saved_meanwhile_is_named_and_what_is_saved_comes_back(page, tenant, template):
    editor, draft = f"{APP}campaigns/templates/{template.pk}/?language=en", f"{APP}drafts/template/{template.pk}-en/"
    page.post(draft, _words("<p>Typed</p>"))
    with tenancy.scope(tenant):
        Draft.objects.update(updated_at=NOW)
        words = {"subject": "Hi", "preheader": "", "body": "<p>Theirs</p>"}
        templates.rewrite(template=template, by=SYSTEM, language="en", name="Sale", kind="newsletter", **words)
    shown = page.get(editor).text
    back = page.post(f"{draft}discard/", {"back": editor})

    assert "Typed" in shown and "saved version 2" in shown
    assert back.url == editor
    assert "Theirs" in page.get(editor).text


def test_drafts_of_campaigns(page, tenant):
    with tenancy.scope(tenant):
        campaign = campaigns.create(name="June", by=SYSTEM)
    new, old = f"{APP}campaigns/new/", f"{APP}campaigns/{campaign.pk}/edit/"
    page.post(f"{APP}drafts/campaign/new/", {"name": "New words", "kind": "newsletter"})
    page.post(f"{APP}drafts/campaign/{campaign.pk}/", {"name": "Other words", "kind": "newsletter"})
    shown = [page.get(address).text for address in (new, old)]
    for address, name, sitting in ((new, "New words", "one"), (old, "Other words", "two")):
        page.post(address, {"name": name, "kind": "newsletter", "sitting": sitting})

    assert ['value="New words"' in shown[0], 'value="Other words"' in shown[1]] == [True, True]
    with tenancy.scope(tenant):
        assert (Draft.objects.filter(over=False).count(), sorted(Campaign.objects.values_list("name", flat=True))) == (
            0,
            ["New words", "Other words"],
        )


def test_others_are_named_on_the_page(client, page, tenant, template, owner):
    cache.clear()
    address = f"{APP}drafts/template/{template.pk}-en/others/"
    page.get(address)
    client.force_login(make_user(tenant, Role.MARKETER))

    assert f"<bdi>{owner}</bdi> has this open too" in client.get(address).text


@pytest.mark.parametrize(
    ("back", "leads"), [("//evil.test/", APP), ("https://evil.test/", APP), ("/app/shop/x/", None)]
)
def test_discarding_leads_nowhere_else(page, back, leads):
    assert page.post(f"{APP}drafts/template/1-en/discard/", {"back": back}).url == (leads or back)


def test_who_may_not_edit_keeps_no_draft(client, tenant):
    client.force_login(make_user(tenant, Role.AGENT))

    assert client.post(f"{APP}drafts/template/1-en/", {"body": "x"}).status_code == 403
    assert client.get(f"{APP}drafts/template/1-en/others/").status_code == 403
    assert client.post(f"{APP}drafts/nothing/1/", {"body": "x"}).status_code == 404
