import phonenumbers
import pytest

from cxm.lib import phones


@pytest.mark.parametrize(
    ("written", "country", "e164"),
    [
        ("+966501234567", None, "+966501234567"),
        ("+966 50 123 4567", None, "+966501234567"),
        ("0501234567", "SA", "+966501234567"),
        ("501234567", "SA", "+966501234567"),
        ("966501234567", "SA", "+966501234567"),
        ("٠٥٠ ١٢٣ ٤٥٦٧", "SA", "+966501234567"),
        ("۰۵۰۱۲۳۴۵۶۷", "SA", "+966501234567"),
        ("00966501234567", "SA", "+966501234567"),
        ("00966501234567", "US", "+966501234567"),
        ("00966501234567", None, "+966501234567"),
        ("+966 (0) 50 123 4567", None, "+966501234567"),
        ("\u200e+966501234567\u200f", None, "+966501234567"),
        ("(202) 555-0123", "US", "+12025550123"),
        ("+39 06 1234 5678", None, "+390612345678"),
        ("0501234567 ext. 5", "SA", "+966501234567"),
        ("0501234567", None, None),
        ("123", "SA", None),
        ("+9665012345678", None, None),
        ("+99912345678", None, None),
        ("not a number", "SA", None),
        ("", "SA", None),
        ("5" * 100, "SA", None),
        ("0501234567", "XX", None),
    ],
)
def test_parse(written, country, e164):
    assert phones.parse(written, country=country) == e164


def test_the_fast_way_agrees_with_the_library():
    kinds = [getattr(phonenumbers.PhoneNumberType, name) for name in ("MOBILE", "FIXED_LINE", "TOLL_FREE", "VOIP")]
    examples = [
        phonenumbers.example_number_for_type(region, kind)
        for region in phonenumbers.SUPPORTED_REGIONS
        for kind in kinds
    ]
    written = [phonenumbers.format_number(number, 0) for number in examples if number]

    assert len(written) > 600
    assert [number for number in written if phones.parse(number) != number] == []
    for number in written:
        for other in (number[:-1], number + "1", number[:4] + "0" + number[5:]):
            parsed = phonenumbers.parse(other)
            expected = phonenumbers.format_number(parsed, 0) if phonenumbers.is_valid_number(parsed) else None
            assert phones.parse(other) == expected


def test_shown_and_country():
    assert phones.shown("+966501234567") == "+966 50 123 4567"
    assert phones.shown("rubbish") == "rubbish"
    assert phones.country("+966501234567") == "SA"
    assert phones.country("+80012345678") is None or phones.country("+80012345678") == "001"
    assert phones.country("rubbish") is None


def test_numbers_of_ranges_not_in_use_are_possible_where_their_length_fits():
    assert phones.parse("+44 7700 900123") is None
    assert phones.parse_possible("+44 7700 900123") == "+447700900123"
    assert phones.parse_possible("+44 7700") is None
    assert phones.parse_possible("07700 900123") is None
    assert phones.parse_possible("+99912345678") is None
    assert phones.parse_possible("+" + "4" * 90) is None
