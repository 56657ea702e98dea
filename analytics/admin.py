"""What analytics shows in the admin of a tenant."""

from django.contrib import admin

from analytics.models import Assumption, Target
from cxm.accounts.administration import TenantModelAdmin, site


@admin.register(Target, site=site)
class TargetAdmin(TenantModelAdmin):
    list_display = ["kpi", "value", "first", "last", "created_by"]
    fields = ["kpi", "value", "first", "last"]


@admin.register(Assumption, site=site)
class AssumptionAdmin(TenantModelAdmin):
    list_display = ["margin", "discount", "email_cost", "risk_from"]
    fields = ["margin", "discount", "email_cost", "risk_from"]

    def has_add_permission(self, request: object) -> bool:
        return super().has_add_permission(request) and not Assumption.objects.exists()
