"""The send ledger: one row for each message that should reach somebody, and what became of it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.brand import Sender
from campaigns.models.template import Template
from customers.models import Customer
from cxm.tenancy.models import TenantModel


class SendUnit(TenantModel):
    """Whatever sends: a campaign, a journey step, an API call, a survey's invitation, a test."""

    class Class(models.TextChoices):
        MARKETING = "marketing", _("Marketing")
        TRANSACTIONAL = "transactional", _("Transactional")

    kind = models.CharField(max_length=20)
    ref = models.CharField(max_length=60, help_text=_("Id of what sends, of that kind."))
    message_class = models.CharField(max_length=15, choices=Class, default=Class.MARKETING)
    template = models.ForeignKey(Template, null=True, on_delete=models.PROTECT, related_name="+")
    # The version sent, by language: frozen at launch.
    versions = models.JSONField(default=dict)
    sender = models.ForeignKey(Sender, null=True, on_delete=models.PROTECT, related_name="+")
    topic = models.CharField(max_length=50, blank=True)
    # Every message of the unit carries a code of it.
    offer = models.ForeignKey("campaigns.Offer", null=True, on_delete=models.PROTECT, related_name="+")
    data = models.JSONField(default=dict, help_text=_("Merge fields of the unit as a whole (campaign.*, data.*)."))
    priority = models.PositiveSmallIntegerField(default=5, help_text=_("Lower goes first."))
    paused = models.BooleanField(default=False)
    # Stopped for good, and paused with it: what a worker had claimed then is left out once it comes back.
    cancelled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "kind", "ref"], name="send_unit_once")]

    @property
    def title(self) -> str:
        """What people call it: the campaign's name, else the template's."""
        return self.data.get("campaign", {}).get("name") or (self.template.name if self.template else "")


class Lease(TenantModel):
    """Some hundred messages handed to one worker. Claiming leases, not messages, keeps the pace flat."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        CLAIMED = "claimed", _("Being sent")
        DONE = "done", _("Done")

    unit = models.ForeignKey(SendUnit, on_delete=models.CASCADE, related_name="leases", db_index=False)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    priority = models.PositiveSmallIntegerField(default=5)
    not_before = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=80, blank=True)
    # Changes with every claim: a worker that was given up for dead finds it gone before it writes another byte.
    token = models.CharField(max_length=32, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # Messages are sent in the order of their ids. Up to this one all were answered: accepted, unless in `answered`.
    upto = models.BigIntegerField(default=0)
    # Ids of messages about to be written to the wire, recorded before the first byte. After a crash they are "unknown".
    on_wire = models.JSONField(default=list)
    # Answers other than "accepted", until they stand in their rows: {message id: [state, reason, reply]}.
    answered = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["priority", "id"], name="lease_queue", condition=models.Q(state__in=["queued", "claimed"])
            ),
            models.Index(fields=["tenant", "unit"], name="lease_of_unit"),
        ]


class MessageQuerySet(models.QuerySet):
    """Messages, read as the contract names their states."""

    def with_shown_state(self) -> "MessageQuerySet":
        """Add ``shown``: a message that waits in a claimed lease is being sent, which stands in the lease alone."""
        sending = models.When(
            state=Message.State.QUEUED, lease__state=Lease.State.CLAIMED, then=models.Value("claimed")
        )
        return self.annotate(shown=models.Case(sending, default="state"))

    def in_shown_state(self, state: str) -> "MessageQuerySet":
        """Return those that are shown in a state."""
        claimed = models.Q(lease__in=Lease.objects.filter(state=Lease.State.CLAIMED).values("pk"))
        if state == Message.State.CLAIMED:
            return self.filter(claimed, state=Message.State.QUEUED)
        found = self.filter(state=state)
        return found.filter(~claimed | models.Q(lease=None)) if state == Message.State.QUEUED else found


class Message(TenantModel):
    """One message to one person on one channel, unique by constraint: nobody can get two."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        CLAIMED = "claimed", _("Being sent")
        ACCEPTED = "accepted", _("Sent")
        DEFERRED = "deferred", _("Put off")
        SKIPPED = "skipped", _("Left out")
        FAILED = "failed", _("Refused")
        UNKNOWN = "unknown", _("Not known")
        DELIVERED = "delivered", _("Delivered")
        BOUNCED = "bounced", _("Bounced")
        COMPLAINED = "complained", _("Reported as spam")

    unit = models.ForeignKey(SendUnit, on_delete=models.CASCADE, related_name="messages", db_index=False)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.CharField(max_length=10, default="email")
    # Empty until the gate has looked; kept as it was used.
    address = models.CharField(max_length=320, blank=True)
    language = models.CharField(max_length=10, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    reason = models.CharField(max_length=40, blank=True)
    lease = models.ForeignKey(Lease, null=True, on_delete=models.SET_NULL, related_name="messages", db_index=False)
    data = models.JSONField(null=True)
    not_before = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    reply = models.CharField(max_length=200, blank=True, help_text=_("What the server answered."))
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    # First of each, by a person and by a machine: counted once per message.
    opened_at = models.DateTimeField(null=True)
    opened_machine_at = models.DateTimeField(null=True)
    clicked_at = models.DateTimeField(null=True)
    clicked_machine_at = models.DateTimeField(null=True)
    unsubscribed_at = models.DateTimeField(null=True)
    converted_at = models.DateTimeField(null=True)
    revenue = models.DecimalField(max_digits=16, decimal_places=2, null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "unit", "customer", "channel"], name="message_once"),
        ]
        indexes = [
            models.Index(fields=["tenant", "lease"], name="message_of_lease"),
            models.Index(fields=["tenant", "unit", "state"], name="message_states"),
            models.Index(fields=["tenant", "customer", "-id"], name="message_of_customer"),
            models.Index(fields=["not_before"], name="message_deferred", condition=models.Q(state="deferred")),
        ]

    @property
    def shown_state(self) -> State:
        """The state as people and programs read it; as stored where the row was fetched without ``shown``."""
        return self.State(getattr(self, "shown", self.state))
