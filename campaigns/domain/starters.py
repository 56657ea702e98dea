"""Templates to start from: eight kinds, each written in English and in Arabic, one file each."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.db import transaction
from django.utils.translation import get_language

from campaigns.domain import templates
from campaigns.models import Template
from campaigns.models.template import Kind
from cxm.audit.actors import Actor
from cxm.lib.errors import NotFound

FOLDER = Path(__file__).parent / "starter_templates"
KINDS = (Kind.WELCOME, Kind.CONFIRMATION, Kind.THANKS, Kind.REWARD, Kind.DISCOUNT, Kind.FEEDBACK, Kind.WIN_BACK,
         Kind.NEWSLETTER)  # fmt: skip
LANGUAGES = ("en", "ar")


class UnknownStarter(NotFound):
    message = templates.UnknownTemplate.message


@dataclass(frozen=True)
class Starter:
    """The words of one kind in one language."""

    kind: str
    language: str
    name: str
    subject: str
    preheader: str
    body: str


@cache
def read(kind: str, language: str) -> Starter:
    """Return a starter.

    Raises:
        UnknownStarter: there is none for this kind and language.
    """
    if kind not in KINDS or language not in LANGUAGES:
        raise UnknownStarter
    head, body = (FOLDER / f"{kind}.{language}.mjml").read_text(encoding="utf-8").split("\n---\n", 1)
    words = dict(line.split(": ", 1) for line in head.splitlines())
    return Starter(kind=str(kind), language=language, body=body, **words)


@transaction.atomic
def start(*, kind: str, by: Actor, name: str = "", language: str = "") -> Template:
    """Make a template of the tenant from a starter, with its words in both languages.

    Args:
        name: what to call it; the starter's own name when omitted.
        language: of that name; the reader's when omitted.
    """
    spoken = language or (get_language() or "en")[:2]
    named = read(kind, spoken if spoken in LANGUAGES else "en")
    first, *others = (read(kind, code) for code in LANGUAGES)
    template = templates.create(
        name=name or named.name,
        kind=first.kind,
        language=first.language,
        subject=first.subject,
        preheader=first.preheader,
        body=first.body,
        by=by,
    )
    for words in others:
        templates.save_version(
            template=template,
            language=words.language,
            subject=words.subject,
            preheader=words.preheader,
            body=words.body,
            by=by,
        )
    return template


def install(*, by: Actor, language: str = "") -> dict[str, Template]:
    """Make a template from every starter the tenant has no template of that kind for; returns them by kind."""
    present = set(Template.objects.values_list("kind", flat=True))
    return {str(kind): start(kind=kind, by=by, language=language) for kind in KINDS if kind not in present}
