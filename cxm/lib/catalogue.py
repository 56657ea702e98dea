"""Translation catalogues without the gettext programs: read the sources, merge, compile and check with Babel."""

import ast
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract

# Arabic counts in six ways; the order of the forms is zero, one, two, few, many, other.
PLURAL_FORMS = {
    "ar": "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : "
    "n%100>=3 && n%100<=10 ? 3 : n%100>=11 && n%100<=99 ? 4 : 5;"
}
FORMS = 6
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
CONTEXT_MARK = "\x04"  # between context and message, as in compiled catalogues

_STRING = r"""u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
_TEMPLATE_CALL = re.compile(rf"\b(_|n?p?gettext)\(\s*({_STRING}(?:\s*,\s*{_STRING})*)\s*(?:,\s*count\s*)?\)")
_PLACEHOLDER = re.compile(r"%%|%\((\w+)\)[a-z]|%[sdr]|\{(\w*)\}")

Key = tuple[str, str]  # context ("" for none), msgid of the singular
Text = str | tuple[str, ...]


def read_sources(
    *, root: Path, files: Iterable[Path], templatize: Callable[[str, str], str]
) -> dict[Key, tuple[Text, set[str]]]:
    """Every marked string of Python files and templates: what it says and the files it stands in.

    `templatize` turns a template into gettext calls (Django's, handed in so that this module needs no Django).
    """
    found: dict[Key, tuple[Text, set[str]]] = {}
    for file in sorted(files):
        place = file.relative_to(root).as_posix()
        source = file.read_text(encoding="utf-8")
        strings = _in_python(source) if file.suffix == ".py" else _in_template(templatize(source, place))
        for context, text in strings:
            key = (context, text if isinstance(text, str) else text[0])
            known, places = found.setdefault(key, (text, set()))
            if isinstance(known, str) and not isinstance(text, str):
                found[key] = (text, places)  # the plural form of a message counts more than its singular use
            places.add(place)
    return found


def _in_python(source: str) -> Iterator[tuple[str, Text]]:
    stream = io.BytesIO(source.encode())
    keywords = KEYWORDS | _aliases(source)
    for _line, text, _comments, context in extract("python", stream, keywords=keywords):
        if text and text != ("",):
            yield context or "", text


def _aliases(source: str) -> dict:
    """The names a file gives the functions itself: `from django.utils.translation import gettext as __`."""
    imports = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom))
    names = [name for node in imports if node.module == "django.utils.translation" for name in node.names]
    return {name.asname: KEYWORDS[name.name] for name in names if name.asname and name.name in KEYWORDS}


def _in_template(calls: str) -> Iterator[tuple[str, Text]]:
    for name, arguments in _TEMPLATE_CALL.findall(calls):
        words = ast.literal_eval(f"({arguments},)")
        context, words = (words[0], words[1:]) if "p" in name else ("", words)
        if words and words[0]:
            yield context, words[0] if len(words) == 1 else tuple(words[:2])


def load(path: Path, *, language: str) -> Catalog:
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return pofile.read_po(file, locale=language)


def merge(
    *, old: Catalog, sources: Mapping[Key, tuple[Text, set[str]]], fragments: Mapping[Key, Text], language: str
) -> Catalog:
    """A catalogue of exactly what the sources hold now; translations come from the fragments, else from before."""
    fresh = Catalog(locale=language, fuzzy=False)
    for key, (text, places) in sources.items():
        before = old.get(key[1], context=key[0] or None)
        translation = fragments.get(key)
        if translation is None and before is not None and "fuzzy" not in before.flags:
            translation = before.string
        fresh.add(
            text,
            _shaped(text, translation),
            locations=[(place, 1) for place in sorted(places)],
            context=key[0] or None,
        )
    return fresh


def _shaped(text: Text, translation: Text | list[str] | None) -> Text:
    """The translation when it has the shape the message asks for, else nothing."""
    if isinstance(text, str):
        return translation if isinstance(translation, str) else ""
    if isinstance(translation, list | tuple) and len(translation) == FORMS:
        return tuple(translation)
    return ("",) * FORMS


def save(catalogue: Catalog, path: Path, *, language: str) -> None:
    """Write sorted, without times or line numbers, so that a change shows as what it is."""
    header = (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {language}\\n"\n'
        '"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {PLURAL_FORMS[language]}\\n"\n\n'
    )
    body = io.BytesIO()
    pofile.write_po(body, catalogue, width=0, omit_header=True, sort_output=True, include_lineno=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(header + body.getvalue().decode().strip() + "\n", encoding="utf-8")


def compile_file(path: Path, *, language: str) -> Path:
    """Write the .mo beside the .po, in one step."""
    target = path.with_suffix(".mo")
    draft = target.with_suffix(".mo.new")
    with draft.open("wb") as file:
        mofile.write_mo(file, load(path, language=language))
    return draft.replace(target)


def compile_stale(root: Path) -> list[Path]:
    """Compile every catalogue under ROOT whose .mo is missing or older; answers what was written."""
    stale = []
    for path in root.glob("*/LC_MESSAGES/django.po"):
        compiled = path.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < path.stat().st_mtime:
            stale.append(compile_file(path, language=path.parts[-3]))
    return stale


def read_fragments(folder: Path) -> dict[Key, Text]:
    """Translations from every *.json of a folder: msgid → text, or the list of the plural forms.

    A message with a context is keyed `context\\u0004msgid`.
    """
    collected: dict[Key, Text] = {}
    for file in sorted(folder.glob("*.json")):
        for words, translation in json.loads(file.read_text(encoding="utf-8")).items():
            context, _, message = words.rpartition(CONTEXT_MARK)
            collected[(context, message)] = translation
    return collected


def faults(catalogue: Catalog, sources: Mapping[Key, tuple[Text, set[str]]]) -> Iterator[str]:
    """A sentence for every string that is missing, left over, untranslated, unsure or breaks its placeholders."""
    for key, (text, places) in sorted(sources.items()):
        message = catalogue.get(key[1], context=key[0] or None)
        where = f"{key[1]!r} ({', '.join(sorted(places))})"
        if message is None or isinstance(message.id, str) != isinstance(text, str):
            yield f"not in the catalogue: {where}"
        elif not (message.string if isinstance(message.string, str) else all(message.string)):
            yield f"not translated: {where}"
        elif "fuzzy" in message.flags:
            yield f"marked as unsure (fuzzy): {where}"
        elif not placeholders_agree(message):
            yield f"placeholders differ: {where} → {message.string!r}"
    for message in catalogue:
        if message.id and (message.context or "", _singular(message)) not in sources:
            yield f"in the catalogue, but no longer in the sources: {_singular(message)!r}"


def _singular(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _placeholders(text: str) -> list[str]:
    return sorted(match.group() for match in _PLACEHOLDER.finditer(text) if match.group() != "%%")


def placeholders_agree(message: Message) -> bool:
    """Whether the translation fills the same gaps. Forms for 0, 1 and 2 may leave some out ("one customer")."""
    if isinstance(message.id, str):
        return _placeholders(message.id) == _placeholders(message.string)
    asked = set(_placeholders(message.id[0])) | set(_placeholders(message.id[1]))
    forms = [set(_placeholders(form)) for form in message.string]
    return all(form <= asked for form in forms) and all(form == set(_placeholders(message.id[1])) for form in forms[3:])
