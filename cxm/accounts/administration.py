"""The admin of one tenant: configuration, for its owners and administrators, within its scope.

It lives at ``/app/SLUG/admin/`` (see TenantAdminMiddleware); apps register their models with ``site``. What somebody
does here is written to the audit log of the tenant, never to Django's own log.
"""

from typing import Any

from django.contrib.admin import AdminSite
from django.db import models, transaction
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite

from cxm.accounts import admin_labels, permissions
from cxm.audit import domain as audit
from cxm.lib.errors import Refusal


class TenantAdminSite(UnfoldAdminSite):
    """Pages of one tenant's configuration."""

    site_title = site_header = index_title = _("Configuration")
    index_template = "accounts/admin/index.html"  # Django's own shows its log, which knows no tenant

    def has_permission(self, request: HttpRequest) -> bool:
        membership = getattr(request, "membership", None)
        return membership is not None and permissions.allows(membership.role, "settings.manage")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        home = f"/app/{request.tenant.slug}/"
        return super().each_context(request) | {"site_url": home, "site_header": str(request.tenant.name)}

    def get_log_entries(self, request: HttpRequest) -> list:
        return []

    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        return redirect("/accounts/login/")

    def logout(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        return redirect("/accounts/logout/")

    def password_change(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        return redirect("/accounts/password/change/")


site = TenantAdminSite(name="tenant_admin")


class TenantModelAdmin(ModelAdmin):
    """A model of the tenant, changed by whoever may configure it."""

    needs = "settings.manage"
    actions = None  # deleting many at a time would pass the rules by
    compressed_fields = True
    warn_unsaved_form = True
    list_per_page = 50
    show_full_result_count = False

    def __init__(self, model: type[models.Model], admin_site: AdminSite) -> None:
        super().__init__(model, admin_site)
        admin_labels.speak(model)

    def _may(self, request: HttpRequest) -> bool:
        membership = getattr(request, "membership", None)
        return membership is not None and permissions.allows(membership.role, self.needs)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self._may(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self._may(request)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self._may(request)

    def save_model(self, request: HttpRequest, obj: models.Model, form: ModelForm, change: bool) -> None:
        """Store the row and write down what changed; models with rules of their own are RulesAdmin."""
        super().save_model(request, obj, form, change)
        new = {name: form.cleaned_data.get(name) for name in form.changed_data}
        audit.record(by=request.actor, action=_action(obj, "changed" if change else "created"), on=obj, new=_plain(new))

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        audit.record(by=request.actor, action=_action(obj, "deleted"), on=obj)
        super().delete_model(request, obj)

    def log_addition(self, request: HttpRequest, obj: models.Model, message: object) -> None:
        """Django's own log knows no tenant; the audit log holds the entry."""

    log_change = log_addition

    def log_deletions(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        """As above."""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict | None = None) -> HttpResponse:
        return redirect(f"/app/{request.tenant.slug}/settings/audit/")


class ReadOnlyAdmin(TenantModelAdmin):
    """Rows to look at; they are changed on pages of their own."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class RulesForm(ModelForm):
    """A form whose row is checked and stored by a domain function: what it refuses stands beside the field.

    Subclasses say how: ``store(self, by)`` makes the one domain call and returns the row.
    """

    by = None  # the actor, put in by RulesAdmin

    def store(self, by: object) -> models.Model:
        raise NotImplementedError

    def _post_clean(self) -> None:
        # The domain function is the check: it runs in a savepoint of the page's transaction, once the fields are sound.
        if self.errors:
            return
        try:
            with transaction.atomic():
                self.instance = self.store(self.by)
        except Refusal as refusal:
            known = {name: text for name, text in refusal.fields.items() if name in self.fields}
            for name, text in known.items():
                self.add_error(name, str(text))
            if not known:
                self.add_error(None, str(refusal.message))

    def save(self, commit: bool = True) -> models.Model:
        return self.instance

    def save_m2m(self) -> None:
        """Nothing beyond the row."""


class RulesAdmin(TenantModelAdmin):
    """A model that only its domain functions write."""

    def get_form(self, request: HttpRequest, obj: models.Model | None = None, **kwargs: Any) -> type[ModelForm]:
        form = super().get_form(request, obj, **kwargs)
        return type(form.__name__, (form,), {"by": request.actor})

    def save_model(self, request: HttpRequest, obj: models.Model, form: ModelForm, change: bool) -> None:
        """The form has stored it."""


def _action(obj: models.Model, verb: str) -> str:
    return f"{obj._meta.model_name}.{verb}"


def _plain(values: dict) -> dict:
    return {
        name: value if isinstance(value, bool | int | float | None) else str(value) for name, value in values.items()
    }
