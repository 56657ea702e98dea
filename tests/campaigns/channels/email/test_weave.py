"""The fast path writes what python-liquid writes: any template, any data, both kinds of part."""

import datetime
import quopri
import random
import re

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from campaigns.channels.email import compiler, limits, links, liquid, quoted, weave
from tests.campaigns.channels.email.signing import sign

NOW = datetime.datetime(2026, 3, 1, 9, 30, tzinfo=datetime.UTC)

LITERALS = [
    "\n", " ", ".", "\r\n.\r\n", "=", "é" * 40, "x" * 80, " \n", "<b>", "\t", "a" * 75, ".." * 40, "\u2028",
    "Dear ", "مرحبا ", "&amp;", "end.", "\x0b", "🙂" * 20, " . ", "",
]  # fmt: skip
PATHS = """a.name a.n a.none a.flag a.list a.size a.first a.missing a._secret b.name b missing missing.deep item
    item.name item.n forloop.index forloop.last forloop.length forloop.parentloop.index v w c.list.size c.list.first
    c.list[0] c.list[a.n] c.deep.name now partial""".split()
VALUES = [*PATHS, *PATHS, "'lit <&> \"q\"'", "1", "2.5", "true", "nil", "empty", "(1..3)"]
CHAINS = [
    "", "", "", " | upcase", " | default: 'none & <all>'", " | append: a.name", " | size", " | join: ', '", " | first",
    " | plus: 1", " | times: 2", " | replace: 'a', b.name", " | escape", " | url_encode", " | strip_html",
    " | date: '%Y %B'", " | money: 'SAR'", " | default: a.name, allow_false: true", " | split: 'a' | join: '-'",
    " | newline_to_br", " | truncate: 3", " | escape_once", " | slice: 0, 2", " | sort | reverse",
]  # fmt: skip
LEAVES = [
    "{% increment w %}", "{% cycle 'a', 'b' %}", "{% echo a.name %}", "{% cxm_pixel %}", "{%- assign v = a.list -%}",
    "{% cycle a.name, v %}", "{% liquid\nassign w = 1\necho w %}", "{% decrement w %}",
]  # fmt: skip


