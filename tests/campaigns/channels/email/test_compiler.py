import datetime
import pickle

import pytest

from campaigns.channels.email import compiler, limits

NOW = datetime.datetime(2026, 3, 1, 9, 30, tzinfo=datetime.UTC)
PAGE = "<html><body>{body}</body></html>"


def compiled(body: str, **changes) -> compiler.Compiled:
    arguments = {
        "subject": "Hello",
        "preheader": "",
        "body": body,
        "format": "html",
        "language": "en",
        "tracking": None,
        "marketing": False,
    }
    return compiler.compile_template(**{**arguments, **changes})


def shown(body: str, context: dict | None = None, **changes) -> str:
    """What stands in the body of the page."""
    html = compiled(body, **changes).preview(context or {}, now=NOW).html
    return html.split("<body", 1)[1].split(">", 1)[1].rsplit("</body>", 1)[0].strip()


def refusal(body: str, **changes) -> limits.TemplateRefused:
    with pytest.raises(limits.TemplateRefused) as caught:
        compiled(body, **changes)
    return caught.value


def test_liquid_in_mjml_and_html_is_rendered_where_it_stands():
    rows = "<table>{% for p in data.items %}<tr><td>{{ p.name }}</td></tr>{% endfor %}</table>"
    items = {"data": {"items": [{"name": "A & B"}, {"name": "<i>"}]}}

    html = shown(rows, items)

    assert html.count("<tr>") == 2
    assert "<td>A &amp; B</td>" in html
    assert "<td>&lt;i&gt;</td>" in html
    assert html.index("<table") < html.index("A &amp; B") < html.index("</table>")


def test_html_that_begins_with_a_loop_is_one_document():
    made = compiled("{% for word in data.words %}<p>{{ word }}</p>{% endfor %}")
    html = made.preview({"data": {"words": ["One", "Two"]}}, now=NOW).html
    assert [html.count(part) for part in ("<html", "<head", "<body", "<p>")] == [1, 1, 1, 2]


def test_mjml_wraps_liquid_between_sections_by_itself():
    body = """<mjml><mj-body>{% for p in data.items %}<mj-section><mj-column>
    <mj-text>{{ p }}</mj-text></mj-column></mj-section>{% endfor %}</mj-body></mjml>"""

    html = compiled(body, format="mjml").preview({"data": {"items": ["alpha", "omega"]}}, now=NOW).html

    assert html.count("alpha") == html.count("omega") == 1


def test_a_syntax_error_names_the_authors_line():
    error = refusal("<p>fine</p>\n<p>{% if customer.name %}</p>\n")

    assert error.code == "template_invalid"
    assert error.line == 2


def test_an_unclosed_piece_names_its_line():
    assert str(refusal("<p>a</p>\n\n<p>{{ customer.name </p>").message).startswith("Line 3:")


@pytest.mark.parametrize(
    "body",
    [
        "{% include 'x' %}",
        "{% render 'x' %}",
        "{% raw %}{{ x }}{% endraw %}",
        "{% load static %}",
        "{{ customer.name | safe }}",
        "{{ customer.name | no_such_filter }}",
        "{% break %}",
        "{% cxm_link 1 %}https://evil.test{% endcxm_link %}",
        "<p {{ data.attributes }}>x</p>",
        "<scr{% if true %}ipt{% endif %}>alert(1)</scr{% if true %}ipt{% endif %}>",
        "<!-- never closed",
        "{% assign unsubscribe_url = 'javascript:alert(1)' %}",
        "{% if a %}" * 40 + "{% endif %}" * 40,
        "{{ " + "x" * 3000 + " }}",
        "{{ x }}" * 6000,
    ],
)
def test_what_has_no_business_in_a_template_is_refused(body):
    assert refusal(body).code == "template_invalid"


def test_includes_of_mjml_are_refused_with_their_line():
    error = refusal('<mjml>\n<mj-include path="/etc/passwd" /></mjml>', format="mjml")

    assert error.line == 2


