"""Surveys: made, changed, taken out of use. What they ask is in ``versions``."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from campaigns.domain import rendering
from campaigns.models import Template
from cxm import tenancy
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import text
from cxm.lib.errors import Conflict, NotFound, Refusal
from feedback.domain import versions
from feedback.models import Survey, SurveyVersion

LANGUAGES = ("en", "ar")
MAX_NAME = 120
MOST_DAYS = 3650
_SETTINGS = ("name", "languages", "wave", "rest_days", "answer_days", "open_link", "template")


class UnknownSurvey(NotFound):
    message = _("There is no such survey.")


class BadSurvey(Refusal):
    """A field of a survey that cannot be kept."""

    code = "survey_invalid"
    message = _("The survey cannot be saved like this.")


class NotLive(Conflict):
    """Nobody can be asked, or can answer."""

    code = "survey_not_live"
    message = _("The survey is not published, or closed.")


def get(*, survey_id: int) -> Survey:
    """Return a survey of the tenant in scope.

    Raises:
        UnknownSurvey: there is none, or it is somebody else's.
    """
    found = Survey.objects.filter(pk=survey_id).first()
    if found is None:
        raise UnknownSurvey
    return found


def named(*, ref: int | str) -> Survey:
    """Return the survey with this slug, or this id.

    Raises:
        UnknownSurvey: there is none, or it is somebody else's.
    """
    written = str(ref)
    found = Survey.objects.filter(slug=written).first() if isinstance(ref, str) else None
    if found is None and written.isascii() and written.isdigit() and len(written) <= 18:
        found = Survey.objects.filter(pk=int(written)).first()
    if found is None:
        raise UnknownSurvey(fields={"survey": str(UnknownSurvey.message)})
    return found


def listed(*, state: str = "", search: str = "", archived: bool = False) -> QuerySet[Survey]:
    """Return surveys, the last touched first: in a state, with part of a name."""
    found = Survey.objects.filter(archived_at__isnull=not archived).order_by("-updated_at", "-pk")
    if state in Survey.State.values:
        found = found.filter(state=state)
    return found.filter(name__icontains=search[:MAX_NAME]) if search else found


def live() -> QuerySet[Survey]:
    """Return the surveys that can be sent, by name."""
    return Survey.objects.filter(state=Survey.State.LIVE, archived_at=None).order_by("name", "pk")


def names() -> dict[str, str]:
    """Return the names of the surveys in use by their short names, in the order of the names."""
    return dict(Survey.objects.filter(archived_at=None).order_by("name", "pk").values_list("slug", "name"))


@transaction.atomic
def create(*, name: str, by: Actor, languages: list[str] | None = None, slug: str = "") -> Survey:
    """Make a survey with an empty draft.

    Args:
        languages: those it will be written in, the first spoken to everybody else; the tenant's own and the other
            one when omitted.
        slug: its name in rules and addresses; made from the name when omitted or taken.

    Raises:
        BadSurvey: name or languages.
    """
    own = tenancy.current().language
    chosen = languages or [own, *(code for code in LANGUAGES if code != own)] if own in LANGUAGES else ["en", "ar"]
    fields = _clean(name=name, languages=languages or chosen)
    survey = Survey.objects.create(**fields, slug=free_slug(slug or fields["name"]), created_by=by.label[:254])
    SurveyVersion.objects.create(survey=survey, number=1)
    audit.record(by=by, action="survey.created", on=survey)
    return survey


@transaction.atomic
def change(*, survey: Survey, by: Actor, **fields: object) -> Survey:
    """Change what is not part of the questions.

    Args:
        fields: any of name, languages, wave, rest_days, answer_days, open_link, template.

    Raises:
        BadSurvey: with the fields that are wrong.
    """
    if unknown := set(fields) - set(_SETTINGS):
        raise TypeError(f"Not a setting of a survey: {', '.join(sorted(unknown))}")
    survey = _locked(survey)
    fields = _clean(**fields)
    before = {name: str(getattr(survey, name)) for name, value in fields.items() if getattr(survey, name) != value}
    for name, value in fields.items():
        setattr(survey, name, value)
    survey.save()
    if before:
        audit.record(by=by, action="survey.changed", on=survey, before=before)
    return survey


@transaction.atomic
def duplicate(*, survey: Survey, by: Actor) -> Survey:
    """Copy a survey with its newest questions, as a draft."""
    source = versions.newest(survey=survey)
    copy = create(name=__("%(name)s (copy)") % {"name": survey.name[:100]}, languages=survey.languages, by=by)
    draft = versions.draft(survey=copy)
    versions.copy(source=source, to=draft)
    return change(
        survey=copy, by=by, wave=survey.wave, rest_days=survey.rest_days, answer_days=survey.answer_days,
        template=survey.template,
    )  # fmt: skip


@transaction.atomic
def close(*, survey: Survey, by: Actor) -> Survey:
    """Take no more answers; nobody is invited any more."""
    return _moved(survey, Survey.State.CLOSED, by=by, action="survey.closed")


@transaction.atomic
def reopen(*, survey: Survey, by: Actor) -> Survey:
    """Take answers again.

    Raises:
        NotLive: it was never published.
    """
    if versions.published(survey=survey) is None:
        raise NotLive
    return _moved(survey, Survey.State.LIVE, by=by, action="survey.reopened")


@transaction.atomic
def archive(*, survey: Survey, by: Actor, now: datetime) -> Survey:
    """Put a survey away: closed, out of the lists, its answers stay."""
    survey = _locked(survey)
    survey.archived_at = now
    survey.state = Survey.State.CLOSED if survey.state == Survey.State.LIVE else survey.state
    survey.save(update_fields=["archived_at", "state", "updated_at"])
    audit.record(by=by, action="survey.archived", on=survey)
    return survey


@transaction.atomic
def renew_link(*, survey: Survey, by: Actor) -> Survey:
    """Take the open link out of use, and have another in its place."""
    survey = _locked(survey)
    survey.link_number += 1
    survey.save(update_fields=["link_number", "updated_at"])
    audit.record(by=by, action="survey.link_renewed", on=survey)
    return survey


def free_slug(name: str) -> str:
    """Return a slug made from a name that no survey of the tenant has."""
    base = text.slug(name, length=40) or "survey"
    base = f"survey-{base}" if base.isdigit() else base  # a program may name a survey by its number
    taken = set(Survey.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for number in range(1, len(taken) + 2) if (slug := _numbered(base, number)) not in taken)


def _numbered(base: str, number: int) -> str:
    return base if number == 1 else f"{base}-{number}"


def _clean(**fields: object) -> dict[str, object]:
    wrong: dict[str, str] = {}
    if "name" in fields:
        fields["name"] = text.clean_line(str(fields["name"]))
        if not fields["name"]:
            wrong["name"] = __("Give it a name.")
        elif len(fields["name"]) > MAX_NAME:
            wrong["name"] = __("At most 120 characters.")
    if "languages" in fields:
        languages = list(dict.fromkeys(fields["languages"]))
        if not languages or any(code not in LANGUAGES for code in languages):
            wrong["languages"] = __("Choose at least one language: en or ar.")
        fields["languages"] = languages
    if "wave" in fields and fields["wave"] not in Survey.Wave.values:
        wrong["wave"] = __("Choose one of: %(choices)s.") % {"choices": ", ".join(Survey.Wave.values)}
    for name in ("rest_days", "answer_days"):
        value = fields.get(name)
        if value is not None and not 0 <= value <= MOST_DAYS:
            wrong[name] = __("From 0 to 3,650 days.")
    if fields.get("answer_days") == 0:
        wrong["answer_days"] = __("An invitation works for at least one day.")
    template = fields.get("template")
    if isinstance(template, Template) and template.archived_at:
        wrong["template"] = __("This template was put away.")
    elif isinstance(template, Template) and "survey" not in rendering.asks(template=template):
        wrong["template"] = __("The template names no survey: put {{ survey.scale }} or {{ survey.url }} into it.")
    if wrong:
        raise BadSurvey(fields=wrong)
    return fields


def _locked(survey: Survey) -> Survey:
    return Survey.objects.select_for_update(of=("self",), no_key=True).select_related("template").get(pk=survey.pk)


def _moved(survey: Survey, state: str, *, by: Actor, action: str) -> Survey:
    survey = _locked(survey)
    survey.state = state
    survey.archived_at = None
    survey.save(update_fields=["state", "archived_at", "updated_at"])
    audit.record(by=by, action=action, on=survey)
    return survey
