"""Files brought in: the run, its staged rows, and the mapping remembered for the next file of that shape."""

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
        UNDONE = "undone", _("Undone")

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CUSTOMERS)
    state = models.CharField(max_length=10, choices=State, default=State.MAPPING)
    file = models.FileField(upload_to=upload_path, max_length=300)
    filename = models.CharField(max_length=255)
    layout = models.JSONField(default=dict, help_text=_("Encoding, delimiter and header, as detected."))
    mapping = models.JSONField(default=dict, help_text=_("Column → field."))
    options = models.JSONField(default=dict)
    dry_run = models.BooleanField(default=False)
    step = models.CharField(max_length=20, blank=True, help_text=_("How far it got: staged, checked, applied."))
    total = models.BigIntegerField(default=0)
    created = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    summary = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    job_id = models.BigIntegerField(null=True)
    by_label = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "-created_at"], name="import_recent")]

    def __str__(self) -> str:
        return self.filename


class ImportRow(TenantModel):
    """A staged line of a file. Rejected ones stay with their reason; the rest go once applied."""

    import_id = models.BigIntegerField()
    number = models.BigIntegerField(help_text=_("Line of the file."))
    cells = models.JSONField(default=list)
    reason = models.CharField(max_length=60, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "import_id", "number"], name="import_row_order"),
            models.Index(
                fields=["tenant", "import_id", "reason"], name="import_row_rejects", condition=~models.Q(reason="")
            ),
        ]


class ColumnMapping(TenantModel):
    """How a file with these columns was understood last time."""

    kind = models.CharField(max_length=10, choices=Import.Kind)
    fingerprint = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    used_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "kind", "fingerprint"], name="column_mapping_once")]
