"""Maps of what customers go through: the draft, its steps back, published versions, comments, public links."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cxm.accounts.models import User
from cxm.tenancy.models import TenantModel
from journeys.models.persona import Persona


class JourneyMap(TenantModel):
    """One map. What is drawn stands in ``draft`` (see journeys.domain.map_content); publishing keeps a copy of it."""

    class State(models.TextChoices):
        AS_IS = "as_is", _("As it is")
        TO_BE = "to_be", _("As it should be")

    name = models.CharField(max_length=120)
    persona = models.ForeignKey(
        Persona, null=True, blank=True, on_delete=models.PROTECT, related_name="maps", db_index=False
    )
    state = models.CharField(max_length=5, choices=State, default=State.AS_IS)
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    draft = models.JSONField(default=dict)
    # Grows with every change, so that two people on one draft notice each other.
    revision = models.PositiveIntegerField(default=0)
    # Number of the last change that holds; those above it were taken back and can be done again.
    position = models.PositiveIntegerField(default=0)
    published_number = models.PositiveIntegerField(default=0)
    published_revision = models.PositiveIntegerField(default=0)
    review_months = models.PositiveSmallIntegerField(default=4)
    review_due = models.DateField(null=True, blank=True)
    # The due date of which the owner was reminded already.
    reminded_of = models.DateField(null=True, blank=True)
    created_by = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("map"), _("maps")
        indexes = [
            models.Index(fields=["tenant", "-updated_at", "-id"], name="map_recent"),
            models.Index(fields=["review_due"], name="map_review", condition=models.Q(archived_at=None)),
        ]

    def __str__(self) -> str:
        return self.name


class MapChange(TenantModel):
    """One step of drawing, with what stood there before and after it: undo and redo."""

    map = models.ForeignKey(JourneyMap, on_delete=models.CASCADE, related_name="changes", db_index=False)
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=30)
    # What was changed (the id of a stage, a touchpoint …): typing on in one place is one step.
    place = models.CharField(max_length=60, blank=True)
    before = models.JSONField()
    after = models.JSONField()
    by = models.CharField(max_length=254, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "map", "number"], name="map_change_number")]


class MapVersion(TenantModel):
    """What was published; written once, never changed."""

    map = models.ForeignKey(JourneyMap, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    persona_name = models.CharField(max_length=120, blank=True)
    content = models.JSONField()
    note = models.CharField(max_length=300, blank=True)
    published_by = models.CharField(max_length=254, blank=True)
    published_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "map", "number"], name="map_version_number")]

    def __str__(self) -> str:
        return f"{self.name} ({self.number})"


class MapComment(TenantModel):
    """What a colleague said about a cell of the map."""

    map = models.ForeignKey(JourneyMap, on_delete=models.CASCADE, related_name="comments", db_index=False)
    # The id of a stage or touchpoint, empty for the whole map; the lane, empty for all of it.
    place = models.CharField(max_length=30, blank=True)
    lane = models.CharField(max_length=20, blank=True)
    text = models.TextField()
    author = models.CharField(max_length=254)
    author_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=254, blank=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "map", "id"], name="map_comment_of")]


class MapLink(TenantModel):
    """A public address of a map: read only, until it is taken back or its day has come."""

    map = models.ForeignKey(JourneyMap, on_delete=models.CASCADE, related_name="links", db_index=False)
    label = models.CharField(max_length=120, blank=True)
    with_figures = models.BooleanField(default=False)
    created_by = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "map", "id"], name="map_link_of")]

    def __str__(self) -> str:
        return self.label or f"#{self.pk}"
