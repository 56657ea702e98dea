"""Pages of accounts: who may see which, what their forms do."""

import json

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from cxm import tenancy
from cxm.accounts.domain import keys, letters, members
from cxm.accounts.models import ApiKey, Invitation, Membership, Role, User
from cxm.audit.models import Entry
from cxm.jobs.models import Job
from tests.conftest import make_user

# Who may open which page: owner, administrator, marketer, agent, analyst.
PAGES = {
    "settings/general/": (200, 200, 403, 403, 403),
    "settings/members/": (200, 200, 403, 403, 403),
    "settings/keys/": (200, 200, 403, 403, 403),
    "settings/audit/": (200, 200, 403, 403, 403),
    "settings/profile/": (200, 200, 200, 200, 200),
    "jobs/": (200, 200, 200, 200, 200),
    "jobs/running/": (200, 200, 200, 200, 200),
    "soon/nonsense/": (404, 404, 404, 404, 404),
}


@pytest.mark.parametrize("path", PAGES)
def test_who_may_open_what(client, tenant, path):
    found = []
    for role in Role.values:
        client.force_login(make_user(tenant, role))
        found.append(client.get(f"/app/shop/{path}").status_code)

    assert tuple(found) == PAGES[path]


def test_strangers_see_nothing_of_a_tenant(client, tenant, other_tenant):
    client.force_login(make_user(other_tenant, Role.OWNER))
    assert [client.get(f"/app/shop/{path}").status_code for path in ("", *PAGES)] == [404] * (len(PAGES) + 1)


def test_without_sign_in_one_is_asked_to(client, tenant):
    assert client.get("/app/shop/settings/general/").url == "/accounts/login/?next=/app/shop/settings/general/"


def test_whoever_pressed_a_button_and_was_signed_out_comes_back_to_its_page(client, tenant):
    launch = "/app/shop/campaigns/7/launch/"
    pages = {"http://testserver/app/shop/campaigns/7/?language=ar": "/app/shop/campaigns/7/%3Flanguage%3Dar",
             "https://elsewhere.example/app/": launch, "": launch}  # fmt: skip
    for page, following in pages.items():
        answer = client.post(launch, headers={"Referer": page})
        assert answer.url == f"/accounts/login/?next={following}"


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(
    "path", ["/accounts/login/", "/accounts/password/reset/", "/accounts/password/reset/done/", "/accounts/signup/"]
)
def test_door_pages_speak_the_language(client, db, path, language):
    client.cookies["cxm_language"] = language
    answer = client.get(path)

    assert answer.status_code == 200
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in answer.content.decode()


def test_one_signs_in_and_speaks_ones_own_language(client, tenant):
    user = make_user(tenant, Role.OWNER)
    User.objects.filter(pk=user.pk).update(language="ar")
    answer = client.post("/accounts/login/", {"login": user.email, "password": "a long password"})

    assert (answer.status_code, answer.url) == (302, "/")
    assert answer.cookies["cxm_language"].value == "ar"
    assert client.get("/").url == "/app/shop/"


def test_many_wrong_passwords_are_throttled(client, tenant):
    user = make_user(tenant, Role.OWNER)
    answers = [client.post("/accounts/login/", {"login": user.email, "password": f"wrong {n}"}) for n in range(7)]

    assert answers[0].status_code == 200
    assert any("Too many failed login attempts" in answer.content.decode() or answer.status_code == 429
               for answer in answers)  # fmt: skip
    right = client.post("/accounts/login/", {"login": user.email, "password": "a long password"})
    assert right.status_code != 302


