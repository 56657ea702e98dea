from datetime import datetime

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.template import Context, Engine, TemplateDoesNotExist, engines
from django.template.base import TextNode
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from django_cotton.templatetags._component import AttrKind
from hypothesis import given
from hypothesis import strategies as st

from cxm.lib import folding

BUILTINS = ["django.templatetags.i18n", "django.templatetags.static", "cxm.templatetags.shell"]


def nodes(source: str):
    template = Engine(builtins=BUILTINS).from_string(source)
    folding.fold(template.nodelist)
    return template


def test_constant_tags_and_text_around_them_become_one_text():
    template = nodes("<b>{% translate 'Customers' %}</b>{% icon 'users' %}{% static 'css/app.css' %}.")

    assert [type(node) for node in template.nodelist] == [TextNode]
    assert template.render(Context()).startswith("<b>Customers</b><svg")
    assert template.render(Context()).endswith("/static/css/app.css.")


def test_the_language_of_the_folding_is_what_stays():
    with translation.override("ar"):
        template = nodes("{% translate 'Customers' %}")
        arabic = translation.gettext("Customers")

    assert template.render(Context()) == arabic != "Customers"


def test_what_depends_on_the_context_stays():
    template = nodes("{% translate word %}{% translate 'x' as y %}{{ y }}{% icon name %}{% translate 'A'|lower %}")

    assert [type(node).__name__ for node in template.nodelist] == [
        "TranslateNode", "TranslateNode", "QuickVariableNode", "SimpleNode", "TranslateNode"]  # fmt: skip


def test_branches_and_loops_are_folded_inside():
    choice = "{% if a %}{% translate 'Yes' %}!{% else %}{% translate 'No' %}!{% endif %}"
    each = "{% for x in xs %}{% translate 'Yes' %} {{ x }}{% empty %}{% translate 'No' %}?{% endfor %}"
    template = nodes(choice + each)
    branch, loop = template.nodelist

    assert [[type(node) for node in inside] for _condition, inside in branch.conditions_nodelists] == [[TextNode]] * 2
    assert [type(node) for node in loop.nodelist_empty] == [TextNode]
    assert template.render(Context({"a": True, "xs": [1]})) == "Yes!Yes 1"
    assert template.render(Context({"a": False, "xs": []})) == "No!No?"


PIECES = ["{% translate 'Yes' %}", "{% if a %}{% translate 'No' %}{{ b }}{% else %}x{% endif %}", "a < b", "{{ b }}",
          "{% for x in xs %}{{ x }}{% translate 'Save' %}{% endfor %}", "{% icon 'users' %}", "100%% & <i>",
          "{% translate '5% off' %}", "{% with c=b %}{% translate 'Yes' %}{{ c }}{% endwith %}"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=8), st.booleans(), st.lists(st.integers(0, 9), max_size=3))
def test_folding_changes_nothing_that_is_read(pieces, a, xs):
    source = "".join(pieces)
    context = {"a": a, "b": "<&>", "xs": xs}

    assert nodes(source).render(Context(context)) == Engine(builtins=BUILTINS).from_string(source).render(
        Context(context)
    )


class Thing:
    """What templates are given: attributes, methods, properties that fail, and names that are also keys."""

    word, number, safe, late = "<b>", 1234.5, mark_safe("<i>"), gettext_lazy("Customers")

    def said(self):
        return "<said>"

    def needs(self, argument):
        return argument

    def delete(self):
        raise AssertionError

    delete.alters_data = True

    @property
    def missing(self):
        raise AttributeError("missing")

    @property
    def gone(self):
        raise ObjectDoesNotExist


class Row(dict):
    word = "attribute"


GIVEN = {
    "thing": Thing(),
    "row": Row(word="key"),
    "plain": {"word": "<key>", "items": "own", "inner": {"thing": Thing()}},
    "rows": [{"word": "first"}],
    "call": Thing().said,
    "nothing": None,
    "kind": Thing,
    "at": datetime(2026, 5, 1),
}
PATHS = [
    "thing.word",
    "thing.number",
    "thing.safe",
    "thing.late",
    "thing.said",
    "thing.needs",
    "thing.delete",
    "thing.gone",
    "thing.none",
    "row.word",
    "row.items",
    "plain.word",
    "plain.items",
    "plain.values",
    "plain.inner.thing.said",
    "rows.0.word",
    "rows.9",
    "call",
    "call.upper",
    "nothing",
    "nothing.more",
    "kind.word",
    "at",
    "at.year",
    "absent",
    "absent.more",
    "rows.append",
    "plain.none",
    "thing.missing",
]
USES = [
    "{{ VALUE }}",
    "{{ VALUE|lower }}",
    "{{ VALUE|safe }}",
    "{% if VALUE %}y{% endif %}",
    "{% if not VALUE %}y{% endif %}",
    "{% if 'key' in VALUE or VALUE == 2026 %}y{% else %}n{% endif %}",
    "{% if VALUE|lower == 'x' and 1 %}y{% endif %}",
    "{% autoescape off %}{{ VALUE }}{% endautoescape %}",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("use", USES)
def test_the_short_way_finds_what_the_long_way_finds(use, path):
    source = use.replace("VALUE", path)

    def read(template):
        try:
            return template.render(Context(GIVEN))
        except Exception as error:
            return type(error)

    assert read(nodes(source)) == read(Engine(builtins=BUILTINS).from_string(source))


def test_attributes_of_parts_are_folded_and_stay_safe():
    source = """{% cotton card title="{% translate 'Customers' %} & <b>" class="x-{{ word }}" %}in{% endcotton %}"""
    engine = engines["django"].engine
    with translation.override("ar"):
        plain, folded = engine.from_string(source), engine.from_string(source)
        folding.fold(folded.nodelist)
        assert [attribute.kind for attribute in folded.nodelist[0]._prepared_attrs] == [
            AttrKind.STATIC,
            AttrKind.ESCAPED,
        ]
        assert folded.render(Context({"word": "<"})) == plain.render(Context({"word": "<"}))


def test_the_loader_keeps_a_template_for_each_language():
    engine = Engine(builtins=BUILTINS, loaders=[
        ("cxm.lib.folding.Loader", [("django.template.loaders.locmem.Loader", {"a": "{% translate 'Customers' %}"})])
    ])  # fmt: skip
    english = engine.get_template("a")
    with translation.override("ar"):
        arabic = engine.get_template("a")

    assert engine.get_template("a") is english is not arabic
    assert english.render(Context()) == "Customers" != arabic.render(Context())


def test_a_template_that_is_not_there_is_still_missed():
    engine = Engine(loaders=[("cxm.lib.folding.Loader", [("django.template.loaders.locmem.Loader", {})])])
    for _twice in range(2):
        try:
            engine.get_template("a")
        except TemplateDoesNotExist as missing:
            assert str(missing) == "a"
        else:
            raise AssertionError("it was found")
