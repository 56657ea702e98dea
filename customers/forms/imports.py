"""What the pages of imports send."""

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from customers.models import Import


class UploadForm(forms.Form):
    """A file, and what is in it where the person knows."""

    file = forms.FileField(label=_("File"), allow_empty_file=True, max_length=None)
    kind = forms.ChoiceField(
        label=_("What is in it"),
        choices=[("", _("See from the columns")), *Import.Kind.choices],
        required=False,
    )


class ReadingForm(forms.Form):
    """How dates and numbers of the file are read, where the columns do not say."""

    date_order = forms.ChoiceField(
        label=_("Dates such as 03/04/2026"),
        choices=[("", _("See from the column")), ("dmy", _("Day first: 3 April")), ("mdy", _("Month first: 4 March"))],
        required=False,
    )
    decimal_mark = forms.ChoiceField(
        label=_("Numbers such as 1,234"),
        choices=[("", _("See from the column")), (".", _("1,234.50")), (",", _("1.234,50"))],
        required=False,
    )


def mapping(data: QueryDict, columns: list[str]) -> dict[str, str]:
    """Column → field, from selects that are numbered like the columns."""
    return {column: data.get(f"field-{place}", "") for place, column in enumerate(columns)}
