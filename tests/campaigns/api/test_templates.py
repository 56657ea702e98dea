"""Templates over the API: made, changed, previewed; hostile ones leave nothing behind."""

import pytest
from django.utils import timezone

from campaigns.models import Template, TemplateVersion
from cxm import tenancy
from cxm.accounts.domain import keys
from cxm.audit.actors import SYSTEM
from tests.campaigns.factories import TemplateFactory, VersionFactory
from tests.factories import CustomerFactory

URL = "/api/v1/templates/"
GOOD = {"name": "Spring", "kind": "newsletter", "language": "en", "subject": "Hello {{ customer.first_name }}",
        "body": "<p>Dear {{ customer.name | default: 'you' }}</p>"}  # fmt: skip


def test_made_read_and_listed(api, tenant):
    made = api.post(URL, GOOD)
    assert made.status_code == 201, made.content
    found = made.json()
    assert {part: found[part] for part in GOOD} == GOOD
    assert (found["version"], found["format"], found["languages"]) == (1, "html", {"en": 1})
    assert api.get(f"{URL}{found['id']}/").json() == found
    listed = api.get(URL).json()
    assert [row["id"] for row in listed["results"]] == [found["id"]]
    assert "body" not in listed["results"][0]


def test_mjml_is_told_by_its_first_tag(api):
    mjml = "<mjml><mj-body><mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section></mj-body></mjml>"
    assert api.post(URL, GOOD | {"body": mjml}).json()["format"] == "mjml"


def test_a_change_makes_a_version_and_the_same_words_make_none(api, tenant):
    url = f"{URL}{api.post(URL, GOOD).json()['id']}/"
    assert api.patch(url, {"subject": "New"}).json()["version"] == 2
    assert api.patch(url, {"subject": "New"}).json()["version"] == 2
    arabic = api.patch(url, {"language": "ar", "subject": "أهلا", "body": "<p>مرحبا</p>"}).json()
    assert (arabic["language"], arabic["languages"]) == ("ar", {"ar": 1, "en": 2})
    assert api.patch(url, {"name": "Summer", "kind": "thanks"}).json()["name"] == "Summer"
    with tenancy.scope(tenant):
        assert TemplateVersion.objects.count() == 3


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"body": "<p>\n{{ customer.__class__.__mro__ }}</p>"}, "body"),
        ({"body": "{{ customer['__class__'] }}"}, "body"),
        ({"subject": "{{ tenant._state }}"}, "subject"),
        ({"body": "{% for i in (1..100000000) %}x{% endfor %}"}, "body"),
        ({"body": "{% for i in (1..9999) %}{% for j in (1..9999) %}x{% endfor %}{% endfor %}"}, "body"),
        ({"body": "<p>{% if x %}"}, "body"),
        ({"body": "<mjml><mj-body><mj-section></mj-body></mjml>"}, "body"),
        ({"body": "{% include '/etc/passwd' %}"}, "body"),
        ({"body": "  "}, "body"),
        ({"subject": "Hi\r\nBcc: victim@example.com"}, "subject"),
        ({"preheader": "Hi\nX: y"}, "preheader"),
        ({"name": "a\r\nb"}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"kind": "spam"}, "kind"),
        ({"language": "../x"}, "language"),
        ({"subject": 7.5, "body": ["x"]}, "body"),
    ],
)
def test_hostile_templates_store_nothing(api, tenant, change, field):
    response = api.post(URL, GOOD | change)
    assert response.status_code == 400
    assert field in response.json()["error"]["fields"]
    with tenancy.scope(tenant):
        assert not Template.objects.exists()


def test_a_mistake_names_its_line_and_changes_nothing(api, tenant):
    url = f"{URL}{api.post(URL, GOOD).json()['id']}/"
    response = api.patch(url, {"name": "Other", "body": "<p>one</p>\n\n{{ customer.name "})
    assert response.status_code == 400
    assert response.json()["error"]["fields"]["body"].startswith("Line 3:")
    assert (api.get(url).json()["name"], api.get(url).json()["version"]) == ("Spring", 1)


def test_preview_as_a_customer(api, tenant):
    with tenancy.scope(tenant):
        person = CustomerFactory(name="Layla <b>", first_name="Layla", language="ar", external_id="x-7")
        template = TemplateFactory()
        VersionFactory(template=template)
        VersionFactory(
            template=template, language="ar", subject="مرحبا {{ data.day }}", body="<p>{{ customer.name }}</p>"
        )
    url = f"{URL}{template.pk}/preview/"
    shown = api.post(url, {"customer": person.pk, "data": {"day": "غدا"}}).json()
    assert (shown["language"], shown["subject"]) == ("ar", "مرحبا غدا")
    assert "Layla &lt;b&gt;" in shown["html"]
    assert "Layla <b>" in shown["text"]
    assert [each["code"] for each in shown["problems"]] == ["footer_added"]
    assert api.post(url, {"customer": "x-7", "language": "en"}).json()["subject"] == "Hello Layla"
    assert api.post(url, {"language": "en"}).json()["subject"] == "Hello Sara"
    assert api.post(url, {"customer": "nobody"}).status_code == 404


def test_a_preview_with_a_person_needs_the_right_to_see_people(client, tenant):
    with tenancy.scope(tenant):
        secret = keys.create(name="Reader", scopes=["campaigns.view"], by=SYSTEM)[1]
        person, template = CustomerFactory(), VersionFactory().template
    ask = {"path": f"{URL}{template.pk}/preview/", "content_type": "application/json"}
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    assert client.post(data={}, **ask, **bearer).status_code == 200
    assert client.post(data={"customer": person.pk}, **ask, **bearer).status_code == 403


def test_another_tenants_templates_do_not_exist(api, other_tenant):
    with tenancy.scope(other_tenant):
        theirs = VersionFactory().template
        person = CustomerFactory()
    assert api.get(URL).json()["results"] == []
    for call in (api.get, api.patch):
        assert call(f"{URL}{theirs.pk}/").status_code == 404
    assert api.post(f"{URL}{theirs.pk}/preview/", {}).status_code == 404
    ours = api.post(URL, GOOD).json()["id"]
    assert api.post(f"{URL}{ours}/preview/", {"customer": person.pk}).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_the_same_whatever_it_holds(api, tenant, rows, django_assert_num_queries):
    with tenancy.scope(tenant):
        for _row in range(rows):
            VersionFactory()
        TemplateFactory(archived_at=timezone.now())
    api.get(URL)
    with django_assert_num_queries(7):
        assert len(api.get(URL).json()["results"]) == rows
