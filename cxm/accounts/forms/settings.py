"""Forms of the settings."""

from zoneinfo import available_timezones

from babel import Locale
from babel.numbers import list_currencies
from django import forms
from django.conf import settings
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from cxm.accounts import permissions
from cxm.accounts.forms.moments import DayField
from cxm.accounts.models import Role
from cxm.audit import words
from cxm.tenancy.models import MOST_ACTIVE_DAYS, MOST_LAPSED_DAYS, Tenant

USED_FIRST = ("USD", "EUR", "GBP", "SAR", "AED", "EGP", "QAR", "KWD", "BHD", "OMR", "JOD", "MAD", "TND", "DZD", "IQD")


def _names() -> Locale:
    return Locale.parse(translation.get_language() or "en", sep="-")


def currencies() -> list[tuple[str, str]]:
    """Return today's currencies with their names, those of our first users first."""
    names = _names().currencies
    rest = sorted(code for code in list_currencies(_names()) if code not in USED_FIRST and code.isalpha())
    return [(code, f"{code} – {names.get(code, code)}") for code in (*USED_FIRST, *rest)]


def countries() -> list[tuple[str, str]]:
    """Return countries with their names, sorted by them."""
    found = [(code, name) for code, name in _names().territories.items() if len(code) == 2 and code.isalpha()]
    known = sorted(
        (pair for pair in found if pair[0] not in {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}), key=lambda pair: pair[1]
    )
    return [("", "–"), *known]


def zones() -> list[tuple[str, str]]:
    """Return time zones by their names in the database of zones."""
    kept = sorted(
        name
        for name in available_timezones()
        if "/" in name and not name.startswith(("Etc/", "posix/", "right/", "SystemV/"))
    )
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in kept)]


class GeneralForm(forms.Form):
    """What holds for the whole business."""

    name = forms.CharField(label=_("Name of the business"), max_length=200)
    language = forms.ChoiceField(
        label=_("Language"), choices=settings.LANGUAGES, help_text=_("Spoken to customers who named none.")
    )
    timezone = forms.ChoiceField(
        label=_("Time zone"), choices=zones, help_text=_("Times on pages and days in reports.")
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=currencies)
    country = forms.ChoiceField(
        label=_("Country"),
        choices=countries,
        required=False,
        help_text=_("For telephone numbers written without a code."),
    )
    digits = forms.ChoiceField(
        label=_("Digits on Arabic pages"), choices=Tenant.Digits.choices, widget=forms.RadioSelect
    )
    consent_model = forms.ChoiceField(
        label=_("Whom marketing may write to"), choices=Tenant.ConsentModel.choices, widget=forms.RadioSelect
    )
    active_days = forms.IntegerField(
        label=_("Active until"), min_value=1, max_value=MOST_ACTIVE_DAYS,
        help_text=_("Days since the last order for which a customer counts as active."),
    )  # fmt: skip
    lapsed_days = forms.IntegerField(
        label=_("Lapsed until"), min_value=2, max_value=MOST_LAPSED_DAYS,
        help_text=_("Days since the last order after which a customer counts as lost."),
    )  # fmt: skip

    def clean(self) -> dict:
        values = super().clean()
        if values.get("active_days") and values.get("lapsed_days") and values["lapsed_days"] <= values["active_days"]:
            self.add_error("lapsed_days", _("Must be more days than “active until”."))
        return values


class ProfileForm(forms.Form):
    """A person's name."""

    name = forms.CharField(label=_("Name"), max_length=150, required=False, help_text=_("What your colleagues read."))


class InviteForm(forms.Form):
    """Whom to ask to join."""

    email = forms.EmailField(label=_("Email"))
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.MARKETER)

    def __init__(self, *args, by_role: str, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if by_role != Role.OWNER:
            self.fields["role"].choices = [choice for choice in Role.choices if choice[0] != Role.OWNER]


def _scopes() -> list[tuple[str, str]]:
    """Return what a key may be given: in words for people, and as programs name it."""
    return [(scope, format_html("{} <code>{}</code>", words, scope)) for scope, words in permissions.KEY_SCOPES.items()]


class KeyForm(forms.Form):
    """A new API key."""

    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("Where it will be used: “Shop”, “Till 3”."))
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"), choices=_scopes,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip


class JoinForm(forms.Form):
    """A new colleague."""

    name = forms.CharField(label=_("Your name"), max_length=150)
    password = forms.CharField(
        label=_("Password"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least ten characters; a few words are best."),
    )  # fmt: skip


class AuditFilter(forms.Form):
    """Which entries of the audit log to show."""

    who = forms.CharField(label=_("Who"), required=False, max_length=254)
    what = forms.ChoiceField(label=_("What"), required=False, choices=lambda: [("", _("Everything")), *words.nouns()])
    since = DayField(
        label=_("Since"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = DayField(
        label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
