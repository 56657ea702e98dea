"""What feedback shows in the admin of a tenant."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from cxm.accounts.administration import ReadOnlyAdmin, TenantModelAdmin, site
from feedback.models import (
    Article,
    AskingRule,
    BusinessCalendar,
    CannedAnswer,
    CaseType,
    DeskSettings,
    InboundMail,
    PriorityRule,
    Queue,
    ScoreRule,
    Survey,
    TargetRule,
)


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


@admin.register(DeskSettings, site=site)
class DeskSettingsAdmin(TenantModelAdmin):
    list_display = ["__str__", "close_after_days"]
    fields = ["reply_template", "close_after_days"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not DeskSettings.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(CaseType, site=site)
class CaseTypeAdmin(TenantModelAdmin):
    list_display = ["name", "kind", "queue", "position", "archived_at"]
    fields = ["slug", "name", "name_ar", "kind", "queue", "position", "archived_at"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # cases name it for ever


@admin.register(Queue, site=site)
class QueueAdmin(TenantModelAdmin):
    list_display = ["name", "position"]
    fields = ["name", "name_ar", "position"]


@admin.register(TargetRule, site=site)
class TargetRuleAdmin(TenantModelAdmin):
    list_display = ["name", "position", "type", "priority", "first_minutes", "solve_minutes", "calendar"]
    list_select_related = ["type", "calendar"]
    fields = ["name", "position", "type", "channel", "segment", "trait", "at_least", "priority", "first_minutes",
              "solve_minutes", "calendar"]  # fmt: skip


@admin.register(PriorityRule, site=site)
class PriorityRuleAdmin(TenantModelAdmin):
    list_display = ["name", "position", "trait", "at_least", "priority"]
    fields = ["name", "position", "type", "channel", "segment", "trait", "at_least", "priority"]


@admin.register(ScoreRule, site=site)
class ScoreRuleAdmin(TenantModelAdmin):
    list_display = ["name", "kind", "at_most", "type", "active"]
    list_select_related = ["type"]
    fields = ["name", "position", "kind", "survey", "at_most", "type", "active"]


@admin.register(CannedAnswer, site=site)
class CannedAnswerAdmin(TenantModelAdmin):
    list_display = ["name", "language", "uses"]
    fields = ["name", "language", "body"]


@admin.register(BusinessCalendar, site=site)
class BusinessCalendarAdmin(ReadOnlyAdmin):
    """Hours are saved as versions on their own page of the settings."""

    list_display = ["name", "is_default", "archived_at"]


@admin.register(InboundMail, site=site)
class InboundMailAdmin(ReadOnlyAdmin):
    list_display = ["sender", "subject", "reason", "state", "received_at"]
