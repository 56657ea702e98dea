import gzip
import itertools
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxm.lib import tables
from cxm.lib.tables import Row

CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufffd\ufeff"), max_size=20)


def read(tmp_path, content, limits=None):
    path = tmp_path / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(tables.rows(path, tables.sniff(path, limits=limits), limits=limits))


def test_rows_carry_their_line_numbers(tmp_path):
    content = 'name,note\r\nAli,x\r\n\r\n,\r\n"Sa\r\nra",y\r\nOmar,"say ""hi"", then go"\r\n'

    assert read(tmp_path, content) == [
        Row(2, ["Ali", "x"]),
        Row(5, ["Sa\r\nra", "y"]),
        Row(7, ["Omar", 'say "hi", then go']),
    ]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_endings(tmp_path, ending):
    assert read(tmp_path, ending.join(["name,note", "a,b", "c,d"])) == [
        Row(2, ["a", "b"]),
        Row(3, ["c", "d"]),
    ]


def test_an_unclosed_quote_costs_one_row(tmp_path):
    content = 'name,note\n"Ali,x\nSara,y\n"Omar","z"\nHuda,"w\n'

    assert read(tmp_path, content) == [
        Row(2, ['"Ali', "x"], "quotes"),
        Row(3, ["Sara", "y"]),
        Row(4, ["Omar", "z"]),
        Row(5, ["Huda", '"w'], "quotes"),
    ]


def test_an_unclosed_quote_far_from_the_next(tmp_path):
    content = 'name,note\n"Ali,x\n' + "Sara,y\n" * 5000 + "Huda,z\n"

    rows = read(tmp_path, content)

    assert len(rows) == 5002
    assert [row for row in rows if row.problem] == [Row(2, ['"Ali', "x"], "quotes")]
    assert rows[-1] == Row(5003, ["Huda", "z"])


def test_text_after_a_closing_quote(tmp_path):
    assert read(tmp_path, 'name,note\n"Ali"x,y\nSara,"a"b\nOmar,c\n') == [
        Row(2, ['"Ali"x', "y"], "quotes"),
        Row(3, ["Sara", '"a"b'], "quotes"),
        Row(4, ["Omar", "c"]),
    ]


def test_rows_of_another_width(tmp_path):
    assert read(tmp_path, "a,b,c\n1,2\n1,2,3,4\n1,2,3,,\n1,2,3\n") == [
        Row(2, ["1", "2"], "width"),
        Row(3, ["1", "2", "3", "4"], "width"),
        Row(4, ["1", "2", "3"]),
        Row(5, ["1", "2", "3"]),
    ]


def test_control_and_unreadable_characters(tmp_path):
    content = "name,note\nأحمد,سعيد\nA\0li,x\n".encode() + b"\xc3(,y\n" + b"Sara,z\n"

    assert read(tmp_path, content) == [
        Row(2, ["أحمد", "سعيد"]),
        Row(3, ["A\0li", "x"], "control"),
        Row(4, ["\ufffd(", "y"], "encoding"),
        Row(5, ["Sara", "z"]),
    ]


def test_a_long_cell_costs_one_row(tmp_path):
    long = "x" * 70_000
    rows = read(tmp_path, f"name,note\n{long},y\nSara,{'z' * 200_000}\nOmar,w\n")

    assert [(row.number, row.problem) for row in rows] == [(2, "cell"), (3, "cell"), (4, None)]


def test_a_cell_without_end_is_refused_in_bounded_memory(tmp_path):
    path = tmp_path / "table.csv"
    with path.open("wb") as file:
        file.write(b'name,note\nAli,"')
        file.seek(1024**3)  # a hole in the file: a gigabyte of NUL bytes
        file.write(b'"\n')
    layout = tables.Layout(kind="csv", first=("name", "note"), width=2)
    tracemalloc.start()

    with pytest.raises(tables.TooBig):
        list(tables.rows(path, layout))

    assert tracemalloc.get_traced_memory()[1] < 16 * 1024**2
    tracemalloc.stop()


def test_a_first_line_without_end_is_refused(tmp_path):
    with pytest.raises(tables.TooBig):
        read(tmp_path, "x" * 300_000)


def test_a_quoted_cell_of_many_lines_does_not_run_away(tmp_path):
    rows = read(tmp_path, 'name,note\nAli,"' + "line\n" * 3000)

    assert rows[0] == Row(2, ["Ali", '"line'], "quotes")
    assert {row.problem for row in rows[1:]} == {"width"}


def test_lines_made_to_be_read_again_and_again(tmp_path):
    rows = read(tmp_path, "a,b\n" + 'x","abc\n' * 60_000)

    assert rows[0].problem == "quotes"
    assert {row.problem for row in rows} <= {"quotes", "width"}


def test_gzip_bomb(tmp_path):
    path = tmp_path / "table.csv.gz"
    path.write_bytes(gzip.compress(b"name\n" + (b"a" * 99 + b"\n") * 40_000))
    limits = tables.Limits(ratio_from=1024**2)
    layout = tables.sniff(path, limits=tables.Limits())

    with pytest.raises(tables.TooBig):
        list(tables.rows(path, layout, limits=limits))


def test_broken_gzip(tmp_path):
    content = gzip.compress(("name\n" + "".join(f"{n * 7919}\n" for n in range(200_000))).encode())

    with pytest.raises(tables.Damaged):
        read(tmp_path, content[: len(content) // 2])
    with pytest.raises(tables.Damaged):
        read(tmp_path, content[:40] + b"\0\1\2" + content[43:])


def test_too_many_rows_and_columns(tmp_path):
    with pytest.raises(tables.TooManyRows):
        read(tmp_path, "name\n" + "x\n" * 11, tables.Limits(rows=10))
    with pytest.raises(tables.TooManyColumns):
        read(tmp_path, ",".join(map("c{}".format, range(501))) + "\n")


def test_preview(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("name\n" + "x\n" * 100)

    assert len(tables.preview(path, tables.sniff(path), count=5)) == 5


@settings(max_examples=60)
@given(rows=st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=6))
def test_what_is_written_is_read(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    path.write_bytes(b"".join(tables.write_csv(itertools.chain([["a", "b", "c"]], rows))))
    layout = tables.Layout(kind="csv", encoding="utf-8-sig", first=("a", "b", "c"), width=3)

    assert [row.cells for row in tables.rows(path, layout)] == [
        [tables.defuse(cell) for cell in row] for row in rows if any(row)
    ]


@settings(max_examples=150)
@given(content=st.text(st.sampled_from('ab,"\n\r\0é\ufffd '), max_size=60))
def test_any_text_is_read_to_its_end(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    path.write_text(content + '\nlast,"row"\n', newline="")
    layout = tables.Layout(kind="csv", has_header=False, first=("", ""), width=2)

    rows = list(tables.rows(path, layout))

    assert [row.number for row in rows] == sorted({row.number for row in rows})
    assert {row.problem for row in rows} <= {None, *tables.PROBLEMS}
