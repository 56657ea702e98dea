"""What a business wants of a figure, and by when."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cxm.tenancy.models import TenantModel


class Target(TenantModel):
    """A figure wanted for a stretch of days."""

    kpi = models.CharField(_("figure"), max_length=40, db_collation="C")
    value = models.DecimalField(_("value"), max_digits=18, decimal_places=4)
    first = models.DateField(_("from"))
    last = models.DateField(_("to"))
    created_by = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("target"), _("targets")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kpi", "first", "last"], name="target_once"),
            models.CheckConstraint(condition=Q(first__lte=F("last")), name="target_days"),
        ]

    def __str__(self) -> str:
        return f"{self.kpi} {self.first:%Y-%m-%d} – {self.last:%Y-%m-%d}"
