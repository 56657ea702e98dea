"""The person, what identifies them, their tags, and what is computed of them."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Right
from django.utils.translation import gettext_lazy as _

from customers.models.company import Company
from cxm.tenancy.models import TenantModel


class Customer(TenantModel):
    """One person, once, over all channels."""

    class Class(models.TextChoices):
        PROSPECT = "prospect", _("No order yet")
        NEW = "new", _("New")
        ACTIVE = "active", _("Active")
        RETURNING = "returning", _("Returning")
        LAPSED = "lapsed", _("Lapsed")
        LOST = "lost", _("Lost")

    external_id = models.CharField(max_length=200, null=True, blank=True, db_collation="C")
    name = models.CharField(max_length=200, blank=True)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    # cxm.lib.text.fold(name): searched as a range, which an index serves under row-level security.
    name_key = models.CharField(max_length=220, blank=True, db_collation="C")
    # Folded words of name, address, phone, external id and company; searched through a view of the owner's (trigrams).
    search = models.TextField(blank=True, db_collation="C")
    email = models.CharField(max_length=320, blank=True)
    # cxm.lib.addresses: domain in ASCII, all in small letters; identity for matching and suppression.
    email_key = models.CharField(max_length=320, blank=True, db_collation="C")
    phone = models.CharField(max_length=16, blank=True, db_collation="C", help_text=_("E.164"))
    # The last eight digits, kept by the server whoever writes: a number told without its country is found by them,
    # and a column of its own is what an index serves under row-level security.
    phone_tail = models.GeneratedField(
        expression=Right("phone", 8), output_field=models.CharField(max_length=8, db_collation="C"), db_persist=True
    )
    language = models.CharField(max_length=10, blank=True)
    timezone = models.CharField(max_length=64, blank=True)
    country = models.CharField(max_length=2, blank=True)
    city = models.CharField(max_length=100, blank=True)
    birthday = models.DateField(null=True, blank=True)
    company = models.ForeignKey(
        Company, null=True, blank=True, on_delete=models.SET_NULL, related_name="customers", db_index=False
    )
    attributes = models.JSONField(default=dict, blank=True)
    lifecycle = models.CharField(max_length=10, choices=Class, default=Class.PROSPECT)
    created_at = models.DateTimeField(help_text=_("When the business first knew them."))
    updated_at = models.DateTimeField()
    source = models.CharField(max_length=40, blank=True)
    # The import that made the row, so that it can be undone.
    import_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "external_id"], name="customer_external_id"),
            models.CheckConstraint(condition=~models.Q(external_id=""), name="customer_external_id_not_empty"),
        ]
        indexes = [
            models.Index(fields=["tenant", "email_key"], name="customer_email", condition=~models.Q(email_key="")),
            models.Index(fields=["tenant", "phone"], name="customer_phone", condition=~models.Q(phone="")),
            models.Index(fields=["tenant", "phone_tail"], name="customer_tail", condition=~models.Q(phone="")),
            models.Index(fields=["tenant", "name_key", "id"], name="customer_name"),
            # Substrings, through the view of models/found.py; the tenant first, so that one reads only its own.
            GinIndex(fields=["tenant", "search"], opclasses=["int8_ops", "gin_trgm_ops"], name="customer_words"),
            models.Index(fields=["tenant", "-created_at", "-id"], name="customer_recent"),
            models.Index(fields=["tenant", "updated_at", "id"], name="customer_changed"),
            models.Index(fields=["tenant", "company"], name="customer_company", condition=~models.Q(company=None)),
            models.Index(fields=["tenant", "import_id"], name="customer_import", condition=~models.Q(import_id=None)),
        ]

    def __str__(self) -> str:
        return self.name or self.email or self.phone or self.external_id or f"#{self.pk}"

    @property
    def lifecycle_label(self) -> str:
        """The class in words; Django's ``get_lifecycle_display`` builds every choice anew for each row of a list."""
        return self.Class(self.lifecycle).label


class Identity(TenantModel):
    """A further name under which a person is known: an anonymous id of a browser, a former id, a social handle."""

    FORMER = "user"  # the kind of an id of the shop that an alias or a merge took away

    kind = models.CharField(max_length=20)
    value = models.CharField(max_length=255, db_collation="C")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="identities")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "kind", "value"], name="identity_once")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


class Tag(TenantModel):
    """A word a tenant puts on people."""

    name = models.CharField(max_length=60)
    name_key = models.CharField(max_length=80, db_collation="C")

    class Meta:
        verbose_name, verbose_name_plural = _("tag"), _("tags")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name_key"], name="tag_name")]

    def __str__(self) -> str:
        return self.name


class CustomerTag(TenantModel):
    """That a person carries a tag."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="tag_links", db_index=False)
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "customer", "tag"], name="customer_tag_once")]
        indexes = [models.Index(fields=["tenant", "tag", "customer"], name="customer_tag_members")]


class Traits(TenantModel):
    """What is computed of a person: kept up by set-based statements, never typed in.

    A row of its own, so that a busy timeline does not rewrite the profile and its indexes.
    """

    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, primary_key=True, related_name="traits")
    orders_count = models.IntegerField(default=0, help_text=_("Orders that are not returns."))
    returns_count = models.IntegerField(default=0)
    revenue = models.DecimalField(
        max_digits=16, decimal_places=2, default=0, help_text=_("Sum of orders, returns taken off.")
    )
    first_order_at = models.DateTimeField(null=True)
    last_order_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True, help_text=_("Last event of theirs on any channel."))
    last_open_at = models.DateTimeField(null=True, help_text=_("Last open by a person, not a machine."))
    last_click_at = models.DateTimeField(null=True)
    # Scores of later engines by name (churn risk, predicted value).
    scores = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "last_order_at"], name="traits_last_order"),
            models.Index(fields=["tenant", "revenue"], name="traits_revenue"),
        ]
