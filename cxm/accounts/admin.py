"""The admin of the platform (tenants, people, schedules), and what accounts show in the admin of a tenant."""

from typing import Any

from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_celery_beat import models as beat
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget

from cxm.accounts import admin_labels, administration, platform
from cxm.accounts.domain import tenants
from cxm.accounts.forms.settings import countries, currencies, zones
from cxm.accounts.models import ApiKey, Membership, Tenant, User
from cxm.audit.models import Entry
from cxm.jobs.models import Job

# --- the platform --------------------------------------------------------------------------------

apps.get_app_config("django_celery_beat").verbose_name = _("Schedules")  # its own catalogue lacks our languages


class PlatformModelAdmin(ModelAdmin):
    """A model of the platform, in our words."""

    def __init__(self, model: type[Model], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        admin_labels.speak(model)


class PersonField(forms.ModelChoiceField):
    """One of the people, told apart by their addresses."""

    def label_from_instance(self, user: User) -> str:
        return f"{user.name} ({user.email})" if user.name else user.email


class TenantForm(forms.ModelForm):
    """A business; a new one gets its first owner."""

    owner = PersonField(User.objects.filter(is_active=True), label=_("First owner"), widget=UnfoldAdminSelectWidget)

    class Meta:
        model = Tenant
        fields = ["slug", *tenants.CHANGEABLE]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields.pop("owner", None)  # not on the page, so it could not be given
        for name, choices in (("language", settings.LANGUAGES), ("timezone", zones()), ("currency", currencies()),
                              ("country", countries())):  # fmt: skip
            self.fields[name].widget = UnfoldAdminSelectWidget(choices=choices)  # the model says what is known


@admin.register(Tenant, site=platform.site)
class TenantAdmin(PlatformModelAdmin):
    list_display = ["name", "slug", "language", "timezone", "created_at"]
    search_fields = ["name", "slug"]
    form = TenantForm

    def get_fields(self, request: HttpRequest, obj: Tenant | None = None) -> list[str]:
        return ["slug", *tenants.CHANGEABLE, *([] if obj else ["owner"])]

    def get_readonly_fields(self, request: HttpRequest, obj: Tenant | None = None) -> list[str]:
        return ["slug"] if obj else []

    def save_model(self, request: HttpRequest, obj: Tenant, form: forms.ModelForm, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        values = {name: form.cleaned_data[name] for name in ("slug", *tenants.CHANGEABLE)}
        obj.pk = tenants.create(owner=form.cleaned_data["owner"], by=request.user.actor, **values).pk

    def has_delete_permission(self, request: HttpRequest, obj: Tenant | None = None) -> bool:
        return False  # a business is not removed by a click


@admin.register(User, site=platform.site)
class UserAdmin(PlatformModelAdmin):
    list_display = ["email", "name", "is_active", "is_superuser", "last_login"]
    list_filter = ["is_active", "is_superuser"]
    search_fields = ["email", "name"]
    fields = ["email", "name", "language", "is_active", "is_superuser", "date_joined", "last_login"]
    readonly_fields = ["date_joined", "last_login"]

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        """Somebody made here chooses a password by “Forgot your password?”."""
        obj.email = obj.email.lower()
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)


@admin.register(beat.PeriodicTask, site=platform.site)
class PeriodicTaskAdmin(PlatformModelAdmin):
    list_display = ["name", "task", "schedule_shown", "enabled", "last_run_at"]
    list_filter = ["enabled"]
    fields = ["name", "task", "interval", "crontab", "queue", "enabled", "description", "last_run_at"]
    readonly_fields = ["last_run_at"]

    @admin.display(description=_("Schedule"))
    def schedule_shown(self, task: beat.PeriodicTask) -> str:
        return str(task.scheduler)


@admin.register(beat.IntervalSchedule, beat.CrontabSchedule, site=platform.site)
class ScheduleAdmin(PlatformModelAdmin):
    pass


# --- one tenant ----------------------------------------------------------------------------------


@admin.register(Membership, site=administration.site)
class MembershipAdmin(administration.ReadOnlyAdmin):
    list_display = ["email", "role", "created_at"]
    list_filter = ["role"]
    fields = ["email", "role", "created_at"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user").defer("user__password")

    @admin.display(description=_("Email"), ordering="user__email")
    def email(self, membership: Membership) -> str:
        return membership.user.email


@admin.register(ApiKey, site=administration.site)
class ApiKeyAdmin(administration.ReadOnlyAdmin):
    list_display = ["name", "prefix", "created_by", "created_at", "last_used_at", "revoked_at"]
    fields = ["name", "prefix", "scopes", "created_by", "created_at", "last_used_at", "revoked_at"]


@admin.register(Entry, site=administration.site)
class EntryAdmin(administration.ReadOnlyAdmin):
    list_display = ["at", "actor_label", "done", "object_label"]
    search_fields = ["actor_label", "action", "object_label"]
    ordering = ["-at", "-id"]
    fields = ["at", "actor_label", "done", "action", "object_type", "object_label", "details"]
    readonly_fields = ["done"]

    @admin.display(description=_("What"), ordering="action")
    def done(self, entry: Entry) -> str:
        return entry.in_words


@admin.register(Job, site=administration.site)
class JobAdmin(administration.ReadOnlyAdmin):
    list_display = ["title", "kind", "state", "done", "total", "created_at"]
    list_filter = ["state"]
    ordering = ["-created_at"]
    fields: list[Any] = ["title", "kind", "state", "done", "total", "error", "by_label", "created_at", "finished_at"]
