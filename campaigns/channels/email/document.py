"""From a template's source to the HTML of a message, its Liquid still hidden: MJML or HTML in, a document out."""

import re
from dataclasses import dataclass

import css_inline
import mjml
from django.utils import translation
from django.utils.html import escape
from django.utils.translation import gettext as _

from . import limits, liquid, markup
from .hiding import Hidden
from .links import Link
from .rewrite import Rewriter

FORMATS = ("mjml", "html")
_INCLUDE = re.compile(r"<\s*mj-include\b", re.IGNORECASE)
_TAG = re.compile(r"<!--.*?-->|<(/?)([a-zA-Z][\w:-]*)(?:[^<>]*?)(/?)>", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->|<!doctype[^>]*>", re.DOTALL | re.IGNORECASE)
_ATTRIBUTE = r"""\s+[^\s"'<>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'))?"""
_WELL_FORMED = re.compile(rf"<(?:/[\w:-]+\s*|[a-zA-Z][\w:-]*(?:{_ATTRIBUTE})*\s*/?)>")
_BODY = re.compile(r"<body\b[^>]*>")
_HEAD_OPEN = re.compile(r"<mj-head\b[^<>]*?(/?)>")
_MJML_OPEN = re.compile(r"<mjml\b[^<>]*>")
_RTL_DEFAULTS = (
    '<mj-attributes><mj-section direction="rtl" /><mj-column direction="rtl" /><mj-text align="right" />'
    '<mj-table align="right" /></mj-attributes>'
)
_ROOT = re.compile(r"<(?:html|body)\b", re.IGNORECASE)
_UNSEEN = "display:none;max-height:0;max-width:0;opacity:0;overflow:hidden;mso-hide:all"
_FOOTER_STYLE = "padding:16px 24px;font:12px/1.5 Helvetica,Arial,sans-serif;color:#666666;text-align:center"


@dataclass(frozen=True)
class Document:
    """A message's HTML with its Liquid hidden in `hidden`, its links, and what was added to it."""

    html: str
    hidden: Hidden
    links: tuple[Link, ...]
    footer_added: bool


def build(
    body: str, *, form: str, language: str, preheader: str, clicks: bool, opens: bool, marketing: bool
) -> Document:
    """Compile the layout, sanitise it, register its links and add what a message needs.

    Raises:
        limits.TemplateRefused: a source that cannot be read, an include, Liquid where it cannot stand.
    """
    hidden = Hidden(body)
    html = _from_mjml(hidden, language) if form == "mjml" else _from_html(hidden, language)
    rewriter = Rewriter(hidden, language=language, clicks=clicks, final=True)
    html = rewriter.run(html)
    footer = ""
    if marketing:
        footer = _footer(hidden, language, body, has_way_out="unsubscribe_url" in rewriter.own_links)
    pixel = hidden.add(f"{{% {liquid.PIXEL} %}}") if opens else ""
    html = _with_additions(html, _preheader(hidden, preheader, body), footer + pixel)
    return Document(html, hidden, tuple(rewriter.links), bool(footer))


def _from_mjml(hidden: Hidden, language: str) -> str:
    if found := _INCLUDE.search(hidden.text):
        raise limits.TemplateRefused(
            _("a template cannot include files (mj-include)."), line=_line(hidden, found.start())
        )
    hidden.wrap_for_mjml()
    source = _with_direction(hidden.text) if liquid.is_right_to_left(language) else hidden.text
    try:
        html = mjml.mjml2html(source)
    except ValueError as err:
        raise _not_mjml(hidden, err) from err
    shown = {found.group() for found in hidden.pattern.finditer(html)}
    for found in hidden.pattern.finditer(hidden.text):
        if found.group() not in shown and not _is_remark(hidden, found):
            raise limits.TemplateRefused(
                _("this Liquid stands where MJML shows nothing; put it into mj-text or mj-raw."),
                line=_line(hidden, found.start()),
            )
    return html


def _not_mjml(hidden: Hidden, problem: ValueError) -> limits.TemplateRefused:
    """Say where the layout breaks: the compiler itself mostly says no more than that something is not closed."""
    for start in re.finditer("<", _COMMENT.sub(lambda found: " " * len(found[0]), hidden.text)):
        if not _WELL_FORMED.match(hidden.text, start.start()):
            said = hidden.restore(hidden.text[start.start() :].splitlines()[0][:60])
            words = _("this is not MJML (%(reason)s).") % {"reason": said}
            return limits.TemplateRefused(words, line=_line(hidden, start.start()))
    if unclosed := _unclosed(hidden.text):
        words = _("“%(what)s” is opened and never closed.") % {"what": f"<{unclosed[2]}>"}
        return limits.TemplateRefused(words, line=_line(hidden, unclosed.start()))
    return limits.TemplateRefused(_("this is not MJML (%(reason)s).") % {"reason": problem})


def _unclosed(text: str) -> re.Match | None:
    """Return the first tag that is not closed before what is around it, or closes what was not opened."""
    opened: list[re.Match] = []
    for tag in _TAG.finditer(text):
        closing, name, empty = tag.groups()
        if not name or empty or name.lower() in markup.VOID:
            continue
        if not closing:
            opened.append(tag)
        elif not opened or opened[-1][2] != name:
            return opened[-1] if opened else tag
        else:
            opened.pop()
    return opened[-1] if opened else None


def _is_remark(hidden: Hidden, found: re.Match) -> bool:
    before = hidden.text[: found.start()]
    return before.rfind("<!--") > before.rfind("-->")


def _line(hidden: Hidden, at: int) -> int:
    return hidden.restore(hidden.text[:at]).count("\n") + 1


def _with_direction(source: str) -> str:
    """MJML knows no direction: sections flow and texts align from the right unless the author says otherwise."""
    if found := _HEAD_OPEN.search(source):
        opened = "<mj-head>" if found[1] else found.group()
        closed = "</mj-head>" if found[1] else ""
        return source[: found.start()] + opened + _RTL_DEFAULTS + closed + source[found.end() :]
    if found := _MJML_OPEN.search(source):
        return source[: found.end()] + f"<mj-head>{_RTL_DEFAULTS}</mj-head>" + source[found.end() :]
    return source


def _from_html(hidden: Hidden, language: str) -> str:
    """Sanitised, Liquid of the text in comments where a tree builder leaves it in place, CSS inlined."""
    safe = Rewriter(hidden, language=language, clicks=False, final=False).run(hidden.text)
    if safe.lstrip().startswith("<!--") and not _ROOT.search(safe):
        safe = f"<body>{safe}</body>"  # else Liquid at the very start, such as a loop, would stand around the document
    try:
        html = css_inline.inline(
            safe, keep_style_tags=True, keep_link_tags=True, keep_at_rules=True, load_remote_stylesheets=False
        )
    except (css_inline.InlineError, ValueError) as err:
        raise limits.TemplateRefused(_("the styles cannot be read (%(reason)s).") % {"reason": err}) from err
    html = re.sub(r"<head>", '<head><meta charset="utf-8">', html, count=1) if "charset" not in html else html
    return html if html.lower().startswith("<!doctype") else f"<!doctype html>{html}"


def _preheader(hidden: Hidden, preheader: str, body: str) -> str:
    """The unseen line that inboxes show beside the subject, unless the template brings its own."""
    if not preheader.strip() or "<mj-preview" in body:
        return ""
    inner = Hidden(preheader, part="preheader")
    shown = inner.pattern.sub(lambda found: hidden.add(inner.piece(found)), str(escape(inner.text)))
    return f'<div style="{_UNSEEN}">{shown}</div>'


def _footer(hidden: Hidden, language: str, body: str, *, has_way_out: bool) -> str:
    """What marketing mail must show: who sends it, from where, and the way out."""
    has_address = re.search(r"\{\{-?\s*brand\.address\b", body) is not None
    if has_way_out and has_address:
        return ""
    with translation.override(language):
        unsubscribe, preferences = _("Unsubscribe"), _("Preferences")
    parts = []
    if not has_address:
        name, address = hidden.add("{{ brand.name }}"), hidden.add("{{ brand.address }}")
        parts.append(f"<bdi>{name}</bdi><br><bdi>{address}</bdi>")
    if not has_way_out:
        out, choose = hidden.add("{{ unsubscribe_url }}"), hidden.add("{{ preferences_url }}")
        parts.append(
            f'<a href="{out}" style="color:#666666">{escape(unsubscribe)}</a> · '
            f'<a href="{choose}" style="color:#666666">{escape(preferences)}</a>'
        )
    direction = "rtl" if liquid.is_right_to_left(language) else "ltr"
    return f'<div dir="{direction}" style="{_FOOTER_STYLE}">{"<br>".join(parts)}</div>'


def _with_additions(html: str, first: str, last: str) -> str:
    """`first` at the beginning of the body, `last` at its end."""
    opened = _BODY.search(html)
    if not opened:
        html = f"<body>{html}</body>"
        opened = _BODY.search(html)
    html = html[: opened.end()] + first + html[opened.end() :]
    end = html.rfind("</body>")
    end = len(html) if end < 0 else end
    return html[:end] + last + html[end:].rstrip() + "\n"
