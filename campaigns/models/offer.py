"""What is offered: offers, the codes they give, to whom each was given, and where it was used."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.ledger import Message
from customers.models import Customer, Segment
from cxm.tenancy.models import TenantModel


class Offer(TenantModel):
    """Something a customer gets against a code: a discount, a voucher, or whatever its words say."""

    class Kind(models.TextChoices):
        PERCENT = "percent", _("Discount in percent")
        AMOUNT = "amount", _("Discount of an amount")
        VOUCHER = "voucher", _("Voucher")
        OTHER = "other", _("Something else")

    class Codes(models.TextChoices):
        SINGLE = "single", _("One code for everybody")
        UNIQUE = "unique", _("A code of their own for each person")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("Active")
        ENDED = "ended", _("Ended")

    name = models.CharField(max_length=120)
    # What customers read; the domain says it in words where it is empty.
    title = models.CharField(max_length=120, blank=True)
    title_ar = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PERCENT)
    value = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    codes = models.CharField(max_length=10, choices=Codes, default=Codes.UNIQUE)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    segment = models.ForeignKey(Segment, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    valid_days = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("How long a code holds once it was given.")
    )
    minimum = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    limit = models.PositiveIntegerField(
        null=True, blank=True, db_column="limit_all", help_text=_("Redemptions in all.")
    )
    limit_each = models.PositiveIntegerField(null=True, blank=True, help_text=_("Redemptions of one person."))
    # Of one redemption, in the tenant's currency; what was taken off where it is empty.
    cost = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    created_by = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("offer"), _("offers")
        indexes = [
            models.Index(fields=["tenant", "-created_at"], name="offer_recent"),
            models.Index(fields=["tenant", "segment"], name="offer_of_segment"),
        ]

    def __str__(self) -> str:
        return self.name


class Code(TenantModel):
    """A code of an offer: the one that all share, or one of its pool. No two offers have the same."""

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="pool", db_index=False)
    code = models.CharField(max_length=60)
    key = models.CharField(max_length=60, db_collation="C", help_text=_("The code as it is looked up."))
    free = models.BooleanField(default=True, help_text=_("In the pool, given to nobody."))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="code_once")]
        indexes = [
            models.Index(fields=["tenant", "offer", "id"], name="code_free", condition=models.Q(free=True)),
            models.Index(fields=["tenant", "offer"], name="code_of_offer"),
        ]

    def __str__(self) -> str:
        return self.code


class Issue(TenantModel):
    """A code given to somebody: held while its message is on the way, issued once that was accepted."""

    class State(models.TextChoices):
        HELD = "held", _("On its way")
        ISSUED = "issued", _("Given")

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="issues", db_index=False)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    # For what it was given: a unit of the ledger, a step of an automation, a case. The same again is the same code.
    key = models.CharField(max_length=120, db_collation="C")
    code = models.CharField(max_length=60)
    # Of the pool; null where all share one.
    pooled = models.ForeignKey(Code, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    message = models.ForeignKey(Message, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    state = models.CharField(max_length=10, choices=State, default=State.ISSUED)
    cost = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    created_by = models.CharField(max_length=254, blank=True)
    at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "offer", "key", "customer"], name="issue_once"),
            models.UniqueConstraint(fields=["tenant", "message"], name="issue_of_message"),
            models.UniqueConstraint(fields=["tenant", "pooled"], name="issue_of_code"),
        ]
        indexes = [
            models.Index(fields=["tenant", "customer", "-at"], name="issue_of_customer"),
            models.Index(fields=["tenant", "offer", "-at"], name="issue_of_offer"),
        ]


class Redemption(TenantModel):
    """A code used, once for an order."""

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="redemptions", db_index=False)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    issue = models.ForeignKey(Issue, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    code = models.CharField(max_length=60)
    # Of the pool: such a code is used once. Null where all share one.
    pooled = models.ForeignKey(Code, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    order_id = models.CharField(max_length=200, null=True, db_collation="C")
    amount = models.DecimalField(max_digits=16, decimal_places=2, null=True, help_text=_("Of the order."))
    value = models.DecimalField(max_digits=16, decimal_places=2, default=0, help_text=_("What was taken off."))
    cost = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    created_by = models.CharField(max_length=254, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "offer", "order_id"], name="redemption_of_order"),
            models.UniqueConstraint(fields=["tenant", "pooled"], name="redemption_of_code"),
        ]
        indexes = [
            models.Index(fields=["tenant", "offer", "-at"], name="redemption_of_offer"),
            models.Index(fields=["tenant", "customer", "-at"], name="redemption_of_customer"),
            models.Index(fields=["tenant", "issue"], name="redemption_of_issue"),
        ]
