"""HTML input of the settings of cases."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.domain import search
from customers.models import Segment
from cxm.accounts.domain import members
from cxm.lib import formats, time
from cxm.lib.errors import Refusal
from feedback.domain import answers, calendars, desk, surveys, targets
from feedback.models import CaseChannel, CaseType, Priority

ANY = ("", _("Any"))
LATIN = {"dir": "ltr"}
DAYS = {
    "mon": _("Monday"), "tue": _("Tuesday"), "wed": _("Wednesday"), "thu": _("Thursday"), "fri": _("Friday"),
    "sat": _("Saturday"), "sun": _("Sunday"),
}  # fmt: skip
_RANGE = re.compile(r"\s*(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})\s*")


class TypeForm(forms.Form):
    """A case type."""

    name = forms.CharField(label=_("Name"), max_length=100)
    name_ar = forms.CharField(label=_("Name in Arabic"), max_length=100, required=False)
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=CaseType.Kind.choices,
        help_text=_("A complaint is closed only with its root cause and what was done about it."),
    )
    queue = forms.ModelChoiceField(None, label=_("Queue"), required=False, empty_label=_("None"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["queue"].queryset = desk.queues()


class QueueForm(forms.Form):
    """A queue, and who works on it."""

    name = forms.CharField(label=_("Name"), max_length=100)
    name_ar = forms.CharField(label=_("Name in Arabic"), max_length=100, required=False)
    people = forms.ModelMultipleChoiceField(
        None, label=_("Who works on it"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].queryset = members.colleagues()


class ConditionsForm(forms.Form):
    """Conditions of a rule; those left empty hold always."""

    name = forms.CharField(label=_("Name"), max_length=100)
    type = forms.ModelChoiceField(None, label=_("Type"), required=False, empty_label=_("Any"))
    channel = forms.ChoiceField(label=_("Channel"), required=False, choices=[ANY, *CaseChannel.choices])
    segment = forms.ModelChoiceField(None, label=_("Segment"), required=False, empty_label=_("Any"))
    trait = forms.ChoiceField(label=_("Of the customer"), required=False, choices=[ANY, *targets.TRAITS.items()])
    at_least = forms.DecimalField(label=_("At least"), required=False, max_digits=16, decimal_places=2)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["type"].queryset = desk.types()
        self.fields["segment"].queryset = Segment.objects.filter(pk__in=search.segments().values("pk"))


class PriorityForm(ConditionsForm):
    """A rule that raises the priority."""

    priority = forms.ChoiceField(label=_("Gets the priority"), choices=Priority.choices, initial=Priority.HIGH)


class TargetForm(ConditionsForm):
    """A rule that gives targets."""

    priority = forms.ChoiceField(label=_("Priority"), required=False, choices=[ANY, *Priority.choices])
    first_minutes = forms.IntegerField(
        label=_("First answer within (minutes)"), required=False, min_value=1, max_value=600_000,
        help_text=_("Of working time."),
    )  # fmt: skip
    solve_minutes = forms.IntegerField(
        label=_("Solved within (minutes)"), required=False, min_value=1, max_value=600_000,
        help_text=_("Of working time."),
    )  # fmt: skip
    calendar = forms.ModelChoiceField(None, label=_("Working hours"), required=False, empty_label=_("Default"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["calendar"].queryset = calendars.listed()


class ScoreForm(forms.Form):
    """A rule that opens a case for a bad score."""

    name = forms.CharField(label=_("Name"), max_length=100)
    kind = forms.ChoiceField(label=_("Score"), choices=[("nps", "NPS"), ("csat", "CSAT"), ("ces", "CES")])
    survey = forms.ChoiceField(label=_("Survey"), required=False)
    at_most = forms.DecimalField(label=_("At most"), max_digits=6, decimal_places=2)
    type = forms.ModelChoiceField(None, label=_("Opens a case of type"), empty_label=None)
    active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["type"].queryset = desk.types()
        kept = self.initial.get("survey")  # of a survey that is put away by now
        named = ({kept: kept} if kept else {}) | surveys.names()
        self.fields["survey"].choices = [("", _("Any survey")), *named.items()]


class AnswerForm(forms.Form):
    """A canned answer."""

    name = forms.CharField(label=_("Name"), max_length=100)
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[ANY, ("en", _("English")), ("ar", _("Arabic"))]
    )
    body = forms.CharField(label=_("Words"), max_length=5000, widget=forms.Textarea(attrs={"rows": 6}))

    def placeholders(self) -> list[tuple[str, str]]:
        """Return what may stand in the words: as written, and what it becomes."""
        return [(f"{{{{ {name} }}}}", str(words)) for name, words in answers.PLACEHOLDERS.items()]


class HoursForm(forms.Form):
    """Working hours as people write them: a line of windows for each day, days that are closed, days that differ."""

    name = forms.CharField(label=_("Name"), max_length=100)
    zone = forms.ChoiceField(label=_("Time zone"), choices=())
    holidays = forms.CharField(
        label=_("Holidays"), required=False, max_length=60_000, widget=forms.Textarea(attrs={"rows": 5} | LATIN),
        help_text=_("One date a line, such as 2026-12-25."),
    )  # fmt: skip
    extra = forms.CharField(
        label=_("Days that differ"), required=False, max_length=60_000,
        widget=forms.Textarea(attrs={"rows": 3} | LATIN),
        help_text=_("One day a line, such as 2026-12-19 10:00–14:00: these hours replace those of the day."),
    )  # fmt: skip

    def __init__(self, data: Mapping | None = None, *, rules: Mapping[str, Any], name: str = "") -> None:
        week = rules.get("week", {})
        written = {
            "name": name,
            "zone": rules.get("zone"),
            "holidays": "\n".join(rules.get("holidays", [])),
            "extra": "\n".join(f"{day} {_line(windows)}".strip() for day, windows in rules.get("extra", {}).items()),
        }
        super().__init__(data, initial=written | {day: _line(week.get(day, [])) for day in DAYS})
        self.fields["zone"].choices = [(zone, zone) for zone in sorted(time.zone_names())]
        for day, label in DAYS.items():
            field = forms.CharField(label=label, required=False, max_length=200, widget=forms.TextInput(LATIN))
            self.fields[day] = field

    def week(self) -> list[forms.BoundField]:
        return [self[day] for day in DAYS]

    def rules(self) -> dict[str, Any]:
        """Return what was written as a calendar; what cannot be read stands as it was written and is refused then."""
        said = {name: str(value).translate(formats.LATIN_DIGITS) for name, value in self.cleaned_data.items()}
        return {
            "zone": said["zone"],
            "week": {day: windows for day in DAYS if (windows := _windows(said[day]))},
            "holidays": said["holidays"].split(),
            "extra": {day: _windows(rest) for day, _s, rest in map(_parted, said["extra"].splitlines()) if day},
        }

    def refuse(self, refusal: Refusal) -> None:
        """Put what the clock refuses beside the field it came from: ``week.mon[0]`` belongs to Monday."""
        if not refusal.fields:
            self.add_error(None, str(refusal.message))
        for path, words in refusal.fields.items():
            part = re.split(r"[.\[]", path)
            name = part[1] if part[0] == "week" and len(part) > 1 and part[1] in DAYS else part[0]
            said = __("Write windows such as 09:00–12:30, 13:30–17:00.") if part[0] == "week" else words
            self.add_error(name if name in self.fields else None, str(said))


def _line(windows: list) -> str:
    return ", ".join(f"{start}–{end}" for start, end in windows)


def _windows(written: str) -> list[list[str]]:
    parts = [part for part in re.split(r"[,،;]", written) if part.strip()]
    return [[found[1], found[2]] if (found := _RANGE.fullmatch(part)) else [part.strip()] for part in parts]


def _parted(line: str) -> tuple[str, str, str]:
    return line.strip().partition(" ")
