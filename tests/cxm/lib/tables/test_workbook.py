import datetime
import io
import tracemalloc
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


def test_what_openpyxl_reads_is_read(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["name", "value"])
    for number, value in enumerate(
        [1, -2.5, "٣", "a & <b>\nc", " spaced ", datetime.date(1999, 12, 31), 1e-7, 123456789.125]
    ):
        sheet.append([f"n{number}", value])
    sheet["B3"].number_format = "0.00%"
    book.save(tmp_path / "table.xlsx")
    values = openpyxl.load_workbook(tmp_path / "table.xlsx", data_only=True).active.iter_rows(
        min_row=2, values_only=True
    )

    rows = read(tmp_path / "table.xlsx")

    assert [row.cells[1] for row in rows] == [
        "1", "-2.5", "٣", "a & <b>\nc", " spaced ", "1999-12-31", "0.0000001", "123456789.125",
    ]  # fmt: skip
    assert [row.cells[0] for row in rows] == [name for name, _ in values]


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def by_hand(tmp_path, sheet, strings="", workbook=""):
    """A workbook as Excel and others write it: shared strings, absolute targets, a prefix if they like."""
    parts = {
        "_rels/.rels": f'<Relationships><Relationship Id="r" Type="{RELATION}/officeDocument" '
        'Target="/xl/workbook2.xml"/></Relationships>',
        "xl/workbook2.xml": f'<x:workbook xmlns:x="{MAIN}" xmlns:r="{RELATION}">{workbook}<x:sheets>'
        '<x:sheet name="Data" sheetId="1" r:id="r1"/></x:sheets></x:workbook>',
        "xl/_rels/workbook2.xml.rels": "<Relationships>"
        f'<Relationship Id="r1" Type="{RELATION}/worksheet" Target="worksheets/one.xml"/>'
        f'<Relationship Id="r2" Type="{RELATION}/sharedStrings" Target="/xl/sharedStrings.xml"/>'
        f'<Relationship Id="r3" Type="{RELATION}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="170" formatCode="dd/mm/yyyy hh:mm"/>'
        '</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="170"/>'
        '<xf numFmtId="46"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        "xl/worksheets/one.xml": f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{sheet}</x:sheetData></x:worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{strings}</sst>',
    }
    path = tmp_path / "table.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_shared_strings_prefixes_and_formats(tmp_path):
    path = by_hand(
        tmp_path,
        '<x:row r="1"><x:c r="A1" t="s"><x:v>0</x:v></x:c><x:c r="B1" t="s"><x:v>1</x:v></x:c><x:c><x:v>7</x:v></x:c>'
        '<x:c t="str"><x:v>d</x:v></x:c></x:row>'
        '<x:row r="4"><x:c r="B4" s="1"><x:v>40513.3513888889</x:v></x:c><x:c r="A4" s="3"><x:v>40513</x:v></x:c>'
        '<x:c r="D4" s="2"><x:v>1.5</x:v></x:c></x:row>'
        '<x:row><x:c t="b"><x:v>1</x:v></x:c><x:c t="e"><x:v>#N/A</x:v></x:c><x:c s="1"><x:v>9e99</x:v></x:c>'
        '<x:c t="d"><x:v>2020-01-31</x:v></x:c></x:row>',
        "<si><r><t>na</t></r><r><t>me_x000A_</t></r><rPh><t>no</t></rPh></si><si><t>moment</t></si>",
    )

    layout = tables.sniff(path)

    assert (layout.sheet, layout.first, layout.has_header) == ("Data", ("name\n", "moment", "7", "d"), False)
    assert [(row.number, row.cells) for row in tables.rows(path, layout)] == [
        (1, ["name\n", "moment", "7", "d"]),
        (4, ["2010-12-01", "2010-12-01T08:26:00", "", "36:00:00"]),
        (5, ["true", "#N/A", "9" + "0" * 99, "2020-01-31"]),
    ]


def test_dates_of_1904(tmp_path):
    sheet = '<x:row><x:c t="str"><x:v>day</x:v></x:c></x:row><x:row><x:c s="3"><x:v>39051</x:v></x:c></x:row>'

    assert read(by_hand(tmp_path, sheet, workbook='<x:workbookPr date1904="1"/>')) == [Row(2, ["2010-12-01"])]


@pytest.mark.parametrize(
    "sheet",
    [
        "<x:row/>" * 100_000,
        "<x:nothing/>" * 100_000,
        "<x:row>" + "<x:c/>" * 100_000 + "</x:row>",
        "<x:row><x:c><x:v>" + "9" * 15_000_000 + "</x:v></x:c></x:row>",
    ],
)
def test_memory_stays_bounded_whatever_the_xml(tmp_path, sheet):
    path = by_hand(tmp_path, '<x:row><x:c t="str"><x:v>name</x:v></x:c></x:row>' + sheet)
    layout = tables.sniff(path)
    tracemalloc.start()

    list(tables.rows(path, layout))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 1024**2


@pytest.mark.parametrize(
    "sheet",
    [
        '<x:row><x:c r="A1' + "1" * 3_000_000 + '"><x:v>1</x:v></x:c></x:row>',
        "<x:row><x:" + "c" * 3_000_000 + "/></x:row>",
    ],
)
def test_a_tag_without_end_is_refused(tmp_path, sheet):
    with pytest.raises(tables.TooBig):
        tables.sniff(by_hand(tmp_path, sheet))


@pytest.mark.parametrize(
    "cell",
    ['<x:c r="1"><x:v>1</x:v></x:c>', '<x:c r="AAAA1"><x:v>1</x:v></x:c>', '<x:c r="ZZZ1"><x:v>1</x:v></x:c>',
     '<x:c t="s"><x:v>5</x:v></x:c>', '<x:c t="s"><x:v>-1</x:v></x:c>', '<x:c s="x"><x:v>1</x:v></x:c>',
     "<x:c>", "&no;"],
)  # fmt: skip
def test_cells_that_make_no_sense(tmp_path, cell):
    with pytest.raises(tables.Damaged):
        tables.sniff(by_hand(tmp_path, f"<x:row>{cell}</x:row>"))


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


def test_a_title_merged_over_the_table(tmp_path):
    path = saved(tmp_path, ["Customers of 2026"], [], ["name", "city"], ["Ali", "Riyadh"], ["Sara", None])

    layout = tables.sniff(path)

    assert layout.columns == ("name", "city")
    assert list(tables.rows(path, layout)) == [Row(4, ["Ali", "Riyadh"]), Row(5, ["Sara", ""])]


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
