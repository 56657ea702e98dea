"""Pages of imports: upload, match the columns, try, apply, result, take back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as __
from django.views.decorators.http import require_GET, require_POST

from customers.api.imports import rejects_file
from customers.domain import import_fields, imports
from customers.domain.import_cleaning import REASONS
from customers.forms.imports import ReadingForm, UploadForm, mapping
from customers.models import Attribute, Import
from cxm.accounts import edges, permissions
from cxm.lib import text
from cxm.lib.errors import Refusal
from cxm.tenancy import links

SHOWN = 50
BUSY = {Import.State.QUEUED, Import.State.RUNNING, Import.State.UNDOING}


@permissions.needs("imports.change")
def index(request: HttpRequest) -> HttpResponse:
    """The imports so far, and the place where a file is dropped."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            found = imports.upload(file=file, filename=file.name, kind=form.cleaned_data["kind"], by=request.actor)
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            return _go(request, links.page("customers:import", found.pk))
    if request.method == "POST" and request.htmx:
        return render(request, "customers/imports/list.html#upload", {"form": form}, status=422)
    before = request.GET.get("before", "")
    older = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    rows = list(imports.recent(before=older)[: SHOWN + 1])
    more = f"{links.page('customers:imports')}?before={rows[SHOWN - 1].pk}" if len(rows) > SHOWN else ""
    context = {"form": form, "imports": rows[:SHOWN], "more": more}
    if request.htmx and before:
        return render(request, "customers/imports/list.html#rows", context)
    return render(request, "customers/imports/list.html", context, status=422 if form.errors else 200)


@require_GET
@permissions.needs("imports.change")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Where an import stands: columns to match, progress, or the result."""
    found = imports.get(pk)
    if found.state in BUSY:
        return _running(request, found)
    if request.htmx and not request.htmx.boosted:  # the progress asks once more after the end
        response = HttpResponse()
        response.headers["HX-Refresh"] = "true"
        return response
    if found.state == Import.State.MAPPING:
        return _match(request, found, ReadingForm())
    return _result(request, found)


@require_POST
@permissions.needs("imports.change")
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Try or apply. The columns come along from the page that matches them, else those of the last run stay."""
    found = imports.get(pk)
    reading = ReadingForm(request.POST)
    columns = [column.name for column in imports.columns(found)]
    chosen = mapping(request.POST, columns) if "field-0" in request.POST else found.mapping
    options = (
        {name: request.POST.get(name, "") for name in reading.fields} if "field-0" in request.POST else found.options
    )
    try:
        imports.start(
            found=found, mapping=chosen, dry_run="apply" not in request.POST, by=request.actor, options=options
        )
    except imports.NotNow as refusal:
        _too_late(request, pk, refusal)
    except Refusal as refusal:
        found.mapping = {column: target for column, target in chosen.items() if target}
        return _match(request, found, reading, refusal=refusal)
    return redirect(links.page("customers:import", found.pk))


@require_POST
@permissions.needs("imports.change")
def kind(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what is in the file after all."""
    found = imports.get(pk)
    try:
        imports.choose_kind(found=found, kind=request.POST.get("kind", ""))
    except Refusal as refusal:
        edges.show_refusal(request, refusal)
    return redirect(links.page("customers:import", found.pk))


@require_POST
@permissions.needs("imports.change")
def rematch(request: HttpRequest, pk: int) -> HttpResponse:
    """Back from a dry run to the columns."""
    found = imports.get(pk)
    try:
        imports.rematch(found=found)
    except Refusal as refusal:
        edges.show_refusal(request, refusal)
    return redirect(links.page("customers:import", found.pk))


@require_POST
@permissions.needs("imports.change")
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an import back."""
    found = imports.get(pk)
    try:
        imports.undo(found=found, by=request.actor)
    except imports.NotNow as refusal:
        _too_late(request, pk, refusal)
    return redirect(links.page("customers:import", found.pk))


@require_POST
@permissions.needs("imports.change")
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a file that was not brought in."""
    found = imports.get(pk)
    try:
        imports.discard(found=found, by=request.actor)
    except Refusal as refusal:
        edges.show_refusal(request, refusal)
        return redirect(links.page("customers:import", pk))
    messages.success(request, __("The file was deleted. Nothing of it was brought in."))
    return redirect(links.page("customers:imports"))


@require_GET
@permissions.needs("imports.change")
def rejects(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The rows that were not taken, as a file."""
    return rejects_file(request, imports.get(pk))


def _too_late(request: HttpRequest, pk: int, refusal: Refusal) -> None:
    """Say so, unless the import is at work: then this was the second click on what the first one began."""
    if imports.get(pk).state not in BUSY:
        edges.show_refusal(request, refusal)


def _go(request: HttpRequest, address: str) -> HttpResponse:
    if not request.htmx:
        return redirect(address)
    response = HttpResponse()
    response.headers["HX-Redirect"] = address
    return response


def _match(request: HttpRequest, found: Import, reading: ReadingForm, refusal: Refusal | None = None) -> HttpResponse:
    known = import_fields.targets(found.kind)
    keys = {target for target, _label in known}
    wrong = refusal.fields if refusal else {}
    columns = [
        {
            "name": column.name,
            "values": column.values,
            "target": column.target,
            "own": _own_attribute(found, column.name, keys),
            "problem": wrong.get(column.name, ""),
        }
        for column in imports.columns(found)
    ]
    names = {column["name"] for column in columns}
    context = {
        "found": found,
        "columns": columns,
        "targets": known,
        "reading": reading,
        "kinds": Import.Kind.choices,
        "refusal": refusal,
        "problems": [sentence for name, sentence in wrong.items() if name not in names],
    }
    return render(request, "customers/imports/match.html", context, status=422 if refusal else 200)


def _own_attribute(found: Import, column: str, keys: set[str]) -> str:
    """The field that this column becomes as an attribute of its own, where there is none yet."""
    if found.kind != Import.Kind.CUSTOMERS:
        return ""
    key = text.slug(column).replace("-", "_")
    key = key if key[:1].isalpha() else f"field_{key}".rstrip("_")
    target = f"attributes.{key}"
    return "" if target in keys or Attribute.objects.filter(key=key).exists() else target


def _running(request: HttpRequest, found: Import) -> HttpResponse:
    done, total = imports.progress(found)
    context = {"found": found, "done": done, "total": total}
    live = request.htmx and not request.htmx.boosted
    return render(request, f"customers/imports/run.html{'#live' if live else ''}", context)


def _result(request: HttpRequest, found: Import) -> HttpResponse:
    reasons = [
        {"label": REASONS.get(reason, reason), **facts} for reason, facts in found.summary.get("reasons", {}).items()
    ]
    labels = dict(import_fields.targets(found.kind))
    columns = [(one.name, labels.get(one.target, one.target)) for one in imports.columns(found)]
    context = {"found": found, "reasons": reasons, "s": found.summary, "mapping": columns}
    return render(request, "customers/imports/result.html", context)
