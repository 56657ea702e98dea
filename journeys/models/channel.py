"""The ways on which a business and its customers meet."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cxm.tenancy.models import TenantModel


class Channel(TenantModel):
    """One way, and what it is there for. ``key`` is the word that events on the timeline carry."""

    key = models.CharField(max_length=20, db_collation="C")
    name = models.CharField(max_length=60)
    goal = models.CharField(max_length=300, blank=True)
    owner = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("channel"), _("channels")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="channel_key")]

    def __str__(self) -> str:
        return self.name
