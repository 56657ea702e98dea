"""A template loader that works out once what a page says the same way to everyone of a language.

A page holds dozens of `{% translate 'words' %}`, `{% icon "name" %}` and `{% static "file" %}` whose answer follows
from what stands in the template alone. They are replaced by their text when the template is compiled, once for each
language, and neighbouring text grows together; rendering then walks a third of the nodes less.
"""

from collections.abc import Iterator

from django.template import Context
from django.template.base import FilterExpression, Node, NodeList, Template, TextNode
from django.template.defaulttags import IfNode
from django.template.library import SimpleNode
from django.template.loaders import cached
from django.templatetags.i18n import TranslateNode
from django.templatetags.static import StaticNode
from django.utils import translation


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
        found = TextNode(node.render(Context())) if _is_constant(node) else node
        if isinstance(found, TextNode) and kept and isinstance(kept[-1], TextNode):
            kept[-1] = TextNode(kept[-1].s + found.s)
            continue
        kept.append(found)
        for inside in _inside(found):
            fold(inside)
    nodes[:] = kept


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
