"""Text as people write it, in Arabic and Latin letters: folding for search, one-line cleaning, direction.

Stored text is never folded: a folded copy stands beside it in a column of its own (collate "C"), so that
equality and prefix search are ranges an index can serve under row-level security.
"""

import re
import unicodedata

# PostgreSQL stores it, no keyboard writes it and `fold` removes it: the end of every range.
TOP = "\U0010ffff"

FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"

# Everything str.splitlines() breaks at, and NUL: what can end a header, a log line or a CSV line.
HEADER_BREAK = re.compile("[\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\x00]")

_LINE_BREAKS = re.compile("[\t\r\n\x0b\x0c\x1c\x1d\x1e\x1f\x85\u2028\u2029]+")
_NEVER_IN_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]+")
_ISOLATES = re.compile("[\u2066-\u2069]")
_KEPT_MARKS = {8, 9}  # voicing of kana and viramas make other letters; accents and harakat do not
_MEMO_BELOW = 0x0900  # Latin, Greek, Cyrillic, Hebrew, Arabic

_LETTERS = {
    # Arabic: hamza carriers lose their hamza by decomposition; these have none
    "ٱ": "ا", "ى": "ي", "ة": "ه", "ک": "ك", "ی": "ي", "ە": "ه", "ہ": "ه", "ھ": "ه", "ۃ": "ه", "ـ": "",
    # Latin letters without a decomposition
    "ı": "i", "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d",
    "‘": "'", "’": "'", "ʼ": "'", "`": "'", "´": "'", "−": "-",
}  # fmt: skip
_LETTERS |= {chr(0x2010 + n): "-" for n in range(6)}
_LETTERS |= {chr(start + n): str(n) for start in (0x0660, 0x06F0) for n in range(10)}

_ROMAN = dict(
    zip(
        "ابتثجحخدذرزسشصضطظعغفقكلمنهويءپچژگ",
        "a b t th j h kh d dh r z s sh s d t z a gh f q k l m n h w y a p ch zh g".split(),
        strict=True,
    )
)


class _Folding(dict):
    """Code point → its folded form; remembers the scripts in daily use, computes the rest."""

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        if code < _MEMO_BELOW:
            self[code] = folded
        return folded


def _fold_character(character: str) -> str:
    if (letter := _LETTERS.get(character)) is not None:
        return letter
    if character.isspace():
        return " "
    mark = unicodedata.combining(character)
    if mark and mark not in _KEPT_MARKS:
        return ""
    # controls, zero-width and bidi characters, lone surrogates, variation selectors, noncharacters
    if unicodedata.category(character) in {"Cc", "Cf", "Cs"} or "\ufe00" <= character <= "\ufe0f":
        return ""
    return "" if ord(character) & 0xFFFE == 0xFFFE else character


_FOLDING = _Folding()


def fold(text: str) -> str:
    """The key under which `text` is found: case, accents, Arabic letter variants and digits made equal.

    Convention for Arabic (the usual one of Arabic search engines, chosen because people type these letters
    interchangeably): أ إ آ ٱ → ا, ى ئ ی → ي, ؤ → و, ة → ه, ک → ك; harakat, tatweel and hamza above or below
    vanish; Arabic-Indic and Persian digits become ASCII; presentation forms and ligatures are taken apart.
    گ چ پ ژ stay: they are letters of their own. Elsewhere ß → ss, İ ı → i, ø → o, ł → l, æ → ae.
    White space collapses to one space. Folding twice is folding once.
    """
    if text.isascii() and text.isprintable() and "`" not in text:
        return " ".join(text.lower().split())
    folded = _fold_once(text)
    # a few letters only show their folded form after a pass (a mark between two parts of a letter)
    while (again := _fold_once(folded)) != folded:
        folded = again
    return folded


def _fold_once(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    bare = unicodedata.normalize("NFKD", decomposed).translate(_FOLDING)
    return unicodedata.normalize("NFC", " ".join(bare.split()))


def prefix_range(folded: str) -> tuple[str, str]:
    """(low, high) such that `folded column >= low AND < high` under collate "C" finds the prefix.

    An empty prefix finds everything: folded text never begins with U+10FFFF.
    """
    stem = folded.rstrip(TOP)
    if not stem:
        return folded, TOP
    following = ord(stem[-1]) + 1
    if following == 0xD800:  # surrogates cannot be stored
        following = 0xE000
    return folded, stem[:-1] + chr(following)


def clean_line(text: str) -> str:
    """`text` made safe for one line (a name, a subject, a header value): NFC, no controls, trimmed.

    Line breaks and tabs of any kind become a space; other controls, bidi overrides and embeddings
    (U+202A–202E) and lonely isolates are removed. Marks people need (ZWNJ, ZWJ, LRM, RLM) stay.
    """
    if not text.isprintable():
        text = _NEVER_IN_A_LINE.sub("", _LINE_BREAKS.sub(" ", text))
        text = _balanced(text)
    return unicodedata.normalize("NFC", text).strip()


def _balanced(text: str) -> str:
    """Without the isolates that open or close nothing."""
    opened: list[int] = []
    lonely: set[int] = set()
    for match in _ISOLATES.finditer(text):
        if match.group() != POP_ISOLATE:
            opened.append(match.start())
        elif opened:
            opened.pop()
        else:
            lonely.add(match.start())
    lonely.update(opened)
    return "".join(c for at, c in enumerate(text) if at not in lonely) if lonely else text


def isolate(text: str) -> str:
    """`text` wrapped so that its direction does not disturb the sentence around it (subjects, plain text)."""
    return f"{FIRST_STRONG_ISOLATE}{_balanced(text)}{POP_ISOLATE}" if text else ""


def has_header_break(text: str) -> bool:
    """Whether `text` holds a character that could begin a new header or line (CR, LF, NUL, U+2028, …)."""
    return HEADER_BREAK.search(text) is not None


def slug(text: str, *, length: int = 50) -> str:
    """ASCII letters, digits and hyphens for an address; Arabic is romanised. May be empty (other scripts)."""
    romanised = "".join(_ROMAN.get(character, character) for character in fold(text))
    words = re.findall("[a-z0-9]+", romanised.replace("'", ""))
    return "-".join(words)[:length].strip("-")


def mask_secret(secret: str) -> str:
    """What may be shown of a secret: its last four characters, and nothing of a short one."""
    return f"••••{secret[-4:]}" if len(secret) >= 12 else "••••"
