"""HTML input of offers and points."""

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.domain import audience, issues, offers
from campaigns.models import Offer
from customers.domain import segments
from cxm.accounts.forms.moments import MomentField

_MOMENT = {"widget": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
           "input_formats": ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], "required": False}  # fmt: skip


class OfferForm(forms.Form):
    """What is offered, by which codes, to whom, until when and how often. Rules are the domain's."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("Only you and your colleagues see it."))
    title = forms.CharField(
        label=_("What people read"), max_length=120, required=False, help_text=_("Empty: made of kind and value.")
    )
    title_ar = forms.CharField(label=_("What people read, in Arabic"), max_length=120, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=Offer.Kind.choices, initial=Offer.Kind.PERCENT)
    value = forms.DecimalField(label=_("Value"), required=False, max_digits=12, decimal_places=2, min_value=0)
    codes = forms.ChoiceField(label=_("Codes"), choices=Offer.Codes.choices, initial=Offer.Codes.UNIQUE)
    code = forms.CharField(
        label=_("Code"), max_length=60, required=False, widget=forms.TextInput(attrs={"dir": "ltr"}),
        help_text=_("Everybody gets this one; anyone may pass it on."),
    )  # fmt: skip
    segment = forms.ChoiceField(
        label=_("Meant for"), required=False, help_text=_("For these people it is proposed to your agents.")
    )
    starts_at = MomentField(label=_("From"), **_MOMENT)
    ends_at = MomentField(label=_("Until"), **_MOMENT)
    valid_days = forms.IntegerField(
        label=_("Days a code holds"), required=False, min_value=1, max_value=issues.MOST_DAYS,
        help_text=_("From the day it was given."),
    )  # fmt: skip
    minimum = forms.DecimalField(label=_("Minimum order"), required=False, max_digits=12, decimal_places=2, min_value=0)
    limit = forms.IntegerField(label=_("Uses in all"), required=False, min_value=1)
    limit_each = forms.IntegerField(label=_("Uses by one person"), required=False, min_value=1)
    cost = forms.DecimalField(
        label=_("What one use costs you"), required=False, max_digits=12, decimal_places=2, min_value=0,
        help_text=_("Empty: what was taken off."),
    )  # fmt: skip

    def __init__(self, *args: object, offer: Offer | None = None, code: str = "", **kwargs: object) -> None:
        if offer:
            kept = {name: getattr(offer, name) for name in offers.FIELDS}
            kwargs["initial"] = kept | {"segment": offer.segment_id, "code": code}
        super().__init__(*args, **kwargs)
        self.fields["segment"].choices = [("", _("Everybody")), *((s.pk, s.name) for s in segments.live())]

    def values(self) -> dict:
        """Return what was typed as the domain takes it: rows instead of ids."""
        said = dict(self.cleaned_data)
        segment = said["segment"]
        return said | {"segment": audience.segment(ref=int(segment)) if segment else None}


class CodesForm(forms.Form):
    """Codes as a file, or pasted."""

    file = forms.FileField(
        label=_("File"), required=False, widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,text/*"}),
        help_text=_("One code on each line; of a table the first column counts."),
    )  # fmt: skip
    words = forms.CharField(
        label=_("Or paste them"), required=False, max_length=2_000_000,
        widget=forms.Textarea(attrs={"rows": 8, "dir": "ltr", "spellcheck": "false", "autocapitalize": "off"}),
    )  # fmt: skip

    def data_sent(self) -> bytes:
        """Return what was sent, from wherever it came."""
        file = self.cleaned_data["file"]
        return file.read() if file else self.cleaned_data["words"].encode()


class GenerateForm(forms.Form):
    """How many codes to make."""

    count = forms.IntegerField(label=_("How many"), initial=1000, min_value=1, max_value=200_000)
    prefix = forms.CharField(
        label=_("Beginning"), required=False, max_length=12, widget=forms.TextInput(attrs={"dir": "ltr"}),
        help_text=_("Stands before each, as EID-."),
    )  # fmt: skip


class RedeemForm(forms.Form):
    """A code that somebody brought."""

    code = forms.CharField(
        label=_("Code"), max_length=100, widget=forms.TextInput(attrs={"dir": "ltr", "autocapitalize": "characters"})
    )
    order_id = forms.CharField(label=_("Order number"), max_length=200, required=False)
    amount = forms.DecimalField(
        label=_("Amount of the order"), required=False, max_digits=16, decimal_places=2, min_value=0
    )


class GiveForm(forms.Form):
    """An offer for one person."""

    offer = forms.IntegerField(min_value=1)
    key = forms.CharField(max_length=60)


class PointsForm(forms.Form):
    """Points for one person: given, or spent."""

    amount = forms.IntegerField(label=_("Points"), min_value=1, max_value=10_000_000)
    way = forms.ChoiceField(choices=[("give", _("Give")), ("spend", _("Spend"))])
    reason = forms.CharField(label=_("Reason"), max_length=200)
    key = forms.CharField(max_length=60)


class PointsRuleForm(forms.Form):
    """The tenant's rule of points."""

    active = forms.BooleanField(label=_("Customers earn points with their orders"), required=False)
    per_unit = forms.DecimalField(
        label=_("Points for each unit of your currency"), max_digits=8, decimal_places=3, min_value=0,
        help_text=_("1 earns 100 points with an order of 100."),
    )  # fmt: skip
    from_sites = forms.BooleanField(
        label=_("Also with orders that only your website told"), required=False,
        help_text=_("Whoever visits it can read its key and claim an order. Without this tick such an order earns once "
                    "your own system tells it too: by the API, a file, or a key that may change customers."),
    )  # fmt: skip
    valid_days = forms.IntegerField(
        label=_("Days after which unused points lapse"), required=False, min_value=1, max_value=36_500,
        help_text=_("Empty: never."),
    )  # fmt: skip
    worth = forms.DecimalField(
        label=_("Worth of a point"), required=False, max_digits=8, decimal_places=4, min_value=0,
        help_text=_("In your currency; reckons what you owe your customers."),
    )  # fmt: skip
    tiers = forms.CharField(
        label=_("Tiers"), required=False, max_length=600, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One on each line, by points earned with orders: 500 Silver / فضي"),
    )  # fmt: skip
