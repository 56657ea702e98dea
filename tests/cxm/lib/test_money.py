from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxm.lib import formats, money


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("5", "5"),
        ("-5.25", "-5.25"),
        ("1234.5", "1234.5"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1,234", "1234"),
        ("1.234", "1.234"),
        ("0,234", "0.234"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("12,34,567.89", "1234567.89"),
        ("1 234,50", "1234.50"),
        ("1\u202f234,50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("12,5", "12.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("5,-", "5"),
        ("١٢٣٫٤٥", "123.45"),
        ("١٬٢٣٤٫٥٠", "1234.50"),
        ("۱۲۳", "123"),
        ("SAR 5", "5"),
        ("5 ر.س.", "5"),
        ("ر.س ٥٫٢٥", "5.25"),
        ("$1,234.50", "1234.50"),
        ("US$ 5", "5"),
        ("-£2.50", "-2.50"),
        ("£-2.50", "-2.50"),
        ("−2.50", "-2.50"),
        ("2.50-", "-2.50"),
        ("(2.50)", "-2.50"),
        ("+3", "3"),
        ("\u200f1,234.50\xa0ر.س.\u200f", "1234.50"),
    ],
)
def test_parse(written, amount):
    assert money.parse(written) == Decimal(amount)


@pytest.mark.parametrize(
    "written",
    ["", "abc", "12 apples", "1,23,4", "1.2.3", "1,234,56", "12 34", "5-10", "--5", "(-5)", "1e5", "5%", "٫", "NaN",
     "1.234,567.8", "9" * 30, "9" * 100, "1 2 3", "12/1/2010", "SAR"],
)  # fmt: skip
def test_no_amount(written):
    assert money.parse(written) is None


@pytest.mark.parametrize(
    ("written", "mark", "amount"),
    [
        ("1.234", ",", Decimal(1234)),
        ("1,234", ",", Decimal("1.234")),
        ("1,234", ".", Decimal(1234)),
        ("1.234", ".", Decimal("1.234")),
        ("1,5", ".", None),
        ("1.234,5", ".", None),
        ("1234.5", ",", None),
    ],
)
def test_the_mark_of_the_column_decides(written, mark, amount):
    assert money.parse(written, decimal_mark=mark) == amount


def test_parse_money_finds_the_currency():
    assert money.parse_money("SAR 5") == (Decimal(5), "SAR")
    assert money.parse_money("5 €") == (Decimal(5), "EUR")
    assert money.parse_money("٥ ريال") == (Decimal(5), "SAR")
    assert money.parse_money("5 kr") == (Decimal(5), None)
    assert money.parse_money("5") == (Decimal(5), None)


@pytest.mark.parametrize(
    ("samples", "mark"),
    [
        (["1.234", "12,50"], ","),
        (["1,234", "12.50"], "."),
        (["1.234.567"], ","),
        (["1,234", "2,345"], None),
        (["x", "", "5"], None),
    ],
)
def test_infer_decimal_mark(samples, mark):
    assert money.infer_decimal_mark(samples) == mark


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2), st.sampled_from(["en", "ar", "de"]))
def test_what_is_shown_is_read(amount, language):
    for system in ("latn", "arab"):
        shown = formats.money(amount, currency="SAR", language=language, system=system)
        assert money.parse_money(shown) == (amount, "SAR")


@given(st.text(max_size=20))
def test_any_text_is_an_amount_or_not(written):
    assert money.parse(written) is None or money.parse(written).is_finite()


def test_minor_units():
    assert [money.minor_digits(code) for code in ("SAR", "KWD", "JPY")] == [2, 3, 0]
    assert money.quantize(Decimal("1.005"), "SAR") == Decimal("1.01")
    assert money.to_minor(Decimal("12.345"), "KWD") == 12345
    assert money.from_minor(12345, "KWD") == Decimal("12.345")
    assert (money.is_currency("SAR"), money.is_currency("sar"), money.is_currency("XYZ")) == (True, False, False)
