import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxm.lib import text

LOW_TO_HIGH = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("", ""),
        ("  Zoë \t SMITH\n", "zoe smith"),
        ("أحمد", "احمد"),
        ("إيمان آل ٱلرحمٰن", "ايمان ال الرحمن"),
        ("مُحَمَّد", "محمد"),
        ("محـــمد", "محمد"),
        ("فاطمة", "فاطمه"),
        ("مصطفى", "مصطفي"),
        ("مؤمن رائد", "مومن رايد"),
        ("کریم", "كريم"),
        ("گیتی", "گيتي"),
        ("ﻻ", "لا"),
        ("ﷲ", "الله"),
        ("٠١٢٣٤٥٦٧٨٩ ۰۱۲۳۴۵۶۷۸۹", "0123456789 0123456789"),
        ("Straße", "strasse"),
        ("İstanbul ısı I", "istanbul isi i"),
        ("Sørensen Łódź Æsir œuvre", "sorensen lodz aesir oeuvre"),
        ("O’Brien O`Brien", "o'brien o'brien"),
        ("Jean‑Luc", "jean-luc"),
        ("ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
        ("a\u200bb\u200fc\u202ed\ufeff", "abcd"),
        ("nul\x00 bell\x07", "nul bell"),
        ("\ud800x", "x"),
        ("한국", "한국"),
        ("が", "が"),
    ],
)
def test_fold(written, folded):
    assert text.fold(written) == folded


@given(st.text())
def test_fold_twice_is_fold_once(written):
    once = text.fold(written)
    assert text.fold(once) == once
    assert text.TOP not in once


def test_fold_every_letter_is_stable_and_storable():
    letters = [chr(code) for code in range(sys.maxunicode + 1) if code % 7 == 0 or code < 0x3000]
    folded = [text.fold("x" + letter + "y") for letter in letters]

    assert [letter for letter in folded if text.fold(letter) != letter] == []
    "".join(folded).encode()


@given(st.text())
def test_fold_finds_what_was_stored_in_another_normal_form(written):
    assert text.fold(unicodedata.normalize("NFD", written)) == text.fold(written)


@given(LOW_TO_HIGH, LOW_TO_HIGH)
def test_prefix_range_holds_exactly_the_prefixed(prefix, other):
    prefix, other = text.fold(prefix), text.fold(other)
    low, high = (end.encode() for end in text.prefix_range(prefix))

    assert low <= (prefix + other).encode() < high
    assert (low <= other.encode() < high) == other.startswith(prefix)


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("", ("", text.TOP)),
        ("ab", ("ab", "ac")),
        ("a\ud7ff", ("a\ud7ff", "a\ue000")),
        ("a" + text.TOP, ("a" + text.TOP, "b")),
    ],
)
def test_prefix_range_at_the_edges(prefix, expected):
    assert text.prefix_range(prefix) == expected


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("  plain ", "plain"),
        ("x\r\nBcc: y@example.com", "x Bcc: y@example.com"),
        ("a\u2028b\u2029c\x85d\x0be\x0cf\tg", "a b c d e f g"),
        ("a\x00b\x1bc\x7fd", "abcd"),
        ("cafe\u0301", "café"),
        ("e\x00\u0301", "é"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("\u2068Ali (VIP)\u2069", "\u2068Ali (VIP)\u2069"),
        ("\u2068Ali", "Ali"),
        ("Ali\u2069\u2069", "Ali"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d💻", "👩\u200d💻"),
    ],
)
def test_clean_line(written, line):
    assert text.clean_line(written) == line


@given(st.text(alphabet=st.characters(), max_size=30))
def test_clean_line_is_one_storable_line_and_stable(written):
    line = text.clean_line(written)

    assert not text.has_header_break(line)
    assert len(line.splitlines()) <= 1
    assert text.clean_line(line) == line
    line.encode()


def test_isolate():
    assert text.isolate("Ali (VIP)") == "\u2068Ali (VIP)\u2069"
    assert text.isolate("Ali\u2069 evil") == "\u2068Ali evil\u2069"
    assert text.isolate("") == ""


@pytest.mark.parametrize("character", ["\r", "\n", "\x00", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_header_breaks_are_seen(character):
    assert text.has_header_break(f"a{character}b") is True
    assert text.has_header_break("a b") is False


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Acme, Inc.", "acme-inc"),
        ("متجر الرياض", "mtjr-alryad"),
        ("Zoë's Café ١٢", "zoes-cafe-12"),
        ("한국", ""),
        ("a" * 60, "a" * 50),
    ],
)
def test_slug(name, expected):
    assert text.slug(name) == expected


def test_mask_secret():
    assert text.mask_secret("key_0123456789") == "••••6789"
    assert text.mask_secret("short") == "••••"
