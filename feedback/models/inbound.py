"""Mail that came in."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cxm.tenancy.models import TenantModel
from feedback.models.case import Case


class InboundMail(TenantModel):
    """A mail that belongs to no case by any proof: kept apart until somebody says what becomes of it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("To be looked at")
        ATTACHED = "attached", _("Put to a case")
        DISCARDED = "discarded", _("Discarded")

    mail_id = models.CharField(max_length=255, db_collation="C")
    sender = models.CharField(max_length=320)
    sender_name = models.CharField(max_length=200, blank=True)
    recipient = models.CharField(max_length=320)
    subject = models.CharField(max_length=300, blank=True)
    body = models.TextField(blank=True)
    automatic = models.BooleanField(default=False)
    reason = models.CharField(max_length=40)
    received_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    case = models.ForeignKey(Case, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        verbose_name, verbose_name_plural = _("mail without a case"), _("mails without a case")
        constraints = [models.UniqueConstraint(fields=["tenant", "mail_id"], name="inbound_mail_once")]
        indexes = [models.Index(fields=["tenant", "state", "-id"], name="inbound_mail_state")]

    def __str__(self) -> str:
        return self.subject or self.sender


class Mailbox(models.Model):
    """Up to where a mailbox of the installation was read. Belongs to no tenant: mail says itself whose it is."""

    name = models.CharField(max_length=200, unique=True)
    cursor = models.CharField(max_length=60, blank=True)
    read_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)
