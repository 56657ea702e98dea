"""Keyset pages: the next page begins after the last row seen, found by an index however deep one reads.

The comparison is PostgreSQL's row comparison `(field, id) > (x, y)` with both sides of one type, which an index
on (tenant, field, id) serves under row-level security too. Null values follow PostgreSQL's own order (last when
ascending, first when descending), so that the same index serves both directions.
"""

import base64
import binascii
import datetime
import json
from typing import Any, NamedTuple

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import BooleanField, F, Field, Func, QuerySet, Value
from django.utils.translation import gettext_lazy as _

from cxm.lib import errors

DEFAULT_LIMIT, MOST = 50, 200
_CURSOR_LIMIT = 2048


class BadCursor(errors.Refusal):
    """Not a cursor that `page` gave for this order."""

    code = "bad_cursor"
    message = _("This page address is not valid any more. Start again from the first page.")


class BadLimit(errors.Refusal):
    """Not a number of rows between 1 and the most allowed."""

    code = "bad_limit"
    message = _("The limit must be a whole number between 1 and %(most)s.")


class Page(NamedTuple):
    """Rows of one page, and the cursor of the next one if there is one."""

    items: list
    next_cursor: str | None


def page(queryset: QuerySet, *, order: str, cursor: str | None = None, limit: int = DEFAULT_LIMIT) -> Page:
    """One page of the queryset by `order`, a field or annotation ("name_folded", "-created_at"), then by id.

    `cursor` is the `next_cursor` of the page before. Raises BadCursor. One query; two where a page holds both
    rows with and without a value. `order` is code of ours, never a user's words.
    """
    name, descending = order.removeprefix("-"), order.startswith("-")
    by = queryset.model._meta.pk.name
    name = by if name == "pk" else name
    fields = [_field(queryset, name)] if name == by else [_field(queryset, name), _field(queryset, by)]
    names = [by] if name == by else [name, by]
    ordered = queryset.order_by(*[f"-{each}" if descending else each for each in names])
    after = _read(cursor, order, fields) if cursor else None
    items: list = []
    for part in _parts(ordered, names, fields, after, descending):
        items += part[: limit + 1 - len(items)]
        if len(items) > limit:
            break
    if len(items) <= limit:
        return Page(items, None)
    items.pop()
    return Page(items, _written(order, [getattr(items[-1], each) for each in names]))


def limit_of(written: str | None, *, default: int = DEFAULT_LIMIT, most: int = MOST) -> int:
    """The page size a request asks for. Raises BadLimit."""
    if not written:
        return default
    if not (written.isascii() and written.isdigit() and len(written) < 6 and 1 <= int(written) <= most):
        message = str(BadLimit.message) % {"most": most}
        raise BadLimit(message, fields={"limit": message})
    return int(written)


class _RowComparison(Func):
    """`(a, b) > (x, y)`, each value cast to the type of its column."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, names: list[str], operator: str, values: list, fields: list[Field]) -> None:
        self._operator, self._fields = operator, fields
        typed = [Value(value, output_field=field) for value, field in zip(values, fields, strict=True)]
        super().__init__(*[F(name) for name in names], *typed)

    def as_sql(self, compiler, connection, **_: Any) -> tuple[str, list]:
        parts, parameters = [], []
        for expression in self.source_expressions:
            sql, given = compiler.compile(expression)
            parts.append(sql)
            parameters += given
        width = len(self._fields)
        casts = [field.cast_db_type(connection) for field in self._fields]
        right = [f"{sql}::{cast}" for sql, cast in zip(parts[width:], casts, strict=True)]
        return f"({', '.join(parts[:width])}) {self._operator} ({', '.join(right)})", parameters


def _parts(
    ordered: QuerySet, names: list[str], fields: list[Field], after: list | None, descending: bool
) -> list[QuerySet]:
    """The querysets that together hold what comes after, in order. Ranges of one index each."""
    if after is None:
        return [ordered]
    operator = "<" if descending else ">"
    if after[0] is None:
        rest = ordered.filter(
            _RowComparison(names[1:], operator, after[1:], fields[1:]), **{f"{names[0]}__isnull": True}
        )
        return [rest, ordered.filter(**{f"{names[0]}__isnull": False})] if descending else [rest]
    rest = ordered.filter(_RowComparison(names, operator, after, fields))
    if fields[0].null and not descending:
        return [rest, ordered.filter(**{f"{names[0]}__isnull": True})]
    return [rest]


def _field(queryset: QuerySet, name: str) -> Field:
    try:
        return queryset.model._meta.get_field(name)
    except FieldDoesNotExist:
        return queryset.query.annotations[name].output_field


def _written(order: str, values: list) -> str:
    content = json.dumps([order, *values], default=_as_text, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).rstrip(b"=").decode()


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)


def _read(cursor: str, order: str, fields: list[Field]) -> list:
    """The values after which the page begins, as their fields hold them. Raises BadCursor."""
    if not isinstance(cursor, str) or len(cursor) > _CURSOR_LIMIT:
        raise BadCursor
    try:
        content = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), parse_constant=_no_constant)
    except (binascii.Error, ValueError, RecursionError) as error:
        raise BadCursor from error
    if not isinstance(content, list) or len(content) != len(fields) + 1 or content[0] != order:
        raise BadCursor
    values = [_value(field, written) for field, written in zip(fields, content[1:], strict=True)]
    if values[-1] is None:
        raise BadCursor
    return values


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _value(field: Field, written: object) -> object:
    if written is None and field.null:
        return None
    if not isinstance(written, str | int | float) or "\0" in str(written):
        raise BadCursor
    try:
        str(written).encode()  # a lone surrogate cannot be sent
        value = field.to_python(written)
        field.run_validators(value)
    except (ValidationError, ValueError, TypeError, OverflowError, ArithmeticError) as error:
        raise BadCursor from error
    if value is None or (isinstance(value, datetime.datetime) and value.tzinfo is None):
        raise BadCursor
    return value
