"""Templates compiled once: `compile_template(...)` → `Compiled`, which previews and renders without parsing again.

`message.Letter` joins a `Compiled` with a sender and makes bytes. Contexts are plain dictionaries and lists
(`customer`, `tenant`, `brand`, `offer`, `data`, …); `unsubscribe_url`, `preferences_url` and `view_url` are added
per message.
"""

import datetime
import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from markupsafe import escape

from cxm.lib import text

from . import blocks, document, limits, liquid, plaintext, quoted, weave
from .links import Link

ROOTS = frozenset(
    """customer tenant brand offer data campaign order survey case message
    unsubscribe_url preferences_url view_url""".split()
)
OWN_ADDRESSES = frozenset({"unsubscribe_url", "preferences_url", "view_url"})
PREVIEW_ADDRESSES = dict.fromkeys(sorted(OWN_ADDRESSES), "#")
_CLIPPED_FROM = 102_400  # bytes of HTML after which Gmail cuts a message off
_REPLY = re.compile(r"\s*(re|fwd?|aw|wg|رد)\s*:", re.IGNORECASE)


@dataclass(frozen=True)
class TrackingPlan:
    """What is measured in a template's messages."""

    opens: bool = True
    clicks: bool = True


@dataclass(frozen=True)
class Problem:
    """Something the author should look at; the template can be sent all the same."""

    code: str
    sentence: str
    values: tuple[tuple[str, str], ...] = ()

    @property
    def message(self) -> str:
        """In the language of whoever reads it, not of whoever compiled first."""
        return str(self.sentence) % dict(self.values) if self.values else str(self.sentence)


@dataclass(frozen=True)
class Preview:
    """A message as one customer would see it: links untracked, no pixel."""

    subject: str
    preheader: str
    html: str
    text: str


@dataclass(frozen=True, eq=False)
class Compiled:
    """A template ready to be rendered.

    Attributes:
        subject, preheader: sources as given.
        html, text: the finished parts as Liquid sources (sanitised, links in slots).
        links: the tracked links, in order; `links[i].index == i`.
        fields: paths of the data the template asks for (`customer.first_name`).
        problems: what a linter says.
    """

    subject: str
    preheader: str
    html: str
    text: str
    language: str
    marketing: bool
    tracking: TrackingPlan
    links: tuple[Link, ...]
    fields: frozenset[str]
    problems: tuple[Problem, ...]
    parts: Mapping[str, liquid.Parsed]
    woven: Mapping[str, Callable[[liquid.Context], list]]
    arguments: Mapping[str, object]

    def __reduce__(self) -> tuple:
        return _again, (dict(self.arguments),)

    def preview(self, context: Mapping[str, object], *, now: datetime.datetime) -> Preview:
        """The message for `context`, by python-liquid alone.

        Raises:
            limits.RenderRefused: what the template does with this data goes beyond the limits.
        """
        data = {**PREVIEW_ADDRESSES, **context}
        written = {name: liquid.render(part, data, liquid.Marks(), now) for name, part in self.parts.items()}
        return Preview(
            subject=text.clean_line(written["subject"]),
            preheader=text.clean_line(written["preheader"]),
            html=written["html"],
            text=written["text"],
        )

    def render_part(self, name: str, data: Mapping[str, object], marks: liquid.Marks, now: datetime.datetime) -> list:
        """The encoded pieces of a part: bytes of quoted-printable for `html` and `text`, words for `subject`."""
        return self.woven[name](liquid.new_context(self.parts[name], data, marks, now))


def compile_template(
    *,
    subject: str,
    preheader: str,
    body: str,
    format: str,
    language: str,
    tracking: TrackingPlan | None = None,
    marketing: bool = True,
) -> Compiled:
    """Compile a template, or take it from the cache (bounded, by content).

    Args:
        subject, preheader: Liquid.
        body: MJML or HTML with Liquid.
        format: "mjml" or "html".
        language: of the reader, such as "ar" or "en-GB"; decides direction, dates and the footer's words.
        tracking: None measures nothing.
        marketing: adds a way out and the sender's address where the template lacks them.

    Raises:
        limits.TemplateRefused: with the line and a sentence that says what is wrong.
    """
    return _compile(
        subject=subject,
        preheader=preheader,
        body=body,
        form=format,
        language=language,
        tracking=tracking or TrackingPlan(opens=False, clicks=False),
        marketing=marketing,
    )


