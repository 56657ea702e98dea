"""The telephone: who sits at it, who called, and what an agent was writing while they talked."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from cxm.accounts.models import User
from cxm.tenancy.models import TenantModel


class CallQueue(TenantModel):
    """A line calls wait in, by the name the telephone system gives it."""

    name = models.CharField(max_length=100)
    key = models.CharField(max_length=100, db_collation="C", help_text=_("As the telephone system calls it."))

    class Meta:
        verbose_name, verbose_name_plural = _("telephone queue"), _("telephone queues")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="call_queue_key")]

    def __str__(self) -> str:
        return self.name


class CallAgent(TenantModel):
    """A colleague at the telephone: whether calls may come, and under which extension."""

    class State(models.TextChoices):
        AVAILABLE = "available", _("Taking calls")
        PAUSED = "paused", _("On a break")
        AWAY = "away", _("Away")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    state = models.CharField(max_length=10, choices=State, default=State.AWAY)
    extension = models.CharField(max_length=20, blank=True, db_collation="C")
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("agent"), _("agents")
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="call_agent_once")]

    def __str__(self) -> str:
        return str(self.user)


class QueueAgent(TenantModel):
    """That an agent takes the calls of a queue."""

    queue = models.ForeignKey(CallQueue, on_delete=models.CASCADE, related_name="seats", db_index=False)
    agent = models.ForeignKey(CallAgent, on_delete=models.CASCADE, related_name="seats", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "queue", "agent"], name="queue_agent_once")]
        indexes = [models.Index(fields=["tenant", "agent"], name="queue_of_agent")]


class Call(TenantModel):
    """One call. ``told`` is what the telephone system said of it; all columns but the last follow from that."""

    class State(models.TextChoices):
        RINGING = "ringing", _("Ringing")
        ANSWERED = "answered", _("Answered")
        ENDED = "ended", _("Ended")

    class Match(models.TextChoices):
        VERIFIED = "verified", _("This number was confirmed")
        KNOWN = "known", _("This number stands in the profile")
        MAYBE = "maybe", _("A similar number stands in the profile")
        SEVERAL = "several", _("Several people have this number")
        NONE = "none", _("Nobody has this number")
        WITHHELD = "withheld", _("The number is withheld")
        CHOSEN = "chosen", _("Chosen by a colleague")

    call_id = models.CharField(max_length=200, db_collation="C", help_text=_("The telephone system's own."))
    told = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State)
    number = models.CharField(max_length=64, blank=True, db_collation="C")
    queue = models.ForeignKey(CallQueue, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    agent = models.ForeignKey(CallAgent, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    started_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    match = models.CharField(max_length=10, choices=Match, default=Match.NONE)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    received_at = models.DateTimeField(help_text=_("When the first word of it came."))
    # Nothing left to do: logged, put aside, or called back.
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("call"), _("calls")
        constraints = [models.UniqueConstraint(fields=["tenant", "call_id"], name="phone_call_once")]
        indexes = [
            models.Index(fields=["tenant", "-received_at", "-id"], name="call_recent"),
            models.Index(fields=["tenant", "-received_at"], name="call_open", condition=models.Q(closed_at=None)),
            models.Index(fields=["tenant", "customer"], name="call_of_customer", condition=~models.Q(customer=None)),
        ]

    def __str__(self) -> str:
        return self.call_id


class CallDraft(TenantModel):
    """What an agent has written about a call so far; kept with every keystroke, gone when it is logged."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="drafts", db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    values = models.JSONField(default=dict)
    # An agent puts a card aside for themselves alone.
    aside = models.BooleanField(default=False)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "call", "user"], name="call_draft_once")]


class PhoneNumber(TenantModel):
    """A further number of a person. Several people may share one: a switchboard, a family."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="numbers", db_index=False)
    number = models.CharField(max_length=64, db_collation="C", help_text=_("E.164"))
    tail = models.CharField(max_length=8, blank=True, db_collation="C")
    verified_at = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "customer", "number"], name="phone_number_once")]
        indexes = [
            models.Index(fields=["tenant", "number"], name="phone_number_whose"),
            models.Index(fields=["tenant", "tail"], name="phone_number_tail"),
        ]

    def __str__(self) -> str:
        return self.number
