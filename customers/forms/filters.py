"""The filters of the list of people, out of its address. What makes no sense filters nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.domain import companies, places, search, tags
from customers.models import Customer
from cxm import controls
from cxm.accounts.domain.lists import COLUMNS
from cxm.accounts.forms.moments import DayField
from cxm.lib.errors import NotFound

ANY = ("", _("Any"))


@dataclass(frozen=True)
class Chip:
    """A filter chosen: its words, and the address of the list without it."""

    label: str | Promise
    value: str
    remove: str


def _tags() -> list[tuple]:
    return [ANY, *((tag.pk, tag.name) for tag in tags.all_tags())]


def _segments() -> list[tuple]:
    return [ANY, *search.segments().values_list("pk", "name")]


def _countries() -> list[tuple]:
    return [ANY, *places.choices()]


class Filters(forms.Form):
    """Fields have the names they have in the address."""

    q = forms.CharField(required=False, max_length=search.MAX_TEXT, label=_("Search"))
    lifecycle = forms.ChoiceField(required=False, label=_("Class"), choices=[ANY, *Customer.Class.choices])
    tag = forms.TypedChoiceField(required=False, label=_("Tag"), coerce=int, empty_value=None)
    segment = forms.TypedChoiceField(required=False, label=_("Segment"), coerce=int, empty_value=None)
    country = forms.ChoiceField(
        required=False, label=_("Country"), choices=_countries, widget=controls.LongSelect(options=_countries)
    )
    company = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)
    email = forms.ChoiceField(
        required=False, label=_("Email address"), choices=[ANY, ("yes", _("Has one")), ("no", _("Has none"))]
    )
    consent = forms.ChoiceField(
        required=False,
        label=_("Consent to email"),
        choices=[ANY, ("yes", _("May be written to")), ("no", _("May not"))],
    )
    since = DayField(
        required=False, label=_("Known since"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = DayField(
        required=False, label=_("Known until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    sort = forms.ChoiceField(
        required=False,
        label=_("Sort by"),
        choices=[
            ("created", _("Newest first")),
            ("name", _("Name")),
            ("last_order", _("Last order")),
            ("revenue", _("Revenue")),
        ],
    )

    def __init__(self, given: QueryDict) -> None:
        super().__init__(given)
        # Read once, and only when they are shown or one of them is chosen: most answers change the rows alone.
        self.fields["tag"].choices = cache(_tags)
        self.fields["segment"].choices = cache(_segments)

    def query(self) -> search.Query:
        """Return what the list asks for."""
        self.is_valid()
        chosen = self.cleaned_data
        return search.Query(
            text=chosen.get("q") or "",
            sort=chosen.get("sort") or "created",
            **{name: chosen[name] for name in self.filters() if chosen.get(name)},
        )

    def filters(self) -> list[str]:
        """Return the names of the fields that narrow the list, without words and order."""
        return [name for name in self.fields if name not in ("q", "sort")]

    def address(self, *, without: str = "") -> str:
        """Return the query string of the list as chosen, short: without empty fields and one filter."""
        kept = QueryDict(mutable=True)
        for name in self.fields:
            value = self.data.get(name, "")
            if value and name != without and name not in self.errors and (name, value) != ("sort", "created"):
                kept[name] = value
        if columns := self.data.get(COLUMNS, ""):
            kept[COLUMNS] = columns
        return kept.urlencode()

    def chips(self) -> Iterator[Chip]:
        """Yield the filters chosen."""
        for name in self.filters():
            if not (value := self.cleaned_data.get(name)):
                continue
            yield Chip(
                self.fields[name].label or _("Company"), self._words(name, value), f"?{self.address(without=name)}"
            )

    def _words(self, name: str, value: object) -> str:
        if name == "company":
            try:
                return companies.get(value).name
            except NotFound:
                return "–"
        if name in ("since", "until"):
            return value.isoformat()
        return str(dict(self.fields[name].choices).get(value, value))
