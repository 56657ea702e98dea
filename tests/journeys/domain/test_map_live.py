"""What is measured at touchpoints: funnel, times, answers, cases, and the people behind each figure."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.domain import events, segments
from customers.domain.events import Happening
from customers.models import Event
from journeys.domain import map_live
from tests.factories import CustomerFactory
from tests.journeys.map_factories import drawing

START = datetime(2026, 5, 1, tzinfo=UTC)
END = START + timedelta(days=30)


@pytest.fixture(autouse=True)
def no_cache(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def happen(customer, *told: tuple) -> None:
    """Record (name, minutes, properties)."""
    events.record([Happening(customer.pk, name, at(when), said) for name, when, said in told])


def measure(content: dict) -> dict[str, map_live.Figures]:
    return map_live.measure(content=content, since=START, until=END)


def listed(content: dict, touchpoint: str, group: str) -> list[int]:
    found, _next = map_live.people(
        content=content, touchpoint_id=touchpoint, group=group, since=START, until=END, limit=500
    )
    return [each.customer.pk for each in found]


def test_funnel_counts_distinct_people_in_order(scoped):
    through, early, stopped = CustomerFactory.create_batch(3)
    happen(through, ("A", 0, {}), ("A", 5, {}), ("B", 10, {}), ("C", 30, {}))
    happen(early, ("B", 0, {}), ("A", 10, {}))
    happen(stopped, ("A", 0, {}), ("B", 20, {}), ("B", 25, {}))
    found = measure(drawing("A", "B", "C"))
    assert [(each.people, each.events, each.reached) for each in found.values()] == [(3, 4, 3), (3, 4, 2), (1, 1, 1)]
    assert (found["t0"].conversion, found["t1"].conversion, found["t2"].conversion) == (2 / 3, 1 / 2, None)
    assert (found["t0"].median_to_next, found["t1"].median_to_next) == (timedelta(minutes=15), timedelta(minutes=20))
    assert (found["t0"].next_id, found["t2"].next_id) == ("t1", None)


def test_lists_hold_the_people_of_the_figures(scoped):
    through, early, stopped = CustomerFactory.create_batch(3)
    happen(through, ("A", 0, {}), ("B", 10, {}), ("C", 30, {}))
    happen(early, ("B", 0, {}), ("A", 10, {}))
    happen(stopped, ("A", 0, {}), ("B", 20, {}))
    content = drawing("A", "B", "C")
    assert listed(content, "t1", "people") == [through.pk, early.pk, stopped.pk]
    assert listed(content, "t1", "reached") == [through.pk, stopped.pk]
    assert listed(content, "t1", "left") == [stopped.pk]
    assert listed(content, "t0", "left") == [early.pk]


def test_pages_of_a_list_go_on_where_they_ended(scoped):
    people = CustomerFactory.create_batch(3)
    for person in people:
        happen(person, ("A", 0, {}))
    content, ways = drawing("A"), {"touchpoint_id": "t0", "group": "people", "since": START, "until": END, "limit": 2}
    first, after = map_live.people(content=content, **ways)
    rest, end = map_live.people(content=content, after=after, **ways)
    assert [each.customer for each in (*first, *rest)] == people
    assert (after, end) == (people[1].pk, None)


def test_a_condition_on_a_property_narrows_the_event(scoped):
    paid, free = CustomerFactory.create_batch(2)
    happen(paid, ("A", 0, {"plan": {"kind": "Paid"}}))
    happen(free, ("A", 0, {"plan": {"kind": "free"}}), ("A", 1, {"plan": "paid"}))
    content = drawing("A")
    content["stages"][0]["touchpoints"][0]["event"] |= {"property": "plan.kind", "value": "paid"}
    assert (measure(content)["t0"].people, listed(content, "t0", "people")) == (1, [paid.pk])


def test_one_event_does_not_count_for_two_touchpoints_in_a_row(scoped):
    once, twice, together = CustomerFactory.create_batch(3)
    happen(once, ("A", 0, {}))
    happen(twice, ("A", 0, {}), ("A", 1, {}))
    happen(together, ("A", 0, {}), ("B", 0, {}))
    assert [each.reached for each in measure(drawing("A", "A")).values()] == [3, 1]
    assert [each.reached for each in measure(drawing("A", "B")).values()] == [3, 1]


def test_the_period_includes_its_start_and_not_its_end(scoped):
    customer = CustomerFactory()
    minutes = (END - START).total_seconds() / 60
    happen(customer, ("A", -1, {}), ("A", 0, {}), ("A", minutes - 1, {}), ("A", minutes, {}))
    assert measure(drawing("A"))["t0"].events == 2


def test_answers_and_cases_belong_to_the_touchpoint_one_was_at_last(scoped):
    glad, cross = CustomerFactory.create_batch(2)
    happen(glad, ("A", 0, {}), ("B", 10, {}), ("Survey Answered", 20, {"kind": "csat", "score": 5}))
    happen(cross, ("A", 0, {}), ("Survey Answered", 5, {"kind": "nps", "score": 0}), ("Case Opened", 6, {}),
           ("B", 10, {}), ("Case Opened", 11, {}), ("Case Opened", 12, {}))  # fmt: skip
    found = measure(drawing("A", "B"))
    assert [(each.answers, each.satisfaction, each.margin, each.cases) for each in found.values()] == [
        (1, -2.0, None, 1), (1, 2.0, None, 2)]  # fmt: skip
    content = drawing("A", "B")
    assert listed(content, "t0", "unhappy") == [cross.pk]
    assert listed(content, "t1", "answers") == [glad.pk]
    assert listed(content, "t1", "cases") == [cross.pk]


def test_an_answer_before_any_touchpoint_or_long_after_belongs_to_none(scoped):
    before, after = CustomerFactory.create_batch(2)
    happen(before, ("Survey Answered", 0, {"kind": "csat", "score": 1}), ("A", 1, {}))
    events.record([Happening(after.pk, "A", START - timedelta(days=1)), Happening(after.pk, "A", START)])
    events.record([Happening(after.pk, "Survey Answered", END + timedelta(days=1), {"kind": "csat", "score": 1})])
    found = map_live.measure(content=drawing("A"), since=START, until=END + timedelta(days=9))
    assert (found["t0"].people, found["t0"].answers) == (2, 0)


def test_a_touchpoint_that_names_a_survey_gets_its_answers(scoped):
    customer = CustomerFactory()
    happen(customer, ("B", 0, {}), ("Survey Answered", 1, {"kind": "ces", "score": 7, "slug": "easy"}),
           ("Survey Answered", 2, {"kind": "ces", "score": 1, "slug": "other"}))  # fmt: skip
    content = drawing("A", "B")
    content["stages"][0]["touchpoints"][0]["survey"] = "easy"
    assert [(each.answers, each.satisfaction) for each in measure(content).values()] == [(1, 2.0), (1, -2.0)]


def test_scores_of_three_scales_lie_on_one_and_say_how_sure_they_are(scoped):
    customer = CustomerFactory()
    scores = [("nps", 10), ("nps", 5), ("csat", 3), ("ces", 1), ("csat", 99), ("choice", 4), ("csat", "5")]
    happen(customer, ("A", 0, {}), *(("Survey Answered", n + 1, {"kind": kind, "score": score})
                                     for n, (kind, score) in enumerate(scores)))  # fmt: skip
    found = measure(drawing("A"))["t0"]
    assert (found.answers, found.satisfaction) == (5, 0.4)
    assert round(found.margin, 6) == round(1.959963984540054 * (11.2 / 4) ** 0.5 / 5**0.5, 6)
    assert found.is_enough


def test_an_unbound_map_measures_nothing_and_asks_nothing(scoped, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert measure(drawing()) == {}


def test_a_map_is_measured_in_one_statement_whatever_its_size(scoped, django_assert_num_queries):
    with django_assert_num_queries(2):  # the other turns off the compiler
        measure(drawing("A"))
    with django_assert_num_queries(2):
        measure(drawing("A", "B", "C", "D"))


def test_rules_find_the_people_of_the_lists(scoped):
    through, stopped, glad = CustomerFactory.create_batch(3)
    happen(through, ("A", 0, {"plan": "x"}), ("B", 10, {}))
    happen(
        stopped, ("A", 0, {"plan": "x"}), ("Case Opened", 3, {}), ("Survey Answered", 4, {"kind": "csat", "score": 1})
    )
    happen(glad, ("A", 0, {"plan": "x"}), ("Survey Answered", 4, {"kind": "csat", "score": 5}))
    content = drawing("A", "B")
    content["stages"][0]["touchpoints"][0]["event"] |= {"property": "plan", "value": "x"}
    for group in ("people", "left", "answers", "unhappy", "cases"):
        rule = map_live.rule(content=content, touchpoint_id="t0", group=group, days=30)
        found = segments.preview(rule=rule, tenant=scoped, now=at(60))
        assert sorted(person.pk for person in found.sample) == listed(content, "t0", group), group


def test_ways_taken_are_counted_and_told_from_those_drawn(scoped):
    one, two = CustomerFactory.create_batch(2)
    happen(one, ("A", 0, {}), ("A", 1, {}), ("B", 2, {}), ("A", 3, {}), ("C", 4, {}))
    happen(two, ("A", 0, {}), ("B", 2, {}))
    found = map_live.transitions(content=drawing("A", "B", "C"), since=START, until=END)
    assert [(way.start, way.end, way.people, way.times, way.drawn) for way in found] == [
        ("t0", "t1", 2, 2, True), ("t0", "t2", 1, 1, False), ("t1", "t0", 1, 1, False)]  # fmt: skip


@settings(max_examples=25, derandomize=True, database=None,
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(st.lists(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 5)), max_size=7), max_size=4),
       st.lists(st.sampled_from("ABC"), min_size=1, max_size=4))  # fmt: skip
def test_funnel_equals_a_walk_by_hand(scoped, lives, way):
    Event.objects.all().delete()
    people = [CustomerFactory() for _life in lives]
    for person, life in zip(people, lives, strict=True):
        happen(person, *((name, minute, {}) for name, minute in life))
    expected = [0] * len(way)
    for life in lives:
        for step in range(depth(life, way)):
            expected[step] += 1
    assert [found.reached for found in measure(drawing(*way)).values()] == expected


def depth(life: list[tuple[str, int]], way: list[str]) -> int:
    """How far somebody comes, trying every choice: never the same event for two touchpoints in a row."""

    def further(step: int, last: int | None) -> int:
        best = step
        for number, (name, minute) in enumerate(life):
            if step < len(way) and name == way[step] and (last is None or after(number, minute, last)):
                best = max(best, further(step + 1, number))
        return best

    def after(number: int, minute: int, last: int) -> bool:
        return minute > life[last][1] or (minute == life[last][1] and life[number][0] != life[last][0])

    return further(0, None)


def test_the_plan_reads_a_range_of_the_index_for_each_touchpoint(scoped):
    customer = CustomerFactory()
    parameters = map_live._parameters(map_live.bound(drawing("A", "B")), START, END)
    statements = map_live.sql.load("journeys.domain", "queries/map_live.sql")
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO customers_event (id, tenant_id, customer_id, name, occurred_at, received_at, channel, source,
                                            properties)
               SELECT gen_random_uuid(), %s, %s, 'N' || n %% 40, %s, %s, '', '', '{}'
               FROM generate_series(1, 4000) n""",
            [scoped.pk, customer.pk, START, START],
        )
        cursor.execute("RESET ROLE")  # the tenant's role may not analyse
        cursor.execute("ANALYZE customers_event")  # not whatever other tests left behind as statistics
        cursor.execute("SET LOCAL ROLE cxm_app")
        cursor.execute(f"EXPLAIN {statements['stream']} {statements['figures']}", parameters)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert len(re.findall(r"(Index|Bitmap).* Scan (using|on) event_by_name", plan)) >= 2, plan
    assert "Seq Scan on customers_event" not in plan
    assert "event_once" not in plan
