"""What campaigns show in the admin of a tenant."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from campaigns.models import Brand, Offer, PointsRule, Sender
from cxm.accounts.administration import TenantModelAdmin, site


@admin.register(Brand, site=site)
class BrandAdmin(TenantModelAdmin):
    list_display = ["name", "website"]
    fields = ["name", "name_ar", "logo_url", "website", "color", "address", "address_ar"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Brand.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Sender, site=site)
class SenderAdmin(TenantModelAdmin):
    list_display = ["name", "email", "reply_to", "is_default"]
    fields = ["name", "name_ar", "email", "reply_to"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # messages sent from it name it for ever


@admin.register(Offer, site=site)
class OfferAdmin(TenantModelAdmin):
    """To look at: an offer is made, changed and ended by its own rules, on its own pages."""

    list_display = ["name", "kind", "value", "state"]
    fields = readonly_fields = ["name", "title", "title_ar", "kind", "value", "codes", "state", "starts_at", "ends_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(PointsRule, site=site)
class PointsRuleAdmin(TenantModelAdmin):
    """To look at: switching it on has a moment, which the page of the settings notes."""

    list_display = ["active", "per_unit", "valid_days"]
    fields = readonly_fields = ["active", "per_unit", "from_sites", "since", "valid_days", "worth"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
