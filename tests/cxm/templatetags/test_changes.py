"""A change looks like one only where the number says so."""

from decimal import Decimal

import pytest

from cxm.templatetags import formats, shell


@pytest.mark.parametrize(
    ("change", "written", "tone"),
    [
        (0.123, "+12.3%", "good"),
        (-0.123, "−12.3%", "bad"),
        (-0.0004, "0.0%", "neutral"),
        (Decimal("0.00049"), "0.0%", "neutral"),
        (0, "0.0%", "neutral"),
        (0.0006, "+0.1%", "good"),
        (59, "+5,900.0%", "good"),
    ],
)
def test_a_change_too_small_to_show_is_none(scoped, change, written, tone):
    assert (formats.signed_percent(change), shell.delta_tone(change, "up")) == (written, tone)
    assert shell.is_more(change) == (tone == "good")
    assert shell.is_less(change) == (tone == "bad")
