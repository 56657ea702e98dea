"""Liquid in a sandbox: plain data in, text out, within limits.

A template sees dictionaries and lists, never an object; names that begin with an underscore read as nothing;
`include`, `render` and `raw` do not exist. In HTML every value is escaped, string literals of the author too
(they would otherwise carry markup past the sanitiser); in text parts and subjects of right-to-left messages
foreign runs are isolated. Undefined reads as nothing and `default` fills it.
"""

import datetime
import functools
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO

from django.utils.translation import gettext as _
from liquid import BoundTemplate, Environment, RenderContext
from liquid.ast import BlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import Path, StringLiteral
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags.capture_tag import CaptureNode
from liquid.builtin.tags.cycle_tag import CycleNode
from liquid.builtin.tags.echo_tag import EchoNode, EchoTag
from liquid.builtin.tags.for_tag import BreakNode, ContinueNode, ForLoop, ForNode
from liquid.builtin.tags.tablerow_tag import TableRow, TablerowNode
from liquid.exceptions import LiquidError, LoopIterationLimitError
from liquid.expression import Expression
from liquid.parser import get_parser
from liquid.stream import TokenStream
from liquid.tag import Tag
from liquid.token import TOKEN_TAG
from liquid.undefined import UNDEFINED, Undefined
from liquid.utils import ReadOnlyChainMap
from markupsafe import Markup, escape

from cxm.lib import text

from . import filters, limits

LINK, END_LINK, PIXEL = "cxm_link", "endcxm_link", "cxm_pixel"
PRIVATE_TAGS = frozenset({LINK, END_LINK, PIXEL})
_REMOVED_TAGS = ("include", "render")
_MAPPINGS = (dict, ForLoop, TableRow, Undefined)
_BLOCK_TAG = re.compile(r"\{%-?\s*(end)?(if|unless|for|case|capture|tablerow|ifchanged|comment)\b")
_RIGHT_TO_LEFT = frozenset({"ar", "he", "fa", "ur", "ps", "ckb", "yi", "dv", "ug", "sd"})
_AT_HOME_IN_RTL = re.compile(r"[\s\d\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]*")
_WEB = re.compile(r"https?://[^\x00-\x1f\x7f]+", re.IGNORECASE)
_OTHER_SCHEMES = re.compile(r"(?:mailto|tel|sms):[^\x00-\x1f\x7f]+", re.IGNORECASE)


def is_right_to_left(language: str) -> bool:
    return language.split("-", maxsplit=1)[0].lower() in _RIGHT_TO_LEFT


class Marks:
    """What a message adds to its template: where links lead and what the pixel is. This one adds nothing (preview).

    `pieces`: links as they are written out, where both parts of a message write them alike.
    """

    pieces: dict[tuple[int, str], object] | None = None

    def click(self, index: int, url: str, *, fixed: bool) -> str:
        """The address to print for link `index` that leads to `url`."""
        return url

    def pixel(self) -> str:
        """The address of the open pixel, or nothing."""
        return ""


class Scope(ReadOnlyChainMap):
    """Where names are looked up; `maps[0]` is the innermost loop's, inside one."""

    def __init__(self, *maps: Mapping[str, object]) -> None:
        super().__init__(*maps)
        self.maps = self._maps


