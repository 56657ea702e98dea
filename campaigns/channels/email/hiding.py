"""Liquid hidden behind plain words while MJML and HTML tools work on what is around it.

Every `{{ … }}` and `{% … %}` becomes a token of ASCII letters and digits that survives XML, HTML and CSS parsers in
text and in attribute values alike; `restore` puts the pieces back.
"""

import re

from django.utils.translation import gettext as _

from . import limits, liquid

_CLOSER = {"{{": "}}", "{%": "%}"}
_TAG_NAME = re.compile(r"\{%-?\s*(\w+)")
_CAPTURE = re.compile(r"\{%-?\s*capture\s+([\w-]+)")
_STRUCTURAL = frozenset(
    "mjml mj-body mj-wrapper mj-section mj-column mj-group mj-hero mj-carousel mj-accordion mj-social mj-navbar".split()
)
_MJ_TAG = re.compile(r"<!--.*?-->|<(/?)(mj-[a-z-]+|mjml)\b[^<>]*?(/?)>", re.DOTALL)
_OPENING = re.compile(r"\{[{%]")
_MAX_MARKUP = 20_000  # tags and comments


class Hidden:
    """A source whose Liquid is hidden: `text` holds tokens, `pieces` what they stand for.

    Raises:
        limits.TemplateRefused: Liquid that is not closed, too long, too much of it, or a tag that does not exist here.
    """

    def __init__(self, source: str, *, part: str = "body") -> None:
        if len(source) > limits.MAX_SOURCE:
            raise limits.TemplateRefused(_("the template is too long (more than 400,000 characters)."), part=part)
        if source.count("<") > _MAX_MARKUP:
            raise limits.TemplateRefused(_("the template holds too many tags (more than 20,000)."), part=part)
        if source.rfind("<!--") > source.rfind("-->"):  # parsers walk to the end for each of them
            line = source.count("\n", 0, source.rfind("<!--")) + 1
            raise limits.TemplateRefused(_("a comment is opened and never closed."), line=line, part=part)
        self.part = part
        self.pieces: list[str] = []
        self.prefix = "lqx"
        while self.prefix in source.lower():
            self.prefix += "x"
        self.pattern = re.compile(self.prefix + r"(\d+)z")
        self.text = self._hide(source)
        self.captured = frozenset(_CAPTURE.findall(source))

    def _hide(self, source: str) -> str:
        kept: list[str] = []
        at = 0
        while found := _OPENING.search(source, at):
            start = found.start()
            closer = _CLOSER[source[start : start + 2]]
            end = source.find(closer, start + 2)
            piece = source[start : end + 2] if end >= 0 else ""
            self._check(piece, source, start)
            kept += [source[at:start], self.add(piece)]
            at = end + 2
        kept.append(source[at:])
        return "".join(kept)

    def _check(self, piece: str, source: str, start: int) -> None:
        def refuse(sentence: str) -> None:
            raise limits.TemplateRefused(sentence, line=source.count("\n", 0, start) + 1, part=self.part)

        if not piece:
            refuse(_("“%(what)s” is opened and never closed.") % {"what": source[start : start + 2]})
        if len(piece) > limits.MAX_EXPRESSION:
            refuse(_("this piece of Liquid is too long (more than 2,000 characters)."))
        if len(self.pieces) >= limits.MAX_TAGS:
            refuse(_("the template holds too many pieces of Liquid (more than 5,000)."))
        name = _TAG_NAME.match(piece)
        if name and (name[1] in liquid.PRIVATE_TAGS or name[1] in ("raw", "endraw", "doc", "enddoc")):
            refuse(_("there is no tag “%(name)s”.") % {"name": name[1]})

    def add(self, piece: str) -> str:
        """A token that stands for `piece` of Liquid."""
        self.pieces.append(piece)
        return f"{self.prefix}{len(self.pieces) - 1}z"

    def piece(self, found: re.Match) -> str:
        """What a token found by `pattern` stands for."""
        return self.pieces[int(found[1])]

    def is_print(self, found: re.Match) -> bool:
        """Whether a token stands for `{{ … }}` with a value that is not a captured block."""
        piece = self.piece(found)
        root = re.match(r"\{\{-?\s*([\w-]+)", piece)
        return piece.startswith("{{") and not (root and root[1] in self.captured)

    def restore(self, hidden: str) -> str:
        """`hidden` with its Liquid back in place."""
        return self.pattern.sub(self.piece, hidden)

    def has_liquid(self, hidden: str) -> bool:
        return self.pattern.search(hidden) is not None

    def wrap_for_mjml(self) -> None:
        """Put Liquid that stands directly between MJML's sections and columns into `<mj-raw>`.

        MJML drops loose text there; authors write loops around sections all the same.
        """
        opened: list[str] = []
        kept: list[str] = []
        at = 0
        for tag in _MJ_TAG.finditer(self.text):
            kept += [self._wrapped(self.text[at : tag.start()], opened), tag.group()]
            at = tag.end()
            closing, name, empty = tag.groups()
            if name and closing:
                while opened and opened.pop() != name:
                    pass
            elif name and not empty:
                opened.append(name)
        self.text = "".join(kept) + self.text[at:]

    def _wrapped(self, between: str, opened: list[str]) -> str:
        if not opened or opened[-1] not in _STRUCTURAL:
            return between
        return self.pattern.sub(lambda token: f"<mj-raw>{token.group()}</mj-raw>", between)
