"""Options to choose one or several of. Each has a value of its own that no language changes."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from feedback.questions.answers import Asked, BadAnswer, Bar, Found, Given, Result, required

LABEL = _("Choice")
SHORT = _("Choice")
ICON = "list-check"
TEMPLATE = "public/questions/choice.html"
MOST = 20
EXPLAINED = _("How many chose each option, of those who answered; several may be chosen where the question allows it.")


def check(question: Asked) -> dict[str, str]:
    """Return what the options lack: at least two, at most twenty, each named in every language."""
    options = question.settings.get("options", [])
    if len(options) < 2:
        return {"options": __("Give at least two options.")}
    if len(options) > MOST:
        return {"options": __("At most 20 options.")}
    for language in question.texts:
        if not all(option.get("texts", {}).get(language) for option in options):
            return {"options": __("Every option needs its words in each language.")}
    return {}


def read(question: Asked, given: Mapping[str, Any]) -> Given:
    """Return the values chosen, in the order of the options.

    Raises:
        BadAnswer: no option of this question, or several where one is asked for.
    """
    value = given.get("answer")
    asked = value if isinstance(value, list | tuple) else [value] if value not in (None, "") else []
    known = [option["value"] for option in question.settings.get("options", [])]
    if not all(isinstance(each, str) and each in known for each in asked):
        raise BadAnswer(_("Choose one of the options."), fields={"answer": "option"})
    chosen = tuple(each for each in known if each in asked)
    if len(chosen) > 1 and not question.settings.get("multiple"):
        raise BadAnswer(_("Choose one option only."), fields={"answer": "option"})
    return required(question, Given(choices=chosen))


def shown(question: Asked, language: str, answer: Given | None = None) -> dict[str, Any]:
    """Return the options in words."""
    chosen = answer.choices if answer else ()
    return {
        "multiple": bool(question.settings.get("multiple")),
        "options": [
            {"value": option["value"], "label": named(option, language), "chosen": option["value"] in chosen}
            for option in question.settings.get("options", [])
        ],
    }


def aggregate(question: Asked, found: Found) -> Result:
    """Return how many chose each option; with several allowed the shares add up to more than one."""
    values = [option["value"] for option in question.settings.get("options", [])]
    values += sorted(str(value) for value in found.counts if value not in values)
    counts = {value: found.counts.get(value, 0) for value in values}
    return Result(
        n=found.n,
        bars=tuple(Bar(value, n, n / found.n if found.n else 0.0) for value, n in counts.items()),
    )


def named(option: Mapping[str, Any], language: str) -> str:
    """Return the words of an option in a language, or in the first it has."""
    texts = option.get("texts", {})
    return texts.get(language) or next(iter(texts.values()), option["value"])
