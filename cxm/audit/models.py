"""The audit trail."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cxm.audit import words
from cxm.tenancy.models import TenantModel


class Entry(TenantModel):
    """One action of somebody, as it was. Never deleted while the tenant exists; only erased people's names leave it."""

    at = models.DateTimeField(auto_now_add=True)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=254)
    action = models.CharField(max_length=80, help_text="noun.verb, as customers.erased")
    object_type = models.CharField(max_length=80, blank=True)
    object_id = models.CharField(max_length=40, blank=True)
    object_label = models.CharField(max_length=254, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        verbose_name, verbose_name_plural = _("audit entry"), _("audit entries")
        indexes = [
            models.Index(fields=["tenant", "-at"], name="audit_recent"),
            models.Index(fields=["tenant", "object_type", "object_id", "-at"], name="audit_object"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_label} {self.action} {self.object_label}"

    @property
    def in_words(self) -> str:
        return words.written(self.action)
