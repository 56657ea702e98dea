"""Files that are broken, or meant to break us: refused with a sentence, and nothing is kept."""

import io
import zipfile

import openpyxl
import pytest
from django.core.files import File
from django.core.files.base import ContentFile

from customers.domain import imports
from customers.models import Import
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.lib.errors import Refusal
from tests.customers.importing import bring, counts, work

BIG = 1024 * 1024 * 1024


def refused(tenant, file: File, media) -> str:
    with pytest.raises(Refusal) as refusal, tenancy.scope(tenant):
        imports.upload(file=file, filename="people.csv", by=SYSTEM)
    assert str(refusal.value.message)
    with tenancy.scope(tenant):
        assert Import.objects.count() == 0
    assert [path for path in media.rglob("*") if path.is_file()] == []
    return refusal.value.code


def zip_bomb() -> bytes:
    with io.BytesIO() as packed:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/workbook.xml", "<workbook/>")
            archive.writestr("xl/worksheets/sheet1.xml", b"0" * (300 * 1024 * 1024))
        return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"email,name\n", "empty_file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "not_a_table"),
        (b"%PDF-1.7 nothing\n", "not_a_table"),
        (b"a@example.com,1\nb@example.com,2\n", "no_header"),
        ((",".join(f"c{n}" for n in range(600)) + "\n" + ",".join("1" * 600) + "\n").encode(), "too_many_columns"),
        (b"PK\x03\x04 broken", "damaged_file"),
    ],
)
def test_what_is_no_table_is_refused(tenant, media, content, code):
    assert refused(tenant, ContentFile(content), media) == code


def test_a_zip_bomb_as_workbook_is_refused(tenant, media):
    assert refused(tenant, ContentFile(zip_bomb()), media) == "too_big"


def test_a_cell_of_a_gigabyte_is_refused(tenant, media, tmp_path):
    path = tmp_path / "cell.csv"
    with path.open("wb") as file:  # sparse: the hole reads as NUL bytes, as one endless cell
        file.write(b'email,name\na@example.com,"')
        file.seek(BIG - 1024)
        file.write(b'"\n')
    with path.open("rb") as file:
        assert refused(tenant, File(file), media) in {"too_big", "not_a_table"}


def test_a_cell_of_many_megabytes_of_text_ends_the_import_with_a_sentence(tenant, media):
    content = b"email,name\n" + b"".join(b"p%d@x.test,P\n" % n for n in range(100_000)) + b'q@x.test,"'
    with tenancy.scope(tenant):
        found = imports.bring(
            file=ContentFile(content + b"x" * 30_000_000),
            filename="f.csv",
            kind="customers",
            mapping=None,
            dry_run=False,
            by=SYSTEM,
        )
    work()
    with tenancy.scope(tenant):
        found.refresh_from_db()
        assert (found.state, bool(found.error), found.created) == ("failed", True, 0)


def test_a_file_over_the_limit_is_refused_unread(tenant, media):
    huge = ContentFile(b"email\na@example.com\n")
    huge.size = imports.MAX_BYTES + 1
    assert refused(tenant, huge, media) == "too_big"


def test_a_broken_csv_gives_what_is_whole(tenant, media):
    content = b'email,name\na@x.test,"Ada\nb@x.test,Bob\nc@x.test,C"y\nd@x.test,Dee\xff\n'
    found = bring(tenant, content + b'e@x.test,Eve\0\nf@x.test,"F ""f"""\n')
    assert counts(found) == (6, 4, 0, 2)
    assert {reason: facts["rows"] for reason, facts in found.summary["reasons"].items()} == {"quotes": 1, "control": 1}


def test_columns_of_one_name_are_numbered(tenant, media):
    with tenancy.scope(tenant):
        found = imports.upload(
            file=ContentFile(b"email,note,Note\na@x.test,1,2\nb@x.test,1,2\n"), filename="f.csv", by=SYSTEM
        )
        assert [column.name for column in imports.columns(found)] == ["email", "note", "Note 2"]


def test_workbooks_are_read(tenant, media):
    book = openpyxl.Workbook()
    book.active.append(["Customer ID", "Name", "Email", "Birthday", "City"])
    book.active.append([17, "سارة", "s@x.test", "1990-02-03", "=1+1"])
    book.active.append([18, "Bob", "nobody", None, None])
    with io.BytesIO() as packed:
        book.save(packed)
        found = bring(tenant, packed.getvalue(), name="people.xlsx")
    assert counts(found) == (2, 1, 0, 1)
    with tenancy.scope(tenant):
        assert imports.Import.objects.get().kind == "customers"


def test_the_kind_is_seen_from_the_columns(tenant, media):
    with tenancy.scope(tenant):
        content = b"InvoiceNo,CustomerID,InvoiceDate,Quantity,UnitPrice\n1,2,2026-01-01,3,4\n"
        assert imports.upload(file=ContentFile(content), filename="f.csv", by=SYSTEM).kind == "orders"
        content = b"\xd8\xa7\xd9\x84\xd8\xa7\xd8\xb3\xd9\x85,email\nx,a@x.test\n"
        found = imports.upload(file=ContentFile(content), filename="f.csv", by=SYSTEM)
        assert (found.kind, found.mapping) == ("customers", {"الاسم": "name", "email": "email"})
