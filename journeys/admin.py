"""What journeys show in the admin of a tenant."""

from django.contrib import admin

from cxm.accounts.administration import ReadOnlyAdmin, site
from journeys.models import Automation, Version


@admin.register(Automation, site=site)
class AutomationAdmin(ReadOnlyAdmin):
    list_display = ["name", "state", "version", "created_by", "updated_at"]
    list_filter = ["state"]
    fields = ["name", "description", "state", "version", "draft", "revision", "problem", "created_by", "created_at"]
    list_select_related = ["version"]


@admin.register(Version, site=site)
class VersionAdmin(ReadOnlyAdmin):
    list_display = ["automation", "number", "published_by", "published_at"]
    fields = ["automation", "number", "definition", "published_by", "published_at"]
    list_select_related = ["automation"]
