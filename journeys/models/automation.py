"""Automations: what is drafted, the versions that were published, what they listen for, and what they heard."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from cxm.tenancy.models import TenantModel


class Automation(TenantModel):
    """Something that goes on by itself: who comes in, and the steps each of them takes."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        LIVE = "live", _("Live")
        PAUSED = "paused", _("Paused")
        STOPPED = "stopped", _("Stopped")

    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    # What is being edited: {"trigger", "again", "goal", "steps"}; see journeys.domain.trees.
    draft = models.JSONField(default=dict)
    # Grows with every change of the draft, so that of two people editing at once the slower one is told.
    revision = models.PositiveIntegerField(default=1)
    # Earlier drafts, the newest last: what undo goes back to.
    past = models.JSONField(default=list, blank=True)
    version = models.ForeignKey("Version", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    paused_at = models.DateTimeField(null=True)
    # Up to when the calendar has been looked at, for those that start on a date.
    looked_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True, help_text=_("What went wrong last time."))
    created_by = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name, verbose_name_plural = _("automation"), _("automations")
        indexes = [models.Index(fields=["tenant", "-updated_at", "-id"], name="automation_recent")]

    def __str__(self) -> str:
        return self.name


class Version(TenantModel):
    """A definition as it was published; never changed."""

    automation = models.ForeignKey(Automation, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    definition = models.JSONField(default=dict)
    published_by = models.CharField(max_length=254, blank=True)
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "automation", "number"], name="automation_version")]

    def __str__(self) -> str:
        return f"{self.automation_id}/{self.number}"


class Listener(TenantModel):
    """What a version wants to hear of: the only rows asked when something happens to somebody."""

    class Kind(models.TextChoices):
        EVENT = "event", _("Something happens")
        ENTERED = "entered", _("Comes into a segment")
        LEFT = "left", _("Goes out of a segment")

    class Role(models.TextChoices):
        START = "start", _("Comes in")
        WAKE = "wake", _("Is waited for")
        GOAL = "goal", _("Is the goal")

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="listeners", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind)
    # Name of the event, or number of the segment.
    ref = models.CharField(max_length=100, db_collation="C")
    role = models.CharField(max_length=5, choices=Role)
    # The step that waits for it.
    node = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "kind", "ref", "version", "role", "node"], name="automation_listens"
            )
        ]
        indexes = [models.Index(fields=["tenant", "version"], name="automation_listener_of")]


class Heard(TenantModel):
    """The inbox of triggers: written in the transaction of the fact, taken away in that of the reaction."""

    kind = models.CharField(max_length=10, choices=Listener.Kind)
    ref = models.CharField(max_length=100, db_collation="C")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    event_id = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["tenant", "id"], name="automation_heard")]
