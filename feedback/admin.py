"""What feedback shows in the admin of a tenant."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from cxm.accounts.administration import ReadOnlyAdmin, TenantModelAdmin, site
from feedback.models import Article, AskingRule, Survey


@admin.register(Survey, site=site)
class SurveyAdmin(TenantModelAdmin):
    list_display = ["name", "slug", "state", "kind", "updated_at"]
    fields = ["name", "wave", "rest_days", "answer_days", "open_link"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # the builder makes one, with its draft

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # answers hang on it: put it away


@admin.register(AskingRule, site=site)
class AskingRuleAdmin(TenantModelAdmin):
    list_display = ["any_days", "survey_days"]
    fields = ["any_days", "survey_days"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not AskingRule.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Article, site=site)
class ArticleAdmin(ReadOnlyAdmin):
    list_display = ["title", "title_ar", "section", "state", "helped", "not_helped"]
    list_filter = ["state"]
    ordering = ["-updated_at"]
    fields = ["slug", "section", "section_ar", "title", "title_ar", "body", "body_ar", "state"]
