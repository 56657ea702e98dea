"""HTML input of surveys: names, settings, words and questions, as the domain takes them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from campaigns.domain import templates
from campaigns.models.template import Kind
from feedback.domain.conditions import OPERATORS
from feedback.domain.versions import COVER, WORDS
from feedback.models import AskingRule, Question, Survey

NAMES = {"en": _("English"), "ar": _("Arabic")}
SPARE_OPTIONS = 2  # empty rows to write more options into


class NameForm(forms.Form):
    """A survey from nothing."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("Only you and your colleagues see it."))


class SettingsForm(forms.Form):
    """How a survey is asked."""

    name = forms.CharField(label=_("Name"), max_length=120)
    languages = forms.MultipleChoiceField(
        label=_("Languages"), choices=list(NAMES.items()), widget=forms.CheckboxSelectMultiple
    )
    first = forms.ChoiceField(
        label=_("Spoken to all others"),
        choices=list(NAMES.items()),
        help_text=_("To those who speak another language."),
    )
    wave = forms.ChoiceField(
        label=_("Each person counts"), choices=Survey.Wave.choices,
        help_text=_("Of several answers in that time, the last one counts."),
    )  # fmt: skip
    rest_days = forms.IntegerField(
        label=_("Days between two invitations"), required=False, min_value=0, max_value=3650,
        help_text=_("Empty: the rule in the settings holds."),
    )  # fmt: skip
    answer_days = forms.IntegerField(label=_("Days an invitation works"), min_value=1, max_value=3650)
    template = forms.ChoiceField(
        label=_("Email template"), required=False, help_text=_("What automations and colleagues ask with.")
    )
    open_link = forms.BooleanField(label=_("Whoever has the link may answer"), required=False)

    def __init__(self, *args: object, survey: Survey, **kwargs: object) -> None:
        kept = {name: getattr(survey, name) for name in ("name", "languages", "wave", "rest_days", "answer_days",
                                                         "open_link")}  # fmt: skip
        kept |= {"template": survey.template_id, "first": next(iter(survey.languages), "en")}
        super().__init__(*args, initial=kept, **kwargs)
        self.fields["template"].choices = [
            ("", _("The newest feedback request")),
            *((found.pk, found.name) for found in templates.listed(kind=Kind.FEEDBACK)[:200]),
        ]

    def values(self) -> dict[str, Any]:
        """Return what was chosen as the domain takes it."""
        said = dict(self.cleaned_data)
        first, chosen = said.pop("first"), said["languages"]
        said["languages"] = sorted(chosen, key=lambda code: (code != first, code))
        said["template"] = templates.get(template_id=int(said["template"])) if said["template"] else None
        return said


class AskingForm(forms.ModelForm):
    """How often one person may be asked."""

    class Meta:
        model = AskingRule
        fields = ["any_days", "survey_days"]
        labels = {
            "any_days": _("Days between two surveys of any kind"),
            "survey_days": _("Days between two invitations to the same survey"),
        }
        help_texts = {
            "any_days": _("Whoever was asked in these days is left alone, whatever the survey."),
            "survey_days": _("A survey may have a number of its own; then that one counts."),
        }


def cover(given: QueryDict, languages: list[str]) -> dict[str, dict[str, str]]:
    """Return the words before the first question and after the last, by language."""
    return {code: {part: given.get(f"{part}_{code}", "") for part in COVER} for code in languages}


def words(given: QueryDict, languages: list[str]) -> dict[str, dict[str, str]]:
    """Return the words of a question by language."""
    return {code: {part: given.get(f"{part}_{code}", "") for part in WORDS} for code in languages}


def settings(given: QueryDict, question: Question, languages: list[str]) -> dict[str, Any]:
    """Return the options of a choice: those there were keep their value, those written fresh get one."""
    if question.kind != "choice":
        return {}
    options = []
    taken = set(given.getlist("option"))
    for number, value in enumerate(given.getlist("option")):
        texts = {code: _at(given.getlist(f"option_{code}"), number) for code in languages}
        named = value or next(name for index in range(1, 1000) if (name := f"o{index}") not in taken)
        if any(texts.values()):
            taken.add(named)
            options.append({"value": named, "texts": texts})
    return {"multiple": given.get("multiple") == "1", "options": options}


def condition(given: QueryDict, earlier: list[Question]) -> dict[str, Any]:
    """Return when a question is asked; an option may be named by its words."""
    target = next((each for each in earlier if each.key == given.get("if_question")), None)
    operator = given.get("if_operator", "")
    if target is None or operator not in OPERATORS:
        return {}
    value = given.get("if_value", "").strip()[:200]
    if value.isdecimal() and "options" not in target.settings:
        value = str(int(value))  # also in Arabic digits
    for option in target.settings.get("options", []):
        if value in option.get("texts", {}).values():
            value = option["value"]
    return {"question": target.key, "operator": operator, "value": value}


def option_rows(question: Question) -> list[dict[str, Any]]:
    """Return the options with a few empty rows below them."""
    kept = list(question.settings.get("options", []))
    return kept + [{"value": "", "texts": {}} for _row in range(SPARE_OPTIONS)]


def condition_words(question: Question, earlier: list[Question], language: str) -> Mapping[str, str]:
    """Return a condition as its inputs show it: an option by its words."""
    asked = question.condition or {}
    target = next((each for each in earlier if each.key == asked.get("question")), None)
    value = str(asked.get("value", ""))
    for option in target.settings.get("options", []) if target else []:
        if option["value"] == value:
            value = option["texts"].get(language) or next(iter(option["texts"].values()), value)
    return {"question": asked.get("question", ""), "operator": asked.get("operator", ""), "value": value}


def _at(values: list[str], number: int) -> str:
    return values[number].strip() if number < len(values) else ""
