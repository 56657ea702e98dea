"""What journeys show in the admin of a tenant."""

from django.contrib import admin

from cxm.accounts.administration import ReadOnlyAdmin, TenantModelAdmin, site
from journeys.models import Automation, Channel, JourneyMap, Persona, Version


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


@admin.register(Persona, site=site)
class PersonaAdmin(TenantModelAdmin):
    list_display = ["name", "summary", "segment"]
    fields = ["name", "summary", "problems", "beneficiaries", "interests", "life", "segment"]


@admin.register(Channel, site=site)
class ChannelAdmin(TenantModelAdmin):
    list_display = ["name", "key", "goal", "owner"]
    fields = ["key", "name", "goal", "owner"]


@admin.register(JourneyMap, site=site)
class JourneyMapAdmin(ReadOnlyAdmin):
    list_display = ["name", "persona", "published_number", "review_due"]
    fields = ["name", "persona", "state", "published_number", "review_months", "review_due"]
