"""HTML input of one person → the values of customers.domain.customers."""

import json

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.domain import attributes, contacts, customers, places
from customers.models import Attribute, Customer, Topic
from customers.models.consent import Channel

_PREFIX = "attributes."
_NUMBER = forms.TextInput(attrs={"type": "tel", "dir": "ltr"})


class CustomerForm(forms.Form):
    """The fields everybody has, then those the tenant defined. Rules are the domain's; this only names the fields."""

    name = forms.CharField(required=False, label=_("Name"), max_length=200)
    email = forms.CharField(required=False, label=_("Email address"), max_length=320, widget=forms.EmailInput)
    phone = forms.CharField(
        required=False, label=_("Phone"), max_length=64, widget=forms.TextInput(attrs={"type": "tel", "dir": "ltr"})
    )
    external_id = forms.CharField(
        required=False, label=_("External id"), max_length=200, help_text=_("Their number in your shop or your books.")
    )
    company = forms.CharField(required=False, label=_("Company"), max_length=200)
    language = forms.ChoiceField(required=False, label=_("Language"))
    country = forms.ChoiceField(required=False, label=_("Country"))
    city = forms.CharField(required=False, label=_("City"), max_length=100)
    timezone = forms.ChoiceField(required=False, label=_("Time zone"))
    birthday = forms.DateField(
        required=False, label=_("Birthday"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    tags = forms.CharField(required=False, label=_("Tags"), help_text=_("Words with commas between them."))

    def __init__(self, *args: object, customer: Customer | None = None, **kwargs: object) -> None:
        self.definitions = attributes.by_key()
        self._shown: dict | None = None
        super().__init__(*args, initial=_initial(customer) if customer else {}, **kwargs)
        self.fields["country"].choices = [("", "–"), *places.choices()]
        self.fields["language"].choices = _with(places.languages(), customer.language if customer else "")
        self.fields["timezone"].choices = _with([(zone, zone) for zone in sorted(contacts.zones())], "")
        for key, definition in self.definitions.items():
            self.fields[_PREFIX + key] = _field(definition)

    def values(self) -> dict:
        """Return what was typed, by the names of contracts."""
        given = self.cleaned_data
        values = {name: given[name] for name in given if not name.startswith(_PREFIX)}
        values["tags"] = [word.strip() for word in given["tags"].replace("،", ",").split(",") if word.strip()]
        values["attributes"] = {key: given[_PREFIX + key] for key in self.definitions if self._touched(_PREFIX + key)}
        return {name: value for name, value in values.items() if name == "attributes" or self._touched(name)}

    def shown(self) -> str:
        """Return what the page shows in the fields; it comes back with what was typed."""
        if self.is_bound:
            return self.data.get("shown", "")
        return json.dumps({field.html_name: str(field.value() or "") for field in self}, ensure_ascii=False)

    def _touched(self, name: str) -> bool:
        """Whether a field was changed on the page: the others may hold what a colleague has written meanwhile."""
        if self._shown is None:
            try:
                found = json.loads(self.data.get("shown", ""))
            except (ValueError, RecursionError):
                found = {}
            self._shown = found if isinstance(found, dict) else {}
        return name not in self._shown or self.data.get(name, "") != self._shown[name]

    def own(self) -> list[forms.BoundField]:
        """Return the fields the tenant defined."""
        return [self[_PREFIX + key] for key in self.definitions]


class ConsentForm(forms.Form):
    """A yes or no somebody gave to a colleague."""

    channel = forms.ChoiceField(label=_("Channel"), choices=Channel.choices)
    topic = forms.ChoiceField(label=_("Topic"), required=False)
    granted = forms.ChoiceField(
        label=_("What they said"), choices=[("yes", _("Yes, they want it")), ("no", _("No, they do not"))],
        widget=forms.RadioSelect,
    )  # fmt: skip
    words = forms.CharField(
        label=_("How you know"), max_length=300, help_text=_("What they said, where and when. It is kept as evidence.")
    )

    def __init__(self, *args: object, topics: list[Topic], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topic"].choices = [("", _("The whole channel")), *((topic.slug, topic.title) for topic in topics)]


def _initial(customer: Customer) -> dict:
    initial = {name: getattr(customer, name) or "" for name in customers.LENGTHS}
    for name in ("email", "phone", "language", "timezone", "country", "birthday"):
        initial[name] = getattr(customer, name)
    initial["company"] = customer.company.name if customer.company else ""
    initial["tags"] = ", ".join(sorted(link.tag.name for link in customer.tag_links.select_related("tag")))
    for key, value in customer.attributes.items():
        initial[_PREFIX + key] = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
    return initial


def _with(choices: list[tuple[str, str]], present: str) -> list[tuple[str, str]]:
    """Return the choices with a blank one, and with what the person has now where it is none of them."""
    missing = [(present, places.language(present))] if present and present not in dict(choices) else []
    return [("", "–"), *missing, *choices]


def _field(definition: Attribute) -> forms.Field:
    given = {"required": False, "label": definition.label}
    if definition.kind == Attribute.Kind.CHOICE:
        return forms.ChoiceField(choices=[("", "–"), *((word, word) for word in definition.choices)], **given)
    if definition.kind == Attribute.Kind.BOOLEAN:
        return forms.ChoiceField(choices=[("", "–"), ("yes", _("Yes")), ("no", _("No"))], **given)
    if definition.kind == Attribute.Kind.DATE:
        return forms.CharField(widget=forms.DateInput(attrs={"type": "date"}), **given)
    if definition.kind == Attribute.Kind.NUMBER:
        return forms.CharField(widget=forms.TextInput(attrs={"inputmode": "decimal", "dir": "ltr"}), **given)
    return forms.CharField(max_length=attributes.MAX_TEXT, **given)
