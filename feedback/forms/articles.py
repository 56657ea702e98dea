"""HTML input of help articles."""

from django import forms
from django.utils.translation import gettext_lazy as _

from feedback.models import Article

_LONG = forms.Textarea(attrs={"rows": 12})


class ArticleForm(forms.Form):
    """One article in both languages; one of them is enough."""

    title = forms.CharField(label=_("Title in English"), max_length=200, required=False)
    section = forms.CharField(
        label=_("Section in English"),
        max_length=100,
        required=False,
        help_text=_("Articles of one section stand together."),
    )
    body = forms.CharField(label=_("Text in English"), max_length=30_000, required=False, widget=_LONG)
    title_ar = forms.CharField(label=_("Title in Arabic"), max_length=200, required=False)
    section_ar = forms.CharField(label=_("Section in Arabic"), max_length=100, required=False)
    body_ar = forms.CharField(label=_("Text in Arabic"), max_length=30_000, required=False, widget=_LONG)
    slug = forms.CharField(
        label=_("Short name"), max_length=80, required=False, widget=forms.TextInput(attrs={"dir": "ltr"}),
        help_text=_("Its place in the address; made from the title when left out."),
    )  # fmt: skip
    state = forms.ChoiceField(label=_("State"), choices=Article.State.choices)
