"""Parts of the shell that templates cannot say themselves: icons, links that may not exist yet, form controls."""

import re
from decimal import Decimal
from functools import cache, lru_cache

from django import forms, template
from django.conf import settings
from django.template import Context
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from cxm import tenancy
from cxm.accounts import navigation
from cxm.lib.folding import foldable
from cxm.tenancy import links

register = template.Library()
SHOWS = 0.0005  # the smallest change that is not written as 0.0%
ICONS = settings.BASE_DIR / "node_modules/@tabler/icons/icons"
EMPTY = '<svg viewBox="0 0 24 24" width="24" height="24"></svg>'
# Pictures that point along the line of reading and turn round with it.
DIRECTED = frozenset({"arrow-left", "arrow-right", "arrow-narrow-right", "arrow-narrow-left", "chevron-left",
                      "chevron-right", "chevrons-left", "chevrons-right", "corner-down-right", "logout", "login",
                      "send", "external-link", "list", "list-check", "arrow-back-up", "arrow-forward-up",
                      "player-track-next"})  # fmt: skip


@register.simple_tag
@foldable
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """Put an icon of Tabler's set into the page: ``{% icon "users" %}``; unseen by screen readers unless labelled."""
    return _icon(name, str(css), str(label))


@lru_cache(1024)
def _icon(name: str, css: str, label: str) -> SafeString:
    classes = f"icon {'icon-directed' if name in DIRECTED else ''} {css}".strip()
    seen = f'role="img" aria-label="{template.defaultfilters.force_escape(label)}"' if label else 'aria-hidden="true"'
    return mark_safe(  # noqa: S308 -- files of ours and an escaped label
        _drawing(name).replace("<svg", f'<svg class="{template.defaultfilters.force_escape(classes)}" {seen}', 1)
    )


@cache
def _drawing(name: str) -> str:
    """Return the drawing; an empty one where the npm packages are not installed, so that plain tests need no Node."""
    kind, _, plain = name.rpartition("/")
    file = ICONS / (kind or "outline") / f"{plain}.svg"
    if not ICONS.is_dir():
        return EMPTY
    drawn = re.sub(r"<!--.*?-->", "", file.read_text(encoding="utf-8"), flags=re.DOTALL).strip()
    return re.sub(r'\s+(class|xmlns)="[^"]*"', "", drawn)


@register.simple_tag
def page_if(name: str, *args: object) -> str:
    """Return the address of a page of the tenant in scope, or nothing while no app has such a page."""
    try:
        return links.page(name, *args)
    except (NoReverseMatch, tenancy.NoTenant):  # no such page yet; or a page outside every tenant
        return ""


@register.simple_tag(takes_context=True)
def side_bar(context: Context) -> SafeString:
    """Put the side bar of this role into the page, with the place one is at marked."""
    may, slug = context["may"], context["tenant"].slug
    urls = (get_script_prefix(), get_urlconf() or settings.ROOT_URLCONF)
    at = navigation.at(may=may, slug=slug, urls=urls, path=context["request"].path)
    return _side_bar(slug, may, translation.get_language() or "en", urls, at)


@lru_cache(2048)  # the same for all of a role at one place of a tenant
def _side_bar(slug: str, may: frozenset[str], language: str, urls: tuple[str, str], at: str) -> SafeString:
    return render_to_string("shell/side_bar.html", {"places": navigation.side_bar(may=may, path=at)})


@register.simple_tag(takes_context=True)
def finder(context: Context) -> SafeString:
    """Put the dialog that finds people and pages into the page."""
    urls = (get_script_prefix(), get_urlconf() or settings.ROOT_URLCONF)
    return _finder(context["tenant"].slug, context["may"], translation.get_language() or "en", urls)


@lru_cache(512)  # some forty entries on every page, the same for all of a role, in a tenant and a language
def _finder(slug: str, may: frozenset[str], language: str, urls: tuple[str, str]) -> SafeString:
    places = navigation.side_bar(may=may, path="")
    groups = navigation.settings_menu(may=may, path="")
    return render_to_string("shell/finder.html", {"places": places, "may": may, "groups": groups})


