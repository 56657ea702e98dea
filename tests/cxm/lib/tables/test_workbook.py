import datetime
import io
import zipfile

import openpyxl
import pytest

from cxm.lib import tables
from cxm.lib.tables import Row


def saved(tmp_path, *rows, sheets=1):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for _ in range(sheets - 1):
        book.create_sheet()
    path = tmp_path / "table.xlsx"
    book.save(path)
    return path


def changed(path, name, change):
    """The workbook with the XML of one entry changed."""
    with zipfile.ZipFile(path) as archive:
        entries = {entry: archive.read(entry) for entry in archive.namelist()}
    entries[name] = change(entries.get(name, b""))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, content in entries.items():
            archive.writestr(entry, content)
    return path


def read(path, limits=None):
    return list(tables.rows(path, tables.sniff(path, limits=limits), limits=limits))


def test_values_become_the_text_of_a_csv(tmp_path):
    moment = datetime.datetime(2010, 12, 1, 8, 26)
    path = saved(
        tmp_path,
        ["name", "phone", "price", "day", "moment", "ok", "length"],
        ["محمد", 966500000000, 1.10, datetime.date(2020, 1, 31), moment, True, datetime.timedelta(hours=26)],
        ["Sara", 9.665e11, 5.0, None, datetime.time(8, 5), False, 0.1 + 0.2],
        [None] * 7,
        ["Omar", 1e15, -0.5],
    )

    layout = tables.sniff(path)

    assert (layout.kind, layout.sheet, layout.has_header, layout.width) == ("xlsx", "Sheet", True, 7)
    assert list(tables.rows(path, layout)) == [
        Row(2, ["محمد", "966500000000", "1.1", "2020-01-31", "2010-12-01T08:26:00", "true", "26:00:00"]),
        Row(3, ["Sara", "966500000000", "5", "", "08:05:00", "false", "0.3"]),
        Row(5, ["Omar", "1000000000000000", "-0.5", "", "", "", ""]),
    ]


def test_formulas_give_their_stored_result(tmp_path):
    path = saved(tmp_path, ["name", "sum"], ["Ali", 1])
    changed(
        path,
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b'<c r="B2" t="n"><v>1</v></c>', b'<c r="B2"><f>1+2</f><v>3</v></c>'),
    )

    assert read(path) == [Row(2, ["Ali", "3"])]


def test_a_row_wider_than_the_header(tmp_path):
    assert read(saved(tmp_path, ["a", "b"], ["1", "2", "3"], ["4", "5"])) == [
        Row(2, ["1", "2", "3"], "width"),
        Row(3, ["4", "5"]),
    ]


def test_the_first_sheet_with_rows_is_read(tmp_path):
    book = openpyxl.Workbook()
    book.create_sheet("data").append(["name"])
    book["data"].append(["Ali"])
    book.save(tmp_path / "table.xlsx")

    layout = tables.sniff(tmp_path / "table.xlsx")

    assert (layout.sheet, layout.columns) == ("data", ("name",))


def test_empty_workbook(tmp_path):
    with pytest.raises(tables.Empty):
        tables.sniff(saved(tmp_path))


def test_limits(tmp_path):
    with pytest.raises(tables.TooManyRows):
        read(saved(tmp_path, ["a"], *[["x"]] * 6), tables.Limits(rows=5))
    with pytest.raises(tables.TooManyColumns):
        read(saved(tmp_path, ["a"] * 501))
    with pytest.raises(tables.TooManyColumns):
        read(saved(tmp_path, ["a"], ["x"], ["y"] * 600))
    rows = read(saved(tmp_path, ["a"], ["x" * 30_000]), tables.Limits(cell=20_000))
    assert [(row.problem, len(row.cells[0])) for row in rows] == [("cell", 20_000)]


def test_a_lying_size_and_far_rows(tmp_path):
    path = saved(tmp_path, ["name"], ["Ali"])
    changed(
        path,
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b'ref="A1:A2"', b'ref="A1:XFD1048576"').replace(
            b"</sheetData>", b'<row r="99999999999"><c r="A99999999999"><v>1</v></c></row></sheetData>'
        ),
    )

    assert read(path) == [Row(2, ["Ali"])]


def test_zip_bomb(tmp_path):
    path = saved(tmp_path, ["name"], ["Ali"])
    changed(path, "xl/worksheets/sheet1.xml", lambda xml: xml + b" " * 50_000_000)

    with pytest.raises(tables.TooBig):
        tables.sniff(path)


def test_zip_with_too_many_or_too_large_entries(tmp_path):
    path = saved(tmp_path, ["name"], ["Ali"])

    with pytest.raises(tables.TooBig):
        tables.sniff(path, limits=tables.Limits(workbook_entries=3))
    with pytest.raises(tables.TooBig):
        tables.sniff(path, limits=tables.Limits(workbook_unpacked=100))


def test_zip_of_overlapping_entries(tmp_path):
    path = saved(tmp_path, ["name"], ["Ali"])
    content = bytearray(path.read_bytes())
    first, second = (content.find(b"PK\x01\x02", start) for start in (0, content.find(b"PK\x01\x02") + 4))
    content[second + 42 : second + 46] = content[first + 42 : first + 46]  # both begin at the same place
    path.write_bytes(content)

    with pytest.raises(tables.Damaged):
        tables.sniff(path)


def test_entity_bomb(tmp_path):
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    path = saved(tmp_path, ["name"], ["Ali"])
    changed(path, "xl/worksheets/sheet1.xml", lambda xml: bomb + xml.replace(b"Ali", b"&b;"))

    with pytest.raises(tables.Damaged):
        read(path)


def test_a_zip_that_is_no_workbook(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.xlsx", "w") as archive:
        archive.writestr("a.csv", "name\n")

    with pytest.raises(tables.NotATable):
        tables.sniff(tmp_path / "x.xlsx")


@pytest.mark.parametrize("damage", ["cut", "sheet", "book", "strings"])
def test_damaged_workbooks(tmp_path, damage):
    path = saved(tmp_path, ["name"], ["Ali"])
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-200])
    elif damage == "sheet":
        changed(path, "xl/worksheets/sheet1.xml", lambda xml: xml[: len(xml) // 2])
    elif damage == "book":
        changed(path, "xl/workbook.xml", lambda _: b"<workbook/>")
    else:
        changed(path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'"inlineStr"', b'"s"'))

    with pytest.raises((tables.Damaged, tables.Empty)):
        read(path)


def test_zip_magic_with_rubbish(tmp_path):
    path = tmp_path / "x.xlsx"
    path.write_bytes(b"PK\x03\x04" + io.BytesIO(bytes(range(256)) * 8).read())

    with pytest.raises(tables.Damaged):
        tables.sniff(path)
