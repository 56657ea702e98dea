"""Pools: filled by chance or by a list, whose every line is accounted for."""

import pytest
from hypothesis import given, strategies

from campaigns.domain import codes
from campaigns.models import Code
from cxm.audit.actors import SYSTEM
from tests.campaigns.factories import OfferFactory


def test_codes_made_by_chance_can_be_read_aloud(scoped):
    offer = OfferFactory()

    assert codes.generate(offer=offer, count=500, by=SYSTEM, prefix="EID-") == 500

    made = list(Code.objects.values_list("code", "key", "free"))
    assert len({key for _code, key, _free in made}) == 500
    assert all(len(code) == 15 and code.startswith("EID-") and free for code, _key, free in made)
    assert set("".join(code[4:] for code, _key, _free in made)) <= set(codes.ALPHABET) | {"-"}


def test_a_list_is_accounted_for_line_by_line(scoped):
    offer, other = OfferFactory(pool=["OLD-1"]), OfferFactory(pool=["THEIRS"])
    words = ["code", "a1", "A-1", "", "old 1", "theirs", "x" * 61, "۲۳", "a\x07b"]

    found = codes.upload(offer=offer, lines=words, by=SYSTEM)

    assert (found.added, found.repeated, found.known, found.elsewhere) == (2, 1, 1, 1)
    assert found.unusable == [(7, "x" * 40), (9, "a\x07b")]
    assert sorted(offer.pool.values_list("key", flat=True)) == ["23", "A1", "OLD1"]
    assert other.pool.count() == 1


@pytest.mark.parametrize("lines", [[], ["", " "], ["Code"]])
def test_a_list_without_a_code_is_refused(scoped, lines):
    with pytest.raises(codes.BadCodes):
        codes.upload(offer=OfferFactory(), lines=[line.strip() for line in lines], by=SYSTEM)


def test_an_offer_with_one_code_for_all_has_no_pool(scoped):
    offer = OfferFactory(codes="single", pool=["ALL"])

    with pytest.raises(codes.NoPool):
        codes.generate(offer=offer, count=1, by=SYSTEM)
    with pytest.raises(codes.NoPool):
        codes.upload(offer=offer, lines=["A"], by=SYSTEM)


@pytest.mark.parametrize(("count", "prefix"), [(0, ""), (200_001, ""), (1, "x" * 13), (1, "-")])
def test_what_cannot_be_generated(scoped, count, prefix):
    with pytest.raises(codes.BadCodes):
        codes.generate(offer=OfferFactory(), count=count, prefix=prefix, by=SYSTEM)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a\r\nb\r\n", ["a", "b"]),
        ("\ufeffcode;for\nA;1\nB;2".encode(), ["code", "A", "B"]),
        (b'"a,b",1\nc,2', ["a,b", "c"]),
        ("رمز\nخصم١".encode("cp1256", "replace"), ["رمز", "خصم?"]),
    ],
)
def test_files_are_read_as_people_save_them(data, words):
    assert codes.read(data) == words


def test_what_is_no_text_is_refused():
    with pytest.raises(codes.BadCodes):
        codes.read(b"PK\x03\x04\0\0")


@given(strategies.text(max_size=80))
def test_folding_is_final(word):
    folded = codes.fold(word)

    assert codes.fold(folded) == folded or not folded.isascii()
    assert codes.fold(f" {word.lower()} - ") == codes.fold(word.lower())
