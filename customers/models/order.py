"""What people bought and sent back."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from cxm.tenancy.models import TenantModel


class Order(TenantModel):
    """An order, or a return: then its revenue is negative."""

    class Kind(models.TextChoices):
        ORDER = "order", _("Order")
        RETURN = "return", _("Return")

    order_id = models.CharField(max_length=200, db_collation="C", help_text=_("The shop's own number."))
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="orders", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.ORDER)
    placed_at = models.DateTimeField()
    revenue = models.DecimalField(max_digits=16, decimal_places=2)
    currency = models.CharField(max_length=3)
    channel = models.CharField(max_length=40, blank=True)
    coupon = models.CharField(max_length=60, blank=True)
    source = models.CharField(max_length=40, blank=True)
    import_id = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "order_id"], name="order_once")]
        indexes = [
            models.Index(fields=["tenant", "customer", "placed_at"], name="order_of_customer"),
            models.Index(fields=["tenant", "placed_at", "customer"], name="order_by_time"),
            models.Index(fields=["tenant", "import_id"], name="order_import", condition=~models.Q(import_id=None)),
        ]

    def __str__(self) -> str:
        return self.order_id


class OrderLine(TenantModel):
    """One article of an order."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", db_index=False)
    position = models.PositiveIntegerField()
    sku = models.CharField(max_length=100, blank=True, db_collation="C")
    title = models.CharField(max_length=300, blank=True)
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    unit_price = models.DecimalField(max_digits=14, decimal_places=4)
    amount = models.DecimalField(max_digits=16, decimal_places=2)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "order", "position"], name="order_line_once")]
        indexes = [models.Index(fields=["tenant", "sku"], name="order_line_sku")]