class Context(RenderContext):
    """The state of one rendering: looks names up in plain data only and counts what is used up."""

    __slots__ = ("_disabled", "addresses", "deadline", "language", "marks", "now", "rounds", "steps", "written")

    def __init__(self, template: BoundTemplate, **named: object) -> None:
        self.steps = self.rounds = self.written = 0
        self.deadline = time.monotonic() + limits.MAX_SECONDS
        self.marks = Marks()
        self.addresses: dict[tuple[int, str], object] = {}  # written before: a product's picture and its button
        self.language = template.env.language
        self.now = None
        super().__init__(template, **named)
        self.scope = Scope(self.locals, self.globals, self.counters)  # without the library's clock

    @property
    def disabled_tags(self) -> list[str]:
        """Nothing is disabled; python-liquid asks before every node, which makes it the place to count them."""
        self.tick()
        return self._disabled

    @disabled_tags.setter
    def disabled_tags(self, value: list[str]) -> None:
        self._disabled = value

    def tick(self, weight: int = 1) -> None:
        """Count steps.

        Raises:
            LimitReached: too many steps or too much time.
        """
        before, self.steps = self.steps, self.steps + weight
        if self.steps > limits.MAX_STEPS or (before ^ self.steps > 63 and time.monotonic() > self.deadline):
            raise limits.LimitReached(_("the template takes too long."), token=None)

    def raise_for_loop_limit(self, length: int = 1) -> None:
        """All rounds of all loops count together, not the product of those that are open."""
        self.rounds += length
        if self.rounds > limits.MAX_LOOPS:
            raise LoopIterationLimitError("loop iteration limit reached", token=None)

    def get(self, path: list[object], *, token: object, default: object = UNDEFINED) -> object:
        """The plain value at `path`, else `default`, else undefined."""
        try:
            value = self._walk(path)
        except (KeyError, TypeError, IndexError):
            if default is UNDEFINED:
                return self.env.undefined(str(path[0]), token=token)
            return default
        return value

    def resolve(self, name: str, *, token: object = None, default: object = UNDEFINED) -> object:
        return self.get([name], token=token, default=default)

    def _walk(self, path: list[object]) -> object:
        value: object = None
        for at, key in enumerate(path):
            if isinstance(key, str):
                if key[:1] == "_":
                    raise KeyError(key)
            elif isinstance(key, Undefined) or not isinstance(key, int):
                raise KeyError(key)
            value = self.scope[key] if at == 0 else self.get_item(value, key)
        if not isinstance(value, filters.PLAIN) and not isinstance(value, _MAPPINGS):
            raise KeyError(path[-1])
        return value

    def get_item(self, obj: object, key: object) -> object:
        if not isinstance(obj, (*_MAPPINGS, list, tuple, range, str)):
            raise KeyError(key)
        return super().get_item(obj, key)


def finish_html(value: object) -> str:
    return str(escape(filters.stringify(value)))


def finish_plain(value: object) -> str:
    """Markup (captured blocks) keeps its characters: nothing escapes them here."""
    written = filters.stringify(value)
    return written.unescape() if isinstance(written, Markup) else written


def finish_isolated(value: object) -> str:
    """As `finish_plain`, foreign runs wrapped so that they do not turn the sentence around them (rule 46)."""
    written = finish_plain(value)
    if _AT_HOME_IN_RTL.fullmatch(written) or written.startswith(("http://", "https://", "#")):
        return written
    return text.isolate(written)


class PrintNode(OutputNode):
    def render_to_output(self, context: Context, buffer: StringIO) -> int:
        return buffer.write(context.env.finish(self.expression.evaluate(context)))


class EchoPrintNode(PrintNode, EchoNode):
    __slots__ = ()


class RawPrintNode(PrintNode):
    """Within an address: neither escaped nor isolated, the whole address is."""

    __slots__ = ()

    def render_to_output(self, context: Context, buffer: StringIO) -> int:
        return buffer.write(finish_plain(self.expression.evaluate(context)))


class PrintTag(Output):
    node_class = PrintNode


class EchoPrintTag(EchoTag):
    node_class = EchoPrintNode


class CyclePrintNode(CycleNode):
    """The library's own, with our way of writing values."""

    __slots__ = ()

    def render_to_output(self, context: Context, buffer: StringIO) -> int:
        inner = StringIO()
        escaping, context.autoescape = context.autoescape, False
        try:
            super().render_to_output(context, inner)
        finally:
            context.autoescape = escaping
        return buffer.write(context.env.finish(inner.getvalue()))


