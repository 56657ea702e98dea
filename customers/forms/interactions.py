"""HTML input of what was done with a person."""

from datetime import datetime, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.domain.interactions import MOST_NOTE, FollowUp
from customers.models import Interaction
from cxm.accounts.forms.moments import MomentField, MomentInput
from cxm.accounts.models import User


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

    def said(self, *, writer: User) -> dict:
        """Return what was typed, as the domain takes it; what remains to be done is the writer's to do."""
        values = dict(self.cleaned_data)
        title, due_at = values.pop("follow_up").strip(), values.pop("due_at")
        return values | {"follow_up": FollowUp(title, due_at, writer) if title else None}


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

    def clean_occurred_at(self) -> datetime:
        at = self.cleaned_data["occurred_at"]
        if at > timezone.now():
            raise ValidationError(__("This time is still to come."))
        return at

    def said(self, *, writer: User) -> dict:
        values = super().said(writer=writer)
        minutes = values.pop("minutes")
        return values | {
            "at": values.pop("occurred_at"),
            "duration": None if minutes is None else timedelta(minutes=minutes),
        }
