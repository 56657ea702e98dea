"""What is asked: surveys, their versions, and the questions of a version."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models import Template
from cxm.tenancy.models import TenantModel, slug_rule


class Survey(TenantModel):
    """A set of questions that is asked again and again; what is asked stands in its versions."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        LIVE = "live", _("Live")
        CLOSED = "closed", _("Closed")

    class Wave(models.TextChoices):
        MONTH = "month", _("Once a month")
        QUARTER = "quarter", _("Once a quarter")
        EVER = "ever", _("Once, the last one")
        EACH = "each", _("Each time")

    name = models.CharField(max_length=120)
    slug = models.CharField(max_length=50, validators=[slug_rule], help_text=_("Its name in rules and addresses."))
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    # Of the question whose score is the survey's: nps, csat, ces; empty where none is scored. Of the live version.
    kind = models.CharField(max_length=10, blank=True)
    languages = models.JSONField(
        default=list, help_text=_("In which it is written, the first is spoken to all others.")
    )
    wave = models.CharField(
        max_length=10, choices=Wave, default=Wave.MONTH, help_text=_("How often the answer of one person counts.")
    )
    rest_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("Days between two invitations of one person; the general rule when empty.")
    )
    answer_days = models.PositiveSmallIntegerField(default=30, help_text=_("Days in which an invitation works."))
    open_link = models.BooleanField(default=False, help_text=_("Whoever has the link may answer."))
    # Part of the open link's signature: a new number takes the old link out of use.
    link_number = models.PositiveIntegerField(default=1)
    template = models.ForeignKey(Template, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_by = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("survey"), _("surveys")
        constraints = [models.UniqueConstraint(fields=["tenant", "slug"], name="survey_slug")]
        indexes = [models.Index(fields=["tenant", "-updated_at"], name="survey_recent")]

    def __str__(self) -> str:
        return self.name


class SurveyVersion(TenantModel):
    """What is asked, as it was published; once published never changed, so that answers keep their questions."""

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    # {language: {"intro": …, "thanks": …}}
    texts = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=254, blank=True)
    # Of its first scored question, as the survey's own kind is that of the newest version: scores of two scales are
    # never put together.
    kind = models.CharField(max_length=10, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "survey", "number"], name="survey_version_once"),
            models.UniqueConstraint(
                fields=["tenant", "survey"], name="survey_one_draft", condition=Q(published_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.survey_id}/{self.number}"


class Question(TenantModel):
    """One question of a version. Its key goes through the versions: answers of all of them are read together by it."""

    version = models.ForeignKey(SurveyVersion, on_delete=models.CASCADE, related_name="questions", db_index=False)
    key = models.CharField(max_length=30)
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10)
    required = models.BooleanField(default=False)
    # {language: {"title", "hint", "low", "high"}}
    texts = models.JSONField(default=dict)
    # Of a choice: {"multiple": bool, "options": [{"value": …, "texts": {language: …}}]}
    settings = models.JSONField(default=dict)
    # Asked only if an earlier answer fits: {"question": key, "operator": …, "value": …}; empty asks always.
    condition = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "version", "key"], name="question_once")]
        indexes = [models.Index(fields=["tenant", "version", "position"], name="question_order")]

    def __str__(self) -> str:
        return self.key

    def words(self, language: str) -> dict[str, str]:
        """Return what it says in a language, or in the first it has."""
        return self.texts.get(language) or next(iter(self.texts.values()), {})
