"""Loyalty points: the tenant's rule, and the ledger."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from cxm.tenancy.models import TenantModel


class PointsRule(TenantModel):
    """How points are earned with orders, and how long they hold. A tenant has one."""

    active = models.BooleanField(default=False)
    per_unit = models.DecimalField(
        max_digits=8, decimal_places=3, default=1, help_text=_("Points for each unit of the currency spent.")
    )
    # Orders placed before earn nothing: the history of a shop is not paid for after the event.
    since = models.DateTimeField(null=True)
    from_sites = models.BooleanField(
        default=False, help_text=_("Whether orders earn that only a website told, with a key its visitors can read.")
    )
    valid_days = models.PositiveIntegerField(null=True, blank=True, help_text=_("Unused points lapse after so long."))
    worth = models.DecimalField(
        max_digits=8, decimal_places=4, null=True, blank=True, help_text=_("What a point is worth, in your currency.")
    )
    # [{"name": "Silver", "name_ar": "فضي", "from": 500}], by points earned with orders, lowest first.
    tiers = models.JSONField(default=list, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name, verbose_name_plural = _("points rule"), _("points rule")
        constraints = [models.UniqueConstraint(fields=["tenant"], name="points_rule_once")]


class PointsEntry(TenantModel):
    """Points that came or went. What is left of those that came is the balance: it cannot fall below nothing."""

    class Kind(models.TextChoices):
        ORDER = "order", _("Order")
        RETURN = "return", _("Return")
        GIVEN = "given", _("Given")
        SPENT = "spent", _("Spent")
        LAPSED = "lapsed", _("Lapsed")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.GIVEN)
    amount = models.IntegerField(help_text=_("Negative where points went."))
    unspent = models.IntegerField(default=0, help_text=_("Of points that came: what is left of them."))
    reason = models.CharField(max_length=200, blank=True)
    # For what it was written: an order, a step of an automation. The same again is written once.
    key = models.CharField(max_length=220, db_collation="C")
    created_by = models.CharField(max_length=254, blank=True)
    at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "customer", "key"], name="points_entry_once"),
            models.CheckConstraint(
                condition=models.Q(unspent=0) | models.Q(unspent__gt=0, unspent__lte=models.F("amount")),
                name="points_unspent_of_what_came",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "customer", "-at"], name="points_of_customer"),
            models.Index(fields=["tenant", "expires_at"], name="points_to_lapse", condition=models.Q(unspent__gt=0)),
        ]
