"""Bringing files in: upload, match the columns, try, apply, take back. The work itself is in ``import_work``."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.files import File
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.domain import attributes, import_fields, import_rejects
from customers.domain.import_fields import MappingRefused
from customers.models import (
    Attribute,
    ColumnMapping,
    Import,
    ImportReject,
    StagedCustomer,
    StagedLine,
    StagedOrder,
)
from cxm import tenancy
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.jobs import domain as jobs
from cxm.jobs.models import Job
from cxm.lib import money, tables, text, time
from cxm.lib.errors import Conflict, NotFound, Refusal
from cxm.tenancy import links
from cxm.tenancy.models import Tenant

MAX_BYTES = 1024 * 1024 * 1024
KEPT = timedelta(days=30)
SAMPLE_ROWS = 20
MAX_SAMPLE_CELL = 200
_OPTIONS = {"date_order": {"dmy", "mdy", "ymd"}, "decimal_mark": {".", ","}}
IMPORT, UNDO = "import", "import_undo"


class ImportNotFound(NotFound):
    message = _("There is no such import.")


class FileRefused(Refusal):
    """The file cannot be brought in at all; nothing of it is kept."""

    code = "invalid_file"
    message = _("This file cannot be brought in.")


class NotNow(Conflict):
    message = _("This import is not in a state in which this can be done.")


@dataclass(frozen=True)
class Column:
    """A column of a file, for the page that matches it: its name, what it holds, what it probably is."""

    name: str
    values: list[str]
    target: str


def get(import_id: int) -> Import:
    """Return the import, or refuse with 404."""
    found = Import.objects.filter(pk=import_id).first()
    if found is None:
        raise ImportNotFound
    return found


def recent(*, before: int | None = None) -> QuerySet[Import]:
    """Return the tenant's imports, newest first, those older than ``before`` where it is given."""
    found = Import.objects.order_by("-id")
    return found if before is None else found.filter(pk__lt=before)


def upload(*, file: File, filename: str, by: Actor, kind: str = "") -> Import:
    """Keep a file and find out what it is; nothing is brought in yet.

    Args:
        kind: one of Import.Kind; guessed from the columns when empty.

    Raises:
        FileRefused: too big, without a header, or a kind that does not exist.
        Refusal: what ``cxm.lib.tables`` says of files that are no tables or would eat the machine.
    """
    if kind and kind not in Import.Kind.values:
        raise FileRefused(fields={"kind": __("Choose customers or orders.")})
    if (file.size or 0) > MAX_BYTES:
        raise FileRefused(__("This file is bigger than 1 GB. Split it into smaller files."), code="too_big")
    found = Import(
        kind=kind or Import.Kind.CUSTOMERS, filename=text.clean_line(filename)[-255:] or "file", by_label=by.label
    )
    found.file.save("", file, save=False)
    try:
        layout = tables.sniff(found.file.path)
        if not layout.has_header:
            raise FileRefused(
                __("The first row does not name the columns. Add a row with a name for each column."), code="no_header"
            )
        found.layout = layout.to_dict()
        found.sample = [
            [cell[:MAX_SAMPLE_CELL].replace("\0", "\ufffd") for cell in row.cells]
            for row in tables.preview(found.file.path, layout, count=SAMPLE_ROWS)
        ]
        if not found.sample:
            raise FileRefused(__("This file has a header and nothing below it."), code="empty_file")
        found.kind = kind or import_fields.guess_kind(layout.columns)
        found.mapping = proposal(found)
        found.save()
    except Exception:
        found.file.delete(save=False)
        raise
    audit.record(by=by, action="import.uploaded", on=found, kind=found.kind, bytes=file.size)
    return found


def proposal(found: Import) -> dict[str, str]:
    """Return the mapping used last time for a file with these columns, else the one their names suggest."""
    columns = tables.Layout.from_dict(found.layout).columns
    remembered = ColumnMapping.objects.filter(kind=found.kind, fingerprint=import_fields.fingerprint(columns)).first()
    if remembered is not None:
        by_key = {text.fold(column): target for column, target in remembered.mapping.items()}
        mapping = {column: by_key.get(text.fold(column), "") for column in columns}
        try:
            return import_fields.check(kind=found.kind, columns=columns, mapping=mapping)
        except MappingRefused:  # a topic or the like has gone since
            pass
    return import_fields.propose(kind=found.kind, columns=columns)


