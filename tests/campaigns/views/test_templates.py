"""The template studio."""

import re

import pytest

from campaigns.models import Message, Sender, Template, TemplateVersion
from customers.domain import attributes
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from tests.campaigns.factories import VersionFactory
from tests.conftest import make_user
from tests.factories import CustomerFactory

LIST = "/app/shop/campaigns/templates/"
WORDS = {"name": "Spring", "kind": "newsletter", "subject": "Hello", "preheader": "", "body": "<p>Dear you</p>"}


@pytest.fixture
def template(tenant) -> Template:
    with tenancy.scope(tenant):
        return VersionFactory(template__name="Spring").template


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_page_opens_in_both_languages(page, tenant, template, language):
    page.cookies["cxm_language"] = language
    addresses = ["", "new/", "write/", "people/", f"{template.pk}/", f"{template.pk}/?language=ar",
                 f"{template.pk}/versions/", f"{template.pk}/preview/"]  # fmt: skip
    for address in addresses:
        answer = page.get(f"{LIST}{address}")
        assert answer.status_code == 200, address
        assert f'lang="{language}"' in answer.text or "<html" not in answer.text, address


def test_start_from_a_starter(page, tenant):
    assert "Win-back" in page.get(f"{LIST}new/").text
    answer = page.post(f"{LIST}start/", {"kind": "win_back"})
    with tenancy.scope(tenant):
        made = Template.objects.get()
        assert TemplateVersion.objects.count() == 2
    assert answer.url == f"{LIST}{made.pk}/?language=en"
    shown = page.get(f"{LIST}starters/welcome/ar/")
    assert shown.headers["Content-Security-Policy"].startswith("sandbox ")
    assert 'dir="rtl"' in shown.text
    assert page.post(f"{LIST}start/", {"kind": "nothing"}).status_code == 404


def test_saved_as_a_version_of_a_language(page, tenant, template):
    answer = page.post(f"{LIST}{template.pk}/save/?language=ar", WORDS | {"body": "<p>\r\nمرحبا</p>"})
    assert answer.url == f"{LIST}{template.pk}/?language=ar"
    with tenancy.scope(tenant):
        found = TemplateVersion.objects.get(language="ar")
        assert (found.number, found.body, found.created_by) == (1, "<p>\nمرحبا</p>", "owner@shop.test")


def test_a_field_that_no_customer_has_is_told(page, tenant):
    with tenancy.scope(tenant):
        attributes.define(key="size", label="Size", kind="text", by=SYSTEM)
    body = """{{ customer.frist_name }} {{ customer.attributes.colour }} {{ customer.attributes.size }}
    {{ customer.size }} {{ customer["first_name"] }} {{ customer.company | default: tenant.name }}
    {% if customer.points > 1 %}{% endif %}"""
    shown = page.post(f"{LIST}preview/", WORDS | {"language": "en", "body": body}).text
    assert re.findall("“(.+?)” is not a field", shown) == ["customer.attributes.colour", "customer.frist_name"]


@pytest.mark.parametrize("reads", ["en", "ar"])
@pytest.mark.parametrize("opened", ["en", "ar"])
def test_the_editor_works_on_the_language_that_was_opened_whatever_its_author_reads(page, template, reads, opened):
    page.cookies["cxm_language"] = reads
    shown = page.get(f"{LIST}{template.pk}/?language={opened}").text
    assert re.findall(r'action="([^"]+)\?language=(\w+)"', shown) == [
        (f"{LIST}{template.pk}/test/", opened), (f"{LIST}{template.pk}/save/", opened),
    ]  # fmt: skip
    assert re.findall(r'type="hidden" name="language" value="(\w+)"', shown) == [opened]
    assert re.findall(r'href="\?language=(\w+)" aria-current="page"', shown) == [opened]
    assert f'versions/?language={opened}"' in shown
    history = page.get(f"{LIST}{template.pk}/versions/?language={opened}").text
    assert re.findall(r'href="\?language=(\w+)" aria-current="page"', history) == [opened]


def test_what_was_typed_stays_with_what_is_wrong(page, tenant, template):
    answer = page.post(f"{LIST}{template.pk}/save/?language=en", WORDS | {"body": "<p>one</p>\n{% if %}"})
    assert answer.status_code == 422
    assert "&lt;p&gt;one&lt;/p&gt;\n{% if %}" in answer.text
    assert 'data-line="2"' in answer.text
    assert "Line 2:" in answer.text
    with tenancy.scope(tenant):
        assert TemplateVersion.objects.count() == 1
    # The editor stands at the address of its button now: loaded anew, or in another language, it is the editor.
    assert page.get(f"{LIST}{template.pk}/save/?language=ar").url == f"{LIST}{template.pk}/?language=ar"
    assert page.post(f"{LIST}write/", WORDS | {"subject": "a\r\nBcc: x"}).status_code == 422
    with tenancy.scope(tenant):
        assert Template.objects.count() == 1


