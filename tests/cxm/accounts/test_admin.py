"""The two admin sites: the platform's for operators, a tenant's for those who may configure it."""

import re

import pytest
from django.apps import apps
from django.contrib.admin.utils import label_for_field
from django.utils import translation

from analytics.models import Target
from campaigns.models import Sender
from customers.models import Attribute, Tag, Topic
from cxm import tenancy
from cxm.accounts import platform
from cxm.accounts.administration import site
from cxm.accounts.models import Membership, Role, User
from cxm.audit.models import Entry
from cxm.tenancy.models import Tenant
from tests.conftest import make_user

ADMIN = "/app/shop/admin/"


@pytest.fixture
def operator(client, db) -> User:
    user = User.objects.create_superuser("root@cxm.test", "a long password")
    client.force_login(user)
    return user


def test_who_may_enter_a_tenants_admin(client, tenant, other_tenant):
    found = {}
    for role in Role.values:
        client.force_login(make_user(tenant, role))
        found[role] = client.get(ADMIN).status_code
    client.force_login(make_user(other_tenant, Role.OWNER))
    found["stranger"] = client.get(ADMIN).status_code
    client.logout()
    found["nobody"] = client.get(ADMIN).status_code

    assert found == {"owner": 200, "administrator": 200, "marketer": 403, "agent": 403, "analyst": 403,
                     "stranger": 404, "nobody": 302}  # fmt: skip


def test_an_operator_has_no_business_in_a_tenant(client, tenant, operator):
    assert client.get(ADMIN).status_code == 404
    assert client.get("/admin/").status_code == 200


def test_members_are_led_from_the_platforms_admin_to_their_own(client, tenant):
    client.force_login(make_user(tenant, Role.ADMINISTRATOR))
    door = client.get("/admin/", follow=True)
    assert door.request["PATH_INFO"] == ADMIN
    client.force_login(make_user(tenant, Role.MARKETER))
    assert client.get("/admin/", follow=True).status_code == 403
    client.logout()
    assert client.get("/admin/", follow=True).request["PATH_INFO"] == "/accounts/login/"


def test_every_list_and_form_opens_and_stays_below_the_tenant(page, tenant):
    with tenancy.scope(tenant):
        Attribute.objects.create(key="size", label="Size")
        Tag.objects.create(name="VIP", name_key="vip")
        Topic.objects.create(slug="news", name="News")
        Sender.objects.create(name="Shop", email="shop@example.com")
    for model in site._registry:
        base = f"{ADMIN}{model._meta.app_label}/{model._meta.model_name}/"
        listed = page.get(base)
        assert listed.status_code == 200, base
        assert 'href="/admin/' not in listed.content.decode(), base
        with tenancy.scope(tenant):
            row = model.objects.first()
        if row is not None:
            assert page.get(f"{base}{row.pk}/change/").status_code == 200, base


@pytest.mark.parametrize("door", [site, platform.site], ids=["tenant", "platform"])
def test_headings_of_lists_and_labels_of_forms_are_said_in_arabic(door):
    unsaid = set()
    with translation.override("ar"):
        for model, of_model in door._registry.items():
            group = apps.get_app_config(model._meta.app_label).verbose_name
            words = {"": model._meta.verbose_name, "s": model._meta.verbose_name_plural, "group": group}
            fields = of_model.fields or getattr(getattr(of_model.form, "_meta", None), "fields", None) or []
            shown = {*of_model.list_display, *fields} - {"__str__", "action_checkbox"}
            words |= {name: label_for_field(name, model, of_model) for name in shown}
            unsaid |= {
                (model.__name__, name, str(word)) for name, word in words.items() if re.search("[a-z]", str(word))
            }

    assert unsaid == set()


def test_rows_of_another_tenant_are_not_there(page, tenant, other_tenant):
    with tenancy.scope(other_tenant):
        theirs = Tag.objects.create(name="Secret", name_key="secret")
    listed = page.get(f"{ADMIN}customers/tag/")
    changed = page.post(f"{ADMIN}customers/tag/{theirs.pk}/change/", {"name": "Mine"})
    theirs_now = Tag.objects.get(pk=theirs.pk)

    assert "Secret" not in listed.content.decode()
    assert (changed.status_code, theirs_now.name) == (302, "Secret")


