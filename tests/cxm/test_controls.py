"""Selects say the same as Django's templates do."""

from bs4 import BeautifulSoup
from django import forms
from django.forms.renderers import DjangoTemplates

from cxm import controls
from cxm.controls import Renderer

CHOICES = [("", "Any"), ("a<b", "A & B"), ("Group", [("c", "C"), ("d", "D")]), (7, "Seven")]


def _both(widget: forms.Select, value: object) -> tuple[BeautifulSoup, BeautifulSoup]:
    attrs = {"id": "x", "class": "form-select", "required": True, "disabled": False, "aria-label": 'say "x"'}
    return tuple(
        BeautifulSoup(widget.render("name", value, attrs, renderer=renderer), "html.parser")
        for renderer in (Renderer(), DjangoTemplates())
    )


def _facts(soup: BeautifulSoup) -> list:
    options = [(tag.attrs, tag.parent.name, tag.string) for tag in soup.find_all("option")]
    return options + [(tag.name, tag.attrs) for tag in soup.find_all(["select", "optgroup"])]


def test_one_choice():
    ours, theirs = _both(forms.Select(choices=CHOICES), 7)
    assert _facts(ours) == _facts(theirs)
    assert [option["value"] for option in ours.find_all("option", selected=True)] == ["7"]


def test_several_choices():
    ours, theirs = _both(forms.SelectMultiple(choices=CHOICES), ["a<b", "d"])
    assert _facts(ours) == _facts(theirs)
    assert len(ours.find_all("option", selected=True)) == 2


def test_unknown_or_nothing():
    ours, theirs = _both(forms.NullBooleanSelect(), None)
    assert _facts(ours) == _facts(theirs)


def test_a_long_list_marks_what_is_chosen_and_escapes_what_was_sent():
    field = forms.ChoiceField(required=False, choices=[("", "Any"), ("SA", "Saudi <Arabia>"), ("AE", "Emirates")],
                              widget=controls.LongSelect(options=lambda: [("", "Any"), ("SA", "Saudi <Arabia>"),
                                                                          ("AE", "Emirates")]))  # fmt: skip
    form = type("Places", (forms.Form,), {"country": field})

    assert str(form({"country": "SA"})["country"]) == (
        '<select id="id_country" name="country"><option value="">Any</option>\n'
        '<option value="SA" selected>Saudi &lt;Arabia&gt;</option>\n<option value="AE">Emirates</option></select>'
    )
    assert "selected" not in str(form({"country": '"><script>'})["country"])
    assert "<script>" not in str(form({"country": '"><script>'})["country"])
