"""Countries and languages in the reader's words, for lists to choose from, and found by whatever words they have."""

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


def country_named(written: str) -> str:
    """Return the code of a country written by its name, English or Arabic, or by its code; nothing for none."""
    return _country_names().get(text.fold(written), "")


def language_named(written: str) -> str:
    """Return the code of a language written by its name; nothing for none."""
    return _language_names().get(text.fold(written), "")


def country_code(written: str) -> str:
    """Return what was written where it is a code, else the code of what it names, else what was written."""
    return written if written.upper() in contacts.countries() else country_named(written) or written


def language_code(written: str) -> str:
    """Return what was written where it is a tag, else the code of what it names, else what was written."""
    try:
        contacts.language(written)
    except ValueError:
        return language_named(written) or written
    return written


_OTHER_NAMES = {
    "usa": "US", "united states of america": "US", "america": "US", "uk": "GB", "great britain": "GB", "england": "GB",
    "scotland": "GB", "wales": "GB", "uae": "AE", "emirates": "AE", "ksa": "SA", "rsa": "ZA", "eire": "IE",
    "republic of ireland": "IE", "holland": "NL", "the netherlands": "NL", "korea": "KR", "czech republic": "CZ",
    "turkey": "TR", "russian federation": "RU", "ivory coast": "CI", "palestine": "PS", "hong kong": "HK",
    "macau": "MO",
    "المملكه العربيه السعوديه": "SA", "امارات": "AE", "الامارات": "AE", "امريكا": "US", "بريطانيا": "GB",
    "السعوديه": "SA", "سعوديه": "SA", "سوريه": "SY", "فلسطين": "PS",
}  # fmt: skip
_OWN_NAMES = {
    "العربية": "ar", "English": "en", "français": "fr", "Deutsch": "de", "español": "es", "italiano": "it",
    "português": "pt", "Türkçe": "tr", "فارسی": "fa", "اردو": "ur", "русский": "ru", "Nederlands": "nl",
    "Bahasa Indonesia": "id", "中文": "zh", "日本語": "ja", "हिन्दी": "hi",
}  # fmt: skip
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


@lru_cache(maxsize=1)
def _country_names() -> dict[str, str]:
    """Folded names in English and Arabic, and codes, of the countries of ISO 3166."""
    names = dict(_OTHER_NAMES)
    codes = [code for code in Locale("en").territories if _is_country(code)]
    for language in ("en", "ar"):
        territories = Locale(language).territories
        for code in codes:
            name = text.fold(territories.get(code, ""))
            names |= {name: code, name.removeprefix("ال"): code} if name else {}
    return names | {code.lower(): code for code in codes}


def _is_country(code: str) -> bool:
    try:
        return contacts.country(code) == code
    except ValueError:
        return False


@lru_cache(maxsize=1)
def _language_names() -> dict[str, str]:
    """Folded names in English and Arabic, of some languages in their own words, and codes."""
    names = {text.fold(name): code for name, code in _OWN_NAMES.items()}
    for language in ("ar", "en"):  # two only: each locale's data is some megabytes
        for code, name in Locale(language).languages.items():
            if len(code) in (2, 3):
                names.setdefault(text.fold(name), code)
    return names