class LinkNode(Node):
    """An address in a link: `{% cxm_link 3 %}https://shop.example/{{ path }}{% endcxm_link %}`.

    Index -1: an address that is not tracked but must be looked at, because its scheme comes from data.
    """

    __slots__ = ("block", "fixed", "index")

    def __init__(self, token: object, index: int, block: BlockNode) -> None:
        super().__init__(token)
        self.blank = False
        self.index = index
        self.block = block
        self.fixed = all(isinstance(each, ContentNode) for each in block.nodes)

    def children(self, static_context: object, *, include_partials: bool = True) -> list[Node]:
        return [self.block]

    def address(self, context: Context, written: str) -> str:
        """What stands in the message for the address `written` by the template: nothing when it is not the web."""
        url = written.strip()
        if not _WEB.fullmatch(url):
            return url if self.index < 0 and _OTHER_SCHEMES.fullmatch(url) else ""
        return context.marks.click(self.index, url, fixed=self.fixed) if self.index >= 0 else url

    def render_to_output(self, context: Context, buffer: StringIO) -> int:
        inner = context.get_buffer()
        for node in self.block.nodes:
            node.render(context, inner)
        address = self.address(context, inner.getvalue())
        return buffer.write(str(escape(address)) if context.env.autoescape else address)


class LinkTag(Tag):
    name, end = LINK, END_LINK

    def parse(self, stream: TokenStream) -> LinkNode:
        token = stream.eat(TOKEN_TAG)
        index = int(stream.current.value)
        next(stream)
        block = get_parser(self.env).parse_block(stream, frozenset({END_LINK}))
        stream.expect(TOKEN_TAG, value=END_LINK)
        for node in descendants(block.nodes):
            if isinstance(node, PrintNode):
                node.__class__ = RawPrintNode
        return LinkNode(token, index, block)


class PixelNode(Node):
    """The open pixel, where the message has one."""

    __slots__ = ()

    def __init__(self, token: object) -> None:
        super().__init__(token)
        self.blank = False

    @staticmethod
    def markup(context: Context) -> str:
        address = context.marks.pixel()
        style = "display:block;width:1px;height:1px;border:0"
        return f'<img src="{escape(address)}" alt="" width="1" height="1" style="{style}">' if address else ""

    def render_to_output(self, context: Context, buffer: StringIO) -> int:
        return buffer.write(self.markup(context))


class PixelTag(Tag):
    name, block = PIXEL, False

    def parse(self, stream: TokenStream) -> PixelNode:
        return PixelNode(stream.eat(TOKEN_TAG))


class PlainString(StringLiteral):
    """A string literal that is escaped like every other value."""

    __slots__ = ()

    def evaluate(self, context: Context) -> str:
        return self.value


class ShortRange(RangeLiteral):
    """A range that is refused before anybody walks it."""

    __slots__ = ()

    def evaluate(self, context: Context) -> range:
        made = super().evaluate(context)
        if made.stop - made.start > limits.MAX_LOOPS:
            raise LoopIterationLimitError("loop iteration limit reached", token=self.token)
        return made


class Template(BoundTemplate):
    context_class = Context

    def make_partial_namespace(self, partial: bool, render_args: Mapping[str, object]) -> Mapping[str, object]:
        return {}


class Sandbox(Environment):
    """Liquid of one part (HTML or text) in one language."""

    block_nesting_limit = limits.MAX_NESTING
    loop_iteration_limit = limits.MAX_LOOPS
    local_namespace_limit = 4 * limits.MAX_TEXT
    output_stream_limit = limits.MAX_OUTPUT
    template_class = Template

    def __init__(self, *, html: bool, language: str) -> None:
        self.language = language
        turned = is_right_to_left(language)
        self.finish = finish_html if html else finish_isolated if turned else finish_plain
        super().__init__(autoescape=html)

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        for name in _REMOVED_TAGS:
            del self.tags[name]
        for tag in (PrintTag, EchoPrintTag, LinkTag, PixelTag):
            self.add_tag(tag)
        self.tags["cycle"].node_class = CyclePrintNode
        filters.register(self)

    def __hash__(self) -> int:
        return id(self)


@functools.lru_cache(maxsize=64)
def sandbox(*, html: bool, language: str) -> Sandbox:
    return Sandbox(html=html, language=language)


