"""The text part of a message, made from its HTML: links written out, no tags, Liquid kept (rule 105)."""

import re
from html import unescape
from html.parser import HTMLParser

from . import liquid
from .hiding import Hidden

_BLOCKS = frozenset(
    """p div table tr h1 h2 h3 h4 h5 h6 ul ol dl dt dd blockquote pre section header footer main article nav figure
    address center""".split()
)
_SPACED = frozenset("p h1 h2 h3 h4 h5 h6 ul ol table blockquote".split())
_SILENT = frozenset({"style", "title", "script"})
_VOID = frozenset("area br col hr img input link meta source wbr".split())
_INVISIBLE = re.compile(r"display\s*:\s*none", re.IGNORECASE)


class _Writer(HTMLParser):
    def __init__(self, hidden: Hidden) -> None:
        super().__init__(convert_charrefs=False)
        self.hidden = hidden
        self.lines: list[str] = [""]
        self._silent: list[str] = []  # elements open since text stopped being visible
        self._links: list[tuple[str, int, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if self._silent or tag in _SILENT or _INVISIBLE.search(attributes.get("style") or ""):
            if tag not in _VOID:
                self._silent.append(tag)
            return
        if tag == "br":
            self.lines.append("")
        elif tag == "hr":
            self._break(blank=True)
            self._write("-" * 40)
            self._break(blank=True)
        elif tag == "li":
            self._break()
            self._write("- ")
        elif tag in ("td", "th"):
            self._space()
        elif tag in _BLOCKS:
            self._break(blank=tag in _SPACED)
        elif tag == "a":
            self._links.append((attributes.get("href") or "", len(self.lines), len(self.lines[-1])))
        elif tag == "img" and self._links:
            self._write(attributes.get("alt") or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            if tag in self._silent:
                while self._silent.pop() != tag:
                    pass
        elif tag in _BLOCKS or tag == "li":
            self._break(blank=tag in _SPACED)
        elif tag == "a" and self._links:
            self._close_link(*self._links.pop())

    def _close_link(self, address: str, line: int, column: int) -> None:
        if not address or address.startswith("#"):
            return
        if line > len(self.lines):  # a break inside the link took its line away
            line, column = len(self.lines), 0
        label = "".join([self.lines[line - 1][column:], *self.lines[line:]]).strip()
        if label == address:
            return
        self._write(f" ({address})" if label else address)

    def handle_data(self, data: str) -> None:
        if self._silent:
            # what the template computes in an unseen place still counts: assignments, the ends of blocks
            for token in self.hidden.pattern.finditer(data):
                if self._silent[-1] not in _SILENT and not self.hidden.piece(token).startswith("{{"):
                    self.lines[-1] += token.group()
            return
        words = re.split(r"[ \t\r\n\f]+", data)
        for at, word in enumerate(words):
            if at:
                self._space()
            self._write(word)

    def handle_entityref(self, name: str) -> None:
        self._entity(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._entity(f"&#{name};")

    def _entity(self, reference: str) -> None:
        if not self._silent:
            self._write(unescape(reference).replace("\xa0", " ").replace("\u200c", "").replace("\u034f", ""))

    def _write(self, words: str) -> None:
        self.lines[-1] += words

    def _seen(self) -> str:
        """The line without tags of Liquid: those take no place."""
        tags = self.hidden.pattern
        return tags.sub(lambda found: "x" if self.hidden.piece(found)[:2] == "{{" else "", self.lines[-1])

    def _space(self) -> None:
        seen = self._seen()
        if seen and not seen.endswith(" "):
            self.lines[-1] += " "

    def _break(self, *, blank: bool = False) -> None:
        if self._seen().strip():
            self.lines += ["", ""] if blank else [""]
        elif blank and len(self.lines) > 1 and self.lines[-2].strip():
            self.lines.append("")


def from_html(html: str, hidden: Hidden) -> str:
    """The text of `html` (rewritten, Liquid still hidden), with `label (address)` for links."""
    writer = _Writer(hidden)
    writer.feed(hidden.pattern.sub(lambda found: "" if liquid.PIXEL in hidden.piece(found) else found.group(), html))
    writer.close()
    lines = [line.rstrip() for line in writer.lines]
    kept = [line for at, line in enumerate(lines) if line or (at and lines[at - 1])]
    return "\n".join(kept).strip("\n") + "\n"
