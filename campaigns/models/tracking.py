"""Where links lead, and every touch of them as it came."""

from django.db import models

from campaigns.models.ledger import Message, SendUnit
from customers.models import Order
from cxm.tenancy.models import TenantModel


class Link(TenantModel):
    """A link of a send unit; its target stands here, so the redirector cannot be bent to another."""

    unit = models.ForeignKey(SendUnit, on_delete=models.CASCADE, related_name="links", db_index=False)
    language = models.CharField(max_length=10)
    index = models.PositiveSmallIntegerField()
    url = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "unit", "language", "index"], name="link_once")]


class Hit(TenantModel):
    """One request for a pixel or a link, kept raw; whether a person made it is a judgement with a version."""

    class Kind(models.TextChoices):
        OPEN = "open"
        CLICK = "click"

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=5, choices=Kind)
    link_index = models.PositiveSmallIntegerField(null=True)
    at = models.DateTimeField()
    method = models.CharField(max_length=7)
    user_agent = models.CharField(max_length=300, blank=True)
    ip = models.GenericIPAddressField(null=True)
    machine = models.CharField(
        max_length=20, blank=True, help_text="Why it counts as a machine's; empty for a person's."
    )
    rule_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["tenant", "message", "at"], name="hit_of_message")]


class Conversion(TenantModel):
    """That an order is put down to a message; an order counts once, whatever was sent."""

    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    revenue = models.DecimalField(max_digits=16, decimal_places=2)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "message"], name="conversion_of_message"),
            models.Index(fields=["tenant", "at"], name="conversion_by_time"),
        ]
