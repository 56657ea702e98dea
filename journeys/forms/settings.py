"""The inspector's form: what a kind of step or trigger says of its settings, as inputs, and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from customers.domain import timeline
from customers.models import Event
from cxm.lib import durations, formats
from journeys.domain import triggers
from journeys.steps import wait_until
from journeys.steps.frame import Field, Names

UNITS = {"minutes": _("minutes"), "hours": _("hours"), "days": _("days"), "weeks": _("weeks"), "months": _("months")}
_ISO = {"minutes": "PT{}M", "hours": "PT{}H", "days": "P{}D", "weeks": "P{}D", "months": "P{}M"}
OPERATORS = {
    "is": _("is"), "in": _("is one of"), "contains": _("contains"), "gte": _("is at least"), "lte": _("is at most"),
    "exists": _("is there"),
}  # fmt: skip
ROWS = 3
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)

WHEN = [("entered", _("comes in")), ("left", _("goes out"))]
TRIGGER_FIELDS: dict[str, tuple[Field, ...]] = {
    "event": (
        Field("event", "event", _("What happens")),
        Field("where", "where", _("Only if"), required=False),
    ),
    "segment": (
        Field("segment", "segment", _("Segment")),
        Field("when", "choice", _("When somebody"), choices=lambda: [(key, str(label)) for key, label in WHEN]),
    ),
    "date": (
        Field("attribute", "date_attribute", _("Date")),
        Field("days", "number", _("Days before (−) or after"), help=_("−3 is three days before.")),
        Field("time", "time", _("At")),
        Field("yearly", "check", _("Every year"), required=False),
    ),
    "survey": (
        Field("survey", "survey", _("Survey"), required=False),
        Field("score", "score", _("Score"), required=False),
    ),
    "case": (
        Field(
            "when",
            "choice",
            _("What happens"),
            choices=lambda: [(key, str(row[1])) for key, row in triggers.CASES.items()],
        ),
        Field("type", "case_slug", _("Only this type of case"), required=False),
    ),
}


@dataclass
class Input:
    """One setting, ready to be shown."""

    field: Field
    value: object
    error: str = ""
    options: list[tuple[str, str]] = field(default_factory=list)
    amount: str = ""
    unit: str = "days"
    rows: list[dict] = field(default_factory=list)
    at_least: str = ""
    at_most: str = ""

    @property
    def id(self) -> str:
        return f"setting-{self.field.name}"

    @property
    def chosen(self) -> str:
        """The value as options are written; nothing while none of them is chosen."""
        written = "" if self.value is None else str(self.value)
        return written if written in {key for key, _label in self.options} else ""

    @property
    def label(self) -> str | Promise:
        return self.field.label


def inputs(fields: Iterable[Field], settings: Mapping, names: Names, errors: Mapping[str, str]) -> list[Input]:
    """Return the inputs for some settings, with what is wrong beside each."""
    return [_input(one, settings.get(one.name), names, errors.get(one.name, "")) for one in fields]


def read(fields: Iterable[Field], posted: QueryDict) -> dict:
    """Return settings as they were typed; the kind itself says whether they are right."""
    return {one.name: _READ.get(one.kind, _text)(one.name, posted) for one in fields}


# --- shown --------------------------------------------------------------------------------------


def _input(one: Field, value: object, names: Names, error: str) -> Input:
    found = Input(one, value, error, options=_options(one, names))
    if one.kind == "duration":
        found.amount, found.unit = _amount(value)
    elif one.kind == "where":
        found.rows = _where_rows(value)
    elif one.kind == "score" and isinstance(value, Mapping):
        found.at_least, found.at_most = str(value.get("gte", "")), str(value.get("lte", ""))
    elif one.kind == "days":
        found.value = value if isinstance(value, list) else []
    return found


def _options(one: Field, names: Names) -> list[tuple[str, str]]:
    if one.choices:
        return one.choices()
    return _OPTIONS[one.kind](names) if one.kind in _OPTIONS else []


def _dates(names: Names) -> list[tuple[str, str]]:
    own = [(key, found.label) for key, found in names.attributes.items() if found.kind == "date"]
    return [("birthday", __("Birthday")), *own]


def event_names() -> list[str]:
    """Return names of events for an input to propose: the ones we know, and those the tenant heard of lately."""
    latest = Event.objects.order_by("-pk").values_list("name", flat=True)[:300]
    return sorted({*timeline.SENTENCES, *latest})


_OPTIONS: dict[str, Callable[[Names], list[tuple[str, str]]]] = {
    "template": lambda names: [(str(pk), name) for pk, name in names.templates.items()],
    "segment": lambda names: [(str(pk), name) for pk, name in names.segments.items()],
    "offer": lambda names: [(str(pk), name) for pk, name in names.offers.items()],
    "any_offer": lambda names: [("", __("No offer")), *((str(pk), name) for pk, name in names.offers.items())],
    "case_type": lambda names: [(str(pk), name) for pk, name in names.case_types.items()],
    "case_slug": lambda names: [("", __("Any type")), *names.case_slugs.items()],
    "survey": lambda names: [("", __("Any survey")), *names.survey_slugs.items()],
    "survey_number": lambda names: [(str(pk), name) for pk, name in names.surveys.items()],
    "topic": lambda names: [("", __("No topic")), *names.topics.items()],
    "attribute": lambda names: [(key, found.label) for key, found in names.attributes.items()],
    "date_attribute": _dates,
    "days": lambda names: [(key, str(label)) for key, label in wait_until.DAYS.items()],
}


def _amount(value: object) -> tuple[str, str]:
    try:
        length = durations.parse(value)
    except durations.InvalidDuration:
        return "", "days"
    if length.months:
        return str(length.months), "months"
    if length.days:
        return str(length.days), "days"
    if length.seconds % 3600 == 0:
        return str(length.seconds // 3600), "hours"
    return str(max(1, length.seconds // 60)), "minutes"


def _where_rows(value: object) -> list[dict]:
    rows = []
    for name, asked in value.items() if isinstance(value, Mapping) else ():
        operators = asked if isinstance(asked, Mapping) else {"is": asked}
        for operator, wanted in operators.items():
            words = ", ".join(map(str, wanted)) if isinstance(wanted, list) else wanted
            rows.append({"name": name, "operator": operator, "value": "" if operator == "exists" else words})
    return [*rows, {"name": "", "operator": "is", "value": ""}] if len(rows) >= ROWS else [
        *rows, *({"name": "", "operator": "is", "value": ""} for _row in range(ROWS - len(rows)))
    ]  # fmt: skip


# --- read ---------------------------------------------------------------------------------------


def _text(name: str, posted: QueryDict) -> str:
    return posted.get(name, "").replace("\0", "")[:2048]


def _whole(name: str, posted: QueryDict) -> object:
    written = _text(name, posted).strip().replace("−", "-")
    return int(written) if re.fullmatch(r"-?\d{1,15}", written, re.ASCII) else written


def _duration(name: str, posted: QueryDict) -> str:
    amount, unit = _text(f"{name}_amount", posted).strip(), posted.get(f"{name}_unit", "days")
    if not re.fullmatch(r"\d{1,6}", amount, re.ASCII) or unit not in _ISO:
        return ""
    return _ISO[unit].format(int(amount) * (7 if unit == "weeks" else 1))


def _where(name: str, posted: QueryDict) -> dict:
    found: dict[str, dict] = {}
    keys, operators, values = (posted.getlist(f"{name}_{part}")[:10] for part in ("name", "operator", "value"))
    for key, operator, value in zip(keys, operators, values, strict=False):
        if key.strip() and operator in OPERATORS:
            found.setdefault(key.strip().replace("\0", ""), {})[operator] = _value(operator, value.replace("\0", ""))
    return found


def _value(operator: str, written: str) -> object:
    if operator == "exists":
        return True
    if operator == "in":
        return [_plain(part.strip()) for part in re.split(r"[,،]", written) if part.strip()]
    return _plain(written.strip())


def _plain(written: str) -> object:
    number = written.translate(formats.LATIN_DIGITS).replace("٫", ".")
    if not _NUMBER.fullmatch(number):
        return written
    return float(number) if "." in number else int(number)


def _score(name: str, posted: QueryDict) -> dict:
    bounds = {"gte": _text(f"{name}_gte", posted).strip(), "lte": _text(f"{name}_lte", posted).strip()}
    return {operator: _plain(written) for operator, written in bounds.items() if written}


_READ: dict[str, Callable[[str, QueryDict], object]] = {
    "number": _whole,
    "survey_number": _whole,
    "case_type": _whole,
    "offer": _whole,
    "any_offer": _whole,
    "template": _whole,
    "segment": _whole,
    "duration": _duration,
    "days": lambda name, posted: posted.getlist(name)[:7],
    "where": _where,
    "score": _score,
    "check": lambda name, posted: posted.get(name) == "on",
}
