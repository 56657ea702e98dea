"""What is said: templates, and their versions that never change."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cxm.tenancy.models import TenantModel


class Kind(models.TextChoices):
    WELCOME = "welcome", _("Welcome")
    CONFIRMATION = "confirmation", _("Confirmation")
    THANKS = "thanks", _("Thanks")
    REWARD = "reward", _("Reward reminder")
    DISCOUNT = "discount", _("Discount")
    FEEDBACK = "feedback", _("Feedback request")
    WIN_BACK = "win_back", _("Win-back")
    NEWSLETTER = "newsletter", _("Newsletter")
    INVOICE = "invoice", _("Invoice")


# Mail that somebody needs, not mail that we want them to read: no consent asked, suppression still holds.
TRANSACTIONAL = frozenset({Kind.CONFIRMATION, Kind.INVOICE})


class Template(TenantModel):
    """A message that can be said in several languages."""

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=15, choices=Kind, default=Kind.NEWSLETTER)
    created_by = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "-updated_at"], name="template_recent")]

    def __str__(self) -> str:
        return self.name


class TemplateVersion(TenantModel):
    """The words in one language, once saved never changed: what was sent can always be seen again."""

    class Format(models.TextChoices):
        MJML = "mjml", "MJML"
        HTML = "html", "HTML"

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="versions", db_index=False)
    language = models.CharField(max_length=10)
    number = models.PositiveIntegerField()
    subject = models.CharField(max_length=300)
    preheader = models.CharField(max_length=300, blank=True)
    body = models.TextField()
    format = models.CharField(max_length=5, choices=Format, default=Format.MJML)
    created_by = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "template", "language", "number"], name="template_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.template_id}/{self.language}/{self.number}"
