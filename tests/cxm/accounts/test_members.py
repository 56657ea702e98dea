"""Invitations and the owners of a tenant."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from cxm import tenancy
from cxm.accounts.domain import members
from cxm.accounts.models import Invitation, Membership, Role, User
from cxm.audit.actors import SYSTEM
from cxm.audit.models import Entry
from tests.conftest import make_user

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def ask(tenant, email="new@shop.test", role=Role.MARKETER, now=NOW):
    with tenancy.scope(tenant):
        return members.invite(email=email, role=role, by=SYSTEM, by_role=Role.OWNER, now=now)


def test_the_token_is_kept_nowhere(tenant):
    invitation, token = ask(tenant)
    assert token not in str(Invitation.objects.filter(pk=invitation.pk).values().get())


def test_a_new_person_joins(tenant):
    _invitation, token = ask(tenant, email=" New@Shop.test ")
    user = members.accept_as_new(token=token, name="ليلى", password="correct horse", now=NOW)

    assert (user.email, user.name, user.check_password("correct horse")) == ("new@shop.test", "ليلى", True)
    with tenancy.scope(tenant):
        assert Membership.objects.get(user_id=user.pk).role == Role.MARKETER
        assert list(Entry.objects.order_by("id").values_list("action", flat=True)) == [
            "member.invited",
            "member.joined",
        ]


def test_a_weak_password_makes_nobody(tenant):
    _invitation, token = ask(tenant)
    with pytest.raises(ValidationError):
        members.accept_as_new(token=token, name="X", password="12345", now=NOW)
    assert User.objects.count() == 0
    assert members.find_invitation(token=token, now=NOW).email == "new@shop.test"


def test_a_short_password_is_refused_in_the_language_of_the_page(client, tenant):
    _invitation, token = ask(tenant, now=datetime.now(UTC))
    client.cookies["cxm_language"] = "ar"
    answer = client.post(f"/invitations/{token}/", {"name": "نورة", "password": "nW8-qz"})

    assert (answer.status_code, answer.context["form"].errors["password"]) == (422, ["اجعلها 10 أحرف على الأقل."])


def test_somebody_with_an_account_joins_as_themselves_only(tenant, other_tenant):
    known = make_user(other_tenant, Role.AGENT, "known@shop.test")
    stranger = make_user(other_tenant, Role.AGENT, "stranger@shop.test")
    _invitation, token = ask(tenant, email="known@shop.test")

    with pytest.raises(members.AccountExists):
        members.accept_as_new(token=token, name="X", password="correct horse", now=NOW)
    with pytest.raises(members.NotYours):
        members.accept(token=token, user=stranger, now=NOW)
    assert members.accept(token=token, user=known, now=NOW).tenant == tenant


def test_an_invitation_works_once_and_for_seven_days(tenant):
    _invitation, token = ask(tenant)
    late = NOW + timedelta(days=7, seconds=1)
    with pytest.raises(members.InvitationGone):
        members.accept_as_new(token=token, name="X", password="correct horse", now=late)
    members.accept_as_new(token=token, name="X", password="correct horse", now=NOW + timedelta(days=6))
    with pytest.raises(members.InvitationGone):
        members.accept_as_new(token=token, name="X", password="correct horse", now=NOW)


def test_a_newer_invitation_replaces_the_older(tenant):
    _first, old = ask(tenant)
    _second, new = ask(tenant, role=Role.AGENT)
    with pytest.raises(members.InvitationGone):
        members.find_invitation(token=old, now=NOW)
    assert members.find_invitation(token=new, now=NOW).role == Role.AGENT


def test_a_withdrawn_invitation_is_gone(tenant):
    invitation, token = ask(tenant)
    with tenancy.scope(tenant):
        members.withdraw(invitation=invitation, by=SYSTEM)
    with pytest.raises(members.InvitationGone):
        members.find_invitation(token=token, now=NOW)


def test_members_are_not_invited_again(tenant, owner):
    with pytest.raises(members.AlreadyMember):
        ask(tenant, email=owner.email.upper())


def test_only_owners_touch_owners(tenant, owner):
    make_user(tenant, Role.OWNER, "second@shop.test")
    with tenancy.scope(tenant):
        first = members.listed().get(user__email=owner.email)
        for act in (
            lambda: members.remove(membership=first, by=SYSTEM, by_role=Role.ADMINISTRATOR),
            lambda: members.change_role(membership=first, role=Role.AGENT, by=SYSTEM, by_role=Role.ADMINISTRATOR),
            lambda: members.invite(
                email="x@shop.test", role=Role.OWNER, by=SYSTEM, by_role=Role.ADMINISTRATOR, now=NOW
            ),
        ):
            with pytest.raises(members.OnlyOwners):
                act()
        members.remove(membership=first, by=SYSTEM, by_role=Role.OWNER)
        last = members.listed().get()
        with pytest.raises(members.LastOwner):
            members.remove(membership=last, by=SYSTEM, by_role=Role.OWNER)


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("business", ["shop", "stranger"])
def test_an_invitation_met_by_somebody_else_joins_nobody(client, tenant, other_tenant, business, language):
    somebody = make_user({"shop": tenant, "stranger": other_tenant}[business], Role.AGENT)
    client.force_login(somebody)
    client.cookies["cxm_language"] = language
    _invitation, token = ask(tenant, now=datetime.now(UTC))
    seen = client.get(f"/invitations/{token}/")
    refused = client.post(f"/invitations/{token}/")
    before = set(Membership.objects.values_list("tenant", "user"))

    assert (seen.status_code, refused.status_code) == (200, 422)
    assert f'lang="{language}"' in seen.text and somebody.email in seen.text
    assert str(members.NotYours.message) in refused.text or language == "ar"
    assert (
        set(Membership.objects.values_list("tenant", "user"))
        == before
        == {({"shop": tenant, "stranger": other_tenant}[business].pk, somebody.pk)}
    )


def test_a_member_who_was_invited_again_is_told_so(client, tenant):
    _invitation, token = ask(tenant, now=datetime.now(UTC))
    client.force_login(make_user(tenant, Role.AGENT, "new@shop.test"))
    answer = client.post(f"/invitations/{token}/")

    assert (answer.status_code, str(members.AlreadyMember.message) in answer.text) == (422, True)


@pytest.mark.parametrize("signed_in", [False, True])
def test_the_page_of_an_invitation_joins_by_post_alone(client, tenant, other_tenant, signed_in):
    if signed_in:
        client.force_login(make_user(other_tenant, Role.AGENT, "new@shop.test"))
    _invitation, token = ask(tenant, now=datetime.now(UTC))
    seen = client.get(f"/invitations/{token}/")
    before = Membership.objects.filter(tenant=tenant).count()
    joined = client.post(f"/invitations/{token}/", {"name": "Nour", "password": "correct horse"}, follow=True)

    assert (seen.status_code, before, joined.status_code) == (200, 0, 200)
    assert Membership.objects.filter(tenant=tenant, user__email="new@shop.test", role="marketer").exists()
    assert client.get(f"/invitations/{token}/").status_code == 404
