"""The campaign."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.brand import Sender
from campaigns.models.ledger import SendUnit
from campaigns.models.offer import Offer
from campaigns.models.template import Kind, Template
from customers.models import Segment
from cxm.tenancy.models import TenantModel


class Campaign(TenantModel):
    """One message to one segment, once."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=15, choices=Kind, default=Kind.NEWSLETTER)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    template = models.ForeignKey(Template, null=True, on_delete=models.PROTECT, related_name="+")
    segment = models.ForeignKey(Segment, null=True, on_delete=models.PROTECT, related_name="+")
    sender = models.ForeignKey(Sender, null=True, on_delete=models.PROTECT, related_name="+")
    topic = models.CharField(max_length=50, blank=True)
    # What apps above fill in its messages, as campaigns.domain.extras names it: {"survey": "nps"}
    carries = models.JSONField(default=dict)
    offer = models.ForeignKey(Offer, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    send_at = models.DateTimeField(null=True, blank=True)
    unit = models.OneToOneField(SendUnit, null=True, on_delete=models.PROTECT, related_name="campaign")
    audience = models.BigIntegerField(default=0)
    launched_at = models.DateTimeField(null=True)
    audience_ready_at = models.DateTimeField(null=True, help_text=_("Set once the whole audience is in the ledger."))
    finished_at = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "-created_at"], name="campaign_recent"),
            models.Index(fields=["send_at"], name="campaign_due", condition=models.Q(state="scheduled")),
        ]

    def __str__(self) -> str:
        return self.name
