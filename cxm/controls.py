"""How controls of forms become HTML. Lists to choose from are built in Python: Django renders each option through two
templates, which for countries or time zones costs more than the rest of the page."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django import forms
from django.forms.renderers import DjangoTemplates
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString

SELECT = "django/forms/widgets/select.html"


class Renderer(DjangoTemplates):
    """Django's own templates, but for selects."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        if template_name == SELECT:
            return _select(context["widget"])
        return super().render(template_name, context, request)


def _select(widget: dict[str, Any]) -> SafeString:
    groups = [_group(label, options) for label, options, _index in widget["optgroups"]]
    return format_html(
        '<select name="{}"{}>{}</select>', widget["name"], flatatt(widget["attrs"]), SafeString("".join(groups))
    )


def _group(label: object, options: list[dict[str, Any]]) -> SafeString:
    inside = SafeString("\n".join([_option(option) for option in options]))
    return format_html('<optgroup label="{}">{}</optgroup>', label, inside) if label else inside


def _option(option: dict[str, Any]) -> SafeString:
    value, label, attrs = option["value"], option["label"], option["attrs"]
    if attrs or hasattr(label, "__html__"):
        return format_html('<option value="{}"{}>{}</option>', value, flatatt(attrs), label)
    return _plain_option(str(value), str(label))


@lru_cache(4096)  # the same few hundred countries, languages and zones on every page
def _plain_option(value: str, label: str) -> SafeString:
    return format_html('<option value="{}">{}</option>', value, label)


class LongSelect(forms.Select):
    """A list of hundreds to choose from, the same on every page of a language: joined once, then one is marked.

    Args:
        options: answers (code, label) of each; asked directly, since a field's own choices are made anew each time.
    """

    def __init__(self, *, options: Callable[[], list[tuple]]) -> None:
        super().__init__()
        self.options = options

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        options = _joined(tuple((str(code), str(label)) for code, label in self.options()))
        if value not in (None, ""):
            unchosen = format_html('<option value="{}">', value)
            options = options.replace(unchosen, f"{unchosen[:-1]} selected>", 1)
        given = flatatt({"name": name} | self.build_attrs(self.attrs, attrs))
        return format_html("<select{}>{}</select>", given, SafeString(options))


@lru_cache(64)
def _joined(choices: tuple[tuple[str, str], ...]) -> SafeString:
    return SafeString("\n".join([_plain_option(code, label) for code, label in choices]))