def progress(found: Import) -> tuple[int, int]:
    """Return how much is done and of how much; the latter 0 while the file is still being read."""
    if found.state == Import.State.UNDOING:
        job = Job.objects.filter(pk=found.job_id).first()
        return (job.done, job.total) if job else (0, 0)
    if found.step == Import.Step.NEW:
        return found.total, 0
    if found.kind == Import.Kind.ORDERS:
        return found.marker, found.summary.get("orders", 0)
    return found.created + found.updated + found.rejected, found.total


def columns(found: Import) -> list[Column]:
    """Return the columns with some of their values and what they are matched to."""
    names = tables.Layout.from_dict(found.layout).columns
    return [
        Column(
            name=name,
            values=list(dict.fromkeys(row[place] for row in found.sample if place < len(row) and row[place]))[:3],
            target=found.mapping.get(name, ""),
        )
        for place, name in enumerate(names)
    ]


def choose_kind(*, found: Import, kind: str) -> Import:
    """Let an uploaded file be of another kind; the columns are matched anew."""
    _require(found, Import.State.MAPPING)
    if kind not in Import.Kind.values:
        raise FileRefused(fields={"kind": __("Choose customers or orders.")})
    found.kind = kind
    found.mapping = proposal(found)
    found.save(update_fields=["kind", "mapping"])
    return found


def rematch(*, found: Import) -> Import:
    """Go back to the columns after a dry run or a failure."""
    if not _may_start(found):
        raise NotNow
    _reset(found)
    found.state, found.dry_run = Import.State.MAPPING, False
    found.save()
    return found


def bring(
    *, file: File, filename: str, kind: str, mapping: Mapping[str, str] | None, dry_run: bool, by: Actor,
    options: Mapping[str, str] | None = None,
) -> Import:  # fmt: skip
    """Upload and start in one go, as programs do.

    Args:
        mapping: column → field; None takes the one remembered or proposed.

    Raises:
        Refusal: as for ``upload`` and ``start``; the file is not kept then.
    """
    found = upload(file=file, filename=filename, kind=kind, by=by)
    try:
        start(
            found=found, mapping=found.mapping if mapping is None else mapping, dry_run=dry_run, by=by, options=options
        )
    except Exception:
        found.file.delete(save=False)
        raise
    return found


def start(
    *, found: Import, mapping: Mapping[str, str], dry_run: bool, by: Actor, options: Mapping[str, str] | None = None,
) -> Job:  # fmt: skip
    """Queue the import: a dry run, which only counts, or the real one. The mapping is remembered for such files.

    An attribute that is not defined yet is defined, its kind taken from the first rows. After a dry run or a
    failure it may be started again; what a failed one has applied stays, and its rows are then met again as known.

    Raises:
        MappingRefused: columns and fields do not fit.
        NotNow: it is running, applied or undone, or the file is gone.
    """
    _lock(found)
    if not _may_start(found):
        raise NotNow
    layout = tables.Layout.from_dict(found.layout)
    found.mapping = import_fields.check(kind=found.kind, columns=layout.columns, mapping=mapping)
    found.options = _checked_options(options or {})
    _define_attributes(found, layout, by)
    ColumnMapping.objects.update_or_create(
        kind=found.kind,
        fingerprint=import_fields.fingerprint(layout.columns),
        defaults={"mapping": found.mapping},
    )
    _reset(found)
    found.dry_run, found.state = dry_run, Import.State.QUEUED
    job = _enqueue(found, kind=IMPORT, title=__("Import of %(file)s") % {"file": found.filename}, by=by)
    audit.record(by=by, action="import.started", on=found, dry_run=dry_run)
    return job


def undo(*, found: Import, by: Actor) -> Job:
    """Queue the taking back of an import that was applied.

    What it created goes where nothing else has touched it since; what it overwrote comes back likewise. A no to
    messages that it brought stays.

    Raises:
        NotNow: it was not applied, or is undone already.
    """
    _lock(found)
    if found.dry_run or found.state not in {Import.State.DONE, Import.State.FAILED} or not found.applied_at:
        raise NotNow
    found.state, found.error = Import.State.UNDOING, ""
    job = _enqueue(found, kind=UNDO, title=__("Undo of the import of %(file)s") % {"file": found.filename}, by=by)
    audit.record(by=by, action="import.undo_started", on=found)
    return job


def give_up(job: Job) -> None:
    """Note, in the scope at hand, that every worker of an import or its undo died; it may be undone (again)."""
    busy = [Import.State.QUEUED, Import.State.RUNNING, Import.State.UNDOING]
    Import.objects.filter(pk=job.payload["import"], state__in=busy).update(
        state=Import.State.FAILED, error=job.error, finished_at=job.finished_at
    )


