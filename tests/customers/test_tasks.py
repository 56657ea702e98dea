"""The night's calls: one task for each tenant, so that a broken one stops no other."""

from customers import tasks
from customers.models import Customer
from cxm import tenancy
from cxm.tenancy.models import Tenant
from tests.factories import CustomerFactory


def test_a_broken_business_does_not_stop_the_classes_of_others(eager, tenant, other_tenant):
    for each in (tenant, other_tenant):
        with tenancy.scope(each):
            CustomerFactory(lifecycle="lost")
    broken, fine = sorted((tenant, other_tenant), key=lambda each: each.name)
    Tenant.objects.filter(pk=broken.pk).update(lapsed_days=2_000_000_000)

    tasks.refresh_classes()

    found = dict(Customer.objects.values_list("tenant_id", "lifecycle"))
    assert found == {broken.pk: "lost", fine.pk: "prospect"}
