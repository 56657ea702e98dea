"""What was answered to a call that may be repeated."""

from django.db import models

from cxm.tenancy.models import TenantModel


class IdempotentRequest(TenantModel):
    """One write with an Idempotency-Key, and its answer. The row is written with what the call wrote, or not at all."""

    key = models.CharField(max_length=255, db_collation="C")
    # SHA-256 of method, path and body: the same key for another call is a mistake of the caller's.
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)  # 0: the answer was not kept
    content_type = models.CharField(max_length=100, blank=True)
    location = models.CharField(max_length=500, blank=True)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="idempotent_request_key")]
        indexes = [models.Index(fields=["created_at"], name="idempotent_request_age")]

    def __str__(self) -> str:
        return self.key
