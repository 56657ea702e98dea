"""What customers were given to make good."""

from django.db import models

from campaigns.models import Issue
from cxm.tenancy.models import TenantModel
from feedback.models.case import Case


class Compensation(TenantModel):
    """An offer given in a case, with what it costs."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="compensations", db_index=False)
    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="+", db_index=False)
    cost = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    by_label = models.CharField(max_length=254, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "case", "issue"], name="compensation_once")]
        indexes = [
            models.Index(fields=["tenant", "at"], name="compensation_recent"),
            models.Index(fields=["tenant", "issue"], name="compensation_of_issue"),
        ]
