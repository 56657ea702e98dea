"""What colleagues did with a person: calls, chats, visits, letters, each written down once."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.call import Call
from customers.models.customer import Customer
from cxm.tenancy.models import TenantModel


class Interaction(TenantModel):
    """One contact between a colleague (a shop, a bot) and a customer, with what came of it."""

    class Channel(models.TextChoices):
        PHONE = "phone", _("Phone call")
        CHAT = "chat", _("Chat")
        STORE = "store", _("Visit")
        SOCIAL = "social", _("Social media")
        POST = "post", _("Post")
        EMAIL = "email", _("Email")
        SMS = "sms", _("Text message")

    class Direction(models.TextChoices):
        IN = "in", _("They came to us")
        OUT = "out", _("We went to them")

    class Outcome(models.TextChoices):
        SOLVED = "solved", _("Solved")
        INFORMED = "informed", _("Question answered")
        CALL_BACK = "call_back", _("To be followed up")
        COMPLAINT = "complaint", _("Complaint taken")
        SALE = "sale", _("Order or sale")
        NOT_REACHED = "not_reached", _("Not reached")
        OTHER = "other", _("Something else")

    class Sentiment(models.TextChoices):
        GOOD = "good", _("Content")
        NEUTRAL = "neutral", _("Neither")
        BAD = "bad", _("Upset")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="interactions", db_index=False)
    channel = models.CharField(max_length=10, choices=Channel)
    direction = models.CharField(max_length=3, choices=Direction)
    outcome = models.CharField(max_length=15, choices=Outcome, default=Outcome.OTHER)
    sentiment = models.CharField(max_length=10, choices=Sentiment, blank=True)
    occurred_at = models.DateTimeField()
    duration = models.PositiveIntegerField(null=True, blank=True, help_text=_("Seconds."))
    subject = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True)
    call = models.ForeignKey(
        Call, null=True, blank=True, on_delete=models.SET_NULL, related_name="interactions", db_index=False
    )
    # Whoever may tell twice of the same contact names it.
    key = models.CharField(max_length=200, null=True, blank=True, db_collation="C")
    actor_kind = models.CharField(max_length=10, blank=True)
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor_label = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("interaction"), _("interactions")
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="interaction_once")]
        indexes = [
            models.Index(fields=["tenant", "customer", "-occurred_at", "-id"], name="interaction_of_customer"),
            models.Index(fields=["tenant", "-occurred_at", "-id"], name="interaction_recent"),
            models.Index(fields=["tenant", "call"], name="interaction_call", condition=~models.Q(call=None)),
        ]

    def __str__(self) -> str:
        return self.subject or self.get_channel_display()