def rejects_csv(*, found: Import, tenant: Tenant) -> Iterator[bytes]:
    """Yield ``rejects.csv`` in blocks: the rows as they were with line and reason, harmless in a spreadsheet.

    Read while it is sent, long after the caller's scope: each block is read in a scope of its own, in the caller's
    language.
    """
    blocks = tables.write_csv(import_rejects.rows(found))
    language = translation.get_language()
    while True:
        with translation.override(language), tenancy.scope(tenant):
            block = next(blocks, None)
        if block is None:
            return
        yield block


def discard(*, found: Import, by: Actor) -> None:
    """Forget a file that was not brought in."""
    _lock(found)
    if not _may_start(found):
        raise NotNow
    audit.record(by=by, action="import.discarded", on=found)
    _reset(found)
    found.file.delete(save=False)
    found.delete()


def _lock(found: Import) -> None:
    """Hold the row, and refuse where it has moved on since the caller read it: two clicks are one."""
    state = Import.objects.select_for_update().filter(pk=found.pk).values_list("state", flat=True).first()
    if state != found.state:
        raise NotNow


def _may_start(found: Import) -> bool:
    open_states = {Import.State.MAPPING, Import.State.FAILED}
    return bool(found.file) and (found.state in open_states or (found.state == Import.State.DONE and found.dry_run))


def forget_uploads(*, now: datetime) -> int:
    """Delete files that nobody brought in for a month, of all tenants; runs as the owner. Returns how many."""
    old = Import.objects.exclude(file="").filter(created_at__lt=now - KEPT)
    idle = old.exclude(state__in=[Import.State.QUEUED, Import.State.RUNNING, Import.State.UNDOING])
    count = 0
    for found in idle.order_by("pk"):
        found.file.delete(save=False)
        Import.objects.filter(pk=found.pk).update(file="", sample=[])
        count += 1
    return count


def _enqueue(found: Import, *, kind: str, title: str, by: Actor) -> Job:
    job = jobs.enqueue(
        kind=kind,
        title=title,
        by=by,
        payload={"import": found.pk, "by": {"kind": by.kind, "id": by.id, "label": by.label}},
        link=links.page("customers:import", found.pk),
    )
    found.job_id = job.pk
    found.save()
    return job


def _reset(found: Import) -> None:
    for model in (StagedCustomer, StagedLine, StagedOrder, ImportReject):
        model.objects.filter(import_id=found.pk)._raw_delete("default")
    found.step, found.marker, found.error, found.summary = Import.Step.NEW, 0, "", {}
    found.total = found.created = found.updated = found.rejected = 0
    found.finished_at = None


def _require(found: Import, state: str) -> None:
    if found.state != state:
        raise NotNow


def _checked_options(options: Mapping[str, str]) -> dict[str, str]:
    wrong = {name: __("This choice does not exist.") for name, value in options.items()
             if value and value not in _OPTIONS.get(name, ())}  # fmt: skip
    if wrong:
        raise MappingRefused(fields=wrong)
    return {name: value for name, value in options.items() if value}


def _define_attributes(found: Import, layout: tables.Layout, by: Actor) -> None:
    known = attributes.by_key()
    for column, target in found.mapping.items():
        area, _dot, key = target.partition(".")
        if area == "attributes" and key not in known:
            place = layout.columns.index(column)
            values = [row[place] for row in found.sample if place < len(row) and row[place].strip()]
            try:
                attributes.define(key=key, label=column, kind=_kind_of(values), by=by)
            except attributes.AttributeRefused as refusal:
                reasons = " ".join(str(reason) for reason in refusal.fields.values())
                raise MappingRefused(fields={column: reasons or str(refusal.message)}) from refusal


def _kind_of(values: list[str]) -> str:
    """Number, date, yes or no when all of the values are, and none could be a code that only looks so."""
    if not values:
        return Attribute.Kind.TEXT
    if {text.fold(value) for value in values} <= {"yes", "no", "true", "false", "نعم", "لا"}:
        return Attribute.Kind.BOOLEAN
    if all(time.parse_date(value) and not value.isdigit() for value in values):
        return Attribute.Kind.DATE
    coded = any(value.startswith("0") and value.strip("0").isdigit() for value in values)
    if not coded and all(money.parse(value) is not None for value in values):
        return Attribute.Kind.NUMBER
    return Attribute.Kind.TEXT
