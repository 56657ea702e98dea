"""Help articles: written by colleagues, found by everybody, told whether they helped."""

import re
from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import text
from cxm.lib.errors import NotFound, Refusal
from feedback.models import Article, ArticleFound

WORDS = ("section", "section_ar", "title", "title_ar", "body", "body_ar")
LENGTHS = {"section": 100, "section_ar": 100, "title": 200, "title_ar": 200, "body": 30_000, "body_ar": 30_000}
MAX_ASKED = 200
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,78}[a-z0-9])?")


class InvalidArticle(Refusal):
    code = "invalid_article"
    message = _("Some fields are not right.")


class UnknownArticle(NotFound):
    message = _("There is no such article.")


def get(article_id: int) -> Article:
    """Return an article of the tenant in scope, or refuse with 404."""
    found = Article.objects.filter(pk=article_id).first()
    if found is None:
        raise UnknownArticle
    return found


def read(slug: str) -> Article:
    """Return a public article by its short name, or refuse with 404."""
    found = Article.objects.filter(slug=slug, state=Article.State.PUBLIC).first()
    if found is None:
        raise UnknownArticle
    return found


def listed(*, asked: str = "", state: str = "") -> QuerySet[Article]:
    """Return articles that hold all words asked for, anywhere, in either language."""
    found = Article.objects.filter(pk__in=_ids_matching(asked)) if asked.strip() else Article.objects.all()
    return found.filter(state=state) if state else found


def shelves(*, language: str) -> list[tuple[str, list[Article]]]:
    """Return the public articles by section, both by name; those without a section come last."""
    rows = list(listed(state=Article.State.PUBLIC).defer("search"))
    rows.sort(key=lambda row: (not row.said("section", language), text.fold(row.said("section", language)),
                               text.fold(row.said("title", language))))  # fmt: skip
    return [(name, list(found)) for name, found in groupby(rows, key=lambda row: row.said("section", language))]


@transaction.atomic
def create(*, by: Actor, now: datetime, slug: str = "", state: str = Article.State.DRAFT, **words: str) -> Article:
    """Write an article.

    Args:
        slug: its short name in addresses; made from the title when left out.
        words: of WORDS; one language is enough.

    Raises:
        InvalidArticle: no title, no such state, or the short name is taken or is none.
    """
    article = Article(updated_at=now)
    _apply(article, words)
    article.slug = _checked_slug(slug) or _free_slug(article)
    _set_state(article, state, now)
    _store(article)
    audit.record(by=by, action="article.created", on=article)
    return article


@transaction.atomic
def change(*, article: Article, by: Actor, now: datetime, slug: str = "", state: str = "", **words: str) -> Article:
    """Change what is said, leave the rest.

    Raises:
        InvalidArticle: as for create.
    """
    _apply(article, words)
    article.updated_at = now
    if slug:
        article.slug = _checked_slug(slug)
    if state:
        _set_state(article, state, now)
    _store(article)
    audit.record(by=by, action="article.changed", on=article, state=article.state)
    return article


@transaction.atomic
def delete(*, article: Article, by: Actor) -> None:
    """Take an article away."""
    audit.record(by=by, action="article.deleted", on=article)
    article.delete()


def vote(*, article: Article, helped: bool) -> None:
    """Count whether it helped a reader."""
    column = "helped" if helped else "not_helped"
    Article.objects.filter(pk=article.pk).update(**{column: F(column) + 1})


def _ids_matching(asked: str) -> QuerySet:
    condition = Q()
    for word in _words(asked[:MAX_ASKED]):
        condition &= Q(search__contains=word)
    return ArticleFound.objects.filter(condition).values("id")


def _words(asked: str) -> Iterable[str]:
    """Return what is looked for: each word folded, without the Arabic article before it, which people add and drop."""
    for word in text.fold(asked).split():
        bare = word.removeprefix("ال")
        yield bare if len(bare) >= 3 else word


def _apply(article: Article, words: dict[str, str]) -> None:
    wrong = {}
    for name, value in words.items():
        if name not in WORDS:
            raise TypeError(f"Not a word of an article: {name}")
        cleaned = value.replace("\0", "").strip() if name.startswith("body") else text.clean_line(value)
        if len(cleaned) > LENGTHS[name]:
            wrong[name] = __("At most %(length)s characters.") % {"length": LENGTHS[name]}
        setattr(article, name, cleaned)
    if not (article.title or article.title_ar):
        wrong["title"] = __("An article needs a title.")
    if wrong:
        raise InvalidArticle(fields=wrong)
    article.search = text.fold(" ".join(getattr(article, name) for name in WORDS))


def _set_state(article: Article, state: str, now: datetime) -> None:
    if state not in Article.State.values:
        raise InvalidArticle(fields={"state": __("There is no such state.")})
    article.state = state
    if state == Article.State.PUBLIC and article.published_at is None:
        article.published_at = now


def _checked_slug(slug: str) -> str:
    if slug and not _SLUG.fullmatch(slug):
        raise InvalidArticle(fields={"slug": __("Use small letters, digits and hyphens.")})
    return slug


def _free_slug(article: Article) -> str:
    base = text.slug(str(article), length=70) or "article"
    taken = set(Article.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return base if base not in taken else next(f"{base}-{n}" for n in range(2, len(taken) + 3)
                                               if f"{base}-{n}" not in taken)  # fmt: skip


def _store(article: Article) -> None:
    try:
        with transaction.atomic():
            article.save()
    except IntegrityError as error:
        raise InvalidArticle(fields={"slug": __("Another article has this short name.")}) from error
