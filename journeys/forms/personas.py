"""HTML input of personas."""

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.domain import segments
from journeys.domain.personas import QUESTIONS
from journeys.models import Persona


class PersonaForm(forms.Form):
    """A persona: its name, and an answer to each question."""

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("Somebody one can picture: “Sara, buys gifts late at night”.")
    )
    summary = forms.CharField(label=_("In one sentence"), max_length=300, required=False)
    segment = forms.ChoiceField(
        label=_("Segment"),
        required=False,
        help_text=_("The real people who are like this, if there is a segment of them."),
    )

    def __init__(self, *args: object, persona: Persona | None = None, **kwargs: object) -> None:
        if persona:
            names = ("name", "summary", *QUESTIONS)
            kwargs["initial"] = {name: getattr(persona, name) for name in names} | {"segment": persona.segment_id}
        super().__init__(*args, **kwargs)
        for name, question in QUESTIONS.items():
            self.fields[name] = forms.CharField(
                label=question, required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
            )
        self.fields["segment"].choices = [("", _("No segment")), *((found.pk, found.name) for found in segments.live())]

    def answers(self) -> list[forms.BoundField]:
        """Return the fields of the questions."""
        return [self[name] for name in QUESTIONS]

    def values(self) -> dict:
        """Return what was said as the domain takes it: a segment instead of its id."""
        said = dict(self.cleaned_data)
        return said | {"segment": segments.get(int(said["segment"])) if said["segment"] else None}
