"""HTML input of maps: what a map is about, its parts, its links, its actions."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cxm.accounts.domain import members
from cxm.accounts.forms.moments import DayField
from cxm.accounts.models import User
from journeys.domain import map_content, map_starters, personas
from journeys.models import JourneyMap


def _people() -> list[tuple]:
    return [("", _("Nobody yet")), *((user.pk, str(user)) for user in members.colleagues())]


def _person(number: str) -> User | None:
    return members.colleagues().filter(pk=int(number)).first() if number else None


class StartForm(forms.Form):
    """The first step: for whom, what for, what to begin with."""

    name = forms.CharField(label=_("Name of the map"), max_length=120, required=False)
    persona = forms.ChoiceField(label=_("Persona"), required=False)
    new_persona = forms.CharField(
        label=_("Or a new persona"), max_length=120, required=False, help_text=_("A name is enough for now.")
    )
    goal = forms.CharField(
        label=_("Goal of the journey"), max_length=300, required=False,
        help_text=_("What has happened when it went well, for her and for you?"),
    )  # fmt: skip
    starter = forms.ChoiceField(label=_("Begin with"), required=False, widget=forms.RadioSelect)

    def __init__(self, *args: object, language: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.language = language
        self.fields["persona"].choices = [("", _("Choose a persona")), *personas.listed().values_list("pk", "name")]
        self.fields["starter"].choices = [
            *((key, map_starters.name_of(found, language)) for key, found in map_starters.STARTERS.items()),
            ("", _("An empty map")),
        ]

    def clean(self) -> dict:
        said = super().clean()
        if not said.get("persona") and not said.get("new_persona"):
            self.add_error("persona", _("Choose whom the map is for, or name somebody new."))
        starter = map_starters.STARTERS.get(said.get("starter", ""))
        if not said.get("name"):
            if starter is None:
                self.add_error("name", _("Give it a name."))
            else:
                said["name"] = map_starters.name_of(starter, self.language)
        return said


class MapForm(forms.Form):
    """What a map is about."""

    name = forms.CharField(label=_("Name"), max_length=120)
    persona = forms.ChoiceField(label=_("Persona"), required=False)
    goal = forms.CharField(label=_("Goal of the journey"), max_length=300, required=False)
    state = forms.ChoiceField(label=_("Shows the journey"), choices=JourneyMap.State.choices)
    owner = forms.ChoiceField(
        label=pgettext_lazy("map", "Owner"), required=False, help_text=_("Is reminded when the map is to be reviewed.")
    )
    review_months = forms.IntegerField(label=_("Review every … months"), min_value=1, max_value=24)

    def __init__(self, *args: object, journey_map: JourneyMap, **kwargs: object) -> None:
        names = ("name", "state", "review_months")
        kept = {name: getattr(journey_map, name) for name in names}
        kept |= {"persona": journey_map.persona_id, "owner": journey_map.owner_id, "goal": journey_map.draft["goal"]}
        super().__init__(*args, initial=kept, **kwargs)
        self.fields["persona"].choices = [("", _("Nobody in particular")),
                                          *personas.listed().values_list("pk", "name")]  # fmt: skip
        self.fields["owner"].choices = _people()

    def values(self) -> dict:
        """Return what was said as the domain takes it, without the goal, which is part of the drawing."""
        said = {name: value for name, value in self.cleaned_data.items() if name != "goal"}
        return said | {
            "persona": personas.get(int(said["persona"])) if said["persona"] else None,
            "owner": _person(said["owner"]),
        }


class StageForm(forms.Form):
    """A stage."""

    name = forms.CharField(label=_("Name"), max_length=map_content.NAME)
    goal = forms.CharField(label=_("What she wants here"), max_length=map_content.LINE, required=False)
    owner = forms.CharField(
        label=pgettext_lazy("map", "Owner"), max_length=map_content.NAME, required=False,
        widget=forms.TextInput(attrs={"list": "owners"}),
    )  # fmt: skip

    def values(self) -> dict:
        """Return the fields of the stage."""
        return self.cleaned_data


class TouchpointForm(forms.Form):
    """A touchpoint, with its pain points and opportunities one a line."""

    name = forms.CharField(label=_("Name"), max_length=map_content.NAME)
    channel = forms.ChoiceField(label=_("Channel"), required=False)
    actions = forms.CharField(
        label=_("What they do"), max_length=map_content.TEXT, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    feeling = forms.ChoiceField(label=_("Feeling"), required=False)
    moment = forms.BooleanField(label=_("A moment of truth"), required=False)
    moment_why = forms.CharField(label=_("Why it matters"), max_length=map_content.LINE, required=False)
    pains = forms.CharField(
        label=_("Pain points"), required=False, help_text=_("One a line."), widget=forms.Textarea(attrs={"rows": 3})
    )
    opportunities = forms.CharField(
        label=_("Opportunities"), required=False, help_text=_("One a line."), widget=forms.Textarea(attrs={"rows": 3})
    )
    owner = forms.CharField(
        label=pgettext_lazy("map", "Owner"), max_length=map_content.NAME, required=False,
        widget=forms.TextInput(attrs={"list": "owners"}),
    )  # fmt: skip
    evidence = forms.ChoiceField(label=_("How sure are we?"), choices=map_content.EVIDENCE.items())
    event = forms.CharField(
        label=_("Event"), max_length=100, required=False,
        help_text=_("What stands on the timeline when somebody is here."),
        widget=forms.TextInput(attrs={"list": "event-names"}),
    )  # fmt: skip
    property = forms.CharField(
        label=_("Property"), max_length=map_content.NAME, required=False, widget=forms.TextInput(attrs={"dir": "ltr"})
    )
    value = forms.CharField(label=_("is"), max_length=map_content.NAME, required=False)
    survey = forms.CharField(
        label=_("Survey"), max_length=60, required=False,
        widget=forms.TextInput(attrs={"list": "survey-slugs", "dir": "ltr"}),
        help_text=_("Only answers to this survey count here. Empty: answers of those who were here last."),
    )  # fmt: skip

    def __init__(self, *args: object, part: dict, channels: list[tuple[str, str]], **kwargs: object) -> None:
        event = part["event"] or {"name": "", "property": "", "value": ""}
        kept = {name: part[name] for name in ("name", "channel", "actions", "moment", "moment_why", "owner",
                                              "evidence", "survey")}  # fmt: skip
        kept |= {"feeling": "" if part["feeling"] is None else str(part["feeling"]), "event": event["name"],
                 "property": event["property"], "value": event["value"]}  # fmt: skip
        kept |= {lane: "\n".join(item["text"].replace("\n", " ") for item in part[lane])
                 for lane in ("pains", "opportunities")}  # fmt: skip
        super().__init__(*args, initial=kept, **kwargs)
        known = dict(channels)
        if part["channel"] and part["channel"] not in known:
            channels = [*channels, (part["channel"], part["channel"])]
        self.fields["channel"].choices = [("", _("No channel yet")), *channels]
        self.fields["feeling"].choices = [("", _("Not known"))] + [(str(n), f"{n:+d}") for n in map_content.FEELINGS]

    def values(self) -> dict:
        """Return the fields of the touchpoint; an empty event unbinds it."""
        said = dict(self.cleaned_data)
        name, prop, value = said.pop("event"), said.pop("property"), said.pop("value")
        said["event"] = {"name": name, "property": prop, "value": value} if name or prop or value else None
        said["feeling"] = int(said["feeling"]) if said["feeling"] else None
        return said | {lane: said[lane].splitlines() for lane in ("pains", "opportunities")}


class LinkForm(forms.Form):
    """A public link."""

    label = forms.CharField(label=_("For whom"), max_length=120, required=False)
    days = forms.TypedChoiceField(
        label=_("Works for"), coerce=int, empty_value=None, required=False, initial="30",
        choices=[("30", _("30 days")), ("7", _("7 days")), ("365", _("A year")), ("", _("Until it is taken back"))],
    )  # fmt: skip
    with_figures = forms.BooleanField(label=_("Show what was measured, too"), required=False)


class ActionForm(forms.Form):
    """Who does something about it, by when."""

    item = forms.CharField(max_length=20, widget=forms.HiddenInput)
    assignee = forms.ChoiceField(label=pgettext_lazy("map", "Owner"), required=False)
    due = DayField(label=_("Due"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"].choices = _people()

    def values(self) -> dict:
        """Return the action as the domain takes it."""
        said = self.cleaned_data
        return {"item_id": said["item"], "due": said["due"], "assignee": _person(said["assignee"])}
