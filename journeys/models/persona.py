"""The person a map is drawn for."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Segment
from cxm.tenancy.models import TenantModel


class Persona(TenantModel):
    """A kind of customer with a face: what we solve for them, who gains, what else they care for, how they live."""

    name = models.CharField(max_length=120)
    summary = models.CharField(max_length=300, blank=True)
    problems = models.TextField(blank=True)
    beneficiaries = models.TextField(blank=True)
    interests = models.TextField(blank=True)
    life = models.TextField(blank=True)
    # The real people who are like this, so that figures can be looked at for them alone.
    segment = models.ForeignKey(
        Segment, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name, verbose_name_plural = _("persona"), _("personas")
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["tenant", "name", "id"], name="persona_name")]

    def __str__(self) -> str:
        return self.name
