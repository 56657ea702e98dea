"""The night's calls: one task for each tenant, so that a broken one stops no other."""

from analytics import tasks
from analytics.domain import forecasts
from analytics.models import StaleDay
from cxm.jobs.models import Job
from cxm.tenancy.models import Tenant


def test_a_broken_business_does_not_stop_the_predictions_of_others(eager, tenant, other_tenant):
    broken = min(tenant, other_tenant, key=lambda each: each.name)
    Tenant.objects.filter(pk=broken.pk).update(timezone="Nowhere/Land")
    fine = {tenant.pk, other_tenant.pk} - {broken.pk}

    tasks.predict()

    assert set(Job.objects.filter(kind=forecasts.JOB).values_list("tenant_id", flat=True)) == fine
    assert set(StaleDay.objects.values_list("tenant_id", flat=True)) == fine
