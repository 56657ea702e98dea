import gettext

import pytest
from babel.messages.catalog import Catalog, Message
from django.utils.translation.template import templatize

from cxm.lib import catalogue

PYTHON = """
from django.utils.translation import gettext as __, gettext_lazy as _, ngettext, pgettext
later = __("By another name")
title = _("Customers")
count = ngettext("%(n)s customer", "%(n)s customers", n) % {"n": n}
verb = pgettext("verb", "Order")
"""
TEMPLATE = """
{% translate "Save 50%" %} {{ _("It's") }} {% include "x" with label=_("Label") %}
{% blocktranslate trimmed count n=total %}
  {{ n }} message
{% plural %}
  {{ n }} messages
{% endblocktranslate %}
{% blocktranslate with name=who.name context "greeting" %}Hello {{ name }}{% endblocktranslate %}
{% translate "Order" context "noun" %}
"""
FRAGMENTS = {
    ("", "Customers"): "العملاء",
    ("", "%(n)s customer"): [
        "لا عملاء",
        "عميل واحد",
        "عميلان",
        "%(n)s عملاء",
        "%(n)s عميلًا",
        "%(n)s عميل",
    ],
}


def templatized(text, place):
    return templatize(text, origin=place)


@pytest.fixture
def sources(tmp_path):
    (tmp_path / "page.html").write_text(TEMPLATE)
    (tmp_path / "code.py").write_text(PYTHON)
    return catalogue.read_sources(root=tmp_path, files=tmp_path.iterdir(), templatize=templatized)


def test_sources_are_read_from_python_and_templates(sources):
    assert {key: text for key, (text, _places) in sources.items()} == {
        ("", "Customers"): "Customers",
        ("", "By another name"): "By another name",
        ("", "%(n)s customer"): ("%(n)s customer", "%(n)s customers"),
        ("verb", "Order"): "Order",
        ("noun", "Order"): "Order",
        ("", "Save 50%%"): "Save 50%%",
        ("", "It's"): "It's",
        ("", "Label"): "Label",
        ("", "%(n)s message"): ("%(n)s message", "%(n)s messages"),
        ("greeting", "Hello %(name)s"): "Hello %(name)s",
    }


def test_catalogue_survives_saving_and_compiles(sources, tmp_path):
    path = tmp_path / "django.po"
    fresh = catalogue.merge(old=Catalog(locale="ar"), sources=sources, fragments=FRAGMENTS, language="ar")
    catalogue.save(fresh, path, language="ar")
    first = path.read_text()

    again = catalogue.merge(old=catalogue.load(path, language="ar"), sources=sources, fragments={}, language="ar")
    catalogue.save(again, path, language="ar")
    with catalogue.compile_file(path, language="ar").open("rb") as file:
        compiled = gettext.GNUTranslations(file)

    assert path.read_text() == first
    assert compiled.gettext("Customers") == "العملاء"
    assert [compiled.ngettext("%(n)s customer", "%(n)s customers", n) for n in (0, 1, 2, 3, 11, 100)] == FRAGMENTS[
        ("", "%(n)s customer")
    ]


def test_faults_name_what_is_missing_and_left_over(sources):
    old = catalogue.merge(old=Catalog(locale="ar"), sources=sources, fragments=FRAGMENTS, language="ar")
    old.add("Gone", "ذهب")
    told = list(catalogue.faults(old, sources))

    assert len(told) == len(sources) - len(FRAGMENTS) + 1
    assert told[-1] == "in the catalogue, but no longer in the sources: 'Gone'"


@pytest.mark.parametrize(
    ("message", "translation", "agrees"),
    [
        ("Hello %(name)s", "أهلًا %(name)s", True),
        ("Hello %(name)s", "أهلًا", False),
        ("Hello %(name)s", "أهلًا %(nom)s", False),
        ("50%% of {all}", "50%% من {all}", True),
        (("%(n)s a", "%(n)s b"), ("ل", "و", "ا", "%(n)s", "%(n)s", "%(n)s"), True),
        (("%(n)s a", "%(n)s b"), ("ل", "و", "ا", "%(n)s", "بلا", "%(n)s"), False),
    ],
)
def test_placeholders_must_agree(message, translation, agrees):
    assert catalogue.placeholders_agree(Message(message, translation)) is agrees


def test_unsure_translations_are_told_apart(sources):
    old = Catalog(locale="ar")
    old.add("Customers", "عملاء", flags=["fuzzy"])
    fresh = catalogue.merge(old=old, sources=sources, fragments={}, language="ar")

    assert fresh.get("Customers").string == ""
