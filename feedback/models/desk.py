"""How a tenant works on cases: its hours, queues, types, the rules that choose targets, and answers kept ready."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from campaigns.models import Template
from customers.models import Segment
from cxm.tenancy.models import TenantModel


class Priority(models.TextChoices):
    LOW = "low", _("Low")
    NORMAL = "normal", _("Normal")
    HIGH = "high", _("High")
    URGENT = "urgent", _("Urgent")


class CaseChannel(models.TextChoices):
    EMAIL = "email", _("Email")
    PHONE = "phone", _("Phone")
    CHAT = "chat", _("Chat")
    SOCIAL = "social", _("Social media")
    WEB = "web", _("Website")
    PORTAL = "portal", _("Portal")
    STORE = "store", _("Shop")
    SURVEY = "survey", _("Survey")
    API = "api", _("API")


class BusinessCalendar(TenantModel):
    """Working hours under a name; what they were at any time stands in their versions."""

    name = models.CharField(max_length=100)
    is_default = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("business calendar"), _("business calendars")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="calendar_name"),
            models.UniqueConstraint(fields=["tenant"], name="calendar_default", condition=models.Q(is_default=True)),
        ]

    def __str__(self) -> str:
        return self.name


class CalendarVersion(TenantModel):
    """Working hours as they were saved once; never changed, so that a deadline can always be explained."""

    calendar = models.ForeignKey(BusinessCalendar, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    rules = models.JSONField(help_text=_("As cxm.lib.clocks reads it."))
    created_by = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "calendar", "number"], name="calendar_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.calendar_id}/{self.number}"


class Queue(TenantModel):
    """Where cases wait for a team."""

    name = models.CharField(max_length=100)
    name_ar = models.CharField(max_length=100, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("queue"), _("queues")
        ordering = ["position", "name", "id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="queue_name")]

    def __str__(self) -> str:
        return _in_language(self.name, self.name_ar)


class QueueMember(TenantModel):
    """That a colleague works on a queue."""

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="members", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "queue", "user"], name="queue_member_once")]
        indexes = [models.Index(fields=["tenant", "user"], name="queue_of_member")]


class CaseType(TenantModel):
    """What a case is about."""

    class Kind(models.TextChoices):
        REQUEST = "request", _("Request")
        COMPLAINT = "complaint", _("Complaint")

    slug = models.SlugField(max_length=50)
    name = models.CharField(max_length=100)
    name_ar = models.CharField(max_length=100, blank=True)
    kind = models.CharField(
        max_length=10,
        choices=Kind,
        default=Kind.REQUEST,
        help_text=_("A complaint is closed only with its root cause and what was done about it."),
    )
    queue = models.ForeignKey(Queue, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    position = models.PositiveSmallIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("case type"), _("case types")
        ordering = ["position", "name", "id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "slug"], name="case_type_slug")]

    def __str__(self) -> str:
        return _in_language(self.name, self.name_ar)


class Rule(TenantModel):
    """Conditions, all of which must hold; empty ones hold always. The first rule that fits is used, by position."""

    name = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField(default=0)
    type = models.ForeignKey(
        CaseType, null=True, blank=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    channel = models.CharField(max_length=10, choices=CaseChannel, blank=True)
    segment = models.ForeignKey(
        Segment, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    trait = models.CharField(max_length=40, blank=True)
    at_least = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class PriorityRule(Rule):
    """Raises the priority of cases it fits, such as those of customers of high value."""

    priority = models.CharField(max_length=10, choices=Priority, default=Priority.HIGH)

    class Meta(Rule.Meta):
        verbose_name, verbose_name_plural = _("priority rule"), _("priority rules")


class TargetRule(Rule):
    """How soon a case it fits is answered and solved, in minutes of working time, by which hours."""

    priority = models.CharField(max_length=10, choices=Priority, blank=True)
    first_minutes = models.PositiveIntegerField(null=True, blank=True)
    solve_minutes = models.PositiveIntegerField(null=True, blank=True)
    calendar = models.ForeignKey(
        BusinessCalendar, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta(Rule.Meta):
        verbose_name, verbose_name_plural = _("target rule"), _("target rules")

    @property
    def first_span(self) -> timedelta | None:
        return None if self.first_minutes is None else timedelta(minutes=self.first_minutes)

    @property
    def solve_span(self) -> timedelta | None:
        return None if self.solve_minutes is None else timedelta(minutes=self.solve_minutes)


class ScoreRule(TenantModel):
    """Opens a case when somebody answers a survey with a bad score."""

    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, help_text=_("What the score is of: nps, csat, ces."))
    survey = models.SlugField(max_length=60, blank=True, allow_unicode=True, help_text=_("Of one survey only."))
    at_most = models.DecimalField(max_digits=6, decimal_places=2)
    type = models.ForeignKey(CaseType, on_delete=models.CASCADE, related_name="+", db_index=False)
    active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("score rule"), _("score rules")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class CannedAnswer(TenantModel):
    """Words kept ready, with placeholders such as {{ customer.first_name }}."""

    name = models.CharField(max_length=100)
    language = models.CharField(max_length=10, blank=True)
    body = models.TextField(max_length=5000)
    uses = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("canned answer"), _("canned answers")
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="canned_answer_name")]

    def __str__(self) -> str:
        return self.name


class DeskSettings(TenantModel):
    """What holds for all cases of a tenant."""

    # Made when the first answer is sent; its words and looks are changed as those of any template.
    reply_template = models.ForeignKey(
        Template, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    close_after_days = models.PositiveSmallIntegerField(
        default=7, help_text=_("A solved request is closed after so many days of silence; 0: never by itself.")
    )

    class Meta:
        verbose_name, verbose_name_plural = _("settings of cases"), _("settings of cases")
        constraints = [models.UniqueConstraint(fields=["tenant"], name="desk_settings_once")]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


def _in_language(name: str, name_ar: str) -> str:
    return name_ar if name_ar and (translation.get_language() or "").startswith("ar") else name
