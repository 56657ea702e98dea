"""The pages of segments."""

import json
import re

import pytest

from customers.domain import memberships
from customers.models import Segment
from cxm import tenancy
from cxm.jobs.models import Job
from tests.customers.domain.rule_people import NOW
from tests.factories import CustomerFactory, SegmentFactory

ROOT = "/app/shop/customers/segments/"
FORM = {
    "n.kind": "all",
    "n-0.kind": "field",
    "n-0.field": "attribute:country",
    "n-0.op": "in",
    "n-0.value": "sa, AE",
    "n-1.kind": "event",
    "n-1.not": "1",
    "n-1.name": "Email Opened",
    "n-1.count_op": "gte",
    "n-1.count": "1",
    "n-1.time": "within",
    "n-1.n": "30",
    "n-1.unit": "days",
}
RULE = {"all": [{"attribute": "country", "in": ["sa", "AE"]}, {"not": {"event": "Email Opened", "within": "P30D"}}]}


def body(answer) -> str:
    return answer.content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_needs_as_many_queries_for_three_as_for_one(page, tenant, rows, django_assert_num_queries):
    with tenancy.scope(tenant):
        for number in range(rows):
            SegmentFactory(name=f"Segment {number}")
    with django_assert_num_queries(8):
        answer = page.get(ROOT)
    assert all(f"Segment {number}" in body(answer) for number in range(rows))


def test_the_list_is_empty_with_words_and_offers_starters(page):
    answer = body(page.get(ROOT))
    assert "No segments yet" in answer
    assert "?starter=vip" in answer


def test_a_starter_opens_the_builder_filled_in(page):
    answer = body(page.get(ROOT + "new/?starter=twice"))
    assert 'value="Bought twice in 90 days"' in answer
    assert 'name="n-0.count"' in answer


def test_a_segment_is_built_saved_and_changed(page, tenant):
    answer = page.post(ROOT + "new/", {"name": "Gulf", **FORM})
    segment = Segment.objects.get()
    assert (answer.status_code, answer.url) == (302, f"{ROOT}{segment.pk}/")
    assert (segment.name, segment.slug, segment.rule) == ("Gulf", "gulf", RULE)
    assert Job.objects.filter(kind="segments.refresh").count() == 1
    opened = body(page.get(f"{ROOT}{segment.pk}/edit/"))
    assert 'value="sa, AE"' in opened
    page.post(f"{ROOT}{segment.pk}/edit/", {"name": "Gulf", **FORM, "n-0.value": "SA"})
    segment.refresh_from_db()
    assert (segment.rule["all"][0], segment.version) == ({"attribute": "country", "in": ["SA"]}, 2)


def test_countries_and_languages_may_be_written_by_their_names(page, tenant):
    said = {"n-0.value": "السعودية، UK, FR, Atlantis", "n-1.kind": "field", "n-1.field": "attribute:language",
            "n-1.op": "is", "n-1.not": "", "n-1.value": "Arabic"}  # fmt: skip
    page.post(ROOT + "new/", {"name": "Gulf", **FORM, **said})
    segment = Segment.objects.get()
    assert segment.rule == {
        "all": [
            {"attribute": "country", "in": ["SA", "GB", "FR", "Atlantis"]},
            {"attribute": "language", "is": "ar"},
        ]
    }
    opened = body(page.get(f"{ROOT}{segment.pk}/")).translate(str.maketrans("", "", "\u2068\u2069"))
    assert "Country is one of: Saudi Arabia, United Kingdom, France, ATLANTIS and Language is Arabic" in opened


def test_what_is_wrong_is_shown_beside_its_row_and_nothing_is_saved(page):
    answer = page.post(ROOT + "new/", {"name": "Gulf", **FORM, "n-0.value": ""})
    assert answer.status_code == 422
    assert '<div id="error-n-0" class="field-error">A list with at least one value is expected here.</div>' in body(
        answer
    )
    assert not Segment.objects.exists()
    answer = page.post(ROOT + "new/", {"name": " ", **FORM})
    assert "Give it a name of at most 120 characters." in body(answer)


def test_the_preview_counts_shows_and_writes_nothing(page, tenant):
    with tenancy.scope(tenant):
        CustomerFactory(name="Zoe Example", country="SA")
        CustomerFactory(country="GB")
    answer = body(page.post(ROOT + "preview/", FORM))
    assert '<p class="preview-count"><bdi>1</bdi></p>' in answer
    assert "Zoe Example" in answer
    assert "Country is one of" in answer
    wrong = body(page.post(ROOT + "preview/", {**FORM, "n-1.name": ""}))
    assert 'id="error-n-1" class="field-error" hx-swap-oob="true">This is empty.' in wrong
    assert not Segment.objects.exists()


def test_buttons_rebuild_the_tree_with_and_without_scripts(page):
    answer = page.post(ROOT + "build/", {**FORM, "action": "add:n:tag"}, headers={"HX-Request": "true"})
    assert answer.headers["HX-Trigger-After-Settle"] == "rebuilt"
    assert body(answer).lstrip().startswith('<div id="tree">')
    assert 'name="n-2.kind" value="tag"' in body(answer)
    whole = page.post(ROOT + "build/", {**FORM, "action": "remove:n-0", "name": "Kept"})
    assert 'value="Kept"' in body(whole)
    assert "n-1.kind" not in body(whole)


