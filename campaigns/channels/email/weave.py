"""The fast way to render: a parsed template walked once into steps whose literals are encoded already.

Per recipient only what is dynamic is evaluated and encoded; literals are appended as they are. Conditions, loops and
assignments are walked; every other tag is rendered by python-liquid itself and its text encoded. The result equals
`liquid.render` (tests hold the two together).
"""

from collections.abc import Callable
from dataclasses import dataclass

from liquid import Undefined
from liquid.ast import BlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import BooleanExpression, FilteredExpression, Path
from liquid.builtin.expressions.arguments import KeywordArgument
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.comment_tag import CommentNode
from liquid.builtin.tags.for_tag import ForLoop, ForNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.exceptions import BreakLoop, ContinueLoop, LiquidTypeError, OutputStreamLimitError
from liquid.expression import Expression

from . import filters, limits
from .liquid import (
    Context,
    LinkNode,
    Parsed,
    PixelNode,
    PlainString,
    PrintNode,
    RawPrintNode,
    descendants,
    finish_plain,
)

Emit = Callable[[object], None]
Step = Callable[[Context, Emit], None]
Value = Callable[[Context], object]
_SPECIAL_KEYS = frozenset({"size", "first", "last"})
_SHORT = 200  # characters; longer values are counted one by one
_UNCOUNTED = 2_000  # nodes that loops may write before they are counted too


@dataclass(frozen=True)
class Codec:
    """How text becomes output.

    Attributes:
        literal: the template's own text, at compile time.
        finished: text that is ready but for the transfer encoding.
        value: a string of the data, written out (escaped, isolated) and encoded.
        address: where a link leads, as `value` but never isolated.
    """

    literal: Callable[[str], object]
    finished: Callable[[str], object]
    value: Callable[[str], object]
    address: Callable[[str], object]


def weave(parsed: Parsed, codec: Codec) -> Callable[[Context], list]:
    """A function that renders `parsed` with a context into the list of its encoded pieces.

    It raises what python-liquid raises: LiquidError and its kinds.
    """
    run = _Weaver(parsed, codec).block(parsed.template.nodes)

    def render(context: Context) -> list:
        pieces: list = []
        run(context, pieces.append)
        return pieces

    return render


def _nothing(_piece: object) -> None:
    """Where a block without a visible character writes to."""


