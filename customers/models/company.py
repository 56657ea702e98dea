"""The organisations customers belong to."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cxm.tenancy.models import TenantModel


class Company(TenantModel):
    """An organisation; known by its folded name."""

    name = models.CharField(max_length=200)
    # cxm.lib.text.fold(name), so that equality and prefix ranges use an index under row-level security.
    name_key = models.CharField(max_length=220, db_collation="C")
    domain = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("company"), _("companies")
        constraints = [models.UniqueConstraint(fields=["tenant", "name_key"], name="company_name")]

    def __str__(self) -> str:
        return self.name
