"""How a tenant looks and who signs its mail."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from cxm.tenancy.models import TenantModel


class Brand(TenantModel):
    """The tenant's one brand kit, used by every message and public page."""

    name = models.CharField(max_length=100)
    name_ar = models.CharField(max_length=100, blank=True)
    logo_url = models.URLField(blank=True)
    website = models.URLField(blank=True)
    # It goes into style sheets: nothing but a colour may stand here.
    color = models.CharField(
        max_length=7,
        default="#1f6feb",
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}\Z", _("Write a colour as #1f6feb."))],
    )
    address = models.CharField(max_length=300, blank=True, help_text=_("Postal address, for the footer."))
    address_ar = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("brand"), _("brands")
        constraints = [models.UniqueConstraint(fields=["tenant"], name="brand_once")]

    def __str__(self) -> str:
        return self.name


class Sender(TenantModel):
    """A From: address."""

    name = models.CharField(max_length=100)
    name_ar = models.CharField(max_length=100, blank=True)
    email = models.EmailField()
    reply_to = models.EmailField(blank=True)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("sender"), _("senders")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "email"], name="sender_email"),
            models.UniqueConstraint(fields=["tenant"], name="sender_default", condition=models.Q(is_default=True)),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"

    def name_in(self, language: str) -> str:
        """Return who readers of a language see in their inbox."""
        return (language.startswith("ar") and self.name_ar) or self.name
