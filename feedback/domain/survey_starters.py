"""Surveys to start from, written in English and in Arabic, one file each."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction

from cxm.audit.actors import Actor
from cxm.lib.errors import NotFound
from feedback.domain import surveys, versions
from feedback.models import Survey

FOLDER = Path(__file__).parent / "starter_surveys"
KEYS = ("nps", "purchase", "case", "effort")


class UnknownStarter(NotFound):
    message = surveys.UnknownSurvey.message


@dataclass(frozen=True)
class Starter:
    """One survey to begin with.

    Args:
        names, leads: what it is called and what it is for, by language.
        settings: of the survey: wave, rest_days.
        cover: words before the first question and after the last, by language.
        questions: as ``versions.add`` takes them.
    """

    key: str
    icon: str
    names: dict[str, str]
    leads: dict[str, str]
    settings: dict[str, Any]
    cover: dict[str, dict[str, str]]
    questions: list[dict[str, Any]]

    def name(self, language: str) -> str:
        """Return what it is called in a language."""
        return self.names.get(language, self.names["en"])

    def lead(self, language: str) -> str:
        """Return what it is for, in a language."""
        return self.leads.get(language, self.leads["en"])


@cache
def read(key: str) -> Starter:
    """Return a starter.

    Raises:
        UnknownStarter: there is none of this key.
    """
    if key not in KEYS:
        raise UnknownStarter
    return Starter(key=key, **json.loads((FOLDER / f"{key}.json").read_text(encoding="utf-8")))


@transaction.atomic
def start(*, key: str, language: str, by: Actor) -> Survey:
    """Make a draft of the tenant from a starter, in both languages."""
    starter = read(key)
    survey = surveys.create(name=starter.name(language), slug=key, by=by)
    draft = versions.draft(survey=survey)
    versions.word(version=draft, texts=starter.cover, by=by)
    for question in starter.questions:
        versions.add(version=draft, by=by, **question)
    return surveys.change(survey=survey, by=by, **starter.settings)
