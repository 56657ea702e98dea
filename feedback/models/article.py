"""Help articles, in two languages, and the view through which they are searched."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from cxm.tenancy.models import TenantModel
from cxm.tenancy.policies import MINE
from cxm.tenancy.scopes import ROLE

VIEW = "feedback_article_found"


class Article(TenantModel):
    """An answer to what many ask, written once. A language left empty is read in the other."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLIC = "public", _("Public")

    slug = models.CharField(max_length=80, db_collation="C")
    section = models.CharField(max_length=100, blank=True)
    section_ar = models.CharField(max_length=100, blank=True)
    title = models.CharField(max_length=200, blank=True)
    title_ar = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True)
    body_ar = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    # Folded words of both languages; searched through the view below (trigrams).
    search = models.TextField(blank=True, db_collation="C")
    helped = models.PositiveIntegerField(default=0)
    not_helped = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("article"), _("articles")
        constraints = [models.UniqueConstraint(fields=["tenant", "slug"], name="article_slug")]
        indexes = [
            models.Index(fields=["tenant", "-updated_at", "-id"], name="article_recent"),
            models.Index(fields=["tenant", "state", "section", "id"], name="article_public"),
            GinIndex(fields=["tenant", "search"], opclasses=["int8_ops", "gin_trgm_ops"], name="article_words"),
        ]

    def __str__(self) -> str:
        return self.title or self.title_ar

    def said(self, name: str, language: str) -> str:
        """Return title, body or section in a language, or in the other where it has none."""
        own, other = getattr(self, name), getattr(self, f"{name}_ar")
        return (other or own) if language == "ar" else (own or other)


class ArticleFound(models.Model):
    """An article's searched words. Read only; the view's one condition keeps tenants apart, as in customers' own."""

    id = models.BigIntegerField(primary_key=True)
    tenant = models.ForeignKey("tenancy.Tenant", on_delete=models.DO_NOTHING, related_name="+")
    search = models.TextField(db_collation="C")

    class Meta:
        managed = False
        db_table = VIEW


def view_sql(existing: list[str] | set[str]) -> list[str]:
    """Return the statements that make the view."""
    if Article._meta.db_table not in existing:
        return []
    return [
        f"CREATE OR REPLACE VIEW {VIEW} AS SELECT id, tenant_id, search FROM {Article._meta.db_table} "
        f"WHERE tenant_id = {MINE}",
        f"GRANT SELECT ON {VIEW} TO {ROLE}",
    ]