def test_preview_of_what_is_typed_as_a_customer(page, tenant, template):
    with tenancy.scope(tenant):
        person = CustomerFactory(name="Layla", first_name="Layla")
    said = WORDS | {"language": "en", "subject": "Hi {{ customer.first_name }}", "customer": person.pk,
                    "body": "<p>{{ customer.name }}</p><script>alert(1)</script>"}  # fmt: skip
    answer = page.post(f"{LIST}preview/", said)
    assert "Hi Layla" in answer.text
    framed = page.get(re.search(r'src="([^"]+)"', answer.text)[1])
    policy = framed.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups ") and "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "<p>Layla</p>" in framed.text and "<script" not in framed.text
    assert page.get(f"{LIST}preview/unknown/").status_code == 404
    with tenancy.scope(tenant):
        Sender.objects.update(name="Dune", name_ar="كثيب")
    senders = [page.post(f"{LIST}preview/", said | {"language": spoken}).text for spoken in ("en", "ar")]
    assert ["<bdi>Dune</bdi>" in senders[0], "<bdi>كثيب</bdi>" in senders[1]] == [True, True]
    refused = page.post(f"{LIST}preview/", said | {"body": "\n\n{{ customer.__class__ }}"})
    assert 'data-line="3"' in refused.text
    endless = page.post(f"{LIST}preview/", said | {"body": "{% for i in (1..100000000) %}x{% endfor %}"})
    assert "data-refused" in endless.text


def test_a_preview_is_its_tenants_own(page, client, tenant, other_tenant, template):
    answer = page.post(f"{LIST}preview/", WORDS | {"language": "en"})
    address = re.search(r'src="([^"]+)"', answer.text)[1]
    client.force_login(make_user(other_tenant, "owner"))
    assert client.get(address.replace("/shop/", "/stranger/")).status_code == 404


def test_versions_are_listed_and_restored(page, tenant, template):
    page.post(f"{LIST}{template.pk}/save/?language=en", WORDS)
    with tenancy.scope(tenant):
        first = TemplateVersion.objects.get(number=1)
    assert "Version 2" in page.get(f"{LIST}{template.pk}/versions/?language=en").text
    assert "see the sale" in page.get(f"{LIST}{template.pk}/?version={first.pk}").text
    page.post(f"{LIST}{template.pk}/versions/{first.pk}/restore/")
    with tenancy.scope(tenant):
        assert TemplateVersion.objects.get(number=3).body == first.body


def test_a_test_goes_to_oneself(page, tenant, template):
    page.post(f"{LIST}{template.pk}/test/?language=en")
    with tenancy.scope(tenant):
        sent = Message.objects.get()
        assert (sent.address, sent.unit.kind, sent.data["language"]) == ("owner@shop.test", "test", "en")


def test_copied_put_away_and_brought_back(page, tenant, template):
    page.post(f"{LIST}{template.pk}/duplicate/")
    page.post(f"{LIST}{template.pk}/archive/")
    listed = page.get(LIST).text
    assert "Spring (copy)" in listed
    assert f"{LIST}{template.pk}/" not in listed
    assert f"{LIST}{template.pk}/" in page.get(f"{LIST}?archived=1").text
    page.post(f"{LIST}{template.pk}/archive/")
    assert f"{LIST}{template.pk}/" in page.get(LIST).text


def test_names_are_words_not_markup(page, tenant):
    with tenancy.scope(tenant):
        template = VersionFactory(template__name="<b>x</b>", subject="<i>y</i>").template
    for address in ("", f"{template.pk}/", f"{template.pk}/versions/", f"{template.pk}/preview/"):
        text = page.get(f"{LIST}{address}").text
        assert "<b>x" not in text and "<i>y" not in text


def test_analysts_look_and_change_nothing(client, tenant, template):
    client.force_login(make_user(tenant, "analyst"))
    assert client.get(f"{LIST}{template.pk}/").status_code == 200
    for action in ("save", "test", "duplicate", "archive"):
        assert client.post(f"{LIST}{template.pk}/{action}/", WORDS).status_code == 403


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_the_same_whatever_it_holds(page, tenant, rows, django_assert_num_queries):
    with tenancy.scope(tenant):
        for _row in range(rows):
            VersionFactory()
    page.get(LIST)
    with django_assert_num_queries(8):
        page.get(LIST)
