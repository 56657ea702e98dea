"""HTML input of to-dos."""

from django import forms
from django.utils.translation import gettext_lazy as _

from cxm.accounts.domain import members
from cxm.accounts.forms.moments import MomentField, MomentInput
from cxm.accounts.models import User


class TodoForm(forms.Form):
    """What is to be done, by whom, until when."""

    title = forms.CharField(label=_("What is to be done"), max_length=200)
    due_at = MomentField(label=_("Until"), required=False, widget=MomentInput)
    assignee = forms.ModelChoiceField(
        label=_("Who"), queryset=User.objects.none(), required=False, empty_label=_("Anybody")
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"].queryset = members.colleagues()
