import datetime
from decimal import Decimal

import pytest

from cxm.lib import tables


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("＝1+1", "'＝1+1"),
        ("-", "'-"),
        ("-5", "-5"),
        ("-1,234.50", "-1,234.50"),
        ("+966500000000", "+966500000000"),
        ("+966 50 000 0000", "+966 50 000 0000"),
        ("-12%", "-12%"),
        ("plain = text", "plain = text"),
        ("", ""),
    ],
)
def test_defuse(cell, written):
    assert tables.defuse(cell) == written


def test_write_csv():
    moment = datetime.datetime(2026, 11, 22, 8, 26, tzinfo=datetime.UTC)
    rows = [
        ["name", "value"],
        ["محمد", Decimal("1E+3")],
        ["a,b", None],
        ['say "hi"\nbye', True],
        ["=evil()", -5],
        [moment, 0.1],
    ]

    content = b"".join(tables.write_csv(rows)).decode("utf-8-sig")

    assert content == (
        "name,value\r\n"
        "محمد,1000\r\n"
        '"a,b",\r\n'
        '"say ""hi""\nbye",true\r\n'
        "'=evil(),-5\r\n"
        "2026-11-22T08:26:00+00:00,0.1\r\n"
    )


def test_write_csv_streams_in_blocks_and_without_bom():
    blocks = list(tables.write_csv(([str(n)] * 10 for n in range(10_000)), bom=False))

    assert len(blocks) > 5
    assert b"".join(blocks).startswith(b"0,0,")
    assert b"".join(blocks).count(b"\r\n") == 10_000
