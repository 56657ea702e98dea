"""What a survey asks: one draft at a time is written; publishing makes it a version that never changes."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib.errors import Conflict, NotFound, Refusal
from feedback import questions
from feedback.domain import conditions
from feedback.models import Question, Survey, SurveyVersion

MOST = 30
LONGEST = 500
WORDS = ("title", "hint", "low", "high")
COVER = ("intro", "thanks")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,29}")


class UnknownQuestion(NotFound):
    message = _("There is no such question.")


class BadQuestion(Refusal):
    """A question that cannot be kept or published."""

    code = "question_invalid"
    message = _("The question cannot be saved like this.")


class NotReady(Refusal):
    """Something that a publication needs is missing."""

    code = "survey_not_ready"
    message = _("The survey is not ready to be published.")


class Published(Conflict):
    """A published version stays as it is."""

    code = "published"
    message = _("This version is published and does not change any more.")


def published(*, survey: Survey) -> SurveyVersion | None:
    """Return the version people answer now, None before the first publication."""
    return survey.versions.exclude(published_at=None).order_by("-number").first()


def newest(*, survey: Survey) -> SurveyVersion:
    """Return the draft where there is one, else the version published last."""
    return survey.versions.order_by("-number").first()


def history(*, survey: Survey) -> QuerySet[SurveyVersion]:
    """Return the published versions, newest first."""
    return survey.versions.exclude(published_at=None).order_by("-number")


@transaction.atomic
def draft(*, survey: Survey) -> SurveyVersion:
    """Return the draft; where there is none, one that begins with the questions published last."""
    Survey.objects.select_for_update(no_key=True).get(pk=survey.pk)
    last = newest(survey=survey)
    if last.published_at is None:
        return last
    fresh = SurveyVersion.objects.create(survey=survey, number=last.number + 1)
    copy(source=last, to=fresh)
    return fresh


@transaction.atomic
def discard(*, survey: Survey, by: Actor) -> None:
    """Throw the draft away; what is published stays.

    Raises:
        NotReady: nothing was published yet, so there would be nothing left.
    """
    if published(survey=survey) is None:
        raise NotReady(_("Nothing is published yet: there is only this draft."))
    survey.versions.filter(published_at=None).delete()
    audit.record(by=by, action="survey.draft_discarded", on=survey)


def copy(*, source: SurveyVersion, to: SurveyVersion) -> None:
    """Write the questions and texts of a version into a draft, with the same keys."""
    to.texts = source.texts
    to.save(update_fields=["texts"])
    parts = ("key", "position", "kind", "required", "texts", "settings", "condition")
    Question.objects.bulk_create(
        Question(version=to, **{part: getattr(question, part) for part in parts}) for question in asked(source)
    )


def asked(version: SurveyVersion) -> list[Question]:
    """Return the questions of a version in their order."""
    return list(version.questions.order_by("position", "pk"))


def question(*, version: SurveyVersion, key: str) -> Question:
    """Return a question of a version.

    Raises:
        UnknownQuestion: the version has none of this key.
    """
    found = version.questions.filter(key=key).first()
    if found is None:
        raise UnknownQuestion
    return found


def headline(asked_: Sequence[Question]) -> Question | None:
    """Return the question whose score is the survey's: the first that is scored."""
    return next((each for each in asked_ if each.kind in questions.SCORED), None)


@transaction.atomic
def add(
    *,
    version: SurveyVersion,
    kind: str,
    texts: Mapping[str, Mapping[str, str]],
    by: Actor,
    key: str = "",
    required: bool = False,
    settings: Mapping[str, Any] | None = None,
    condition: Mapping[str, Any] | None = None,
) -> Question:
    """Add a question to the end of a draft.

    Raises:
        BadQuestion: an unknown kind, a key that is taken or not one, too many questions, words too long.
        Published: the version is no draft.
    """
    _writable(version)
    if kind not in questions.KINDS:
        raise BadQuestion(fields={"kind": __("Choose one of: %(choices)s.") % {"choices": ", ".join(questions.KINDS)}})
    taken = set(version.questions.values_list("key", flat=True))
    if len(taken) >= MOST:
        raise BadQuestion(__("At most 30 questions."))
    if key and (not _KEY.fullmatch(key) or key in taken):
        raise BadQuestion(fields={"key": __("Small letters, digits and _, and only once in a survey.")})
    last = version.questions.aggregate(last=Max("position"))["last"] or 0
    made = Question.objects.create(
        version=version,
        key=key or _free_key(kind, taken | _keys_ever(version)),
        position=last + 1,
        kind=kind,
        required=required,
        texts=_texts(texts, WORDS),
        settings=_settings(kind, settings or {}),
        condition=dict(condition or {}),
    )
    _touch(version, by=by, action="survey.question_added", key=made.key)
    return made


@transaction.atomic
def change(
    *,
    question: Question,
    by: Actor,
    texts: Mapping[str, Mapping[str, str]] | None = None,
    required: bool | None = None,
    settings: Mapping[str, Any] | None = None,
    condition: Mapping[str, Any] | None = None,
) -> Question:
    """Change a question of a draft; its kind and key stay, because answers are read together by them.

    Raises:
        BadQuestion: words too long, options that are none.
        Published: its version is no draft.
    """
    _writable(question.version)
    if texts is not None:
        question.texts = question.texts | _texts(texts, WORDS)
    if required is not None:
        question.required = required
    if settings is not None:
        question.settings = _settings(question.kind, settings)
    if condition is not None:
        question.condition = dict(condition)
    question.save()
    _touch(question.version, by=by, action="survey.question_changed", key=question.key)
    return question


