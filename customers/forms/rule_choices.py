"""What the builder's rows offer to choose from, and which inputs each row needs."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from customers.domain import places, rules_fields, segment_starters
from customers.domain.rules_fields import OPERATORS, ORDER_FIELDS, OWN, SCORES, TRAITS, Catalogue
from customers.forms import rule_rows
from customers.forms.rules import Draft
from customers.models import Customer, Segment
from customers.models.consent import Channel

_WORDS = {
    "is": _("is"),
    "in": _("is one of"),
    "not_in": _("is none of"),
    "contains": _("contains"),
    "starts_with": _("begins with"),
    "gt": _("more than"),
    "gte": _("at least"),
    "lt": _("less than"),
    "lte": _("at most"),
    "between": _("between"),
    "within": _("in the last"),
    "after": _("from … on"),
    "before": _("before"),
    "anniversary": _("has its anniversary"),
    "exists": _("is known"),
}
_DATES = {"gt": _("after"), "gte": _("on or after"), "lt": _("before"), "lte": _("on or before")}
# Dates have two words for the same; the builder shows one of them.
_HIDDEN = {"date": {"gte", "lt"}, "moment": {"gte", "lt"}}
COUNTS = [
    ("gte", _("at least")),
    ("is", _("exactly")),
    ("lte", _("at most")),
    ("gt", _("more than")),
    ("lt", _("fewer than")),
    ("none", _("not once")),
]
SUMS = [
    ("", _("no matter")),
    ("gte", _("at least")),
    ("gt", _("more than")),
    ("lte", _("at most")),
    ("lt", _("less than")),
]
TIMES = [
    ("", _("at any time")),
    ("within", _("in the last")),
    ("after", _("since")),
    ("before", _("before")),
    ("range", _("between")),
]
UNITS = [
    ("hours", _("hours")),
    ("days", _("days")),
    ("weeks", _("weeks")),
    ("months", _("months")),
    ("years", _("years")),
]
ANNIVERSARIES = [("today", _("today")), ("month", _("this month")), ("next", _("in the next days"))]
PROPERTY = [
    ("is", _("is")),
    ("in", _("is one of")),
    ("not_in", _("is none of")),
    ("contains", _("contains")),
    ("starts_with", _("begins with")),
    ("gt", _("more than")),
    ("gte", _("at least")),
    ("lt", _("less than")),
    ("lte", _("at most")),
    ("exists", _("is known")),
]
KINDS = [
    ("field", _("Something known of them"), "id"),
    ("event", _("Something they did"), "bolt"),
    ("order", _("Orders"), "shopping-cart"),
    ("tag", _("A tag"), "tag"),
    ("segment", _("Another segment"), "users-group"),
    ("consent", _("Consent"), "mail-check"),
    ("class", _("Class of customer"), "heartbeat"),
    ("survey", _("Answer to a survey"), "message-2-question"),
    ("all", _("A group"), "brackets"),
]


@dataclass
class Offer:
    """All lists the rows choose from, read once for a page."""

    catalogue: Catalogue
    segment: Segment | None = None
    groups: list = field(default_factory=list)

    def __post_init__(self) -> None:
        own = [(f"attribute:{found.key}", found.label) for found in OWN.values()]
        defined = [(f"attribute:attributes.{key}", found.label) for key, found in self.catalogue.attributes.items()]
        traits = [(f"trait:{found.key}", found.label) for found in TRAITS.values()]
        scores = [(f"trait:scores.{key}", label) for key, label in SCORES.items()]
        self.groups = [
            (_("Profile"), own),
            (_("Your attributes"), defined),
            (_("Computed"), traits),
            (_("Scores"), scores),
        ]
        self.groups = [(label, found) for label, found in self.groups if found]

    def add(self, value: str, label: str) -> None:
        """Have a field among the choices that a rule names already: what is not there would be shown as another."""
        if value and not any(value == known for _group, found in self.groups for known, _words in found):
            self.groups[-1][1].append((value, label))

    kinds, counts, sums, times, units = KINDS, COUNTS, SUMS, TIMES, UNITS
    anniversaries, properties, channels, classes = ANNIVERSARIES, PROPERTY, Channel.choices, Customer.Class.choices
    order_kinds = [("order", _("Orders")), ("return", _("Returns")), ("any", _("Orders and returns"))]
    order_fields = [(found.key, found.label) for found in ORDER_FIELDS.values() if found.key != "kind"]

    def countries(self) -> list[tuple[str, str]]:
        return places.choices()

    def languages(self) -> list[tuple[str, str]]:
        return places.languages()

    def events(self) -> list[str]:
        return segment_starters.event_names()

    def surveys(self) -> list[tuple[str, str]]:
        return segment_starters.survey_names()

    def tags(self) -> list[str]:
        return segment_starters.tag_names()

    def topics(self) -> list:
        return segment_starters.topics()

    def segments(self) -> list[Segment]:
        return segment_starters.others(than=self.segment)


def dress(draft: Draft, offer: Offer) -> Draft:
    """Give each row what its inputs depend on: the kind of its field, its operators, its properties. An operator the
    field does not have gives way to the first it has."""
    for row in draft.walk():
        if row.kind == "field":
            _dress_field(row, offer)
        if row.kind in {"event", "order"}:
            filled = [i for i in range(rule_rows.PROPERTIES) if row.values.get(f"p{i}_name")]
            shown = max(len(filled), int(row.values.get("properties") or 0), (filled or [-1])[-1] + 1)
            row.properties = [
                {
                    "index": index,
                    "name": row.values.get(f"p{index}_name", ""),
                    "op": row.values.get(f"p{index}_op", "is"),
                    "value": row.values.get(f"p{index}_value", ""),
                }
                for index in range(min(shown, rule_rows.PROPERTIES))
            ]
        if row.kind == "class":
            row.chosen = row.values.get("classes", "").split(",")
    return draft


def _dress_field(row: Draft, offer: Offer) -> None:
    home, _sep, key = row.values.get("field", "").partition(":")
    found = offer.catalogue.trait(key) if home == "trait" else offer.catalogue.attribute(key)
    kind = found.kind if found else "text"
    if found and home == "attribute" and key not in rules_fields.OWN and not key.startswith("attributes."):
        row.values["field"] = f"attribute:attributes.{key}"
    offer.add(row.values.get("field", ""), found.label if found else key)
    operators = [name for name in OPERATORS[kind] if name not in _HIDDEN.get(kind, ()) or name == row.values.get("op")]
    if row.values.get("op") not in operators:
        row.values |= {"op": operators[0], "value": "", "value2": ""}
    words = _WORDS | (_DATES if kind in {"date", "moment"} else {})
    row.operators = [(name, words[name]) for name in operators]
    row.values["type"] = kind
    row.choices = found.choices if found else ()
    row.input = _input(row.values["op"], kind, row.choices)
    if row.input in {"duration", "anniversary"}:
        row.values.setdefault("n", "30")
        row.values.setdefault("unit", "days")


def _input(operator: str, kind: str, choices: tuple) -> str:  # noqa: PLR0911 -- one line for each shape of input
    if operator in {"exists", "anniversary"}:
        return operator
    if operator == "within":
        return "duration"
    if kind == "boolean":
        return "boolean"
    if kind in {"date", "moment"}:
        return "dates" if operator == "between" else "date"
    if operator == "between":
        return "numbers"
    if choices and operator == "is":
        return "choice"
    return "list" if operator in {"in", "not_in"} else ("number" if kind in {"number", "days"} else "text")
