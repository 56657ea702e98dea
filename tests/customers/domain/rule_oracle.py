"""A second opinion on segment rules: plain Python over plain people, as slow and as obvious as it can be.

It reads the JSON by itself and shares nothing with the compiler but the documentation.
"""

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

TEXT = {"first_name", "last_name", "city", "company", "name", "email", "nickname"}


@dataclass
class Happening:
    name: str
    at: datetime
    properties: dict


@dataclass
class Bought:
    kind: str
    at: datetime
    revenue: Decimal
    coupon: str = ""
    channel: str = ""
    lines: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Person:
    id: int = 0
    own: dict = field(default_factory=dict)
    attributes: dict = field(default_factory=dict)
    tags: set = field(default_factory=set)
    lifecycle: str = "prospect"
    traits: dict | None = None
    events: list[Happening] = field(default_factory=list)
    orders: list[Bought] = field(default_factory=list)
    consents: dict = field(default_factory=dict)
    segments: set = field(default_factory=set)


@dataclass
class Opinion:
    now: datetime
    opt_in: bool = False

    def holds(self, rule: dict, person: Person) -> bool:
        (kind,) = [key for key in KINDS if key in rule]
        rest = {key: value for key, value in rule.items() if key != kind}
        return getattr(self, f"_{kind}")(rule[kind], rest, person)

    def _all(self, rules, rest, person):
        return all(self.holds(rule, person) for rule in rules)

    def _any(self, rules, rest, person):
        return any(self.holds(rule, person) for rule in rules)

    def _not(self, rule, rest, person):
        return not self.holds(rule, person)

    def _attribute(self, name, tests, person):
        if name == "tags":
            return all(self._tags(operator, asked, person) for operator, asked in tests.items())
        value = person.own.get(name) if name in OWN else typed(person.attributes, name)
        return all(self._compare(value, operator, asked, name) for operator, asked in tests.items())

    def _tags(self, operator, asked, person):
        if operator == "exists":
            return bool(person.tags) == asked
        if operator == "not_in":
            return not person.tags & {tag.lower() for tag in asked}
        if operator == "starts_with":
            return any(tag.startswith(asked.lower()) for tag in person.tags)
        wanted = asked if operator == "in" else [asked]
        return bool(person.tags & {tag.lower() for tag in wanted})

    def _trait(self, name, tests, person):
        traits = person.traits or {"orders_count": 0, "returns_count": 0, "revenue": Decimal(0)}
        value = traits.get({"clv": "revenue"}.get(name, name))
        if name == "average_order_value":
            value = traits["revenue"] / traits["orders_count"] if traits["orders_count"] else None
        if name == "days_since_last_order":
            last = traits.get("last_order_at")
            value = None if last is None else (self.now - last) // timedelta(days=1)
        if name.startswith("scores."):
            value = traits.get("scores", {}).get(name.removeprefix("scores."))
            value = None if isinstance(value, str) else value
        return all(self._compare(value, operator, asked, name) for operator, asked in tests.items())

    def _event(self, name, rest, person):
        found = [
            (event.at, event.properties)
            for event in person.events
            if event.name == name
            and all(self._property(event.properties, key, asked) for key, asked in rest.get("where", {}).items())
        ]
        return self._happened(found, rest, lambda properties: number_of(properties.get(rest["sum"]["property"])))

    def _order(self, kind, rest, person):
        where = rest.get("where", {})
        kinds = {"any": {"order", "return"}, "order": {"order"}, "return": {"return"}, True: {"order"}}[kind]
        if "kind" in where and kind is True:
            kinds = {"order", "return"}
        found = [
            (order.at, order.revenue)
            for order in person.orders
            if order.kind in kinds and self._order_where(order, where)
        ]
        return self._happened(found, rest, lambda revenue: revenue)

    def _order_where(self, order, where):
        on_lines = []
        for name, asked in where.items():
            for operator, wanted in (asked if isinstance(asked, dict) else {"is": asked}).items():
                if name in {"sku", "title"}:
                    on_lines.append((("sku", "title").index(name), operator, wanted))
                elif not self._compare(getattr(order, name), operator, wanted, name):
                    return False
        negative = [
            (at, op, wanted) for at, op, wanted in on_lines if op == "not_in" or (op == "exists" and not wanted)
        ]
        positive = [test for test in on_lines if test not in negative]
        for at, operator, wanted in negative:
            turned = {"not_in": ("in", wanted), "exists": ("exists", True)}[operator]
            if any(self._compare(line[at], *turned, "sku") for line in order.lines):
                return False
        return not positive or any(
            all(self._compare(line[at], operator, wanted, "sku") for at, operator, wanted in positive)
            for line in order.lines
        )

    def _happened(self, found, rest, summed):
        found = [(at, payload) for at, payload in found if self._in_window(at, rest)]
        counts = rest.get("count", {"gte": 1})
        if not all(compare_number(len(found), operator, asked) for operator, asked in counts.items()):
            return False
        if "sum" in rest:
            total = sum([summed(payload) or 0 for _at, payload in found], Decimal(0))
            tests = {operator: asked for operator, asked in rest["sum"].items() if operator != "property"}
            if ("count" not in rest and not found) or not all(
                compare_number(total, operator, asked) for operator, asked in tests.items()
            ):
                return False
        for key, pick in (("first", min), ("last", max)):
            if key in rest and (not found or not self._in_window(pick(at for at, _payload in found), rest[key])):
                return False
        return True

    def _in_window(self, at, window):
        if "within" in window and not ago(self.now, window["within"]) < at <= self.now:
            return False
        if "after" in window and at < midnight(window["after"]):
            return False
        return not ("before" in window and at >= midnight(window["before"]))

    def _property(self, properties, key, asked):
        value = properties
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return all(
            self._compare_property(value, operator, wanted)
            for operator, wanted in (asked if isinstance(asked, dict) else {"is": asked}).items()
        )

    def _compare_property(self, value, operator, asked):
        if operator == "exists":
            return (value is not None) == asked
        if operator in {"in", "not_in"}:
            return any(self._compare_property(value, "is", one) for one in asked) == (operator == "in")
        if isinstance(asked, bool):
            return value is asked
        if isinstance(asked, str):
            if not isinstance(value, str | int | float):
                return False
            text = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
            return compare_text(text.lower(), operator, asked.lower())
        number = number_of(value)
        return number is not None and compare_number(number, operator, asked)

    def _consent(self, channel, rest, person):
        said = [person.consents.get((channel, topic)) for topic in {"", rest.get("topic", "")}]
        allowed = False not in said and (not self.opt_in or True in said)
        return allowed == rest.get("granted", True)

    def _tag(self, name, rest, person):
        return name.lower() in person.tags

    def _segment(self, slug, rest, person):
        return slug in person.segments

    def _class(self, wanted, rest, person):
        return person.lifecycle in (wanted if isinstance(wanted, list) else [wanted])

    def _survey(self, slug, rest, person):
        answers = [
            (event.at, event.properties["score"])
            for event in person.events
            if event.name == "Survey Answered" and event.properties["slug"] == slug and self._in_window(event.at, rest)
        ]
        if not answers:
            return False
        score = max(answers, key=lambda answer: answer[0])[1]
        tests = rest.get("score", {})
        return not tests or (
            score is not None
            and all(compare_number(Decimal(score), operator, asked) for operator, asked in tests.items())
        )

    def _compare(self, value, operator, asked, name):  # noqa: PLR0911 -- one line for each case is the point
        if value == "":
            value = None
        if operator == "exists":
            return (value is not None) == asked
        if operator == "not_in":
            return not self._compare(value, "in", asked, name)
        if value is None:
            return False
        if operator == "anniversary":
            return is_anniversary(value if isinstance(value, date) else value.date(), self.now.date(), asked)
        if operator == "in":
            return any(self._compare(value, "is", one, name) for one in asked)
        if isinstance(value, bool):
            return value is asked
        if isinstance(value, datetime):
            return self._compare_moment(value, operator, asked)
        if isinstance(value, date):
            return self._compare_date(value, operator, asked)
        if isinstance(value, str):
            ignore = name in TEXT or name in {"sku", "coupon", "channel"}
            asked = asked.upper() if name == "country" else asked
            return (
                compare_text(value.lower(), operator, asked.lower()) if ignore else compare_text(value, operator, asked)
            )
        return compare_number(value, operator, asked)

    def _compare_moment(self, value, operator, asked):
        if operator in {"within", "after", "before"}:
            return self._in_window(value, {operator: asked})
        return self._compare_date(value.date(), operator, asked)

    def _compare_date(self, value, operator, asked):
        if operator == "within":
            return ago(self.now, asked) < datetime(value.year, value.month, value.day, tzinfo=UTC) <= self.now
        if operator == "between":
            return date.fromisoformat(asked[0]) <= value <= date.fromisoformat(asked[1])
        asked = date.fromisoformat(asked)
        return {"is": value == asked, "gt": value > asked, "gte": value >= asked, "lt": value < asked,
                "lte": value <= asked, "after": value >= asked, "before": value < asked}[operator]  # fmt: skip


