"""Who was asked, and what they answered."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models import SendUnit
from customers.models import Customer
from cxm.tenancy.models import TenantModel
from feedback.models.survey import Question, Survey, SurveyVersion


class AskingRule(TenantModel):
    """How often one person may be asked, over all surveys and by the same one."""

    any_days = models.PositiveSmallIntegerField(_("days between two surveys"), default=7)
    survey_days = models.PositiveSmallIntegerField(_("days between two invitations to the same survey"), default=30)

    class Meta:
        verbose_name, verbose_name_plural = _("rule of asking"), _("rules of asking")
        constraints = [models.UniqueConstraint(fields=["tenant"], name="asking_rule_once")]

    def __str__(self) -> str:
        return f"{self.any_days}/{self.survey_days}"


class Invitation(TenantModel):
    """One person asked once, or left alone and why."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        SKIPPED = "skipped", _("Left out")

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="invitations", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=40, blank=True)
    # Of one left out because of an earlier one: when it may be asked again.
    until = models.DateTimeField(null=True)
    unit = models.ForeignKey(SendUnit, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    about = models.JSONField(default=dict, help_text=_("What the question is about: an order, a case."))
    created_by = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="invitation_once")]
        indexes = [
            models.Index(fields=["tenant", "customer", "-created_at"], name="invitation_of_customer"),
            models.Index(fields=["tenant", "survey", "-id"], name="invitation_of_survey"),
            models.Index(fields=["tenant", "unit", "customer"], name="invitation_of_unit"),
            models.Index(fields=["created_at"], name="invitation_waiting", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return self.key


class Response(TenantModel):
    """One passage through a survey: begun with the first answer, kept as far as it went."""

    class Channel(models.TextChoices):
        EMAIL = "email", _("Email")
        LINK = "link", _("Open link")
        API = "api", _("API")

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="responses", db_index=False)
    version = models.ForeignKey(SurveyVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    # None: whoever had the open link, or somebody erased since.
    customer = models.ForeignKey(Customer, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    invitation = models.OneToOneField(Invitation, null=True, on_delete=models.SET_NULL, related_name="response")
    # Of the page on which somebody without an invitation began: sent twice, it is one response.
    sheet = models.UUIDField(null=True)
    language = models.CharField(max_length=10, blank=True)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.EMAIL)
    wave = models.CharField(max_length=40)
    # The last of its person in its wave; only these are in the score.
    counts = models.BooleanField(default=True)
    score = models.SmallIntegerField(null=True)
    comment = models.TextField(blank=True)
    # As it was then: {"segments": [ids], "class", "country"}
    snapshot = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    answered_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)
    # Told to the timeline: given answers stay from then on, further ones may come.
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "survey", "customer", "wave"],
                name="response_counts_once",
                condition=Q(counts=True, customer__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["tenant", "survey", "sheet"], name="response_sheet_once", condition=Q(sheet__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "survey", "-answered_at"], name="response_of_survey"),
            models.Index(fields=["tenant", "customer", "-answered_at"], name="response_of_customer"),
            models.Index(fields=["tenant", "-answered_at"], name="response_recent"),
            models.Index(fields=["answered_at"], name="response_unsettled", condition=Q(settled_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.survey_id}/{self.pk}"


class Answer(TenantModel):
    """What was said to one question."""

    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="answers", db_index=False)
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.SmallIntegerField(null=True)
    text = models.TextField(blank=True)
    choices = models.JSONField(default=list)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "response", "question"], name="answer_once")]
        indexes = [models.Index(fields=["tenant", "question"], name="answer_of_question")]
