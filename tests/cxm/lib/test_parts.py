"""Parts rendered the short way say what the library's own way says."""

import pytest
from django.template import Context, engines
from django.template.base import Template
from django_cotton.templatetags._component import CottonComponentNode

from cxm.lib import folding, parts

GIVEN = {"word": "<b>", "rows": [1, 2], "nothing": None, "given": {"label": "L", "data-x": "1"}, "parts": "facts"}
SOURCES = [
    '{% cotton fact label="x" %}y{% endcotton %}',
    '{% cotton fact label="{{ word }}" data-kind="a b" hidden %}{{ word }}{% endcotton %}',
    '{% cotton fact :label="rows" %}{% for row in rows %}{{ row }}{% endfor %}{% endcotton %}',
    '{% cotton fact :label="not there" %}y{% endcotton %}',
    "{% cotton fact label=rows %}y{% endcotton %}",
    "{% cotton fact label=loose %}y{% endcotton %}",
    '{% cotton fact :attrs="given" %}y{% endcotton %}',
    '{% cotton fact ::label="a" x-on:click="go()" %}y{% endcotton %}',
    '{% cotton card title="T" class="wide" id="one" %}{% cotton:slot actions %}<i>{{ word }}</i>{% endcotton:slot %}y{% endcotton %}',  # noqa: E501
    '{% cotton card %}{% cotton card flush="1" %}{% cotton badge tone="bad" %}{{ word }}{% endcotton %}{% endcotton %}{% endcotton %}',  # noqa: E501
    '{% cotton stat label="A" value="3" n="5" :delta="nothing" definition="{{ word }}" / %}',
    '{% for row in rows %}{% cotton stat label="{{ row }}" value="3" / %}{% endfor %}{{ label }}{{ slot }}',
    "{% cotton skeleton / %}{% cotton skeleton lines='5' / %}",
    '{% cotton component is="fact" label="x" %}y{% endcotton %}',
    '{% cotton fact label="x" only %}{{ word }}{% endcotton %}',
    '{% cotton page-header title="{{ word }}" lead="l" / %}',
]


def compiled(source: str, *, short: bool) -> Template:
    template = engines["django"].engine.from_string(source)
    if short:
        folding.fold(template.nodelist)
    return template


@pytest.fixture
def long_way(monkeypatch):
    """The templates of parts hold parts themselves; let those be the library's too."""
    monkeypatch.setattr(parts.QuickPart, "render", CottonComponentNode.render)


@pytest.mark.parametrize("source", SOURCES)
def test_the_short_way_says_the_same_each_time(source, request):
    template = compiled(source, short=True)
    said = [template.render(Context(GIVEN)) for _twice in range(2)]
    request.getfixturevalue("long_way")

    assert said == [compiled(source, short=False).render(Context(GIVEN))] * 2


def test_parts_are_quick_unless_chosen_by_the_page_or_closed_to_it():
    kinds = [type(compiled(source, short=True).nodelist[0]) for source in (SOURCES[0], *SOURCES[-3:-1])]

    assert kinds == [parts.QuickPart, CottonComponentNode, CottonComponentNode]


def test_what_a_part_is_given_is_gone_after_it():
    source = '{% cotton fact label="x" %}y{% endcotton %}{{ label }}{{ slot }}{{ attrs }}'

    assert compiled(source, short=True).render(Context()) == "\n<dt>x</dt><dd >y</dd>\n"


def test_an_error_inside_a_part_leaves_the_page_as_it_was():
    class Broken:
        def __str__(self):
            raise ZeroDivisionError

    context = Context({"broken": Broken()})
    template = compiled('{% cotton card title="x" %}{% cotton badge :tone="broken" / %}{% endcotton %}', short=True)
    with pytest.raises(ZeroDivisionError):
        template.render(context)
    assert len(context.dicts) == 2
    assert "title" not in context