KINDS = ("all", "any", "not", "attribute", "trait", "event", "order", "consent", "tag", "segment", "class", "survey")
OWN = {"external_id", "name", "first_name", "email", "country", "city", "birthday", "company", "created_at"}


def typed(attributes: dict, name: str):
    """What is stored under an attribute, none where it is not of the attribute's kind."""
    name = name.removeprefix("attributes.")
    value = attributes.get(name)
    if name == "size":
        return None if isinstance(value, str) else value
    if name == "renewal":
        try:
            return value and date.fromisoformat(value)
        except ValueError:
            return None
    return value


def compare_text(value: str, operator: str, asked: str) -> bool:
    return {"is": value == asked, "contains": asked in value, "starts_with": value.startswith(asked)}[operator]


def compare_number(value, operator: str, asked) -> bool:
    if operator == "between":
        return as_decimal(asked[0]) <= value <= as_decimal(asked[1])
    if operator == "in":
        return value in [as_decimal(one) for one in asked]
    asked = as_decimal(asked)
    return {"is": value == asked, "gt": value > asked, "gte": value >= asked, "lt": value < asked,
            "lte": value <= asked}[operator]  # fmt: skip


def as_decimal(number) -> Decimal:
    return Decimal(str(number))


def number_of(value) -> Decimal | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        parts = value.removeprefix("-").split(".")
        if len(parts) > 2 or not all(part.isascii() and part.isdigit() for part in parts):
            return None
    return Decimal(str(value)) if isinstance(value, str | int | float) else None


def ago(now: datetime, duration: str) -> datetime:
    amount, unit = int(duration.strip("PTDMH")), duration[-1]
    if unit == "D":
        return now - timedelta(days=amount)
    if unit == "H":
        return now - timedelta(hours=amount)
    month = now.year * 12 + now.month - 1 - amount
    year, month = month // 12, month % 12 + 1
    return now.replace(year=year, month=month, day=min(now.day, monthrange(year, month)[1]))


def midnight(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def is_anniversary(value: date, today: date, asked: str) -> bool:
    if asked == "month":
        return value.month == today.month and value.year < today.year
    for ahead in range(0 if asked == "today" else int(asked.strip("PD")) + 1) if asked != "today" else range(1):
        day = today + timedelta(days=ahead)
        celebrated = min(value.day, monthrange(day.year, value.month)[1])
        if (value.month, celebrated) == (day.month, day.day) and value.year < day.year:
            return True
    return False
