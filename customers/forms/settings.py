"""HTML input of the settings of customer data."""

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import Attribute
from customers.models.consent import Channel


class AttributeForm(forms.Form):
    label = forms.CharField(label=_("Label"), max_length=100, help_text=_("What people read."))
    key = forms.CharField(
        label=_("Key"), max_length=50, widget=forms.TextInput(attrs={"dir": "ltr"}),
        help_text=_("Its name in files, rules and templates: small letters, digits, underscores. It stays."),
    )  # fmt: skip
    kind = forms.ChoiceField(label=_("Kind"), choices=Attribute.Kind.choices)
    choices = forms.CharField(
        label=_("Choices"), required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One on each line, for a field of the kind “one of a list”."),
    )  # fmt: skip

    def clean_choices(self) -> list[str]:
        return self.cleaned_data["choices"].splitlines()


class AttributeLabelForm(forms.Form):
    label = forms.CharField(label=_("Label"), max_length=100)
    choices = forms.CharField(label=_("Choices"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def clean_choices(self) -> list[str]:
        return self.cleaned_data["choices"].splitlines()


class TopicForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100)
    name_ar = forms.CharField(label=_("Name in Arabic"), max_length=100, required=False)
    description = forms.CharField(label=_("Description"), max_length=300, required=False)
    description_ar = forms.CharField(label=_("Description in Arabic"), max_length=300, required=False)
    public = forms.BooleanField(label=_("Shown in the preference centre"), required=False, initial=True)


class TagForm(forms.Form):
    name = forms.CharField(label=_("Tag"), max_length=60)


class SuppressionForm(forms.Form):
    channel = forms.ChoiceField(label=_("Channel"), choices=Channel.choices)
    address = forms.CharField(label=_("Address"), max_length=320, widget=forms.TextInput(attrs={"dir": "ltr"}))
    note = forms.CharField(label=_("Why"), max_length=300, required=False)


class CompanyForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    domain = forms.CharField(
        label=_("Domain"), max_length=255, required=False, widget=forms.TextInput(attrs={"dir": "ltr"})
    )
