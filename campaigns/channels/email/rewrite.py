"""One pass over the HTML of a template: sanitised, links registered, direction declared, ours added.

Works on HTML whose Liquid is hidden (`hiding.Hidden`). Called twice for HTML templates: before CSS is inlined
(`tokens_as_comments`, so that the inliner's tree builder leaves loops in tables where they are) and after.
"""

import re
from html import escape
from html.parser import HTMLParser

from django.utils.translation import gettext as _

from . import limits, liquid, markup
from .hiding import Hidden
from .links import Link

# Links that are ours already: a click on them is never counted (rule 98).
_OWN = re.compile(r"\{\{-?\s*(unsubscribe_url|preferences_url|view_url)\s*-?\}\}(?:[?#].*)?", re.DOTALL)
_ADDRESSES = frozenset({"href", "xlink:href"})
_WEB = frozenset({"http", "https"})
_PASSED = frozenset({"mailto", "tel", "sms"})


class Rewriter(HTMLParser):
    """Rewrites one document; `result()` gives it, `links` and `own_links` what was found.

    Raises:
        limits.TemplateRefused: Liquid inside a tag but outside an attribute's value.
    """

    def __init__(self, hidden: Hidden, *, language: str, clicks: bool, final: bool) -> None:
        super().__init__(convert_charrefs=False)
        self.hidden = hidden
        self.language = language
        self.direction = "rtl" if liquid.is_right_to_left(language) else "ltr"
        self.clicks = clicks
        self.final = final
        self.links: list[Link] = []
        self.own_links: set[str] = set()
        self.kept: list[str] = []
        self._swallowing: list[str] = []
        self._tables = 0
        self._in_body = self._in_style = False
        self._comments = re.compile(r"\s*(" + hidden.pattern.pattern.replace(r"(\d+)", r"\d+") + r")\s*")

    def run(self, html: str) -> str:
        """The document rewritten."""
        self.feed(html)
        self.close()
        return "".join(self.kept)

    # what HTMLParser finds

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.hidden.has_liquid(tag) or any(self.hidden.has_liquid(name) for name, _value in attrs):
            raise limits.TemplateRefused(
                _("Liquid inside a tag must stand inside the value of an attribute, as in style=“…{{ x }}…”.")
            )
        if self._swallowing or tag in markup.SWALLOWED:
            if not self._swallowing or tag == self._swallowing[-1]:
                self._swallowing.append(tag)
            return
        attributes: dict[str, str] = {}
        for name, value in attrs:
            attributes.setdefault(name, value or "")  # the first of two wins, as in browsers
        if not markup.allows(tag, attributes):
            return
        if self.final:
            self._declare_direction(tag, attributes)
        self._in_style = tag == "style"
        self._in_body = self._in_body or tag == "body"
        written = "".join(self._attribute(tag, name, value) for name, value in attributes.items())
        self.kept.append(f"<{tag}{written}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if self._swallowing and self._swallowing[-1] == tag:
            self._swallowing.pop()
        elif tag in markup.ELEMENTS and tag not in markup.VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._swallowing:
            if tag == self._swallowing[-1]:
                self._swallowing.pop()
            return
        if tag not in markup.ELEMENTS or tag in markup.VOID:
            return
        self._in_style = False
        if tag == "table":
            self._tables = max(0, self._tables - 1)
        self.kept.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self._swallowing:
            return
        if self._in_style:
            self.kept.append(markup.style_sheet(data))
            return
        self.kept.append(self.hidden.pattern.sub(self._printed, data.replace("<", "&lt;").replace(">", "&gt;")))

    def handle_entityref(self, name: str) -> None:
        self._keep(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._keep(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        if token := self._comments.fullmatch(data):
            self.handle_data(token[1])
        elif kept := markup.conditional_comment(data):
            self._keep(_OUTLOOK_LINK.sub(self._outlook_link, kept))

    def handle_decl(self, decl: str) -> None:
        if decl.lower().startswith("doctype") and not self.kept:
            self.kept.append(
                f"<!{decl}>" if re.fullmatch(r"[\w\s\"'./:-]{1,200}", decl, re.ASCII) else "<!doctype html>"
            )

    def unknown_decl(self, data: str) -> None:
        if re.fullmatch(r"if [^<>]{1,80}|endif", data):
            self._keep(f"<![{data}]>")

    # what becomes of it

    def _keep(self, text: str) -> None:
        if not self._swallowing and not self._in_style:
            self.kept.append(text)

    def _printed(self, token: re.Match) -> str:
        if not self.final:
            return f"<!--{token.group()}-->"
        if self._in_body and self.direction == "rtl" and self.hidden.is_print(token):
            return f"<bdi>{token.group()}</bdi>"
        return token.group()

    def _attribute(self, tag: str, name: str, value: str) -> str:
        if name in _ADDRESSES and tag != "link":
            value = self._address(value) if self.final else value
        elif not markup.allows_attribute(name, value) and not (tag == "link" and name == "href"):
            return ""
        # quotes and < matter; Liquid is hidden, so nothing of it is escaped
        return f' {name}="{escape(value)}"'

    def _address(self, written: str) -> str:
        """What stands in `href`: as it is, a link slot, or nothing for what must not be followed."""
        written = written.strip()
        source = self.hidden.restore(written)
        if own := _OWN.fullmatch(source):
            self.own_links.add(own[1])
            return written
        head, *rest = self.hidden.pattern.split(written, maxsplit=1)
        found = markup.scheme(head)
        if found in _WEB:
            return self._slot(source, fixed=not rest) if self.clicks else written
        if found:
            return written if found in _PASSED else ""
        if rest and not head.startswith(("/", "#", "?")):  # data decides what it is: look at it when it is known
            return self._slot(source, fixed=False)
        return written

    def _slot(self, source: str, *, fixed: bool) -> str:
        index = self._register(source, fixed=fixed) if self.clicks else -1
        return self.hidden.add(f"{{% {liquid.LINK} {index} %}}{source}{{% {liquid.END_LINK} %}}")

    def _register(self, source: str, *, fixed: bool) -> int:
        known = next((link for link in self.links if link.url == source), None)
        if known is None:
            known = Link(len(self.links), source, fixed)
            self.links.append(known)
        return known.index

    def _outlook_link(self, found: re.Match) -> str:
        shown = set(self.own_links)
        address = self._address(found[2].replace("&amp;", "&")) if self.final else found[2]
        self.own_links = shown  # a way out that only Outlook shows is none
        return f'{found[1]}"{escape(address)}"'

    def _declare_direction(self, tag: str, attributes: dict[str, str]) -> None:
        """`dir` on html, body and the outermost tables: webmail strips the first two (rule 45)."""
        if tag in ("html", "body") or attributes.get("role") == "article":
            attributes |= {"lang": self.language, "dir": self.direction}
        elif tag == "table":
            if not self._tables:
                attributes["dir"] = self.direction
            self._tables += 1


_OUTLOOK_LINK = re.compile(r"(<(?:a|v:[a-z]+)\b[^<>]*?\bhref=)\"([^\"<>]*)\"", re.IGNORECASE)
