import dataclasses
import gzip

import openpyxl
import pytest

from cxm.lib import tables

ENGLISH = "name,city,email\r\n" + "".join(f"John {n},London,j{n}@x.test\r\n" for n in range(50))
ARABIC = "الاسم,المدينة,البريد\n" + "".join(f"محمد الأحمد,الرياض,u{n}@x.test\n" for n in range(50))
FRENCH = "nom,ville\n" + "".join(f"Zoë Müller {n},Besançon\n" for n in range(50))
RUSSIAN = "имя,город\n" + "".join(f"Иван Петров {n},Москва\n" for n in range(50))


def written(tmp_path, content, name="table.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "stored", "found"),
    [
        (ENGLISH, "ascii", "utf-8"),
        (ARABIC, "utf-8", "utf-8"),
        (ARABIC, "utf-8-sig", "utf-8-sig"),
        (ARABIC, "utf-16", "utf-16"),
        (ENGLISH, "utf-16-le", "utf-16-le"),
        (ENGLISH, "utf-16-be", "utf-16-be"),
        (ARABIC, "cp1256", "cp1256"),
        (FRENCH, "cp1252", "cp1252"),
        (FRENCH, "latin-1", "cp1252"),
        (ENGLISH + "Zoë – O’Neil,Köln,z@x.test\r\n", "cp1252", "cp1252"),
        (RUSSIAN, "cp1251", "cp1251"),
    ],
)
def test_encoding(tmp_path, content, stored, found):
    path = written(tmp_path, content.encode(stored))

    layout = tables.sniff(path)

    assert layout.encoding == found
    assert layout.columns == tuple(content.splitlines()[0].split(","))
    assert [row.cells for row in tables.rows(path, layout)] == [line.split(",") for line in content.splitlines()[1:]]


def test_encoding_that_shows_late(tmp_path):
    content = ENGLISH.encode() + b"Plain,London,p@x.test\r\n" * 60_000 + "Zoë,Köln,z@x.test\r\n".encode("cp1252") * 9

    assert tables.sniff(written(tmp_path, content)).encoding == "cp1252"


def test_one_bad_byte_does_not_change_the_encoding(tmp_path):
    path = written(tmp_path, ARABIC.encode() + b"\xff,x,y\n")

    layout = tables.sniff(path)

    assert layout.encoding == "utf-8"
    assert [(row.number, row.problem) for row in tables.rows(path, layout) if row.problem] == [(52, "encoding")]


@pytest.mark.parametrize(
    ("content", "delimiter", "columns"),
    [
        ("a,b;c\n1,2;3\n", ",", ("a", "b;c")),
        ("name;price\nx;1,50\ny;2,75\n", ";", ("name", "price")),
        ("name\tnote\nx\ta,b\ny\tc\n", "\t", ("name", "note")),
        ("name|note\nx|a\n", "|", ("name", "note")),
        ("email\nx@x.test\n", ",", ("email",)),
        ("sep=;\nname;note\nx;y\n", ";", ("name", "note")),
        ('"sep=|"\r\nname|note\r\nx|y\r\n', "|", ("name", "note")),
        ('"name","note"\n"a;b;c","d;e"\n', ",", ("name", "note")),
        ("name,,Name,\nx,1,2\n", ",", ("name", "column 2", "Name 2")),
    ],
)
def test_delimiter_and_columns(tmp_path, content, delimiter, columns):
    layout = tables.sniff(written(tmp_path, content))

    assert (layout.delimiter, layout.columns) == (delimiter, columns)


@pytest.mark.parametrize(
    ("content", "has_header"),
    [
        ("name,city\nAli,Riyadh\n", True),
        ("email\nx@x.test\n", True),
        ("x@x.test\ny@x.test\n", False),
        ("Ali,0501234567\nSara,0507654321\n", False),
        ("InvoiceNo,Quantity\n536365,6\n", True),
        ("1,2020-01-01\n", False),
        ("الاسم,الجوال\nعلي,٠٥٠١٢٣٤٥٦٧\n", True),
        ("علي,٠٥٠١٢٣٤٥٦٧\n", False),
    ],
)
def test_header(tmp_path, content, has_header):
    path = written(tmp_path, content)

    layout = tables.sniff(path)

    assert layout.has_header is has_header
    assert len(list(tables.rows(path, layout))) == len(content.splitlines()) - has_header


@pytest.mark.parametrize(
    ("content", "columns", "numbers"),
    [
        ("Customers of 2026\nname,city\nAli,Riyadh\nSara,Jeddah\n", ("name", "city"), [3, 4]),
        ("عملاؤنا,\n\nmade today,,\nname,city\nAli,Riyadh\n,Jeddah\n", ("name", "city"), [5, 6]),
        ("email,note\na@x.test\nb@x.test\nc@x.test\n", ("email", "note"), [2, 3, 4]),
        ("name\nAli\nSara\nOmar,Jeddah\n", ("name",), [2, 3, 4]),
    ],
)
def test_rows_above_the_table_that_say_what_it_is(tmp_path, content, columns, numbers):
    path = written(tmp_path, content)

    layout = tables.sniff(path)

    assert layout.columns == columns
    assert [row.number for row in tables.rows(path, layout)] == numbers


def test_a_person_may_correct_the_layout_and_it_is_kept_as_json(tmp_path):
    path = written(tmp_path, "name,city\nAli,Riyadh\n")

    layout = dataclasses.replace(tables.sniff(path), has_header=False)

    assert layout.columns == ("column 1", "column 2")
    assert len(list(tables.rows(path, layout))) == 2
    assert tables.Layout.from_dict(layout.to_dict()) == layout


def test_content_decides_not_the_name(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["name"])
    book.active.append(["Ali"])
    book.save(tmp_path / "really.xlsx")
    (tmp_path / "really.xlsx").rename(tmp_path / "table.csv")
    workbook, text = tmp_path / "table.csv", written(tmp_path, "name\nAli\n", "table.xlsx")

    assert (tables.sniff(workbook).kind, tables.sniff(text).kind) == ("xlsx", "csv")


def test_gzip(tmp_path):
    path = written(tmp_path, gzip.compress(ARABIC.encode()), "table.csv")

    layout = tables.sniff(path)

    assert (layout.gzipped, layout.encoding, layout.columns[0]) == (True, "utf-8", "الاسم")
    assert len(list(tables.rows(path, layout))) == 50


@pytest.mark.parametrize("content", [b"", b"\n\n\n", b",,,\n,,,\n", "\ufeff".encode()])
def test_empty(tmp_path, content):
    with pytest.raises(tables.Empty):
        tables.sniff(written(tmp_path, content))


@pytest.mark.parametrize(
    "content",
    [
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
        b"%PDF-1.7\n...",
        b"<html><table><tr><td>x</td></tr></table></html>",
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
        bytes(range(256)) * 40,
    ],
)
def test_not_a_table(tmp_path, content):
    with pytest.raises(tables.NotATable):
        tables.sniff(written(tmp_path, content))
