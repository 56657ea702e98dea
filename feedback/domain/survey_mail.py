"""What surveys add to messages of campaigns and others: fields for templates, the rule of asking at the gate."""

from typing import Any

from django.utils import translation
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from campaigns.domain.extras import Extra
from feedback.domain import etiquette, invitations, surveys, tokens
from feedback.models import Question, Survey

EXAMPLE = "example"  # signed by nobody: it opens nothing
OFFERED = (
    ("scale", _("Scale to answer with one click")),
    ("question", _("First question")),
    ("url", _("Link to the survey")),
    ("name", _("Name of the survey")),
)


def choices() -> list[tuple[str, str]]:
    """Return the surveys that a message can carry."""
    return [(survey.slug, survey.name) for survey in surveys.live()]


def specimen(language: str) -> dict[str, Any]:
    """Return the fields of a survey that does not exist, for previews."""
    with translation.override(language):
        question = Question(
            key="nps",
            kind="nps",
            texts={language: {"title": __("How likely are you to recommend us to a friend?")}},
        )
        return tokens.fields(Survey(name=__("Example survey")), [question], EXAMPLE, language)


EXTRA = Extra(
    key=invitations.KIND,
    label=_("Survey"),
    choices=choices,
    offered=OFFERED,
    specimen=specimen,
    admit=invitations.admit,
    fields=invitations.fields,
    sent=invitations.sent,
    reasons=etiquette.REASONS,
)
