"""What happened, added up by day in the tenant's zone, so that a dashboard costs days and not events."""

from django.db import models

from cxm.tenancy.models import TenantModel


class DailyFigure(TenantModel):
    """One measure of one past day. A row of the measure ``done`` says that the day was added up."""

    day = models.DateField()
    measure = models.CharField(max_length=40, db_collation="C")
    count = models.BigIntegerField(default=0)
    amount = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    # Of measures whose spread matters (scores, lengths of time): each value and how often. Spreads add up exactly.
    values = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "day", "measure"], name="daily_figure_once")]


class StaleDay(TenantModel):
    """A day that something was added to after it was (or while it is being) added up; no day means all of them."""

    day = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "day"], name="stale_day")]
