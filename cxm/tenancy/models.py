"""The tenant, and what every tenant-owned table extends."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from cxm.lib import money, time
from cxm.tenancy.scopes import current_id

slug_rule = RegexValidator(r"^[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?$", _("Use small letters, digits and hyphens."))


MOST_ACTIVE_DAYS, MOST_LAPSED_DAYS = 3650, 7300


class Tenant(models.Model):
    """A business that uses the suite. Its rows are invisible to every other."""

    class ConsentModel(models.TextChoices):
        OPT_OUT = "opt_out", _("Write unless they said no (existing customers)")
        OPT_IN = "opt_in", _("Write only to those who said yes")

    class Digits(models.TextChoices):
        LATIN = "latn", _("1 2 3")
        ARABIC = "arab", _("١ ٢ ٣")

    slug = models.CharField(max_length=50, unique=True, validators=[slug_rule])
    name = models.CharField(max_length=200)
    language = models.CharField(max_length=10, default="en", help_text=_("Spoken to customers who named none."))
    timezone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, default="USD")
    country = models.CharField(max_length=2, blank=True, help_text=_("For telephone numbers written without a code."))
    digits = models.CharField(max_length=4, choices=Digits, default=Digits.LATIN)
    consent_model = models.CharField(max_length=10, choices=ConsentModel, default=ConsentModel.OPT_OUT)
    # What a customer counts as, by days since the last order (see customers.domain.classes).
    active_days = models.PositiveIntegerField(default=90)
    lapsed_days = models.PositiveIntegerField(default=365)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("business"), _("businesses")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a language, a time zone or a currency that nothing can be shown in, and days nobody can be put by."""
        known = {
            "language": (self.language in dict(settings.LANGUAGES), _("This language is not known.")),
            "timezone": (self.timezone in time.zone_names(), time.UnknownZone.message),
            "currency": (
                money.is_currency(self.currency),
                _("This is not a currency code of three letters, as USD."),
            ),
            "active_days": (
                0 < self.active_days <= MOST_ACTIVE_DAYS,
                __("Choose a number from 1 to %(most)s.") % {"most": MOST_ACTIVE_DAYS},
            ),
            "lapsed_days": (
                self.active_days < self.lapsed_days <= MOST_LAPSED_DAYS,
                __("Must be more days than “active until”, at most %(most)s.") % {"most": MOST_LAPSED_DAYS},
            ),
        }
        if wrong := {name: word for name, (fits, word) in known.items() if not fits}:
            raise ValidationError(wrong)


class TenantKey(models.ForeignKey):
    """The key of the tenant in scope. Migrations see a plain foreign key: they run outside every scope."""

    def __init__(self, to: object = Tenant, on_delete: object = models.CASCADE, **kwargs) -> None:
        super().__init__(to, on_delete, **{"default": current_id, "related_name": "+", "editable": False,
                                           "db_index": False} | kwargs)  # fmt: skip

    def deconstruct(self) -> tuple:
        name, _path, args, kwargs = super().deconstruct()
        kwargs.pop("default", None)
        return name, "django.db.models.ForeignKey", args, kwargs


class TenantModel(models.Model):
    """A row that belongs to one tenant. The server's policies keep it from all others."""

    tenant = TenantKey()

    class Meta:
        abstract = True
