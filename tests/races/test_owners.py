"""Two owners who leave at the same moment: one of them stays."""

import threading

import pytest
from django.db import connection

from cxm import tenancy
from cxm.accounts.domain import members
from cxm.accounts.models import Membership, Role, User
from cxm.tenancy.models import Tenant


@pytest.mark.django_db(transaction=True)
def test_of_two_owners_leaving_at_once_one_stays():
    tenant = Tenant.objects.create(slug="shop", name="Shop")
    users = [User.objects.create_user(f"{name}@shop.test", "a long password") for name in ("a", "b")]
    for user in users:
        Membership.objects.create(tenant=tenant, user=user, role=Role.OWNER)
    start, told = threading.Barrier(2), []

    def leave(user: User) -> None:
        try:
            with tenancy.scope(tenant):
                own = members.listed().get(user_id=user.pk)
                start.wait(10)
                members.remove(membership=own, by=user.actor, by_role=Role.OWNER)
            told.append("left")
        except members.LastOwner:
            told.append("stayed")
        finally:
            connection.close()

    threads = [threading.Thread(target=leave, args=[user]) for user in users]
    [thread.start() for thread in threads]
    [thread.join(20) for thread in threads]

    assert (sorted(told), Membership.objects.count()) == (["left", "stayed"], 1)
