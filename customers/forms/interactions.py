"""HTML input of what was done with a person."""

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.domain.interactions import MOST_NOTE, FollowUp
from customers.models import Interaction
from cxm.accounts.forms.moments import MomentField, MomentInput


class LogForm(forms.Form):
    """What came of a call, and what is still to be done."""

    note = forms.CharField(
        label=_("Note"), required=False, max_length=MOST_NOTE, widget=forms.Textarea(attrs={"rows": 4})
    )
    subject = forms.CharField(label=_("About"), required=False, max_length=200)
    outcome = forms.ChoiceField(label=_("What came of it"), choices=Interaction.Outcome.choices)
    sentiment = forms.ChoiceField(
        label=_("How they were"), required=False, choices=[("", "–"), *Interaction.Sentiment.choices]
    )
    follow_up = forms.CharField(label=_("Still to be done"), required=False, max_length=200)
    due_at = MomentField(label=_("Until"), required=False, widget=MomentInput)

    def said(self) -> dict:
        """Return what was typed, as the domain takes it."""
        values = dict(self.cleaned_data)
        title, due_at = values.pop("follow_up").strip(), values.pop("due_at")
        return values | {"follow_up": FollowUp(title, due_at) if title else None}


class InteractionForm(LogForm):
    """Any contact: also when, on which channel, and how long."""

    channel = forms.ChoiceField(label=_("Channel"), choices=Interaction.Channel.choices)
    direction = forms.ChoiceField(
        label=_("Who began"), choices=Interaction.Direction.choices, widget=forms.RadioSelect, initial="in"
    )
    occurred_at = MomentField(label=_("When"), widget=MomentInput)
    minutes = forms.IntegerField(label=_("Minutes"), required=False, min_value=0, max_value=10_080)

    field_order = ["channel", "direction", "occurred_at", "minutes", "subject", "note", "outcome", "sentiment",
                   "follow_up", "due_at"]  # fmt: skip

    def said(self) -> dict:
        values = super().said()
        minutes = values.pop("minutes")
        return values | {
            "at": values.pop("occurred_at"),
            "duration": None if minutes is None else timedelta(minutes=minutes),
        }
