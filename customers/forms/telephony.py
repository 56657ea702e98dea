"""HTML input of the telephone: queues, callers."""

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import CallAgent
from cxm.accounts.domain import members
from cxm.accounts.models import User


class QueueForm(forms.Form):
    """A queue and who sits at it."""

    name = forms.CharField(label=_("Name"), max_length=100)
    key = forms.CharField(
        label=_("Name in the telephone system"), max_length=100, required=False,
        help_text=_("What it sends as “queue”. The same as the name when left out."),
    )  # fmt: skip
    agents = forms.ModelMultipleChoiceField(
        label=_("Agents"), queryset=User.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agents"].queryset = members.colleagues()


class SeatForm(forms.Form):
    """Whether one takes calls, and on which telephone."""

    state = forms.ChoiceField(label=_("State"), choices=CallAgent.State.choices)
    extension = forms.CharField(label=_("Extension"), max_length=20, required=False)


class CallerForm(forms.Form):
    """Somebody new, while they are on the phone."""

    name = forms.CharField(label=_("Name"), max_length=200)
    email = forms.CharField(label=_("Email address"), max_length=320, required=False, widget=forms.EmailInput)
    company = forms.CharField(label=_("Company"), max_length=200, required=False)