def test_too_many_tries_get_a_page_that_says_what_to_do(client, tenant, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
    answers = [client.post("/accounts/login/", {"login": "x@shop.test", "password": "x"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 429]
    assert "Too many tries" in answers[1].content.decode()


def test_addresses_are_not_changed_by_a_page_of_allauth(page):
    assert page.get("/accounts/email/").status_code == 404


def test_a_lost_password_is_replaced_by_mail(client, tenant):
    user = make_user(tenant, Role.OWNER)
    client.post("/accounts/password/reset/", {"email": user.email})
    link = next(line for line in mail.outbox[0].body.splitlines() if line.startswith("http"))
    asked = client.get(link, follow=True)
    words = {"password1": "another long one", "password2": "another long one"}
    client.post(asked.request["PATH_INFO"], words)
    user.refresh_from_db()

    assert mail.outbox[0].subject == "A new password for CXM"
    assert user.check_password("another long one")


def test_language_is_changed_by_post_alone(client, tenant):
    user = make_user(tenant, Role.AGENT)
    client.force_login(user)
    seen = client.get("/language/?language=ar")
    changed = client.post("/language/", {"language": "ar", "next": "/app/shop/jobs/"})
    elsewhere = client.post("/language/", {"language": "en", "next": "https://evil.example/"})
    wrong = client.post("/language/", {"language": "xx"})
    user.refresh_from_db()

    assert [answer.status_code for answer in (seen, changed, elsewhere, wrong)] == [405, 302, 302, 400]
    assert (changed.url, changed.cookies["cxm_language"].value, elsewhere.url) == ("/app/shop/jobs/", "ar", "/")
    assert user.language == "en"


def test_theme_is_changed_by_post_alone(page, owner):
    statuses = [page.get("/theme/").status_code, page.post("/theme/", {"theme": "dark"}).status_code]
    owner.refresh_from_db()

    assert (statuses, owner.theme) == ([405, 302], "dark")
    assert 'data-bs-theme="dark"' in page.get("/app/shop/").content.decode()


@pytest.mark.parametrize(
    ("address", "above"),
    [
        ("settings/keys/1/revoke/", "settings/keys/"),
        ("feedback/cases/7/close/", "feedback/cases/7/"),
        ("drafts/template/1-en/", ""),
    ],
)
def test_whoever_loads_anew_what_was_refused_comes_to_the_page_above(page, address, above):
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

    assert page.get(f"/app/shop/{address}").status_code == 405
    assert page.get(f"/app/shop/{address}", headers=browser).url == f"/app/shop/{above}"


def test_general_settings_are_saved_and_written_down(page, tenant):
    values = {"name": "متجر", "language": "ar", "timezone": "Asia/Riyadh", "currency": "SAR", "country": "SA",
              "digits": "arab", "consent_model": "opt_in", "active_days": 60, "lapsed_days": 200}  # fmt: skip
    answer = page.post("/app/shop/settings/general/", values)
    tenant.refresh_from_db()

    assert answer.status_code == 302
    assert (tenant.name, tenant.timezone, tenant.digits, tenant.active_days) == ("متجر", "Asia/Riyadh", "arab", 60)
    with tenancy.scope(tenant):
        entry = Entry.objects.get(action="tenant.changed")
        assert (entry.actor_label, entry.details["new"]["currency"]) == ("owner@shop.test", "SAR")


def test_general_settings_that_make_no_sense_are_refused(page, tenant):
    values = {"name": "", "language": "en", "timezone": "Mars/Base", "currency": "GBP", "digits": "latn",
              "consent_model": "opt_out", "active_days": 100, "lapsed_days": 90}  # fmt: skip
    answer = page.post("/app/shop/settings/general/", values)

    assert answer.status_code == 422
    assert sorted(answer.context["form"].errors) == ["lapsed_days", "name", "timezone"]


def test_profile_renames_oneself(page, owner):
    assert page.post("/app/shop/settings/profile/", {"name": "ليلى"}).status_code == 302
    owner.refresh_from_db()
    assert owner.name == "ليلى"


def test_key_is_shown_once(page, tenant):
    made = page.post("/app/shop/settings/keys/", {"name": "Shop", "scopes": ["customers.view", "events.write"]})
    secret = made.context["secret"]
    again = page.get("/app/shop/settings/keys/")

    assert "See customers · Send events, from a website too" in again.text
    assert (made.status_code, secret in made.content.decode(), secret in again.content.decode()) == (200, True, False)
    assert "no-store" in made.headers["Cache-Control"]
    with tenancy.scope(tenant):
        key = ApiKey.objects.get()
        assert (key.scopes, key.key_hash) == (["customers.view", "events.write"], keys.fingerprint(secret))


def test_key_is_revoked(page, tenant, api_key):
    with tenancy.scope(tenant):
        key = ApiKey.objects.get()
    shown = page.get("/app/shop/settings/keys/").text
    asked = shown.index(f'id="revoke-{key.pk}" aria-labelledby')
    assert shown.index(f'action="/app/shop/settings/keys/{key.pk}/revoke/"') > asked
    assert page.post(f"/app/shop/settings/keys/{key.pk}/revoke/").status_code == 302
    assert page.post(f"/app/shop/settings/keys/{key.pk}/revoke/").status_code == 404


def test_members_are_listed_with_a_fixed_number_of_queries(page, tenant, django_assert_num_queries):
    page.get("/app/shop/settings/members/")
    with django_assert_num_queries(8):
        page.get("/app/shop/settings/members/")
    make_user(tenant, Role.AGENT), make_user(tenant, Role.ANALYST)
    with django_assert_num_queries(8):
        page.get("/app/shop/settings/members/")


def test_inviting_shows_the_link_once_and_sends_it(page, tenant):
    answer = page.post("/app/shop/settings/members/invite/", {"email": "New@Shop.test", "role": "marketer"})
    [(tenant_id, invitation_id)] = letters.waiting(now=timezone.now())
    letters.deliver(tenant_id=tenant_id, invitation_id=invitation_id, now=timezone.now())
    link = answer.context["link"]

    assert answer.status_code == 200
    assert link in answer.content.decode()
    assert link not in page.get("/app/shop/settings/members/").content.decode()
    assert (mail.outbox[0].to, mail.outbox[0].subject) == (["new@shop.test"], "Join Shop on CXM")
    assert link in mail.outbox[0].body


def test_administrators_cannot_invite_owners(client, tenant):
    client.force_login(make_user(tenant, Role.ADMINISTRATOR))
    answer = client.post("/app/shop/settings/members/invite/", {"email": "new@shop.test", "role": "owner"})

    assert answer.status_code == 422
    with tenancy.scope(tenant):
        assert Invitation.objects.count() == 0


def test_last_owner_stays(page, tenant, owner):
    with tenancy.scope(tenant):
        own = Membership.objects.get()
    answers = [
        page.post(f"/app/shop/settings/members/{own.pk}/remove/", follow=True),
        page.post(f"/app/shop/settings/members/{own.pk}/role/", {"role": "agent"}, follow=True),
        page.post("/app/shop/settings/profile/leave/", follow=True),
    ]
    told = [[str(message) for message in answer.context["messages"]] for answer in answers]

    assert told == [[str(members.LastOwner.message)]] * 3
    with tenancy.scope(tenant):
        assert Membership.objects.get().role == Role.OWNER


def test_members_change_role_and_leave(page, tenant, client):
    agent = make_user(tenant, Role.AGENT)
    with tenancy.scope(tenant):
        theirs = Membership.objects.get(user_id=agent.pk)
    page.post(f"/app/shop/settings/members/{theirs.pk}/role/", {"role": "analyst"})
    client.force_login(agent)
    left = client.post("/app/shop/settings/profile/leave/")

    assert left.url == "/businesses/"
    with tenancy.scope(tenant):
        assert not Membership.objects.filter(user_id=agent.pk).exists()
        actions = list(Entry.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["member.role_changed", "member.removed"]


def test_another_tenants_rows_are_not_there(page, other_tenant):
    stranger = make_user(other_tenant, Role.OWNER)
    with tenancy.scope(other_tenant):
        key, _secret = keys.create(name="Theirs", scopes=[], by=stranger.actor)
        theirs = Membership.objects.get()
    paths = [f"keys/{key.pk}/revoke/", f"members/{theirs.pk}/remove/"]

    assert [page.post(f"/app/shop/settings/{path}").status_code for path in paths] == [404, 404]
    assert page.post(f"/app/shop/settings/members/{theirs.pk}/role/", {"role": "agent"}).status_code == 404


def test_audit_log_is_filtered_and_paged(page, tenant, owner):
    with tenancy.scope(tenant):
        Entry.objects.bulk_create(
            Entry(actor_kind="user", actor_label=f"u{n % 2}@shop.test", action="thing.done", object_label=f"T{n}")
            for n in range(60)
        )
    first = page.get("/app/shop/settings/audit/")
    second = page.get("/app/shop/settings/audit/" + first.context["next"], headers={"HX-Request": "true"})
    filtered = page.get("/app/shop/settings/audit/?who=u1")
    none = page.get("/app/shop/settings/audit/?what=other")

    assert [len(answer.context["entries"]) for answer in (first, second, filtered, none)] == [50, 10, 30, 0]
    assert "<html" not in second.content.decode()


def test_audit_log_speaks_and_is_filtered_by_what_was_done_to(page, tenant):
    done = ["customers.exported", "customer.erased", "casetype.changed", "case_type.saved", "case.opened"]
    with tenancy.scope(tenant):
        Entry.objects.bulk_create(Entry(actor_kind="user", actor_label="u", action=action) for action in done)

    def found(what: str) -> set[str]:
        answer = page.get("/app/shop/settings/audit/", {"what": what})
        return {entry.action for entry in answer.context["entries"]}

    assert found("customer") == {"customers.exported", "customer.erased"}
    assert found("case_type") == {"casetype.changed", "case_type.saved"}
    assert found("case") == {"case.opened"}
    page.cookies["cxm_language"] = "ar"
    assert "تصدير عملاء" in page.get("/app/shop/settings/audit/").text


def test_jobs_page_moves_only_while_something_runs(page, tenant):
    with tenancy.scope(tenant):
        job = Job.objects.create(kind="x", title="Import of ملف.csv", state="running", done=5, total=10)
    busy = page.get("/app/shop/jobs/").content.decode()
    running = page.get("/app/shop/jobs/running/").content.decode()
    with tenancy.scope(tenant):
        Job.objects.filter(pk=job.pk).update(state="failed", error="The file is broken.")
    still = page.get("/app/shop/jobs/").content.decode()

    assert ('hx-trigger="every 2s"' in busy, 'value="5" max="10"' in busy, "every 3s" in running) == (True,) * 3
    assert ("every 2s" in still, "The file is broken." in still) == (False, True)
    assert page.get("/app/shop/jobs/running/").content.decode().strip() == ""


@pytest.mark.parametrize("before", ["²", "٣", "-1", "9" * 30, "9" * 5000])
@pytest.mark.parametrize("path", ["settings/audit/", "jobs/", "customers/imports/"])
def test_a_place_in_a_list_that_is_no_number_shows_its_beginning(page, path, before):
    assert page.get(f"/app/shop/{path}", {"before": before}).status_code == 200


def test_notices_ride_on_htmx_answers(page, tenant, owner, rf):
    page.post("/app/shop/settings/profile/", {"name": "Nour"})
    answer = page.get("/app/shop/jobs/running/", headers={"HX-Request": "true"})

    assert json.loads(answer.headers["HX-Trigger"]) == {"toast": {"value": [{"text": "Saved.", "tone": "success"}]}}


def test_people_with_several_businesses_choose(client, tenant, other_tenant):
    user = make_user(tenant, Role.OWNER)
    Membership.objects.create(tenant=other_tenant, user=user, role=Role.AGENT)
    client.force_login(user)

    assert [membership.tenant.slug for membership in client.get("/").context["memberships"]] == ["shop", "stranger"]
    assert "/app/stranger/" in client.get(reverse("my_tenants")).content.decode()
