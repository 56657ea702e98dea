"""HTML input of the settings of messages."""

from django import forms
from django.utils.translation import gettext_lazy as _

LATIN = {"dir": "ltr"}


class BrandForm(forms.Form):
    """The brand kit; rules are the domain's."""

    name = forms.CharField(label=_("Name"), max_length=100)
    name_ar = forms.CharField(label=_("Name in Arabic"), max_length=100, required=False)
    color = forms.CharField(
        label=_("Colour"), max_length=7, widget=forms.TextInput(attrs={"type": "color", "class": "form-control-color"}),
        help_text=_("Of buttons and headings in messages. White words stand on it."),
    )  # fmt: skip
    logo_url = forms.CharField(
        label=_("Address of the logo"), max_length=200, required=False, widget=forms.TextInput(attrs=LATIN),
        help_text=_("A picture on the web, about 300 pixels wide."),
    )  # fmt: skip
    website = forms.CharField(label=_("Website"), max_length=200, required=False, widget=forms.TextInput(attrs=LATIN))
    address = forms.CharField(
        label=_("Postal address"), max_length=300, required=False,
        help_text=_("Stands in the footer of marketing messages; the law asks for it in many countries."),
    )  # fmt: skip
    address_ar = forms.CharField(label=_("Postal address in Arabic"), max_length=300, required=False)


class SenderForm(forms.Form):
    """A From: address."""

    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("What people read in their inbox."))
    name_ar = forms.CharField(label=_("Name in Arabic"), max_length=100, required=False)
    email = forms.CharField(label=_("Email address"), max_length=254, widget=forms.EmailInput)
    reply_to = forms.CharField(
        label=_("Answers go to"), max_length=254, required=False, widget=forms.EmailInput,
        help_text=_("Empty: to the address above."),
    )  # fmt: skip
