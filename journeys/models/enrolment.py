"""Who is on the way through an automation, what they passed, and the calls that steps make to the outside."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import Customer
from cxm.tenancy.models import TenantModel
from journeys.models.automation import Automation, Version


class Enrolment(TenantModel):
    """One passage of one person: where they stand, and when they move on."""

    class State(models.TextChoices):
        ACTIVE = "active", _("On the way")
        FAILED = "failed", _("Failed")
        DONE = "done", pgettext_lazy("passage", "Finished")
        LEFT = "left", _("Left early")

    automation = models.ForeignKey(Automation, on_delete=models.CASCADE, related_name="enrolments", db_index=False)
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="enrolments", db_index=False)
    # Empty for those who were erased: the row stays for the counts.
    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    # Why they came in: what happened, under a name that lets it count once.
    key = models.CharField(max_length=120, db_collation="C")
    # The how-manieth time of this person; send units and keys of effects are made of it.
    passage = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    node = models.CharField(max_length=20, help_text=_("The step they stand at."))
    # When the engine looks at them next; empty for those who need a person.
    due_at = models.DateTimeField(null=True)
    # When they reached the step, by the clock of their own passage.
    reached_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=200, blank=True)
    data = models.JSONField(default=dict, help_text=_("What came with the event that brought them in."))
    entered_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "automation", "customer", "key"], name="enrolment_once"),
            models.UniqueConstraint(fields=["tenant", "automation", "customer", "passage"], name="enrolment_passage"),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "version", "due_at"],
                name="enrolment_due",
                condition=models.Q(state__in=["active", "failed"]),
            ),
            models.Index(fields=["tenant", "version", "state", "node"], name="enrolment_at"),
            models.Index(fields=["tenant", "customer"], name="enrolment_of"),
            models.Index(fields=["tenant", "automation", "-entered_at", "-id"], name="enrolment_recent"),
        ]


class StepTaken(TenantModel):
    """A step that somebody passed, once, and which way they went on."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="taken", db_index=False)
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="+", db_index=False)
    node = models.CharField(max_length=20)
    path = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "enrolment", "node"], name="step_taken_once")]
        indexes = [models.Index(fields=["tenant", "version", "node", "path"], name="step_taken_by")]


class Call(TenantModel):
    """A request to somebody else's server: written with the step, sent by a worker, tried again until it is taken."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        CLAIMED = "claimed", _("Being sent")
        DONE = "done", _("Taken")
        FAILED = "failed", _("Failed")

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="calls", db_index=False)
    node = models.CharField(max_length=20)
    url = models.CharField(max_length=2048)
    body = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    answer = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "enrolment", "node"], name="call_once")]
        indexes = [
            models.Index(fields=["due_at"], name="call_due", condition=models.Q(state__in=["queued", "claimed"]))
        ]
