"""The fast way to render: a parsed template walked once into steps whose literals are encoded already.

Per recipient only what is dynamic is evaluated and encoded; literals are appended as they are. Conditions, loops and
assignments are walked; every other tag is rendered by python-liquid itself and its text encoded. The result equals
`liquid.render` (tests hold the two together).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from liquid import Undefined
from liquid.ast import BlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import BooleanExpression, FilteredExpression, LoopExpression, Path
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
        # without anybody asking for `forloop`, nobody counts
        self.counts_rounds = parsed.counts_rounds
        self.within: list[str] = []  # variables of the loops around the node that is walked
        self.environment = parsed.template.env
        self.makers: dict[type, Callable[[Node], Step | None]] = {
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
        """The nodes one after another; a literal goes out together with the step that follows it."""
        pairs: list[tuple[object, Step]] = []
        piece = self.codec.literal("")
        for node in nodes:
            if type(node) is ContentNode:
                piece += self.codec.literal(node.text)
            elif (step := self.step(node)) is not None:
                pairs.append((piece, step))
                piece = self.codec.literal("")
        if len(pairs) == 1 and not pairs[0][0] and not piece:
            return pairs[0][1]
        steps, last = tuple(pairs), piece

        def run(context: Context, emit: Emit) -> None:
            for literal, step in steps:
                if literal:
                    emit(literal)
                step(context, emit)
            if last:
                emit(last)

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
        # the library's names are strings that compare slowly
        expression, name = node.expression, str(node.expression.identifier)
        label = f"{name}-{expression.iterable}"
        self.within.append(name)
        body = self.body(node.block)
        self.within.pop()
        weight = 1 + sum(1 for _each in descendants(node.block.nodes, looping=True))
        default = self.body(node.default) if node.default else None
        items_of = self.items(expression, label)
        counts_rounds = self.counts_rounds

        def run(context: Context, emit: Emit) -> None:
            items, length = items_of(context)
            if not length:
                if default:
                    default(context, emit)
                return
            context.raise_for_loop_limit(length)
            if context.rounds * weight > _UNCOUNTED:
                emit = _counted(context, emit)
            namespace = {name: None}
            if counts_rounds:
                items = ForLoop(name=label, it=iter(items), length=length, parentloop=context.parentloop())
                namespace["forloop"] = items
                context.loops.append(items)
            context.scope.push(namespace)
            try:
                for item in items:
                    context.tick(weight)
                    namespace[name] = item
                    try:
                        body(context, emit)
                    except ContinueLoop:
                        continue
                    except BreakLoop:
                        break
            finally:
                context.scope.pop()
                if counts_rounds:
                    context.loops.pop()

        return run

    def items(self, expression: LoopExpression, label: str) -> Callable[[Context], tuple[Iterable, int]]:
        """What a loop walks: a list of the data as it is, everything else the library's way."""
        whole = expression.evaluate
        if expression.limit or expression.offset or expression.reversed:
            return whole
        find = self.value(expression.iterable)

        def run(context: Context) -> tuple[Iterable, int]:
            found = find(context)
            if type(found) is not list:
                return whole(context)
            context.stopindex(label, len(found))
            return found, len(found)

        return run

    def assign(self, node: AssignNode) -> Step:
        name, value = node.name, self.value(node.expression)
        return lambda context, _emit: context.assign(name, value(context))

    def link(self, node: LinkNode) -> Step:
        encode, index = self.codec.address, node.index
        fixed = str(node.block)
        address_of = (lambda _context: fixed) if node.fixed else self.address_of(node)

        def run(context: Context, emit: Emit) -> None:
            written = address_of(context)
            known = context.addresses if index < 0 or context.marks.pieces is None else context.marks.pieces
            piece = known.get((index, written))
            if piece is None:
                piece = known[index, written] = encode(node.address(context, written))
            if piece:
                emit(piece)

        return run

    def address_of(self, node: LinkNode) -> Callable[[Context], str]:
        """What the template writes as an address, before anybody looks at it."""
        weaver = _Weaver(self.parsed, AS_WRITTEN)
        weaver.within = self.within
        if len(node.block.nodes) == 1 and isinstance(node.block.nodes[0], PrintNode):
            find = weaver.value(node.block.nodes[0].expression)
            return lambda context: finish_plain(find(context))
        inner = weaver.block(node.block.nodes)

        def run(context: Context) -> str:
            parts: list[str] = []
            inner(context, parts.append)
            return "".join(parts)

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

        def write(context: Context, emit: Emit, value: object) -> None:
            if value is None:
                return
            written = finish(value)
            if len(written) > _SHORT:
                _spend(context, len(written))
            if written:
                emit(finished(written))

        def run(context: Context, emit: Emit) -> None:
            value = find(context)
            if type(value) is str and len(value) <= _SHORT:
                emit(quick(value))
            elif type(value) is int:
                emit(quick(str(value)))
            else:
                write(context, emit, value)

        keys = self.plain_keys(node.expression)
        if keys is None:
            return run
        root, key = keys
        if root not in self.assigned:

            def run_of_data(context: Context, emit: Emit) -> None:
                try:
                    held = context.globals[root]
                    value = held[key]
                except (KeyError, TypeError, IndexError):
                    run(context, emit)
                    return
                if type(value) is str and type(held) is dict and len(value) <= _SHORT:
                    emit(quick(value))
                else:
                    run(context, emit)

            return run_of_data
        if self.within and self.within[-1] == root:

            def run_of_item(context: Context, emit: Emit) -> None:
                try:
                    held = context.scope.maps[0][root]
                    value = held[key]
                except (KeyError, TypeError, IndexError):
                    run(context, emit)
                    return
                if type(value) is str and type(held) is dict and len(value) <= _SHORT:
                    emit(quick(value))
                else:
                    run(context, emit)

            return run_of_item
        return run

    @staticmethod
    def plain_keys(expression: Expression) -> tuple[str, str] | None:
        """(root, key) of an expression that is just `root.key`."""
        if isinstance(expression, FilteredExpression) and not expression.filters:
            expression = expression.left
        if not isinstance(expression, Path) or len(expression.path) != 2:
            return None
        root, key = expression.path
        if not isinstance(root, str) or not isinstance(key, str):
            return None
        if root.startswith("_") or key.startswith("_") or key in _SPECIAL_KEYS:
            return None
        return str(root), str(key)

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
        """`root` and `root.key` of the data go straight to it; everything else the usual way."""
        whole = expression.evaluate
        if len(expression.path) == 1 and isinstance(expression.path[0], str):
            return self.root(expression)
        keys = self.plain_keys(expression)
        if keys is None:
            return whole
        root, key = keys
        quick = filters.QUICK

        if root in self.assigned:
            nearest = bool(self.within) and self.within[-1] == root

            def find(context: Context) -> object:
                try:
                    held = context.scope.maps[0][root] if nearest else context.scope[root]
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

    def root(self, expression: Path) -> Value:
        whole, root = expression.evaluate, str(expression.path[0])
        if root in self.assigned or root.startswith("_"):
            return whole
        quick = filters.QUICK

        def find(context: Context) -> object:
            value = context.globals.get(root)
            # nothing there is not the same as None there: the usual way tells them apart
            return value if value is not None and type(value) in quick else whole(context)

        return find


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


def joined(pieces: list[bytes]) -> bytes:
    """The pieces as one, within the limit of a message."""
    if sum(map(len, pieces)) > 4 * limits.MAX_OUTPUT:  # quoted-printable takes up to three bytes for one
        raise OutputStreamLimitError("output stream limit reached", token=None)
    return b"".join(pieces)
