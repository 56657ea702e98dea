"""A template loader that works out once what a page says the same way to everyone of a language.

A page holds dozens of `{% translate 'words' %}`, `{% icon "name" %}` and `{% static "file" %}` whose answer follows
from what stands in the template alone. They are replaced by their text when the template is compiled, once for each
language, and neighbouring text grows together; rendering then walks a third of the nodes less. What is left looks its
variables up the short way (`QuickVariable`): most are a name and attributes of rows, and most values are texts.
"""

import html
from collections.abc import Iterator

from django.template import Context
from django.template.base import (
    FilterExpression,
    Node,
    NodeList,
    Template,
    TextNode,
    Variable,
    VariableDoesNotExist,
    VariableNode,
    render_value_in_context,
)
from django.template.defaulttags import IfNode, TemplateLiteral
from django.template.library import SimpleNode
from django.template.loaders import cached
from django.template.smartif import Literal, TokenBase
from django.templatetags.i18n import TranslateNode
from django.templatetags.static import StaticNode
from django.utils import translation
from django.utils.safestring import SafeString
from django_cotton.templatetags._component import AttrKind, CottonComponentNode, PreparedAttr

from cxm.lib import parts


class Loader(cached.Loader):
    """Django's cached loader, with a compiled template for each language."""

    def cache_key(self, template_name: str, skip: list | None = None) -> str:
        return f"{translation.get_language()} {super().cache_key(template_name, skip)}"

    def get_template(self, template_name: str, skip: list | None = None) -> Template:
        template = super().get_template(template_name, skip)
        if not hasattr(template, "folded"):
            fold(template.nodelist)
            template.folded = True
        return template


def foldable(tag: object) -> object:
    """Mark a simple tag whose answer follows from its arguments alone, so that constant ones are worked out once."""
    tag.foldable = True
    return tag


def fold(nodes: NodeList) -> None:
    """Replace, in place and at every depth, what is constant in the active language by its text."""
    kept: list[Node] = []
    for node in nodes:
        _quicken(node)
        found = TextNode(node.render(Context())) if _is_constant(node) else node
        if isinstance(found, TextNode) and kept and isinstance(kept[-1], TextNode):
            kept[-1] = TextNode(kept[-1].s + found.s)
            continue
        kept.append(found)
        for inside in _inside(found):
            fold(inside)
        if isinstance(found, CottonComponentNode):
            found._prepared_attrs = [_folded_attribute(attribute) for attribute in found._prepared_attrs]
            parts.quicken(found)
    nodes[:] = kept


def _folded_attribute(attribute: PreparedAttr) -> PreparedAttr:
    """Fold the small template that the value of a part's attribute is; what remains needs no template of its own."""
    if attribute.kind != AttrKind.ESCAPED or attribute.compiled is None:
        return attribute
    nodes = attribute.compiled.nodelist
    fold(nodes)
    if all(isinstance(node, TextNode) for node in nodes):
        return attribute._replace(kind=AttrKind.STATIC, value=nodes.render(Context()), compiled=None)
    return attribute._replace(compiled=nodes)


def _inside(node: Node) -> Iterator[NodeList]:
    if isinstance(node, IfNode):
        yield from (nodes for _condition, nodes in node.conditions_nodelists)
        return
    for name in node.child_nodelists:
        if isinstance(found := getattr(node, name, None), NodeList):
            yield found


def _is_constant(node: Node) -> bool:
    if type(node) is TranslateNode:
        return node.asvar is None and _is_literal(node.filter_expression) and (
            node.message_context is None or _is_literal(node.message_context)
        )  # fmt: skip
    if type(node) is StaticNode:
        return node.varname is None and _is_literal(node.path)
    if type(node) is SimpleNode:
        given = [*node.args, *node.kwargs.values()]
        return node.target_var is None and hasattr(node.func, "foldable") and all(map(_is_literal, given))
    return False


def _is_literal(expression: FilterExpression) -> bool:
    if expression.filters:
        return False
    return not expression.is_var or expression.var.lookups is None


class QuickVariable(Variable):
    """A variable as Django resolves it, found without trying every way where the first one is known to answer."""

    __slots__ = ()

    def _resolve_lookup(self, context: Context) -> object:
        first = self.lookups[0]
        for scope in reversed(context.dicts):
            if first in scope:
                found = scope[first]
                break
        else:
            return super()._resolve_lookup(context)
        for name in self.lookups[1:]:
            kind = type(found)
            if kind is dict and name in found:
                found = found[name]
            elif callable(found) or hasattr(kind, "__getitem__"):
                return super()._resolve_lookup(context)
            else:
                try:
                    found = getattr(found, name)
                except Exception:  # Django's own way looks again, and decides what an error means
                    return super()._resolve_lookup(context)
        return super()._resolve_lookup(context) if callable(found) else found


class QuickVariableNode(VariableNode):
    """A variable in the text: texts and what is safe already need no look at languages and time zones."""

    def render(self, context: Context) -> str:
        value = self.filter_expression.resolve(context)
        kind = type(value)
        if kind is SafeString:
            return value
        if kind is str:
            return html.escape(value) if context.autoescape else value
        return render_value_in_context(value, context)


class QuickTerm(TemplateLiteral):
    """A variable without filters in a condition; one that is not there is None."""

    def eval(self, context: Context) -> object:
        try:
            return self.value.var.resolve(context)
        except VariableDoesNotExist:
            return None


class ConstantTerm(Literal):
    """A literal in a condition."""

    def eval(self, context: Context) -> object:
        return self.value


def _quicken(node: Node) -> None:
    """Make a node look its variables up the short way: same values, same errors."""
    if type(node) is VariableNode:
        node.__class__ = QuickVariableNode
        _quicken_expression(node.filter_expression)
    elif isinstance(node, IfNode):
        node.conditions_nodelists = [(_quick(condition), inside) for condition, inside in node.conditions_nodelists]


def _quick(condition: TokenBase | None) -> TokenBase | None:
    """Return a condition with the terms of all its depths made quick."""
    if type(condition) is TemplateLiteral:
        if _is_literal(condition.value):
            return ConstantTerm(condition.eval(Context()))
        _quicken_expression(condition.value)
        if not condition.value.filters:
            return QuickTerm(condition.value, condition.text)
    elif condition is not None:
        condition.first, condition.second = _quick(condition.first), _quick(condition.second)
    return condition


def _quicken_expression(expression: FilterExpression) -> None:
    if expression.is_var and type(expression.var) is Variable and expression.var.lookups is not None:
        expression.var.__class__ = QuickVariable
