"""Files that came with mails of customers."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cxm.tenancy.models import TenantModel
from feedback.models.case import CaseMessage
from feedback.models.inbound import InboundMail


class _WithoutContent(models.Manager):
    """Files without what is in them, which is read only where one of them is asked for."""

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().defer("content")


class CaseAttachment(TenantModel):
    """A file that came with a customer's mail, part of the message that the mail became.

    It is kept in the database and not on a disk: so it is kept apart by row-level security, taken in and erased in
    one transaction with its message, and there on every machine of a cluster. Files of a mail without a case hang
    on that mail until somebody has said what becomes of it.
    """

    PICTURES = ("image/gif", "image/jpeg", "image/png", "image/webp")

    message = models.ForeignKey(
        CaseMessage, null=True, on_delete=models.CASCADE, related_name="attachments", db_index=False
    )
    mail = models.ForeignKey(
        InboundMail, null=True, on_delete=models.CASCADE, related_name="attachments", db_index=False
    )
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=100)
    content_type = models.CharField(
        max_length=100, help_text=_("What the mail says it is; of pictures, what they are.")
    )
    size = models.PositiveIntegerField(help_text=_("In bytes."))
    content = models.BinaryField()

    objects = _WithoutContent()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "message", "position"], name="case_attachment_once"),
            models.UniqueConstraint(fields=["tenant", "mail", "position"], name="mail_attachment_once"),
            models.CheckConstraint(
                condition=models.Q(message__isnull=False, mail=None) | models.Q(message=None, mail__isnull=False),
                name="attachment_of_one",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_picture(self) -> bool:
        """Whether a browser can show it."""
        return self.content_type in self.PICTURES