def test_a_field_of_another_kind_gets_operators_of_its_own(page):
    answer = page.post(ROOT + "build/", {**FORM, "n-0.field": "attribute:birthday"}, headers={"HX-Request": "true"})
    assert 'type="date" name="n-0.value"' in body(answer)


def test_json_is_taken_over_and_refused_when_it_is_none(page):
    answer = page.post(ROOT + "build/", {"action": "json", "json": json.dumps(RULE)}, headers={"HX-Request": "true"})
    assert 'name="n-1.not" id="f-n-1-not" value="1" checked' in body(answer)
    for hostile in ("{", "[" * 100_000, '{"all": ' * 5000):
        answer = page.post(ROOT + "build/", {"action": "json", "json": hostile}, headers={"HX-Request": "true"})
        assert "This is not JSON." in body(answer)


def test_a_segment_shows_its_rule_its_people_and_why(page, tenant):
    with tenancy.scope(tenant):
        inside, outside = CustomerFactory(country="SA", name="Ina"), CustomerFactory(country="GB", name="Otto")
        segment = SegmentFactory(name="Gulf", rule=RULE)
        memberships.refresh_now(segment=segment, tenant=tenant, now=NOW)
    answer = body(page.get(f"{ROOT}{segment.pk}/"))
    assert "not (“" in answer
    assert "Ina" in answer
    assert "Otto" not in answer
    why = body(page.get(f"{ROOT}{segment.pk}/explain/?customer={outside.pk}"))
    assert "The rule does not hold" in why
    assert "United Kingdom" in why
    assert "The rule holds" in body(page.get(f"{ROOT}{segment.pk}/explain/?customer={inside.pk}"))


def test_people_words_are_escaped(page, tenant):
    with tenancy.scope(tenant):
        segment = SegmentFactory(name="<b>x", rule={"tag": "<script>alert(1)</script>"})
    for address in ("", "edit/"):
        assert "<script>alert" not in body(page.get(f"{ROOT}{segment.pk}/{address}"))


def test_archive_and_restore(page, tenant):
    with tenancy.scope(tenant):
        segment = SegmentFactory()
    for action, gone in (("archive", True), ("restore", False), ("refresh", False)):
        assert page.post(f"{ROOT}{segment.pk}/act/", {"action": action}).status_code == 302
        segment.refresh_from_db()
        assert (segment.archived_at is not None) is gone


def test_an_agent_sees_segments_and_changes_none(client, agent, tenant):
    client.force_login(agent)
    with tenancy.scope(tenant):
        segment = SegmentFactory()
    assert client.get(ROOT).status_code == 200
    assert client.get(ROOT + "new/").status_code == 403
    assert client.post(f"{ROOT}{segment.pk}/act/", {"action": "archive"}).status_code == 403


def test_a_strangers_segment_is_not_there(page, other_tenant):
    with tenancy.scope(other_tenant):
        theirs = SegmentFactory()
    for address in ("", "edit/", "explain/", "state/"):
        assert page.get(f"{ROOT}{theirs.pk}/{address}").status_code == 404
    assert page.post(ROOT + "preview/", {**FORM, "segment": theirs.pk}).status_code == 404


def test_whatever_a_rule_names_is_chosen_when_it_is_edited(page, tenant):
    """A list without it would show its first entry, and saving would write that."""
    names = ["trait:scores.rfm_r", "trait:scores.own", "attribute:attributes.gone", "trait:orders_count"]
    rule = {"all": [{"trait": "scores.rfm_r", "is": 5}, {"trait": "scores.own", "gte": 2},
                    {"attribute": "attributes.gone", "is": "x"}, {"trait": "orders_count", "gt": 1}]}  # fmt: skip
    with tenancy.scope(tenant):
        segment = SegmentFactory(rule=rule)

    opened = body(page.get(f"{ROOT}{segment.pk}/edit/"))

    assert re.findall(r'<option value="((?:trait|attribute):[^"]*)" selected', opened) == names


def test_scores_of_our_engines_have_words(page, tenant):
    with tenancy.scope(tenant):
        segment = SegmentFactory(rule={"all": [{"trait": "scores.rfm_r", "is": 5}, {"trait": "scores.own", "gte": 2}]})

    assert "Grade of recency (1 to 5) is 5 and own" in body(page.get(f"{ROOT}{segment.pk}/"))


def test_nobody_is_said_only_once_it_was_looked(page, tenant):
    with tenancy.scope(tenant):
        segment = SegmentFactory(rule={"all": [{"tag": "nobody has it"}]}, version=2, refreshed_version=1)
    address = f"{ROOT}{segment.pk}/"

    assert "Nobody is in this segment" not in body(page.get(address))
    with tenancy.scope(tenant):
        Segment.objects.filter(pk=segment.pk).update(refreshed_version=2)
    assert "Nobody is in this segment" in body(page.get(address))
