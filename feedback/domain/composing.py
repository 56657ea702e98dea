"""A survey written in one piece: what programs bring, and what a colleague would build question by question."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from cxm.audit.actors import Actor
from feedback.domain import surveys, versions
from feedback.models import Survey


@transaction.atomic
def create(
    *,
    name: str,
    by: Actor,
    slug: str = "",
    languages: list[str] | None = None,
    questions: Sequence[Mapping[str, Any]] = (),
    texts: Mapping[str, Mapping[str, str]] | None = None,
    **settings: Any,
) -> Survey:
    """Make a draft with its questions.

    Args:
        questions: each as ``versions.add`` takes it.
        texts: words before the first question and after the last, by language.
        settings: as ``surveys.change`` takes them.

    Raises: as ``surveys.create``, ``surveys.change`` and ``versions.add``.
    """
    survey = surveys.create(name=name, slug=slug, languages=languages, by=by)
    return rewrite(survey=survey, by=by, questions=questions, texts=texts, **settings)


@transaction.atomic
def rewrite(
    *,
    survey: Survey,
    by: Actor,
    questions: Sequence[Mapping[str, Any]] | None = None,
    texts: Mapping[str, Mapping[str, str]] | None = None,
    **settings: Any,
) -> Survey:
    """Change what is named: settings; the questions of the draft, all of them at once; the words around them.

    Raises: as ``surveys.change`` and ``versions.add``.
    """
    if questions is not None:
        draft = versions.draft(survey=survey)
        draft.questions.all().delete()
        for question in questions:
            versions.add(version=draft, by=by, **question)
    if texts is not None:
        versions.word(version=versions.draft(survey=survey), texts=texts, by=by)
    return surveys.change(survey=survey, by=by, **settings) if settings else survey