@register.simple_tag(takes_context=True)
def settings_menu(context: Context) -> list:
    """Return the pages of the settings that this role may use."""
    return navigation.settings_menu(may=context["may"], path=context["request"].path)


@register.filter
def initials(name: object) -> str:
    """Return one or two letters that stand for a name; one in Arabic, whose letters would join into a word."""
    words = [word for word in re.split(r"[\s.@_-]+", str(name or "")) if word]
    if not words:
        return "?"
    if "\u0600" <= words[0][0] <= "\u06ff" or len(words) == 1:
        return words[0][0].upper()
    return (words[0][0] + words[1][0]).upper()


@register.filter
def hue(name: object) -> int:
    """Return one of eight colours, always the same for a name."""
    return sum(str(name or "").encode()) % 8


@register.simple_tag
def control(field: forms.BoundField, words: bool = False, **attrs: object) -> SafeString:
    """Render a form's control in the house style.

    Args:
        field: a bound field.
        words: it holds people's words, so its direction follows what is typed.
        attrs: further attributes; ``_`` in names stands for ``-``.
    """
    widget = field.field.widget
    given = {name.replace("_", "-"): value for name, value in attrs.items() if value not in ("", None, False)}
    given["class"] = f"{_control_class(widget)} {widget.attrs.get('class', '')}".strip()
    if field.errors:
        given["class"] += " is-invalid"
    if words:
        given["dir"] = "auto"
    elif isinstance(widget, forms.EmailInput | forms.URLInput | forms.PasswordInput):
        given.setdefault("dir", "ltr")
    return field.as_widget(attrs=given)


def _control_class(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput | forms.CheckboxSelectMultiple | forms.RadioSelect):
        return "form-check-input"
    return "form-select" if isinstance(widget, forms.Select) else "form-control"


@register.filter
def is_check(field: forms.BoundField) -> bool:
    """Return whether a field is one box to tick, which stands before its label."""
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def choices_of(field: forms.BoundField) -> list:
    """Return the boxes or dots of a group, in the house style."""
    field.field.widget.attrs["class"] = "form-check-input"
    return list(field)


@register.filter
def is_choices(field: forms.BoundField) -> bool:
    """Return whether a field is a group of boxes or dots."""
    return isinstance(field.field.widget, forms.CheckboxSelectMultiple | forms.RadioSelect)


_TONES = {
    "good": "done ready active sent delivered opened clicked converted granted yes verified returning accepted live "
    "solved",
    "busy": "running claimed sending queued scheduled new open applying",
    "warn": "paused waiting deferred unknown lapsed mapping expired",
    "bad": "failed bounced complained rejected lost refused no cancelled revoked",
}
_TONE_OF = {state: tone for tone, states in _TONES.items() for state in states.split()}


@register.filter
def state_tone(state: object) -> str:
    """Return the tone of a state's badge: good, busy, warn, bad or neutral."""
    return _TONE_OF.get(str(state), "neutral")


@register.filter
def is_more(delta: object) -> bool:
    """Return whether a change is upwards, so far that it shows."""
    return isinstance(delta, int | float | Decimal) and delta >= SHOWS


@register.filter
def is_less(delta: object) -> bool:
    """Return whether a change is downwards, so far that it shows."""
    return isinstance(delta, int | float | Decimal) and delta <= -SHOWS


@register.filter
def delta_tone(delta: object, good: str) -> str:
    """Return good, bad or neutral for a change of a figure that should go ``up``, ``down`` or ``either``."""
    if good == "either" or not (is_more(delta) or is_less(delta)):
        return "neutral"
    return "good" if is_more(delta) == (good == "up") else "bad"


@register.filter
def yesno_is(value: object, other: object) -> str:
    """Return "true" or "false" for an ARIA attribute."""
    return "true" if value == other else "false"
