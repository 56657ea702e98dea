"""The timeline."""

from django.db import models

from customers.models.customer import Customer
from cxm.lib.ids import uuid7
from cxm.tenancy.models import TenantModel


class Event(TenantModel):
    """Something that happened to a person, on any channel. Written by ``customers.domain.events.record`` alone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=100, db_collation="C")
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)
    channel = models.CharField(max_length=20, blank=True)
    source = models.CharField(max_length=20, blank=True)
    # The sender's own id of the event: a retry is stored once.
    message_id = models.CharField(max_length=255, null=True, db_collation="C")
    properties = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "message_id"], name="event_once")]
        indexes = [
            models.Index(fields=["tenant", "customer", "-occurred_at", "-id"], name="event_timeline"),
            # The source lies in it so that what a program tells in our words can be left out without reading the row.
            models.Index(
                fields=["tenant", "name", "occurred_at", "customer"], include=["source"], name="event_by_name"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.occurred_at:%Y-%m-%d %H:%M}"
