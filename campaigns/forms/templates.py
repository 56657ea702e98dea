"""HTML input of templates."""

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.models.template import Kind


class TemplateForm(forms.Form):
    """A template's words in one language, as they are typed; rules are the domain's."""

    name = forms.CharField(label=_("Name"), max_length=120)
    kind = forms.ChoiceField(label=_("Kind"), choices=Kind.choices)
    subject = forms.CharField(label=_("Subject"), max_length=300, strip=False)
    preheader = forms.CharField(
        label=_("Preview text"), max_length=300, required=False, strip=False,
        help_text=_("Stands beside the subject in most inboxes."),
    )  # fmt: skip
    body = forms.CharField(
        label=_("Message"), strip=False,
        widget=forms.Textarea(attrs={"rows": 26, "spellcheck": "false", "wrap": "off", "dir": "ltr", "class": "source",
                                     "autocapitalize": "off"}),
    )  # fmt: skip

    def clean_body(self) -> str:
        """Browsers send line ends as CR LF; versions are compared and stored with LF."""
        return self.cleaned_data["body"].replace("\r\n", "\n")

    def words(self) -> dict[str, str]:
        """Return the words as the domain takes them."""
        return {part: self.cleaned_data[part] for part in ("subject", "preheader", "body")}