def test_a_tag_is_made_renamed_and_deleted_by_the_domain(page, tenant):
    page.post(f"{ADMIN}customers/tag/add/", {"name": "ممتاز"})
    with tenancy.scope(tenant):
        tag = Tag.objects.get()
    page.post(f"{ADMIN}customers/tag/{tag.pk}/change/", {"name": "VIP"})
    with tenancy.scope(tenant):
        assert Tag.objects.get().name_key == "vip"
    page.post(f"{ADMIN}customers/tag/{tag.pk}/delete/", {"post": "yes"})
    with tenancy.scope(tenant):
        assert Tag.objects.count() == 0
        actions = list(Entry.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["tag.created", "tag.renamed", "tag.deleted"]


def test_what_the_domain_refuses_stands_beside_the_field(page, tenant):
    answer = page.post(
        f"{ADMIN}customers/attribute/add/", {"key": "email", "label": "x", "kind": "choice", "choices": ""}
    )

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors
    with tenancy.scope(tenant):
        assert (Attribute.objects.count(), Entry.objects.count()) == (0, 0)


def test_an_attribute_keeps_its_key(page, tenant):
    page.post(f"{ADMIN}customers/attribute/add/", {"key": "size", "label": "Size", "kind": "text", "choices": ""})
    with tenancy.scope(tenant):
        found = Attribute.objects.get()
    page.post(f"{ADMIN}customers/attribute/{found.pk}/change/", {"key": "other", "label": "المقاس", "choices": ""})
    with tenancy.scope(tenant):
        found = Attribute.objects.get()
    assert (found.key, found.label) == ("size", "المقاس")


def test_words_of_an_attribute_stand_one_on_each_line(page, tenant):
    values = {"key": "size", "label": "Size", "kind": "choice", "choices": "صغير\r\n42\r\n\r\n"}
    assert page.post(f"{ADMIN}customers/attribute/add/", values).status_code == 302
    with tenancy.scope(tenant):
        found = Attribute.objects.get()
    assert found.choices == ["صغير", "42"]
    assert "صغير\n42</textarea>" in page.get(f"{ADMIN}customers/attribute/{found.pk}/change/").text


def test_a_target_is_checked_and_written_down_by_the_domain(page, tenant):
    values = {"kpi": "revenue", "value": "100", "first": "2026-01-01", "last": "2026-12-31"}
    for wrong in ({"kpi": "nonsense"}, {"last": "2025-01-01"}, {"kpi": "click_rate", "value": "7"}):
        answer = page.post(f"{ADMIN}analytics/target/add/", values | wrong)
        assert list(answer.context["adminform"].form.errors) == [list(wrong)[-1]]
    assert page.post(f"{ADMIN}analytics/target/add/", values).status_code == 302
    with tenancy.scope(tenant):
        target = Target.objects.get()
    assert "Revenue" in page.get(f"{ADMIN}analytics/target/").text
    assert page.post(f"{ADMIN}analytics/target/{target.pk}/change/", values).status_code == 403
    assert page.post(f"{ADMIN}analytics/target/{target.pk}/delete/", {"post": "yes"}).status_code == 302
    with tenancy.scope(tenant):
        assert {entry.object_label for entry in Entry.objects.all()} == {"Revenue 2026-01-01 – 2026-12-31"}
        assert list(Entry.objects.order_by("id").values_list("action", flat=True)) == [
            "target.created",
            "target.removed",
        ]


def test_a_sender_leaves_an_entry(page, tenant):
    page.post(
        f"{ADMIN}campaigns/sender/add/", {"name": "Shop", "name_ar": "", "email": "s@example.com", "reply_to": ""}
    )
    with tenancy.scope(tenant):
        entry = Entry.objects.get()
    assert (entry.action, entry.actor_label, entry.details["new"]["email"]) == (
        "sender.created", "owner@shop.test", "s@example.com")  # fmt: skip


@pytest.mark.parametrize("path", ["accounts/membership", "accounts/apikey", "audit/entry", "customers/import"])
def test_some_rows_are_only_looked_at(page, path):
    assert page.get(f"{ADMIN}{path}/add/").status_code == 403


def test_operators_without_a_business_are_shown_where_to_make_one(client, operator):
    assert 'href="/admin/"' in client.get("/").text


def test_owners_to_choose_among_are_told_apart_by_their_addresses(client, operator):
    for place in ("one", "two"):
        User.objects.create_user(f"noura@{place}.test", "a long password", name="نورة")
    form = client.get("/admin/tenancy/tenant/add/").text
    assert "نورة (noura@one.test)" in form
    assert "نورة (noura@two.test)" in form


def test_operators_set_up_a_business_with_its_owner(client, operator):
    owner = User.objects.create_user("boss@new.test", "a long password")
    values = {"slug": "new-shop", "name": "New", "language": "ar", "timezone": "Asia/Riyadh", "currency": "SAR",
              "country": "SA", "digits": "arab", "consent_model": "opt_in", "active_days": 60, "lapsed_days": 200,
              "owner": owner.pk}  # fmt: skip
    answer = client.post("/admin/tenancy/tenant/add/", values)

    assert answer.status_code == 302
    assert Membership.objects.get(tenant__slug="new-shop").user == owner
    assert client.get(f"/admin/tenancy/tenant/{Tenant.objects.get().pk}/change/").status_code == 200


def test_operators_change_a_business_without_naming_an_owner(client, operator, tenant):
    values = {"name": "Shop & Co", "language": "ar", "timezone": "Asia/Riyadh", "currency": "SAR", "country": "SA",
              "digits": "arab", "consent_model": "opt_in", "active_days": 60, "lapsed_days": 200}  # fmt: skip
    answer = client.post(f"/admin/tenancy/tenant/{tenant.pk}/change/", values)
    tenant.refresh_from_db()

    assert (answer.status_code, tenant.name, tenant.slug, tenant.timezone) == (302, "Shop & Co", "shop", "Asia/Riyadh")


@pytest.mark.parametrize(("active", "lapsed", "wrong"), [
    ("0", "200", {"active_days": ["Choose a number from 1 to 3650."]}),
    ("4000", "5000", {"active_days": ["Choose a number from 1 to 3650."]}),
    ("60", "60", {"lapsed_days": ["Must be more days than “active until”, at most 7300."]}),
    ("60", "2000000000", {"lapsed_days": ["Must be more days than “active until”, at most 7300."]}),
])  # fmt: skip
def test_operators_give_only_days_that_classes_can_be_told_by(client, operator, tenant, active, lapsed, wrong):
    values = {"name": "Shop", "language": "en", "timezone": "UTC", "currency": "GBP", "country": "", "digits": "latn",
              "consent_model": "opt_in", "active_days": active, "lapsed_days": lapsed}  # fmt: skip
    answer = client.post(f"/admin/tenancy/tenant/{tenant.pk}/change/", values)
    assert answer.context["adminform"].form.errors == wrong


def test_operators_choose_where_a_business_is_from_lists(client, operator):
    form = client.get("/admin/tenancy/tenant/add/").context["adminform"].form
    assert {name for name, field in form.fields.items() if field.widget.input_type == "select"} == {
        "language", "timezone", "currency", "country", "digits", "consent_model", "owner"}  # fmt: skip


@pytest.mark.parametrize("where", ["add", "change"])
def test_operators_give_a_business_only_what_pages_can_be_shown_in(client, operator, tenant, where):
    values = {"slug": "new", "owner": operator.pk, "name": "New", "language": "xx", "timezone": "../etc/passwd",
              "currency": "gbp", "country": "", "digits": "latn", "consent_model": "opt_in", "active_days": 60,
              "lapsed_days": 200}  # fmt: skip
    answer = client.post(f"/admin/tenancy/tenant/{'add' if where == 'add' else f'{tenant.pk}/change'}/", values)
    errors = answer.context["adminform"].form.errors
    tenant.refresh_from_db()

    assert errors == {
        "language": ["This language is not known."],
        "timezone": ["This time zone is not known. Use a name such as Asia/Riyadh."],
        "currency": ["This is not a currency code of three letters, as USD."],
    }
    assert (tenant.name, Tenant.objects.count()) == ("Shop", 1)


@pytest.mark.parametrize(
    "path",
    [
        "accounts/user/",
        "accounts/user/add/",
        "django_celery_beat/periodictask/",
        "django_celery_beat/intervalschedule/add/",
    ],
)
def test_operators_pages_open(client, operator, path):
    assert client.get(f"/admin/{path}").status_code == 200
