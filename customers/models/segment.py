"""Segments, who is in them and was, and what must be looked at again."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from cxm.tenancy.models import TenantModel


class Segment(TenantModel):
    """A rule, and the people it holds for."""

    slug = models.SlugField(max_length=60, allow_unicode=True)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300, blank=True)
    rule = models.JSONField()
    version = models.PositiveIntegerField(default=1, help_text=_("Grows with every change of the rule."))
    member_count = models.BigIntegerField(default=0)
    # Up to when the passing of time has been taken into account.
    refreshed_at = models.DateTimeField(null=True)
    refreshed_version = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True, help_text=_("Why its people could not be found last time."))
    created_by = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("segment"), _("segments")
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "slug"], name="segment_slug")]

    def __str__(self) -> str:
        return self.name


class SegmentMember(TenantModel):
    """One passage of a person through a segment; open while ``left_at`` is null."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "segment", "customer"],
                name="segment_member_now",
                condition=models.Q(left_at=None),
            )
        ]
        indexes = [models.Index(fields=["tenant", "customer"], name="segment_member_of")]


class SegmentDirty(TenantModel):
    """A person of whom something changed since the segments were last refreshed."""

    customer_id = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["tenant", "customer_id"], name="segment_dirty_customer")]
