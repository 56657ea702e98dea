from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from cxm.lib import formats

EN = {"language": "en", "system": "latn"}
AR = {"language": "ar", "system": "arab"}
AR_LATIN = {"language": "ar", "system": "latn"}
NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "ways", "written"),
    [
        (1234567.891, EN, "1,234,567.89"),
        (0, EN, "0"),
        (Decimal("-5.10"), EN, "-5.1"),
        ("12345", EN, "12,345"),
        ("nonsense", EN, "0"),
        (12345, AR, "١٢٬٣٤٥"),
        (12345, AR_LATIN, "12,345"),
        (12345, {"language": "en", "system": "arab"}, "12,345"),
    ],
)
def test_number(value, ways, written):
    assert formats.number(value, **ways).replace("\u200e", "").replace("\u061c", "") == written


def test_number_with_places():
    assert formats.number(3, places=2, **EN) == "3.00"


@pytest.mark.parametrize(
    ("value", "written"), [(9999, "9,999"), (12345, "12.3K"), (1_200_000, "1.2M"), (-50_000, "-50K")]
)
def test_compact(value, written):
    assert formats.compact(value, **EN) == written


def test_percent():
    assert (formats.percent(0.1234, **EN), formats.percent(1, places=0, **EN)) == ("12.3%", "100%")
    assert "١٢" in formats.percent(0.1234, **AR)


@pytest.mark.parametrize(
    ("count", "ways", "written"),
    [
        (1, EN, "0.1 kB"),
        (1024, EN, "1 kB"),
        (12_345, EN, "12 kB"),
        (1_468_006, EN, "1.4 MB"),
        (26_214_400, EN, "25 MB"),
        (1_468_006, AR, "١٫٤ م.ب"),
        (1_468_006, AR_LATIN, "1.4 م.ب"),
    ],
)
def test_size(count, ways, written):
    assert formats.size(count, **ways) == written


@pytest.mark.parametrize(
    ("currency", "whole", "written"),
    [
        ("GBP", False, "£1,234.50"),
        ("GBP", True, "£1,234"),
        ("JPY", False, "JP¥1,234"),
        ("KWD", False, "KWD\xa01,234.500"),
    ],
)
def test_money(currency, whole, written):
    found = formats.money(Decimal("1234.5"), currency=currency, whole=whole, **EN)
    assert found.replace("\xa0", "") == written.replace("\xa0", "").replace("£1,234", "£1,234")


def test_a_currency_of_letters_stands_apart_from_its_digits():
    written = [formats.money(Decimal("-1234.5"), currency=currency, **EN) for currency in ("SAR", "GBP", "CAD")]
    assert written == ["-SAR\xa01,234.50", "-£1,234.50", "-CA$1,234.50"]


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("currency", ["SAR", "AED", "EGP", "KWD", "USD", "GBP"])
def test_a_sentence_that_ends_in_money_has_one_full_stop(currency, whole):
    sentence = formats.money(Decimal(5), currency=currency, whole=whole, **AR) + "."
    assert ".." not in sentence.replace("\u200f", "")


def test_money_in_arabic_digits():
    assert "١٬٢٣٤٫٥٠" in formats.money(Decimal("1234.5"), currency="SAR", **AR)


def test_days_and_moments():
    assert (formats.day(NOW, **EN), formats.moment(NOW, **EN)) == ("22 Nov 2026", "22 Nov 2026, 14:05")
    assert formats.moment(NOW, **AR_LATIN) == "22 نوفمبر 2026، 14:05"
    assert "٢٢" in formats.day(NOW, **AR)


@pytest.mark.parametrize(
    ("delta", "written"),
    [
        (timedelta(minutes=-5), "5 minutes ago"),
        (timedelta(days=-3), "3 days ago"),
        (timedelta(hours=2), "in 2 hours"),
        (timedelta(seconds=-10), "1 second ago"),
    ],
)
def test_ago(delta, written):
    assert formats.ago(NOW + delta, now=NOW, **EN) == written


def test_ago_in_arabic():
    assert formats.ago(NOW - timedelta(days=3), now=NOW, **AR) == "قبل ٣ أيام"


def test_stretches_of_days():
    first, last = date(2026, 11, 22), date(2026, 11, 28)
    assert formats.days_of(first, last, **EN) == "22–28 Nov 2026"
    assert formats.days_of(first, first, **EN) == "22 Nov 2026"
    assert formats.days_of(last, last, skeleton="MMMd", **EN) == "28 Nov"
    assert formats.days_of(first, last, **AR) == "٢٢–٢٨ نوفمبر ٢٠٢٦"