def _again(arguments: dict) -> Compiled:
    return compile_template(**arguments)


@functools.lru_cache(maxsize=64)
def _compile(
    *, subject: str, preheader: str, body: str, form: str, language: str, tracking: TrackingPlan, marketing: bool
) -> Compiled:
    if form not in document.FORMATS:
        raise limits.TemplateRefused(_("A template is MJML or HTML."))
    _check_source(body, html=True, language=language, part="body")
    made = document.build(
        blocks.expand(body, language=language),
        form=form,
        language=language,
        preheader=preheader,
        clicks=tracking.clicks,
        opens=tracking.opens,
        marketing=marketing,
    )
    sources = {
        "subject": subject,
        "preheader": preheader,
        "html": made.hidden.restore(made.html),
        "text": made.hidden.restore(plaintext.from_html(made.html, made.hidden)),
    }
    for part in ("subject", "preheader"):
        document.Hidden(sources[part], part=part)  # refuses what has no business there
    parts = {
        name: liquid.parse(
            source, html=name == "html", language=language, part=name if name in ("subject", "preheader") else "body"
        )
        for name, source in sources.items()
    }
    _check_names(parts)
    fields = frozenset().union(*(part.fields for part in parts.values()))
    return Compiled(
        **sources,
        language=language,
        marketing=marketing,
        tracking=tracking,
        links=made.links,
        fields=fields,
        problems=tuple(_problems(sources, made, fields)),
        parts=parts,
        woven={name: weave.weave(part, codec(name, part)) for name, part in parts.items()},
        arguments={
            "subject": subject,
            "preheader": preheader,
            "body": body,
            "format": form,
            "language": language,
            "tracking": tracking,
            "marketing": marketing,
        },
    )


def _check_source(source: str, *, html: bool, language: str, part: str) -> None:
    """Syntax errors are found in the author's own lines, before layout moves them about."""
    document.Hidden(source, part=part)
    liquid.parse(source, html=html, language=language, part=part)


def _check_names(parts: Mapping[str, liquid.Parsed]) -> None:
    for part in parts.values():
        if taken := sorted(part.assigned & OWN_ADDRESSES):
            raise limits.TemplateRefused(_("“%(name)s” cannot be assigned.") % {"name": taken[0]})


def codec(name: str, part: liquid.Parsed) -> weave.Codec:
    finish = part.template.env.finish
    if name == "html":
        return weave.Codec(quoted.encode, quoted.encode_value, quoted.encode_escaped_value, _escaped_address)
    if name == "text":
        value = quoted.encode_value if finish is liquid.finish_plain else _ISOLATED
        return weave.Codec(quoted.encode, quoted.encode_value, value, quoted.encode_address)
    return weave.Codec(str, str, finish, str)


_ISOLATED = quoted.Memo(lambda value: quoted.encode(liquid.finish_isolated(value))).__getitem__


def _escaped_address(address: str) -> bytes:
    return quoted.encode_address(str(escape(address)))


def _problems(sources: Mapping[str, str], made: document.Document, fields: frozenset[str]) -> list[Problem]:
    found = []
    if not sources["subject"].strip():
        found.append(Problem("subject_empty", _("The subject is empty.")))
    if _REPLY.match(sources["subject"]):
        found.append(
            Problem("subject_reply", _("The subject looks like an answer (“Re:”); mailbox providers punish that."))
        )
    if len(sources["html"].encode()) > _CLIPPED_FROM:
        found.append(Problem("clipped", _("The message is larger than 100 KB: Gmail will cut it off.")))
    if made.footer_added:
        found.append(
            Problem("footer_added", _("Sender’s address or unsubscribe link were missing; a footer is added."))
        )
    if re.search(r"<img(?![^>]*\balt=)", made.html):
        found.append(Problem("alt_missing", _("A picture has no description (alt).")))
    if re.search(r'<a\b[^>]*\bhref="(?:/|[\w-]+\.)', made.html):
        found.append(Problem("link_relative", _("A link has no https:// and leads nowhere in a mailbox.")))
    unknown = sorted({path for path in fields if re.split(r"[.\[]", path)[0] not in ROOTS})
    return found + [unknown_field(path) for path in unknown[:20]]


def unknown_field(path: str) -> Problem:
    """A field that nothing fills."""
    return Problem("field_unknown", _("“%(field)s” is not a field of messages."), (("field", path),))