@transaction.atomic
def remove(*, question: Question, by: Actor) -> None:
    """Take a question out of a draft. Answers given to it in earlier versions stay.

    Raises:
        Published: its version is no draft.
    """
    _writable(question.version)
    _touch(question.version, by=by, action="survey.question_removed", key=question.key)
    question.delete()


@transaction.atomic
def move(*, question: Question, up: bool, by: Actor) -> None:
    """Change places with the question before or after.

    Raises:
        Published: its version is no draft.
    """
    _writable(question.version)
    order = asked(question.version)
    at = next(index for index, each in enumerate(order) if each.pk == question.pk)
    other = at - 1 if up else at + 1
    if 0 <= other < len(order):
        order[at], order[other] = order[other], order[at]
        for position, each in enumerate(order, start=1):
            each.position = position
        Question.objects.bulk_update(order, ["position"])
        _touch(question.version, by=by, action="survey.question_moved", key=question.key)


@transaction.atomic
def word(*, version: SurveyVersion, texts: Mapping[str, Mapping[str, str]], by: Actor) -> None:
    """Write the words before the first question and after the last, by language.

    Raises:
        BadQuestion: too long.
        Published: the version is no draft.
    """
    _writable(version)
    version.texts = version.texts | _texts(texts, COVER)
    version.save(update_fields=["texts"])
    _touch(version, by=by, action="survey.worded")


def problems(*, survey: Survey, version: SurveyVersion) -> list[tuple[str, str]]:
    """Return what stands between a draft and its publication: (key of the question or nothing, a sentence)."""
    order = asked(version)
    if not order:
        return [("", __("Add a question."))]
    found = []
    for index, each in enumerate(order):
        for language in survey.languages:
            if not each.texts.get(language, {}).get("title"):
                found.append((each.key, __("Write the question in every language of the survey.")))
                break
        for sentence in questions.of(each.kind).check(each).values():
            found.append((each.key, sentence))
        if wrong := conditions.fault(each, order[:index]):
            found.append((each.key, wrong))
    return found


@transaction.atomic
def publish(*, survey: Survey, by: Actor, now: datetime) -> SurveyVersion:
    """Make the draft what people answer from now on; whoever has begun ends with the questions they began with.

    Raises:
        NotReady: with what is missing, by question.
    """
    Survey.objects.select_for_update(no_key=True).get(pk=survey.pk)
    version = survey.versions.filter(published_at=None).first()
    if version is None:
        raise NotReady(_("Nothing was changed since the last publication."))
    if missing := problems(survey=survey, version=version):
        raise NotReady(fields={key or "questions": sentence for key, sentence in reversed(missing)})
    scored = headline(asked(version))
    survey.kind = version.kind = scored.kind if scored else ""
    version.published_at, version.published_by = now, by.label[:254]
    version.save(update_fields=["kind", "published_at", "published_by"])
    survey.state, survey.archived_at = Survey.State.LIVE, None
    survey.save(update_fields=["kind", "state", "archived_at", "updated_at"])
    audit.record(by=by, action="survey.published", on=survey, version=version.number)
    return version


def _writable(version: SurveyVersion) -> None:
    if SurveyVersion.objects.select_for_update(no_key=True).get(pk=version.pk).published_at is not None:
        raise Published


def _touch(version: SurveyVersion, *, by: Actor, action: str, **said: str) -> None:
    version.survey.save(update_fields=["updated_at"])
    audit.record(by=by, action=action, on=version.survey, **said)


def _keys_ever(version: SurveyVersion) -> set[str]:
    """Keys of earlier versions: a new question must not inherit the answers of one that was taken out."""
    return set(Question.objects.filter(version__survey_id=version.survey_id).values_list("key", flat=True))


def _free_key(kind: str, taken: set[str]) -> str:
    return next(key for number in range(1, 10_000) if (key := kind if number == 1 else f"{kind}_{number}") not in taken)


def _texts(texts: Mapping[str, Mapping[str, str]], parts: tuple[str, ...]) -> dict[str, dict[str, str]]:
    cleaned: dict[str, dict[str, str]] = {}
    for language, words in texts.items():
        kept = {part: str(words.get(part) or "").replace("\0", "").strip() for part in parts}
        if any(len(value) > LONGEST for value in kept.values()):
            raise BadQuestion(fields={"texts": __("At most 500 characters.")})
        if language in ("en", "ar"):
            cleaned[language] = {part: value for part, value in kept.items() if value}
    return cleaned


def _settings(kind: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    if kind != "choice":
        return {}
    options = []
    for number, option in enumerate(settings.get("options", []), start=1):
        texts = {
            code: str(words).strip()[:200] for code, words in option.get("texts", {}).items() if str(words).strip()
        }
        if texts:
            options.append({"value": str(option.get("value") or f"o{number}")[:40], "texts": texts})
    values = [option["value"] for option in options]
    if len(set(values)) != len(values):
        raise BadQuestion(fields={"options": __("Two options have the same value.")})
    return {"multiple": bool(settings.get("multiple")), "options": options}
