"""Surveys for tests, made by the domain inside a scope. Dull on purpose."""

from datetime import UTC, datetime

from cxm.audit.actors import SYSTEM
from feedback.domain import surveys, versions
from feedback.models import Survey

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
TITLE = {"en": {"title": "Would you recommend us?"}, "ar": {"title": "هل توصي بنا؟"}}
WHY = {"en": {"title": "Why?"}, "ar": {"title": "لماذا؟"}}
CHOICES = {"multiple": True, "options": [
    {"value": "price", "texts": {"en": "Price", "ar": "السعر"}},
    {"value": "staff", "texts": {"en": "Staff", "ar": "الموظفون"}},
]}  # fmt: skip


def make_survey(*kinds: str, name: str = "NPS", publish: bool = True, **fields) -> Survey:
    """Return a survey that asks one question of each kind, with their kinds as keys; nps and why when none is named."""
    survey = surveys.create(name=name, by=SYSTEM)
    draft = versions.draft(survey=survey)
    for kind in kinds or ("nps", "text"):
        settings = CHOICES if kind == "choice" else {}
        versions.add(version=draft, kind=kind, texts=WHY if kind == "text" else TITLE, settings=settings, by=SYSTEM)
    if publish:
        versions.publish(survey=survey, by=SYSTEM, now=NOW)
    return surveys.change(survey=survey, by=SYSTEM, **fields)