class _Weaver:
    def __init__(self, parsed: Parsed, codec: Codec) -> None:
        self.parsed = parsed
        self.codec = codec
        self.assigned = parsed.assigned
        self.environment = parsed.template.env
        self.makers: dict[type, Callable[[Node], Step | None]] = {
            ContentNode: self.literal,
            IfNode: self.choice,
            UnlessNode: self.choice,
            ForNode: self.loop,
            AssignNode: self.assign,
            CommentNode: lambda _node: None,
            LinkNode: self.link,
            PixelNode: self.pixel,
        }

    # structure

    def block(self, nodes: list[Node]) -> Step:
        steps = tuple(step for step in map(self.step, nodes) if step is not None)
        if len(steps) == 1:
            return steps[0]

        def run(context: Context, emit: Emit) -> None:
            for step in steps:
                step(context, emit)

        return run

    def body(self, block: BlockNode) -> Step:
        """A block of a tag; one of white space only shows nothing, as in python-liquid."""
        run = self.block(block.nodes)
        if not block.blank:
            return run
        return lambda context, _emit: run(context, _nothing)

    def step(self, node: Node) -> Step | None:
        maker = self.makers.get(type(node))
        if maker is not None:
            return maker(node)
        return self.output(node) if isinstance(node, PrintNode) else self.foreign(node)

    def literal(self, node: ContentNode) -> Step | None:
        piece = self.codec.literal(node.text)
        return (lambda _context, emit: emit(piece)) if piece else None

    def foreign(self, node: Node) -> Step:
        """A tag we do not walk: python-liquid renders it, `break` and `continue` inside keep what was written."""
        finished = self.codec.finished

        def run(context: Context, emit: Emit) -> None:
            buffer = context.get_buffer()
            try:
                node.render(context, buffer)
            finally:
                if written := buffer.getvalue():
                    emit(finished(written))

        return run

    def choice(self, node: IfNode | UnlessNode) -> Step:
        first = self.truth(node.condition)
        wanted = isinstance(node, IfNode)
        consequence = self.body(node.consequence)
        others = tuple((self.truth(each.expression), self.body(each.block)) for each in node.alternatives)
        default = self.body(node.default) if node.default else None

        def run(context: Context, emit: Emit) -> None:
            if first(context) is wanted:
                consequence(context, emit)
                return
            for condition, body in others:
                if condition(context):
                    body(context, emit)
                    return
            if default:
                default(context, emit)

        return run

    def loop(self, node: ForNode) -> Step:
        expression, name = node.expression, node.expression.identifier
        label = f"{name}-{expression.iterable}"
        body = self.body(node.block)
        weight = 1 + sum(1 for _each in descendants(node.block.nodes, looping=True))
        default = self.body(node.default) if node.default else None

        def run(context: Context, emit: Emit) -> None:
            items, length = expression.evaluate(context)
            if not length:
                if default:
                    default(context, emit)
                return
            rounds = ForLoop(name=label, it=items, length=length, parentloop=context.parentloop())
            namespace = {"forloop": rounds, name: None}
            with context.loop(namespace, rounds):
                if context.rounds * weight > _UNCOUNTED:
                    emit = _counted(context, emit)
                for item in rounds:
                    context.tick(weight)
                    namespace[name] = item
                    try:
                        body(context, emit)
                    except ContinueLoop:
                        continue
                    except BreakLoop:
                        break

        return run

    def assign(self, node: AssignNode) -> Step:
        name, value = node.name, self.value(node.expression)
        return lambda context, _emit: context.assign(name, value(context))

    def link(self, node: LinkNode) -> Step:
        encode = self.codec.address
        if node.fixed:
            written = str(node.block)
            return lambda context, emit: emit(encode(node.address(context, written)))
        inner = _Weaver(self.parsed, AS_WRITTEN).block(node.block.nodes)

        def run(context: Context, emit: Emit) -> None:
            pieces: list[str] = []
            inner(context, pieces.append)
            if address := node.address(context, "".join(pieces)):
                emit(encode(address))

        return run

    def pixel(self, node: PixelNode) -> Step:
        finished = self.codec.finished

        def run(context: Context, emit: Emit) -> None:
            if written := node.markup(context):
                emit(finished(written))

        return run

    # values

    def output(self, node: PrintNode) -> Step:
        find = self.value(node.expression)
        quick, finished = self.codec.value, self.codec.finished
        finish = finish_plain if isinstance(node, RawPrintNode) else self.environment.finish

        def run(context: Context, emit: Emit) -> None:
            value = find(context)
            if type(value) is str:
                if len(value) > _SHORT:
                    _spend(context, len(value))
                emit(quick(value))
            elif value is not None and (written := finish(value)):
                if len(written) > _SHORT:
                    _spend(context, len(written))
                emit(finished(written))

        return run

    def truth(self, condition: Expression) -> Callable[[Context], bool]:
        inner = condition.expression if isinstance(condition, BooleanExpression) else condition
        if not isinstance(inner, Path):
            return lambda context: bool(condition.evaluate(context))
        find = self.value(inner)

        def run(context: Context) -> bool:
            value = find(context)
            return not (value is None or value is False or isinstance(value, Undefined))

        return run

    def value(self, expression: Expression) -> Value:
        if isinstance(expression, PlainString):
            written = expression.value
            return lambda _context: written
        if isinstance(expression, Path):
            return self.path(expression)
        if isinstance(expression, FilteredExpression):
            return self.filtered(expression)
        return expression.evaluate

    def filtered(self, expression: FilteredExpression) -> Value:
        find = self.value(expression.left)
        if not expression.filters:
            return find
        if any(isinstance(each, KeywordArgument) for used in expression.filters for each in used.args):
            return expression.evaluate
        chain = tuple(
            (used, self.environment.filters[used.name], tuple(self.value(each.value) for each in used.args))
            for used in expression.filters
        )

        def run(context: Context) -> object:
            value = find(context)
            for used, function, arguments in chain:
                try:
                    value = function(value, *[each(context) for each in arguments], context=context)
                except TypeError as err:
                    raise LiquidTypeError(f"{used.name}: {err}", token=used.token) from err
            return value

        return run

    def path(self, expression: Path) -> Value:
        """`root.key` of the data goes straight to it; everything else the usual way."""
        keys, whole = expression.path, expression.evaluate
        if (
            len(keys) != 2
            or not all(isinstance(key, str) and not key.startswith("_") for key in keys)
            or keys[1] in _SPECIAL_KEYS
        ):
            return whole
        root, key = keys
        quick = filters.QUICK

        if root in self.assigned:

            def find(context: Context) -> object:
                try:
                    held = context.scope[root]
                    if type(held) is dict:
                        value = held[key]
                        if type(value) in quick:
                            return value
                except KeyError:
                    return _UNDEFINED
                return whole(context)

            return find

        def find_in_data(context: Context) -> object:
            try:
                held = context.globals[root]
                if type(held) is dict:
                    value = held[key]
                    if type(value) in quick:
                        return value
            except KeyError:
                return _UNDEFINED
            return whole(context)

        return find_in_data


_UNDEFINED = Undefined("")
AS_WRITTEN = Codec(str, str, str, str)


def _counted(context: Context, emit: Emit) -> Emit:
    """`emit`, counting what is written: only loops that write much pay for it."""

    def run(piece: object) -> None:
        _spend(context, len(piece))
        emit(piece)

    return run


def _spend(context: Context, size: int) -> None:
    """Long values are counted while they are written, not when the message is put together."""
    context.written += size
    if context.written > limits.MAX_OUTPUT:
        raise OutputStreamLimitError("output stream limit reached", token=None)


def joined(pieces: list) -> object:
    """The pieces as one, within the limit of a message."""
    if sum(map(len, pieces)) > 4 * limits.MAX_OUTPUT:  # quoted-printable takes up to three bytes for one
        raise OutputStreamLimitError("output stream limit reached", token=None)
    return (b"" if not pieces or isinstance(pieces[0], bytes) else "").join(pieces)
