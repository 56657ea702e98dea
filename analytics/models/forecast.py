"""What models say of the future: the card of each fit, and how it looks for each person."""

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from cxm.tenancy.models import TenantModel


class Forecast(TenantModel):
    """The card of a fit: on what, what was found, and what to doubt about it."""

    until = models.DateField()  # the last day whose orders were known
    computed_at = models.DateTimeField()
    customers = models.BigIntegerField()  # who bought at least once
    repeaters = models.BigIntegerField()  # of them, who bought on more than one day
    # Name of the model → its parameters, standard errors and log-likelihood; empty where too few were known.
    fits = models.JSONField(default=dict)
    # Repeat purchases → people counted and people expected.
    check_table = models.JSONField(default=list)
    # Quintiles, and for each pair of recency and frequency grades how many people and how much revenue.
    rfm = models.JSONField(default=dict)
    warnings = models.JSONField(default=list)
    weeks = models.PositiveSmallIntegerField()  # how far ahead
    discount = models.DecimalField(max_digits=5, decimal_places=4)
    margin = models.DecimalField(max_digits=5, decimal_places=4, null=True)
    value = models.DecimalField(max_digits=18, decimal_places=2, null=True)  # of all people together

    class Meta:
        verbose_name, verbose_name_plural = _("forecast"), _("forecasts")
        constraints = [models.UniqueConstraint(fields=["tenant", "until"], name="forecast_once")]

    def __str__(self) -> str:
        return f"{self.until:%Y-%m-%d}"


class Outlook(TenantModel):
    """How it looks for one person: kept beside the traits because lists are sorted by it."""

    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, primary_key=True, related_name="+")
    risk = models.FloatField()  # probability of having left
    value = models.DecimalField(max_digits=16, decimal_places=2)  # predicted
    stake = models.DecimalField(max_digits=16, decimal_places=2)  # what they would bring if they stayed × risk

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(risk__gte=0, risk__lte=1), name="outlook_risk")]
        indexes = [models.Index(fields=["tenant", "-stake", "-customer"], name="outlook_stake")]


class Assumption(TenantModel):
    """What a business says of itself that no figure can tell; one row at most."""

    discount = models.DecimalField(
        _("discount a year"), max_digits=5, decimal_places=4, default=Decimal("0.15"),
        help_text=_("By how much money a year from now is worth less: 0.15 is 15%."),
    )  # fmt: skip
    margin = models.DecimalField(
        _("margin"), max_digits=5, decimal_places=4, null=True, blank=True,
        help_text=_("What remains of a sale: 0.4 is 40%. Empty: values are revenue, not profit."),
    )  # fmt: skip
    email_cost = models.DecimalField(
        _("cost of an email"), max_digits=10, decimal_places=5, null=True, blank=True,
        help_text=_("With everything, in your currency. Empty: the return on email is not known."),
    )  # fmt: skip
    risk_from = models.DecimalField(
        _("at risk from"), max_digits=3, decimal_places=2, default=Decimal("0.5"),
        help_text=_("From which risk of having left somebody is on the list of those at risk."),
    )  # fmt: skip

    class Meta:
        verbose_name, verbose_name_plural = _("assumptions"), _("assumptions")
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="assumption_once"),
            models.CheckConstraint(condition=Q(discount__gte=0, discount__lt=1), name="assumption_discount"),
            models.CheckConstraint(condition=Q(margin=None) | Q(margin__gt=0, margin__lte=1), name="assumption_margin"),
            models.CheckConstraint(condition=Q(email_cost=None) | Q(email_cost__gte=0), name="assumption_email_cost"),
            models.CheckConstraint(condition=Q(risk_from__gt=0, risk_from__lt=1), name="assumption_risk_from"),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)
