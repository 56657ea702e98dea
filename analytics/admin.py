"""What analytics shows in the admin of a tenant."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from analytics.domain import targets
from analytics.domain.catalogue import BY_KEY, CATALOGUE
from analytics.models import Assumption, Target
from analytics.templatetags import figures
from cxm.accounts.administration import RulesAdmin, RulesForm, TenantModelAdmin, site
from cxm.audit.actors import Actor


class TargetForm(RulesForm):
    kpi = forms.ChoiceField(
        label=_("Figure"), choices=lambda: [(kpi.key, kpi.label) for kpi in CATALOGUE], widget=UnfoldAdminSelectWidget
    )

    def store(self, by: Actor) -> Target:
        return targets.create(by=by, **self.cleaned_data)


@admin.register(Target, site=site)
class TargetAdmin(RulesAdmin):
    form = TargetForm
    list_display = ["figure", "wanted", "first", "last", "created_by"]
    fields = ["kpi", "value", "first", "last"]

    def get_form(self, request: HttpRequest, obj: Target | None = None, **kwargs: object) -> type[forms.ModelForm]:
        helps = {"value": _("Shares as a fraction (0.25 is 25%), lengths of time in seconds.")}
        return super().get_form(request, obj, help_texts=helps, **kwargs)

    @admin.display(description=_("Figure"), ordering="kpi")
    def figure(self, target: Target) -> str:
        return str(BY_KEY[target.kpi].label) if target.kpi in BY_KEY else target.kpi

    @admin.display(description=_("Value"), ordering="value")
    def wanted(self, target: Target) -> str:
        return figures.shown(target.value, BY_KEY[target.kpi].unit if target.kpi in BY_KEY else "count")

    def has_change_permission(self, request: HttpRequest, obj: Target | None = None) -> bool:
        return False  # what was wanted stays what was wanted: remove it and set another

    def delete_model(self, request: HttpRequest, obj: Target) -> None:
        targets.remove(target=obj, by=request.actor)


@admin.register(Assumption, site=site)
class AssumptionAdmin(TenantModelAdmin):
    list_display = ["margin", "discount", "email_cost", "risk_from"]
    fields = ["margin", "discount", "email_cost", "risk_from"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Assumption.objects.exists()