def test_broken_mjml_is_refused():
    assert refusal("<mjml><mj-body><mj-section></mj-body></mjml>", format="mjml").code == "template_invalid"


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("<mj-text>x<b>y</mj-text>", "“<b>” is opened and never closed."),
        ("</mj-text>", "“<mj-column>” is opened and never closed."),
        ("<mj-text>a < {{ b }}</mj-text>", "this is not MJML (< {{ b }}</mj-text>)."),
        ("<mj-text width=10>x</mj-text>", "this is not MJML (<mj-text width=10>x</mj-text>)."),
    ],
)
def test_a_layout_that_breaks_is_told_by_its_line(language, wrong, sentence):
    body = f"""<mjml>\n<mj-body><!-- <b -->\n<mj-section>مرحبا
{{% if a %}}\n{{% endif %}}<mj-column>{wrong}
</mj-column></mj-section></mj-body></mjml>"""
    error = refusal(body, format="mjml", language=language)

    assert (error.line, str(error.message)) == (5, f"Line 5: {sentence}")


@pytest.mark.parametrize("body", ["hello <b>you</b>", "", "<p>", "</table></table>", "<a href=", "<<<>>>"])
def test_html_of_any_shape_compiles(body):
    assert "</body>" in compiled(body).preview({}, now=NOW).html


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        '{{ "<script>alert(1)</script>" }}',
        "{% echo '<script>alert(1)</script>' %}",
        "{% liquid echo '<script>alert(1)</script>' %}",
        "{% cycle '<script>alert(1)</script>' %}",
        "{% assign s = '<script>' %}{{ s }}",
        "{{ data.x | default: '<script>' }}",
        "{{ '%3Cscript%3E' | url_decode }}",
        "{{ 'PHNjcmlwdD4=' | base64_decode }}",
        "{{ '&lt;script&gt;' | escape_once }}",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        "<style></style><img src=x onerror=alert(1)>",
        "<noscript><p title='</noscript><script>alert(1)</script>'></noscript>",
        "<!--[if mso]><!--><script>alert(1)</script><!--<![endif]-->",
        "<!--[if mso]>--!><script>alert(1)</script><![endif]-->",
        "<!--><script>alert(1)</script>-->",
        "<iframe src=//evil.test></iframe><object data=x></object><form action=x><input name=q></form>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href="java&#10;script:alert(1)">x</a>',
        '<a href=" &#1;javascript:alert(1)">x</a>',
        "<a href=\"{{ 'javascript:alert(1)' }}\">x</a>",
        '<a href="java{% if true %}script:{% endif %}alert(1)">x</a>',
        '<a href="{{ data.url }}">x</a>',
        '<area href="javascript:alert(1)">',
        '<p onclick="alert(1)" style="width:expression(alert(1))">x</p>',
        '<meta http-equiv="refresh" content="0;url=//evil.test">',
        '<base href="//evil.test/">',
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></table></mtext></math>",
    ],
)
def test_nothing_in_a_template_acts(evil):
    html = shown(evil, {"data": {"url": "javascript:alert(1)"}}).lower()

    for sign in ("<script", "<iframe", "<object", "<form", "<svg", "<base", "refresh", "javascript:", "expression("):
        assert sign not in html
    assert " onerror=" not in html.replace("&lt;img src=x onerror=alert(1)&gt;", "")
    assert "onclick=" not in html


def test_outlooks_conditional_comments_stay():
    kept = '<!--[if mso]><v:rect xmlns:v="urn:schemas-microsoft-com:vml"><v:fill/></v:rect><![endif]-->'

    assert kept in shown(f"<p>x</p>{kept}")


def test_styles_are_inlined_and_media_queries_kept():
    html = compiled(
        "<style>p{color:red} @media (max-width:480px){p{color:blue}}</style><p>x</p>",
    ).html

    assert '<p style="color: red;">' in html or '<p style="color:red">' in html or 'style="color: red' in html
    assert "@media" in html