class Author:
    """Writes templates by dice."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)

    def value(self) -> str:
        return self.dice.choice(VALUES)

    def printed(self) -> str:
        return f"{{{{ {self.value()}{self.dice.choice(CHAINS)} }}}}"

    def condition(self) -> str:
        if self.dice.random() < 0.5:
            return self.dice.choice(PATHS)
        operator = self.dice.choice(["==", "!=", "<", ">", "contains", "and", "or", ">=", "<>"])
        return f"{self.value()} {operator} {self.value()}"

    def loop(self) -> str:
        over = self.dice.choice(["c.list", "a.list", "(1..3)", "missing", "b.name", "c.deep", "c.names"])
        return f"item in {over}" + self.dice.choice(
            ["", "", " limit: 1", " offset: 1", " reversed", " offset: continue"]
        )

    def address(self) -> str:
        return self.dice.choice(
            ["https://a.test/?x=1&y=2", f"https://a.test/{self.printed()}", self.printed(), "mailto:x@a.test",
             f"https://a.test/{{% if {self.condition()} %}}x{{% else %}}y{{% endif %}}"]
        )  # fmt: skip

    def text(self, depth: int = 3) -> str:
        return "".join(self.node(depth) for _each in range(self.dice.randint(0, 4)))

    def node(self, depth: int) -> str:
        dice = self.dice.random()
        if dice < 0.25 or depth == 0:
            return self.dice.choice(LITERALS)
        if dice < 0.5:
            return self.printed()
        inner, other = self.text(depth - 1), self.text(depth - 1)
        jump = self.dice.choice(["{% break %}", "{% continue %}", "{% if forloop.first %}{% continue %}{% endif %}x"])
        return self.dice.choice([
            f"{{% if {self.condition()} %}}{inner}{{% else %}}{other}{{% endif %}}",
            f"{{% if {self.condition()} %}}{inner}{{% elsif {self.condition()} %}}{other}{{% endif %}}",
            f"{{% unless {self.condition()} %}}{inner}{{% endunless %}}",
            f"{{% for {self.loop()} %}}{inner}{{% else %}}{other}{{% endfor %}}",
            f"{{% for {self.loop()} %}}{inner}{jump}{other}{{% endfor %}}",
            f"{{% case {self.value()} %}}{{% when 'x', 1 %}}{inner}{{% else %}}{other}{{% endcase %}}",
            f"{{% capture v %}}{inner}{{% endcapture %}}{other}",
            f"{{% assign w = {self.value()}{self.dice.choice(CHAINS)} %}}{inner}",
            f"{{% tablerow item in c.list %}}{inner}{{% endtablerow %}}",
            f"{{% ifchanged %}}{inner}{{% endifchanged %}}",
            f"{{% comment %}}{inner}{{% endcomment %}}",
            f"{{% cxm_link {self.dice.choice([0, 1, -1])} %}}{self.address()}{{% endcxm_link %}}",
            self.dice.choice(LEAVES),
        ])  # fmt: skip


# without carriage returns: at the end of a piece one is a line break of its own, before another piece's it is not
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=12)
scalars = st.one_of(
    words, st.integers(-5, 5), st.booleans(), st.none(), st.floats(allow_nan=False, allow_infinity=False, width=16),
    st.just("https://shop.test/?a=1&b=é"), st.just("javascript:alert(1)"), st.just("<i>&amp;'\""), st.just(NOW),
    st.text("ab \n.=", min_size=190, max_size=230),
)  # fmt: skip
records = st.fixed_dictionaries({}, optional={"name": scalars, "n": scalars, "flag": st.booleans(), "none": st.none()})
contexts = st.fixed_dictionaries(
    {"a": st.builds(lambda r, x: {**r, "list": x, "_secret": "s"}, records, st.lists(scalars, max_size=3)),
     "c": st.fixed_dictionaries({"list": st.lists(st.one_of(records, scalars), max_size=3), "deep": records,
                                 "names": st.lists(words, max_size=3)})},
    optional={"b": st.one_of(records, scalars, st.just(object()))},
)  # fmt: skip


def marks() -> links.MessageMarks:
    return links.MessageMarks(sign=sign, base_url="https://m.test", tenant_id=1, message_id=2)


def plainly(parsed: liquid.Parsed, context: dict) -> str | None:
    try:
        return liquid.render(parsed, context, marks(), NOW)
    except limits.RenderRefused:
        return None


def fast(parsed: liquid.Parsed, name: str, context: dict) -> str | None:
    run = weave.weave(parsed, compiler.codec(name, parsed))
    try:
        with limits.rendering():
            pieces = run(liquid.new_context(parsed, context, marks(), NOW))
            made = "".join(pieces) if name == "subject" else weave.joined(pieces)
    except limits.RenderRefused:
        return None
    if name == "subject":
        return made
    lines = made.split(b"\r\n")
    assert all(len(line) <= 76 for line in lines)
    assert not any(line.startswith(b".") for line in lines)
    assert b"\n" not in made.replace(b"\r\n", b"") and made.isascii()
    assert not any(line.endswith((b" ", b"\t")) for line in lines)
    return quopri.decodestring(made).decode()


def newlines(text: str | None) -> str | None:
    return None if text is None else re.sub(r"\r\n?|\n", "\n", text)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(0, 2**40).map(lambda seed: Author(seed).text()),
    contexts,
    st.sampled_from(["html", "text", "subject"]),
    st.sampled_from(["en", "ar"]),
)
@example("{% for item in c.list %}{{ item.name }}{% assign item = a %}{{ item.name }}{% endfor %}{{ item.name }}",
         {"a": {"name": "A"}, "c": {"list": [{"name": "x"}]}}, "html", "en")  # fmt: skip
@example("{% for item in c.list offset: continue %}{{ item }}{% endfor %}", {"c": {"list": [1]}}, "html", "en")
@example("{% for item in c.list limit: 1 %}{{ item }}{% endfor %}{% for item in c.list offset: continue %}{{ item }}"
         "{% endfor %}", {"c": {"list": ["x", "y"]}}, "html", "en")  # fmt: skip
@example("{% if a.flag %} \n {% endif %}x", {"a": {"flag": True}}, "html", "en")
@example("{% if a.flag %} {% assign w = 'y' %} {% endif %}{{ w }}", {"a": {"flag": True}}, "html", "en")
def test_fast_is_plain(source, context, name, language):
    try:
        parsed = liquid.parse(source, html=name == "html", language=language)
    except limits.TemplateRefused:
        return

    quick, plain = newlines(fast(parsed, name, context)), newlines(plainly(parsed, context))
    assert quick == plain, (source, context, name, language)


@settings(max_examples=200)
@given(st.lists(st.one_of(st.sampled_from(LITERALS), words), max_size=8))
def test_pieces_join_in_any_order(texts):
    made = b"".join(map(quoted.encode, texts)) + b"\r\n"

    assert newlines(quopri.decodestring(made).decode()) == "".join(map(newlines, texts)) + "\n"
    assert all(len(line) <= 76 for line in made.split(b"\r\n"))
