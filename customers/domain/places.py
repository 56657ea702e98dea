"""Countries, languages and zones in the reader's words, for lists to choose from."""

from functools import lru_cache

from babel import Locale
from django.utils import translation

from customers.domain import contacts
from cxm.lib import formats, text


def choices() -> list[tuple[str, str]]:
    """Return (code, name) of all countries by name."""
    return _countries(translation.get_language() or "en")


def country(code: str) -> str:
    """Return a country's name, or its code where it has none."""
    return formats.country(code, language=translation.get_language() or "en")


def languages() -> list[tuple[str, str]]:
    """Return (tag, name) of the languages people commonly choose, by name."""
    return _languages(translation.get_language() or "en")


def language(tag: str) -> str:
    """Return a language's name, or its tag where it has none."""
    return formats.tongue(tag, language=translation.get_language() or "en")


_COMMON = "ar bn cs da de el en es fa fi fr he hi hu id it ja ko ku ms nl no pl pt ro ru sv sw th tr uk ur zh".split()


@lru_cache(8)
def _countries(language: str) -> list[tuple[str, str]]:
    names = _locale(language).territories
    found = [(code, names[code]) for code in contacts.countries() if code in names]
    return sorted(found, key=lambda pair: text.fold(pair[1]))


@lru_cache(8)
def _languages(language: str) -> list[tuple[str, str]]:
    names = _locale(language).languages
    return sorted(((code, names[code]) for code in _COMMON if code in names), key=lambda pair: text.fold(pair[1]))


@lru_cache(8)
def _locale(language: str) -> Locale:
    return Locale.parse(language, sep="-")
