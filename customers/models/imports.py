"""Files brought in: the run, what of it waits to be applied, what was refused, and how to take it back."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cxm.lib.ids import uuid7
from cxm.tenancy.models import TenantModel


def upload_path(instance: "Import", filename: str) -> str:
    """Keep uploads apart by tenant, under a name of ours."""
    return f"imports/{instance.tenant_id}/{uuid7()}"


class Import(TenantModel):
    """One file on its way in."""

    class Kind(models.TextChoices):
        CUSTOMERS = "customers", _("Customers")
        ORDERS = "orders", _("Orders")

    class State(models.TextChoices):
        MAPPING = "mapping", _("Columns to be matched")
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")

    class Step(models.TextChoices):
        """How far the work has got; each is reached in one transaction, so a crash resumes after it."""

        NEW = "", _("Reading the file")
        STAGED = "staged", _("Checking")
        CHECKED = "checked", _("Applying")
        APPLIED = "applied", _("Applied")

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CUSTOMERS)
    state = models.CharField(max_length=10, choices=State, default=State.MAPPING)
    file = models.FileField(upload_to=upload_path, max_length=300, blank=True)
    filename = models.CharField(max_length=255)
    layout = models.JSONField(default=dict, help_text="Encoding, delimiter and header, as detected.")
    sample = models.JSONField(default=list, help_text="The first rows, for the page that matches columns.")
    mapping = models.JSONField(default=dict, help_text="Column → field.")
    options = models.JSONField(default=dict, help_text="How dates and numbers of the file are read.")
    dry_run = models.BooleanField(default=False)
    step = models.CharField(max_length=20, choices=Step, default=Step.NEW, blank=True)
    marker = models.BigIntegerField(default=0, help_text="The last line, or order, that the step at hand is done with.")
    total = models.BigIntegerField(default=0)
    created = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    summary = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    job_id = models.BigIntegerField(null=True)
    by_label = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Written as `updated_at` of everything the import touches: what bears it still was touched by nobody since.
    applied_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("import"), _("imports")
        indexes = [models.Index(fields=["tenant", "-created_at"], name="import_recent")]

    def __str__(self) -> str:
        return self.filename


class StagedCustomer(TenantModel):
    """A line of a file of customers, cleaned and waiting. Null: the file says nothing about it."""

    pk = models.CompositePrimaryKey("tenant_id", "import_id", "number")
    import_id = models.BigIntegerField()
    number = models.BigIntegerField(help_text="Line of the file.")
    external_id = models.CharField(max_length=200, null=True, db_collation="C")
    name = models.CharField(max_length=200, null=True)
    # Made of a first or a last name alone: good enough for somebody who has no name yet.
    name_is_part = models.BooleanField(default=False, db_default=False)
    first_name = models.CharField(max_length=100, null=True)
    last_name = models.CharField(max_length=100, null=True)
    name_key = models.CharField(max_length=220, null=True, db_collation="C")
    email = models.CharField(max_length=320, null=True)
    email_key = models.CharField(max_length=320, null=True, db_collation="C")
    phone = models.CharField(max_length=16, null=True, db_collation="C")
    search = models.TextField(null=True, db_collation="C", help_text="As it is for somebody new.")
    language = models.CharField(max_length=10, null=True)
    timezone = models.CharField(max_length=64, null=True)
    country = models.CharField(max_length=2, null=True)
    city = models.CharField(max_length=100, null=True)
    birthday = models.DateField(null=True)
    company = models.CharField(max_length=200, null=True)
    company_key = models.CharField(max_length=220, null=True, db_collation="C")
    created_at = models.DateTimeField(null=True)
    attributes = models.JSONField(null=True)
    tags = models.JSONField(null=True, help_text="Folded word → word.")
    consents = models.JSONField(null=True, help_text="channel or channel.topic → yes or no.")


class StagedLine(TenantModel):
    """A line of a file of orders, cleaned and waiting."""

    pk = models.CompositePrimaryKey("tenant_id", "import_id", "number")
    import_id = models.BigIntegerField()
    number = models.BigIntegerField(help_text="Line of the file.")
    order_id = models.CharField(max_length=200, db_collation="C")
    customer = models.CharField(max_length=200, db_collation="C", help_text="External id.")
    placed_at = models.DateTimeField()
    quantity = models.DecimalField(max_digits=12, decimal_places=3, null=True)
    unit_price = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    revenue = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    currency = models.CharField(max_length=3, null=True)
    sku = models.CharField(max_length=100, null=True, db_collation="C")
    title = models.CharField(max_length=300, null=True)
    channel = models.CharField(max_length=40, null=True)
    coupon = models.CharField(max_length=60, null=True)
    country = models.CharField(max_length=2, null=True, help_text="Of a customer who is new.")

    class Meta:
        indexes = [models.Index(fields=["tenant", "import_id", "order_id"], name="staged_line_order")]


class StagedOrder(TenantModel):
    """Lines of one order, found together wherever they stood in the file."""

    pk = models.CompositePrimaryKey("tenant_id", "import_id", "number")
    import_id = models.BigIntegerField()
    number = models.BigIntegerField(help_text="Its place among the orders of the file.")
    order_id = models.CharField(max_length=200, db_collation="C")
    customer = models.CharField(max_length=200, db_collation="C")
    placed_at = models.DateTimeField()
    is_return = models.BooleanField()
    revenue = models.DecimalField(max_digits=16, decimal_places=2)
    currency = models.CharField(max_length=3)
    channel = models.CharField(max_length=40)
    coupon = models.CharField(max_length=60)
    country = models.CharField(max_length=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "import_id", "order_id"], name="staged_order_once"),
        ]


class ImportReject(TenantModel):
    """A line that was not taken, why, and what stood in it."""

    pk = models.CompositePrimaryKey("tenant_id", "import_id", "number")
    import_id = models.BigIntegerField()
    number = models.BigIntegerField(help_text="Line of the file.")
    reason = models.CharField(max_length=40, db_collation="C")
    place = models.CharField(max_length=200, blank=True, help_text="The column at fault.")
    detail = models.CharField(max_length=300, blank=True)
    order_id = models.CharField(max_length=200, blank=True, db_collation="C")
    cells = models.JSONField(null=True, help_text="Null until read again from the file.")

    class Meta:
        indexes = [models.Index(fields=["tenant", "import_id", "reason", "number"], name="import_reject_reason")]


class ImportChange(TenantModel):
    """What a row was before an import changed it: the way back."""

    import_id = models.BigIntegerField()
    row_kind = models.CharField(max_length=10, help_text="customer, order or tag")
    row_id = models.BigIntegerField()
    before = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "import_id", "row_kind", "row_id"], name="import_change_once"),
        ]
        # Of one row, whatever import it was: people who are merged or erased leave nothing here.
        indexes = [models.Index(fields=["tenant", "row_kind", "row_id"], name="import_change_of_row")]


class ColumnMapping(TenantModel):
    """How a file with these columns was understood last time."""

    kind = models.CharField(max_length=10, choices=Import.Kind)
    fingerprint = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    used_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "kind", "fingerprint"], name="column_mapping_once")]
