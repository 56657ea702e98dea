"""Which question comes next: simple conditions on earlier answers."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from feedback import questions
from feedback.models import Question
from feedback.questions import Given

OPERATORS = {
    "is": _("is"),
    "is_not": _("is not"),
    "lte": _("at most"),
    "gte": _("at least"),
    "answered": _("was answered"),
}
_ORDERED = {"lte", "gte"}


def holds(condition: Mapping[str, Any], answers: Mapping[str, Given]) -> bool:
    """Return whether a question is asked, given the answers so far by key. What was passed over holds for nothing."""
    if not condition:
        return True
    given = answers.get(condition["question"])
    if given is None or given.empty:
        return False
    operator, value = condition["operator"], condition.get("value", "")
    if operator == "answered":
        return True
    if operator in _ORDERED:
        return given.number is not None and _compare(operator, given.number, int(value))
    same = str(given.number) == str(value) if given.number is not None else value in given.choices
    return same if operator == "is" else not same


def _compare(operator: str, number: int, asked: int) -> bool:
    return number <= asked if operator == "lte" else number >= asked


def visible(asked: Sequence[Question], answers: Mapping[str, Given]) -> list[Question]:
    """Return the questions that are asked, in their order. A hidden question's own answer counts for nothing."""
    shown: list[Question] = []
    told: dict[str, Given] = {}
    for question in asked:
        if holds(question.condition, told):
            shown.append(question)
            if question.key in answers:
                told[question.key] = answers[question.key]
    return shown


def following(asked: Sequence[Question], answers: Mapping[str, Given]) -> Question | None:
    """Return the next question without an answer (one passed over has an empty one), None at the end."""
    return next((question for question in visible(asked, answers) if question.key not in answers), None)


def fault(question: Question, earlier: Sequence[Question]) -> str:
    """Return what is wrong with a question's condition, empty when nothing is."""
    condition = question.condition
    if not condition:
        return ""
    target = next((each for each in earlier if each.key == condition.get("question")), None)
    if target is None:
        return str(_("The condition must name an earlier question."))
    operator, value = condition.get("operator"), condition.get("value", "")
    if operator not in OPERATORS:
        return str(_("Choose how to compare the earlier answer."))
    return "" if operator == "answered" or _fits(target, operator, value) else _misfit(target)


def _misfit(target: Question) -> str:
    if target.kind in questions.SCORED:
        return str(_("The condition needs a number of the earlier question’s scale."))
    return str(_("The condition does not fit the earlier question."))


def _fits(target: Question, operator: str, value: object) -> bool:
    scale = getattr(questions.of(target.kind), "SCALE", None)
    if scale:
        return isinstance(value, str | int) and not isinstance(value, bool) and str(value) in map(str, scale)
    known = [option["value"] for option in target.settings.get("options", [])]
    return target.kind == "choice" and operator not in _ORDERED and value in known
