"""Links under which somebody without an account sees a dashboard."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cxm.tenancy.models import TenantModel


class Share(TenantModel):
    """A link to a dashboard, read-only, until it ends or is taken back."""

    board = models.CharField(max_length=20)
    period = models.CharField(max_length=20)
    created_by = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("shared link"), _("shared links")
        indexes = [models.Index(fields=["tenant", "-created_at"], name="share_recent")]

    def __str__(self) -> str:
        return f"{self.board} · {self.period}"