def test_links_are_registered_once_in_order_and_own_ones_never():
    body = (
        '<a href="https://a.test/?x=1&amp;y=%20#f">1</a><a href="https://a.test/?x=1&amp;y=%20#f">2</a>'
        '<a href="https://مثال.test/مسار">3</a><a href="https://b.test/{{ customer.id }}">4</a>'
        '<a href="{{ unsubscribe_url }}">5</a><a href="{{ view_url }}">6</a><a href="mailto:x@a.test">7</a>'
        '<a href="#top">8</a><a href="{{ data.url }}">9</a>'
    )

    links = compiled(body, tracking=compiler.TrackingPlan()).links

    assert [(link.index, link.url, link.fixed) for link in links] == [
        (0, "https://a.test/?x=1&y=%20#f", True),
        (1, "https://مثال.test/مسار", True),
        (2, "https://b.test/{{ customer.id }}", False),
        (3, "{{ data.url }}", False),
    ]


def test_direction_is_declared_on_html_body_and_outermost_tables():
    html = compiled("<table><tr><td><table><tr><td>x</td></tr></table></td></tr></table>", language="ar").html

    assert '<html lang="ar" dir="rtl">' in html
    assert html.count('<table dir="rtl">') == 1


def test_mjml_flows_from_the_right_in_arabic():
    body = "<mjml><mj-body><mj-section><mj-column><mj-text>نص</mj-text></mj-column></mj-section></mj-body></mjml>"

    html = compiled(body, format="mjml", language="ar").html

    assert "direction:rtl" in html and "direction:ltr" not in html
    assert "text-align:right" in html


def test_names_are_isolated_in_arabic():
    preview = compiled("<p>مرحبا {{ customer.name }}</p>", language="ar", subject="عرض {{ customer.name }}").preview(
        {"customer": {"name": "Ali (VIP)"}}, now=NOW
    )

    assert preview.subject == "عرض \u2068Ali (VIP)\u2069"
    assert "<bdi>Ali (VIP)</bdi>" in preview.html
    assert "\u2068Ali (VIP)\u2069" in preview.text


def test_marketing_gets_a_way_out_and_an_address_when_it_lacks_them():
    made = compiled("<p>Hello</p>", marketing=True)
    preview = made.preview({"brand": {"name": "Shop", "address": "Main St 1"}}, now=NOW)

    assert [problem.code for problem in made.problems] == ["footer_added"]
    assert "Unsubscribe" in preview.html and "Main St 1" in preview.html
    assert "Main St 1" in preview.text


def test_marketing_with_both_is_left_alone():
    body = '<p>{{ brand.address }} <a href="{{ unsubscribe_url }}">out</a></p>'

    assert compiled(body, marketing=True).problems == ()


def test_the_preheader_is_unseen_and_not_in_the_text():
    preview = compiled("<p>Hello</p>", preheader="Only {{ data.day }} <b>").preview({"data": {"day": "today"}}, now=NOW)

    assert preview.preheader == "Only today <b>"
    assert "Only today &lt;b&gt;" in preview.html
    assert "Only today" not in preview.text


def test_text_part_has_links_and_no_tags():
    body = (
        "<h1>News</h1><p>Dear&nbsp;{{ customer.name }},<br>see <a href='https://a.test/'>our <b>shop</b></a>.</p>"
        "<ul><li>one</li><li>two</li></ul><a href='https://b.test/'><img src='x.png' alt='Picture'></a>"
        "<div style='display:none'>hidden</div>"
    )

    assert compiled(body).preview({"customer": {"name": "<Zoë>"}}, now=NOW).text == (
        "News\n\nDear <Zoë>,\nsee our shop (https://a.test/).\n\n- one\n- two\n\nPicture (https://b.test/)\n"
    )


def test_the_same_template_is_compiled_once_and_survives_pickling():
    made = compiled("<p>{{ customer.name }}</p>")

    assert compiled("<p>{{ customer.name }}</p>") is made
    assert pickle.loads(pickle.dumps(made)) is made


def test_fields_and_unknown_names_are_told():
    made = compiled("<p>{{ customer.name }} {{ custmer.city }} {% assign x = 1 %}{{ x }}</p>")

    assert made.fields == {"customer.name", "custmer.city"}
    assert [problem.code for problem in made.problems] == ["field_unknown"]
    assert "custmer.city" in made.problems[0].message
