"""What a scope shows, and that nothing of it stays behind."""

import pytest
from django.db import DatabaseError, connection, transaction

from customers.models import Customer
from cxm import tenancy
from tests.factories import CustomerFactory


def _setting() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('cxm.tenant', true)")
        return cursor.fetchone()


def test_scope_shows_only_its_tenant(tenant, other_tenant):
    with tenancy.scope(other_tenant):
        CustomerFactory(name="Theirs")
    with tenancy.scope(tenant):
        CustomerFactory(name="Ours")
        assert list(Customer.objects.values_list("name", flat=True)) == ["Ours"]


def test_scope_writes_for_no_other_tenant(tenant, other_tenant):
    with tenancy.scope(tenant), pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        CustomerFactory(tenant=other_tenant)


def test_raw_sql_in_a_scope_sees_no_other_tenant(tenant, other_tenant):
    with tenancy.scope(other_tenant):
        CustomerFactory()
    with tenancy.scope(tenant), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM customers_customer")
        assert cursor.fetchone() == (0,)


def test_outside_a_scope_nothing_can_be_made(db):
    with pytest.raises(tenancy.NoTenant):
        CustomerFactory()


def test_application_role_without_tenant_sees_no_rows(tenant):
    with tenancy.scope(tenant):
        CustomerFactory()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('role', 'cxm_app', true), set_config('cxm.tenant', '', true)")
        cursor.execute("SELECT count(*) FROM customers_customer")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT set_config('role', 'none', true)")


def test_nested_scope_gives_the_outer_one_back(tenant, other_tenant):
    with tenancy.scope(tenant):
        with tenancy.scope(other_tenant):
            assert _setting() == ("cxm_app", str(other_tenant.pk))
        assert _setting() == ("cxm_app", str(tenant.pk))
        assert tenancy.current_id() == tenant.pk


def test_failed_nested_scope_gives_the_outer_one_back(tenant, other_tenant):
    with tenancy.scope(tenant):
        with pytest.raises(ValueError, match="stop"), tenancy.scope(other_tenant):
            raise ValueError("stop")
        assert _setting() == ("cxm_app", str(tenant.pk))


def test_nested_scope_may_take_its_work_back(tenant, other_tenant):
    with tenancy.scope(tenant):
        with tenancy.scope(other_tenant):
            CustomerFactory()
            transaction.set_rollback(True)
        assert _setting() == ("cxm_app", str(tenant.pk))
    assert Customer.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_nothing_stays_on_the_connection():
    tenant = tenancy.scopes  # the module is enough: the row need not exist for a setting
    with tenant.scope(1):
        assert _setting()[0] == "cxm_app"
    user, setting = _setting()
    assert (user != "cxm_app", setting or "") == (True, "")


def test_as_owner_leaves_and_returns(tenant):
    with tenancy.scope(tenant):
        with tenancy.as_owner():
            assert _setting()[0] != "cxm_app"
        assert _setting() == ("cxm_app", str(tenant.pk))
