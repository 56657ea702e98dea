import datetime
import time
from types import SimpleNamespace

import pytest

from campaigns.channels.email import compiler, limits, links, liquid, weave
from tests.campaigns.channels.email.signing import sign

NOW = datetime.datetime(2026, 3, 1, 9, 30, tzinfo=datetime.UTC)


def render(source: str, context: dict | None = None, *, html: bool = False, language: str = "en") -> str:
    parsed = liquid.parse(source, html=html, language=language)
    return liquid.render(parsed, context or {}, liquid.Marks(), NOW)


def render_fast(source: str, context: dict | None = None) -> bytes:
    parsed = liquid.parse(source, html=True, language="en")
    marks = links.MessageMarks(sign=sign, base_url="https://m.test", tenant_id=1, message_id=2)
    with limits.rendering():
        made = weave.weave(parsed, compiler.codec("html", parsed))(
            liquid.new_context(parsed, context or {}, marks, NOW)
        )
        return weave.joined(made)


DOUBLING = "{% assign s = 'ab' %}" + "{% assign s = s | append: s %}" * 60

HOSTILE = {
    "a loop without end": "{% for i in (1..1000000000) %}x{% endfor %}",
    "the same backwards": "{% for i in (1..1000000000) reversed %}x{% endfor %}",
    "as a row of a table": "{% tablerow i in (1..1000000000) %}x{% endtablerow %}",
    "in a filter": "{{ (1..1000000000) | join: ',' }}",
    "loops in loops": "{% for a in (1..200) %}{% for b in (1..200) %}{% for c in (1..200) %}x{% endfor %}{% endfor %}"
    "{% endfor %}",
    "loops after loops": "{% for a in (1..9000) %}x{% endfor %}" * 50,
    "doubling a text": DOUBLING,
    "doubling by capture": "{% assign s = 'ab' %}" + "{% capture s %}{{ s }}{{ s }}{% endcapture %}" * 60,
    "replacing each by all": "{% assign s = 'a' %}" + "{% assign s = s | replace: 'a', 'aaaaaaaaaa' %}" * 12,
    "joining with much": "{% assign s = '" + "a," * 900 + "' | split: ',' %}{% assign j = '" + "x" * 900 + "' %}"
    "{{ s | join: j }}",
    "a number that grows": "{% assign n = 9 %}" + "{% assign n = n | times: n %}" * 60,
    "rounding to far": "{{ 1 | round: -999999999 }}",
    "writing much in loops": "{% assign s = '" + "y" * 1900 + "' %}{% for a in (1..9999) %}{{ s }}{{ s }}{{ s }}"
    "{% endfor %}",
    "literals in loops": "{% for a in (1..9999) %}" + "z" * 3000 + "{% endfor %}",
    "many nodes in loops": "{% for a in (1..9999) %}" + "{% if a == 0 %}{% endif %}" * 400 + "{% endfor %}",
    "a wide date": "{{ 'now' | date: '%999999999d' }}" + DOUBLING,
    "captures in captures": "{% capture a %}" * 25 + "x" + "{% endcapture %}" * 25,
    "an endless cycle of lists": "{% assign l = 'a,b' | split: ',' %}" + "{% assign l = l | concat: l %}" * 30,
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_templates_are_stopped_soon_and_in_words(source):
    began = time.process_time()

    for attempt in (render, render_fast):
        with pytest.raises((limits.RenderRefused, limits.TemplateRefused)) as caught:
            attempt(source)
        assert str(caught.value.message)

    assert time.process_time() - began < 2 * limits.MAX_SECONDS + 2


@pytest.mark.parametrize(
    "source",
    [
        "{{ 1 | divided_by: 0 }}",
        "{{ l | map: '_secret' }}",
        "{{ l | where: '__class__' }}",
        "{% if 1 < 'a' %}{% endif %}",
    ],
)
def test_what_the_data_does_not_allow_is_a_refusal(source):
    with pytest.raises(limits.RenderRefused):
        render(source, {"l": [{"_secret": 1}]})


def test_brackets_in_brackets_end_well():
    try:
        assert render("{{ a" + "[a" * 3000 + "]" * 3000 + " }}") == ""
    except limits.TemplateRefused as refusal:
        assert str(refusal.message)


@pytest.mark.parametrize(
    "source",
    [
        "{{ request }}", "{{ settings.SECRET_KEY }}", "{{ customer.__class__ }}", "{{ customer.__class__.__mro__ }}",
        "{{ customer['__class__'] }}", "{{ customer._secret }}", "{{ _private }}", "{{ object.name }}", "{{ object }}",
        "{{ object | append: '' }}", "{{ customer.method }}", "{{ customer.keys }}", "{{ customer.object }}",
        "{{ forloop }}", "{{ customer.name.upper }}", "{{ customer.name.__class__ }}",
        "{{ list.append }}", "{% assign k = '__class__' %}{{ customer[k] }}", "{{ objects | join: ',' }}",
        "{{ customer | append: '' }}", "{{ l | join }}", "{{ env }}", "{{ self }}", "{{ template }}", "{{ customer }}",
    ],
)  # fmt: skip
def test_no_attribute_is_walked_and_no_object_shown(source):
    secret = SimpleNamespace(name="SECRET", __html__=lambda: "SECRET")
    context = {
        "customer": {"name": "n", "method": lambda: "SECRET", "_secret": "SECRET", "object": secret},
        "object": secret, "_private": "SECRET", "list": [1], "objects": [secret, [secret]], "l": [{"a": secret}],
    }  # fmt: skip

    shown = render(source, context)

    assert "SECRET" not in shown and "<" not in shown and "object" not in shown


def test_values_are_escaped_in_html_and_literal_in_text():
    context = {"name": "<script>'\"&"}

    assert render("{{ name }}", context, html=True) == "&lt;script&gt;&#39;&#34;&amp;"
    assert render("{{ name }}", context) == "<script>'\"&"


def test_captured_blocks_are_escaped_once():
    assert render("{% capture x %}<b>{{ name }}</b>{% endcapture %}{{ x }}", {"name": "<"}, html=True) == "<b>&lt;</b>"


def test_undefined_reads_as_nothing_and_default_fills_it():
    assert render("a{{ customer.name }}b{{ customer.deep.er }}c") == "abc"
    assert render("{{ customer.name | default: 'friend' }}") == "friend"
    assert render("{% if customer.name %}x{% else %}y{% endif %}") == "y"


@pytest.mark.parametrize(
    ("source", "language", "expected"),
    [
        ("{{ d | date }}", "en", "Mar 1, 2026"),
        ("{{ d | date: 'long' }}", "ar", "1 مارس 2026"),
        ("{{ d | date: '%d %B %Y' }}", "en", "01 March 2026"),
        ("{{ d | date: '%d %B %Y' }}", "ar", "01 مارس 2026"),
        ("{{ '2026-12-24' | date: '%d/%m' }}", "en", "24/12"),
        ("{{ 'now' | date: '%Y' }}", "en", "2026"),
        ("{{ 'soon' | date: '%Y' }}", "en", "soon"),
        ("{{ nothing | date: '%Y' }}", "en", ""),
        ("{{ 12.5 | money: 'EUR' }}", "en", "€12.50"),
        ("{{ 12.5 | money }}", "en", "£12.50"),
        ("{{ 12.5 | money: 'SAR' }}", "ar", "\u200f12.50\xa0ر.س\u200f"),
        ("{{ 'x' | money }}", "en", "x"),
        ("{{ 1234567.891 | number }}", "en", "1,234,567.891"),
        ("{{ 1234567.891 | number: 0 }}", "en", "1,234,568"),
        ("{{ 'a' | upcase }}", "en", "A"),
        ("{{ 1 }}{{ 1.5 }}{{ true }}{{ nil }}", "en", "11.5true"),
        ("{{ l }}", "en", "a1"),
    ],
)
def test_filters_and_values(source, language, expected):
    context = {"d": datetime.date(2026, 3, 1), "tenant": {"currency": "GBP"}, "l": ["a", 1]}

    shown = render(source, context, language=language)

    assert shown.strip("\u2068\u2069") == expected


def test_errors_name_the_line():
    with pytest.raises(limits.TemplateRefused) as caught:
        liquid.parse("a\nb {% if %}\n", html=True, language="en", part="subject")

    assert caught.value.line == 2
    assert list(caught.value.fields) == ["subject"]
