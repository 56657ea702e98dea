"""The parts that pages are put together from (templates/parts), rendered without what the library repeats each time.

A page holds dozens of parts. What follows from the templates alone, namely which template a part has, which variables
it declares and what they are where nobody gives them, is worked out at the first rendering and kept on the node.
"""

from dataclasses import dataclass

from django.template import Context, Template
from django.utils.safestring import SafeString
from django_cotton.templatetags import Attrs, UnprocessableDynamicAttr
from django_cotton.templatetags._component import AttrKind, CottonComponentNode, PreparedAttr
from django_cotton.templatetags._vars import CottonVarsNode, PreparedVar
from django_cotton.utils import get_cotton_data


@dataclass(frozen=True)
class Declared:
    """What the template of a part says.

    Args:
        template: what is rendered.
        plain: its variables whose default is a mere text.
        nodes: the declarations, where a default has to be worked out each time.
        unsaid: the names that ``{{ attrs }}`` leaves out.
    """

    template: Template
    plain: list[PreparedVar]
    nodes: list[CottonVarsNode]
    unsaid: frozenset[str]

    @classmethod
    def of(cls, template: Template) -> "Declared":
        """Read what a template declares."""
        nodes = [node for node in template.nodelist if isinstance(node, CottonVarsNode)]
        variables = [variable for node in nodes for variable in node._prepared_vars]
        unsaid = {"is", *(variable.exclude_key for variable in variables)}.union(*(node.empty_vars for node in nodes))
        if all(variable.kind is AttrKind.STATIC for variable in variables):
            return cls(template, variables, [], frozenset(unsaid))
        return cls(template, [], nodes, frozenset(unsaid))

    def defaults(self, context: Context, attrs: Attrs, slots: dict[str, str]) -> dict[str, object]:
        """Return what is declared and nobody gave."""
        given = attrs.exclude_unprocessable()
        found = {
            variable.accessible_key: variable.value
            for variable in self.plain
            if variable.key not in given and variable.exclude_key not in slots
        }
        for node in self.nodes:
            found |= node.extract_vars(context, attrs, slots)
        return found


class QuickPart(CottonComponentNode):
    """A part as the library renders it, found and filled the short way."""

    _declared: Declared | None = None

    def render(self, context: Context) -> SafeString:
        data = get_cotton_data(context)
        attrs, slots = Attrs({}), {}
        data["stack"].append({"key": self.component_name, "attrs": attrs, "slots": slots})
        for attribute in self._prepared_attrs:
            _give(attrs, attribute, context)
        slot = self.nodelist.render(context)
        declared = self._declared or self._declare(context)
        attrs._exclude_from_str.update(declared.unsaid)
        state = declared.defaults(context, attrs, slots) | slots | attrs.make_attrs_accessible()
        state.update(attrs=attrs, slot=slot, cotton_data=data)
        output = _rendered(declared.template, context, state)
        data["stack"].pop()
        return output

    def _declare(self, context: Context) -> Declared:
        self._declared = Declared.of(self._get_cached_template(context, {}))
        return self._declared


def quicken(node: CottonComponentNode) -> None:
    """Let a part be rendered the short way, unless another is chosen for it by each page or it sees nothing of one."""
    if type(node) is CottonComponentNode and node.component_name != "component" and not node.only:
        node.__class__ = QuickPart


def _give(attrs: Attrs, attribute: PreparedAttr, context: Context) -> None:
    kind, key = attribute.kind, attribute.key
    if kind is AttrKind.STATIC:
        attrs.dict[key] = attribute.value
    elif kind is AttrKind.ESCAPED:
        attrs.dict[key] = attribute.compiled.render(context) if attribute.compiled else attribute.value
    elif kind is AttrKind.BOOLEAN:
        attrs.dict[key] = True
    else:
        _give_value(attrs, attribute, context)


def _give_value(attrs: Attrs, attribute: PreparedAttr, context: Context) -> None:
    try:
        value = attribute.compiled.resolve(context)
    except UnprocessableDynamicAttr:
        if attribute.kind is AttrKind.DYNAMIC:
            attrs.unprocessable(attribute.key)
        else:
            attrs.dict[attribute.key] = attribute.value
    else:
        whole = attribute.kind is AttrKind.DYNAMIC and attribute.key == "attrs"
        attrs.dict.update(value if whole else {attribute.key: value})


def _rendered(template: Template, context: Context, state: dict[str, object]) -> SafeString:
    """Render inside what the page holds; with a render context of its own, as an included template has."""
    kept = context.render_context
    before, kept.template = kept.template, template
    kept.push()
    context.dicts.append(state)
    try:
        return template._render(context)
    finally:
        context.dicts.pop()
        kept.pop()
        kept.template = before
