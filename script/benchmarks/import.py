"""Customers from a CSV file: uploaded, mapped, every cell checked, applied with the way back kept."""

import csv
import random
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from django.core.files import File
from django.db import connection
from django.utils import timezone

from benchmarks import frame
from customers.domain import imports
from customers.models import Customer, Import
from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.jobs import domain as jobs
from cxm.tenancy.models import Tenant

TITLE = "500,000 customers from CSV, mapped, checked, applied"
FLOOR = "COPY of the file into the bare table with its indexes"
UNIT = "rows"
SIZE = 500_000
TARGET = frame.at_least(0.12, goal=0.40)

HEAD = ("external_id", "first_name", "last_name", "name", "email", "phone", "language", "country", "city", "birthday",
        "created_at")  # fmt: skip
DERIVED = ("name_key", "email_key", "search")
FIRST = "Amal Zoe Omar Lena Yusuf Mona Peter Sara Nour Hugo".split()
LAST = "Smith Haddad Weber Khan Mansour Brown Nasser Rossi".split()
CITIES = ["Riyadh", "London", "Dubai", "Berlin", "Cairo", "Paris"]


def run(bench: frame.Bench) -> frame.Result:
    tenant = Tenant.objects.create(slug="bench", name="Bench", timezone="UTC", currency="GBP", country="GB")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "customers.csv"
        prepared = Path(folder) / "prepared.csv"
        write(path, prepared, bench.size)
        make_bare_table(tenant)
        result = bench.measure(
            floor=lambda: copy(prepared, (*HEAD, *DERIVED)),
            figure=lambda: bring(tenant, path, bench.size),
            before=lambda kind: clear(),
        )
        clear()
        began = time.perf_counter()
        copy(path, HEAD)
        taken = time.perf_counter() - began
        result.facts["file_mb"] = round(path.stat().st_size / 2**20, 1)
    result.facts["copy_with_empty_derived_indexes_rows_per_s"] = round(bench.size / taken)
    result.facts["memory_mb"] = round(bench.memory() / 2**20)
    return result


def write(path: Path, prepared: Path, size: int) -> None:
    """A file of customers as a shop exports them, and the same with what the floor cannot work out itself."""
    chance = random.Random(size)
    start = datetime(2020, 1, 1)
    with (
        path.open("w", newline="", encoding="utf-8") as file,
        prepared.open("w", newline="", encoding="utf-8") as ready,
    ):
        writer, beside = csv.writer(file), csv.writer(ready)
        writer.writerow(HEAD)
        beside.writerow((*HEAD, *DERIVED))
        for number in range(size):
            first, last = chance.choice(FIRST), f"{chance.choice(LAST)}{number % 997}"
            name, email = f"{first} {last}", f"{first.lower()}.{number}@example{number % 50}.com"
            phone = f"+9665{chance.randrange(10**7):08}"
            row = (f"c{number}", first, last, name, email, phone, "en", chance.choice(("GB", "SA", "AE", "DE")),
                   chance.choice(CITIES), f"{1950 + number % 55}-{1 + number % 12:02}-{1 + number % 28:02}",
                   (start + timedelta(minutes=number)).isoformat())  # fmt: skip
            writer.writerow(row)
            beside.writerow((*row, name.lower(), email, f"{name.lower()} {email} {phone} c{number}"))


def make_bare_table(tenant: Tenant) -> None:
    """The table of customers with its columns and indexes, and nothing else: no keys to others, no policy.

    The floor reads a copy of the file with the three derived columns that are indexed (name_key, email_key, search)
    already worked out, so that every index really is filled; the figure works them out itself.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bare (LIKE {Customer._meta.db_table} INCLUDING ALL)")
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'bare'::regclass AND attnum > 0 AND attgenerated = ''"
        )
        defaults = {"tenant_id": str(tenant.pk), "attributes": "'{}'", "lifecycle": "'prospect'", "updated_at": "now()"}
        defaults["import_id"] = "1"
        for (name,) in cursor.fetchall():
            if name not in HEAD and name not in {"id", "company_id"}:
                cursor.execute(f"ALTER TABLE bare ALTER {name} SET DEFAULT {defaults.get(name, chr(39) * 2)}")


def copy(path: Path, columns: tuple[str, ...]) -> None:
    with connection.cursor() as cursor, path.open("rb") as file:
        cursor.copy_expert(f"COPY bare ({', '.join(columns)}) FROM STDIN (FORMAT csv, HEADER)", file)


def bring(tenant: Tenant, path: Path, size: int) -> None:
    """What the page and the worker do between them."""
    with tenancy.scope(tenant), path.open("rb") as file:
        found = imports.bring(
            file=File(file), filename=path.name, kind="customers", mapping=None, dry_run=False, by=SYSTEM
        )
    jobs.run(tenant_id=tenant.pk, job_id=found.job_id, now=timezone.now)
    with tenancy.scope(tenant):
        found = Import.objects.get(pk=found.pk)
    if (found.state, found.created) != (Import.State.DONE, size):
        raise RuntimeError(f"The import is {found.state} with {found.created} created: {found.error} {found.summary}")


def clear() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE bare, {Customer._meta.db_table}, {Import._meta.db_table} CASCADE")
        cursor.execute("VACUUM ANALYZE customers_stagedcustomer")
