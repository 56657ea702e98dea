"""What campaigns show in the admin of a tenant."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from campaigns.models import Brand, Sender
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
