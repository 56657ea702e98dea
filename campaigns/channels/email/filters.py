"""Filters of our Liquid: the usual ones behind limits, and dates, money and numbers in the reader's language."""

import datetime
import functools
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

import babel
from babel import dates, numbers
from dateutil import parser as date_parser
from django.utils.translation import gettext as _
from liquid import Undefined
from liquid.exceptions import FilterArgumentError, LiquidError
from markupsafe import Markup

from cxm.lib import formats

from . import limits

# What a template may hold in its hands. Everything else (models, functions, lazy objects) reads as nothing.
PLAIN = (str, int, float, Decimal, bool, type(None), datetime.date, dict, list, tuple, range, Undefined)
QUICK = frozenset({str, int, float, Decimal, bool, type(None), datetime.date, datetime.datetime, dict, list, Markup})
_REMOVED = ("safe", "escapejs")  # would let a customer's words through unescaped, or pretend to be script-safe
_OF_RECORDS = frozenset(
    """size first last default map where reject find find_index has sum sort sort_natural uniq compact concat
    reverse""".split()
)
_DIRECTIVE = re.compile(r"%[-_^#]?([A-Za-z%])")
_BABEL_FORMS = {"A": "EEEE", "a": "EEE", "B": "MMMM", "b": "MMM", "h": "MMM", "p": "a"}
_STRFTIME = frozenset("aAbBcdDeFgGhHIjklmMnpPrRsStTuUVwWxXyYzZ")
_STYLES = ("short", "medium", "long", "full")


def plain(value: object) -> object:
    """`value` when it is plain data, else nothing."""
    return value if type(value) in QUICK or isinstance(value, PLAIN) else None


def _taken(value: object, of_records: bool) -> object:
    """What a filter gets to see of `value`: records only where it picks their fields."""
    if isinstance(value, list | tuple):
        return [_taken(each, of_records) for each in value]
    if isinstance(value, range):
        return list(check_size(value))
    if isinstance(value, dict) and not of_records:
        return ""
    return plain(value)


def stringify(value: object) -> str:
    """`value` as it is written out; anything that is not plain data is nothing."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal | datetime.date):
        return str(value)
    if isinstance(value, list | tuple):
        return _joined("", value)
    if isinstance(value, range):
        return f"{value.start}..{value.stop - 1}"
    return ""


def _joined(glue: str, values: list | tuple) -> str:
    written = [stringify(each) for each in values]
    kind = Markup if any(isinstance(each, Markup) for each in written) else str
    return kind(glue).join(written)


def check_size(value: object) -> object:
    """`value`, unless it has grown beyond what a template may build.

    Raises:
        LimitReached: a text, list or number out of bounds.
    """
    if isinstance(value, str):
        if len(value) > limits.MAX_TEXT:
            raise limits.LimitReached(_("a text becomes too long (more than 100,000 characters)."), token=None)
    elif isinstance(value, list | tuple | range | dict):
        if len(value) > limits.MAX_ITEMS:
            raise limits.LimitReached(_("a list becomes too long (more than 1,000 elements)."), token=None)
    elif isinstance(value, int | Decimal) and not -limits.MAX_NUMBER < value < limits.MAX_NUMBER:
        raise limits.LimitReached(_("a number becomes too large."), token=None)
    return value


def _grown(size: int) -> None:
    if size > limits.MAX_TEXT:
        raise limits.LimitReached(_("a text becomes too long (more than 100,000 characters)."), token=None)


def _guard_replace(left: object, args: tuple) -> None:
    text, sought = str(left or ""), str(args[0]) if args else ""
    added = len(str(args[1])) if len(args) > 1 else 0
    _grown(len(text) + text.count(sought) * added)


def _guard_join(left: object, args: tuple) -> None:
    if isinstance(left, list | tuple):
        glue = len(str(args[0])) if args else 1
        _grown(sum(len(str(item)) + glue for item in left))


def join(value: object, glue: object = " ") -> str:
    """The elements of a list, written out, with `glue` between them."""
    return _joined(stringify(glue), value) if isinstance(value, list | tuple) else stringify(value)


def _guard_round(_left: object, args: tuple) -> None:
    if args and isinstance(args[0], int | float | str) and len(str(args[0])) > 2:
        raise limits.LimitReached(_("a number becomes too large."), token=None)


_GUARDS: dict[str, Callable[[object, tuple], None]] = {
    "replace": _guard_replace,
    "join": _guard_join,
    "round": _guard_round,
}


def _bounded(name: str, function: Callable, environment: object) -> Callable:
    """`function` behind the limits: plain data in, bounded data out, every failure a Liquid error."""
    guard = _GUARDS.get(name)
    of_records = name in _OF_RECORDS
    extra = {"environment": environment} if getattr(function, "with_environment", False) else {}
    wants_context = getattr(function, "with_context", False)

    def run(left: object, *args: object, context: object, **named: object) -> object:
        context.tick()
        left = check_size(_taken(left, of_records))
        args = tuple(check_size(_taken(each, of_records=False)) for each in args)
        if of_records and args and str(args[0]).startswith("_"):
            raise FilterArgumentError(_("names that begin with an underscore cannot be read."), token=None)
        if guard is not None:
            guard(left, args)
        if wants_context:
            named["context"] = context
        try:
            return check_size(function(left, *args, **named, **extra))
        except LiquidError:
            raise
        except Exception as err:
            raise FilterArgumentError(f"{name}: {err}", token=None) from err

    run.with_context = True
    return run


def register(environment: object) -> None:
    """Put the usual filters behind limits and add ours."""
    for name in _REMOVED:
        environment.filters.pop(name, None)
    ours = {"date": date, "money": money, "number": number, "join": join, "strip_html": strip_html}
    for name, function in {**environment.filters, **ours}.items():
        environment.filters[name] = _bounded(name, function, environment)


def strip_html(value: object) -> str:
    """Without tags, in linear time (the usual one is quadratic on rows of `<`)."""
    first, *rest = str(value or "").split("<")
    return first + "".join(piece.partition(">")[2] for piece in rest)


def date(value: object, form: object = None, *, context: object) -> str:
    """A date in the reader's language: `short`, `medium` (default), `long`, `full`, or a strftime pattern."""
    moment = _moment(value, context)
    if moment is None:
        return "" if value is None or isinstance(value, Undefined) else str(value)
    form = str(form or "medium")
    locale = _locale(context.language)
    if form in _STYLES:
        return dates.format_date(moment, format=form, locale=locale)
    if len(form) > 100:
        raise FilterArgumentError(_("the pattern of a date is too long."), token=None)
    return _DIRECTIVE.sub(lambda found: _directive(found, moment, locale), form)