@dataclass(frozen=True, eq=False)
class Parsed:
    """A template ready to be rendered.

    Attributes:
        assigned: names it makes itself.
        fields: paths of the data it asks for.
        counts_rounds: whether it asks for `forloop`.
    """

    template: Template
    assigned: frozenset[str]
    fields: frozenset[str]
    counts_rounds: bool


def parse(source: str, *, html: bool, language: str, part: str = "body") -> Parsed:
    """Parse and harden a template.

    Raises:
        limits.TemplateRefused: a syntax error, with its line, or an unknown tag or filter.
    """
    # forms send CRLF, and python-liquid's lexer tears the last one apart
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    try:
        template = sandbox(html=html, language=language).from_string(source)
        assigned, paths = _harden(template)
    except LiquidError as err:
        line = limits.line_of(err) or _line_left_open(source)
        raise limits.TemplateRefused(limits.sentence(err), line=line, part=part) from err
    except RecursionError as err:
        raise limits.TemplateRefused(_("the template is nested too deeply."), part=part) from err
    roots = {path: path.split(".", 1)[0].split("[", 1)[0] for path in paths}
    return Parsed(
        template,
        assigned=frozenset(assigned),
        fields=frozenset(path for path, root in roots.items() if root not in assigned),
        counts_rounds="forloop" in roots.values() or "[" in "".join(paths),
    )


def _line_left_open(source: str) -> int:
    """The line of the innermost block that is never closed; 0 when all are."""
    opened: list[tuple[str, int]] = []
    for found in _BLOCK_TAG.finditer(source):
        if not found[1]:
            opened.append((found[2], found.start()))
        elif opened and opened[-1][0] == found[2]:
            opened.pop()
    return source.count("\n", 0, opened[-1][1]) + 1 if opened else 0


def render(parsed: Parsed, data: Mapping[str, object], marks: Marks, now: datetime.datetime) -> str:
    """The plain way to render: what the fast path must equal.

    Raises:
        limits.RenderRefused: a limit, or an operation the data does not allow.
    """
    context = new_context(parsed, data, marks, now)
    buffer = context.get_buffer()
    with limits.rendering():
        parsed.template.render_with_context(context, buffer)
    return buffer.getvalue()


def new_context(parsed: Parsed, data: Mapping[str, object], marks: Marks, now: datetime.datetime) -> Context:
    context = Context(parsed.template, globals=data)
    context.marks = marks
    context.now = now
    return context


def descendants(nodes: list[Node], *, looping: bool = False) -> Iterator[Node]:
    """Every node below, depth first.

    Raises:
        LiquidError: `break` or `continue` outside a loop.
    """
    for node in nodes:
        if isinstance(node, BreakNode | ContinueNode) and not looping:
            raise LiquidError(_("“break” and “continue” only work inside a loop."), token=node.token)
        yield node
        inside = looping or isinstance(node, ForNode | TablerowNode)
        yield from descendants(list(node.children(None, include_partials=False)), looping=inside)


def _harden(template: Template) -> tuple[set[str], set[str]]:
    """The names a template makes and those it asks for; swaps the literals that could hurt for harmless ones."""
    assigned: set[str] = set()
    paths: set[str] = set()
    for node in descendants(template.nodes):
        assigned.update(map(str, node.template_scope()))
        assigned.update(map(str, node.block_scope()))
        if isinstance(node, CaptureNode):
            assigned.add(str(node.name))
        for expression in node.expressions():
            for each in _expressions(expression):
                _harden_expression(each, paths, template.env)
    return assigned, paths


def _harden_expression(each: Expression, paths: set[str], environment: Sandbox) -> None:
    if type(each) is StringLiteral:
        each.__class__ = PlainString
    elif type(each) is RangeLiteral:
        each.__class__ = ShortRange
    elif isinstance(each, Path):
        paths.add(str(each))
    for used in getattr(each, "filters", None) or ():
        used.validate_filter_arguments(environment)


def _expressions(expression: Expression) -> Iterator[Expression]:
    yield expression
    for child in expression.children():
        yield from _expressions(child)
