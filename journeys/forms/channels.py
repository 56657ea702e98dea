"""HTML input of the inventory of channels."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from journeys.models import Channel


class ChannelForm(forms.Form):
    """A channel, what it is for, who looks after it."""

    name = forms.CharField(label=_("Name"), max_length=60)
    key = forms.CharField(
        label=_("Word on the timeline"), max_length=20, required=False,
        help_text=_("What events of this channel carry, such as email or store. It cannot be changed later."),
        widget=forms.TextInput(attrs={"dir": "ltr"}),
    )  # fmt: skip
    goal = forms.CharField(
        label=_("Goal"), max_length=300, required=False, help_text=_("What this channel is there for, in one sentence.")
    )
    owner = forms.CharField(
        label=pgettext_lazy("map", "Owner"), max_length=120, required=False,
        help_text=_("The person or team who looks after it."),
    )  # fmt: skip

    def __init__(self, *args: object, channel: Channel | None = None, **kwargs: object) -> None:
        if channel:
            kwargs["initial"] = {"name": channel.name, "goal": channel.goal, "owner": channel.owner}
        super().__init__(*args, **kwargs)
        if channel:
            del self.fields["key"]