date.with_context = True


def _directive(found: re.Match, moment: datetime.datetime, locale: babel.Locale) -> str:
    letter = found[1]
    if letter == "%":
        return "%"
    if letter in _BABEL_FORMS and locale.language != "en":
        return dates.format_datetime(moment, _BABEL_FORMS[letter], locale=locale)
    return moment.strftime(found[0]) if letter in _STRFTIME else found[0]


def _moment(value: object, context: object) -> datetime.datetime | None:
    if isinstance(value, datetime.datetime):
        return value
    if isinstance(value, datetime.date):
        return datetime.datetime.combine(value, datetime.time.min)
    if isinstance(value, str):
        return context.now if value in ("now", "today") else _parsed(str(value).strip())
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**11:
        return datetime.datetime.fromtimestamp(value, datetime.UTC)
    return None


@functools.lru_cache(maxsize=1024)
def _parsed(text: str) -> datetime.datetime | None:
    if not text or len(text) > 64:
        return None
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        pass
    try:
        if text.isdigit() and len(text) in (9, 10):
            return datetime.datetime.fromtimestamp(int(text), datetime.UTC)
        return date_parser.parse(text)
    except (ValueError, OverflowError, TypeError):
        return None


def money(value: object, currency: object = None, *, context: object) -> str:
    """An amount in the reader's language: `{{ 12.5 | money: "SAR" }}`; the tenant's currency when none is named."""
    amount = _amount(value)
    if amount is None:
        return "" if value is None or isinstance(value, Undefined) else str(value)
    code = str(currency or "") or str(context.get(["tenant", "currency"], token=None, default="") or "")
    if not re.fullmatch("[A-Za-z]{3}", code):
        return _number(amount, 2, context.language)
    return _money(amount, code.upper(), context.language)


money.with_context = True


def number(value: object, decimals: object = None, *, context: object) -> str:
    """A number with the reader's separators, optionally with a fixed count of decimals."""
    amount = _amount(value)
    if amount is None:
        return "" if value is None or isinstance(value, Undefined) else str(value)
    places = int(decimals) if isinstance(decimals, int) and 0 <= decimals <= 10 else None
    return _number(amount, places, context.language)


number.with_context = True


def _amount(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    # as a text, 1e999999 is short; written out it is not
    return amount if amount.is_finite() and -40 < amount.adjusted() < 30 else None


@functools.lru_cache(maxsize=4096)
def _money(amount: Decimal, currency: str, language: str) -> str:
    return formats.without_last_dot(numbers.format_currency(amount, currency, locale=_locale(language)))


@functools.lru_cache(maxsize=4096)
def _number(amount: Decimal, places: int | None, language: str) -> str:
    pattern = None if places is None else "#,##0" + ("." + "0" * places if places else "")
    return numbers.format_decimal(amount, format=pattern, locale=_locale(language))


@functools.lru_cache(maxsize=64)
def _locale(language: str) -> babel.Locale:
    try:
        return babel.Locale.parse(language.replace("-", "_"))
    except (ValueError, babel.UnknownLocaleError):
        return babel.Locale("en")
