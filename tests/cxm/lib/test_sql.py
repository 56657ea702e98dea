import sys

import pytest

from cxm.lib import sql


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "sql_package_of_a_test"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    sys.modules.pop(folder.name, None)
    sql.load.cache_clear()


def test_statements_by_name(package):
    (package / "queries").mkdir()
    (package / "queries" / "members.sql").write_text(
        "-- what this file is about\n"
        "-- name: members\n"
        "-- uses 100% of the index\n"
        "select 1 -- one\n"
        "where x = %(x)s;\n\n"
        "-- name: count_2\n"
        "select count(*)\n"
        "  -- indented: not sent\n"
        "from members\n"
    )

    statements = sql.load(package.name, "queries/members.sql")

    assert dict(statements) == {
        "members": "select 1 -- one\nwhere x = %(x)s",
        "count_2": "select count(*)\nfrom members",
    }
    assert sql.load(package.name, "queries/members.sql") is statements


@pytest.mark.parametrize("content", ["select 1", "-- name: a\nselect 1\n-- name: a\nselect 2\n"])
def test_files_that_name_nothing_or_twice(package, content):
    (package / "x.sql").write_text(content)

    with pytest.raises(ValueError, match=r"x\.sql"):
        sql.load(package.name, "x.sql")


def test_missing_file(package):
    with pytest.raises(FileNotFoundError):
        sql.load(package.name, "none.sql")
