"""To-dos: made once, seen by whom they concern, done by a click."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from customers.domain import erasure, identities
from cxm import tenancy
from cxm.accounts.domain import todos
from cxm.accounts.models import Todo
from cxm.audit.actors import SYSTEM
from cxm.audit.models import Entry
from tests.factories import CustomerFactory

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LIST = "/app/shop/todos/"


def test_the_same_key_is_the_same_todo(owner, scoped):
    first = todos.create(title=" Call\nback ", by=owner.actor, key="call:1", assignee=owner, due_at=NOW)
    again = todos.create(title="Something else", by=SYSTEM, key="call:1")
    assert (again.pk, again.title, again.created_by) == (first.pk, "Call back", "owner@shop.test")
    assert Entry.objects.filter(action="todo.created").count() == 1


@pytest.mark.parametrize("title", ["", " \n ", "x" * 201])
def test_a_todo_says_in_one_line_what_is_to_be_done(scoped, title):
    with pytest.raises(todos.InvalidTodo):
        todos.create(title=title, by=SYSTEM)


def test_only_colleagues_are_given_something(scoped, django_user_model):
    with tenancy.as_owner():
        stranger = django_user_model.objects.create_user("s@else.test", "a long password")
    with pytest.raises(todos.InvalidTodo):
        todos.create(title="Call", by=SYSTEM, assignee=stranger)


def test_views_hold_whom_they_name(owner, agent, scoped):
    late = todos.create(title="Late", by=SYSTEM, assignee=owner, due_at=NOW - timedelta(hours=1))
    todos.create(title="Soon", by=SYSTEM, assignee=owner, due_at=NOW + timedelta(hours=1))
    todos.create(title="Anybody", by=SYSTEM)
    todos.create(title="Hers", by=SYSTEM, assignee=agent, due_at=NOW - timedelta(days=1))

    def titles(view: str) -> list[str]:
        found, order = todos.listed(view=view, user=owner, now=NOW)
        return [todo.title for todo in found.order_by(order, "id")]

    assert {view: titles(view) for view in todos.VIEWS} == {
        "mine": ["Late", "Soon"], "team": ["Hers", "Late", "Soon", "Anybody"], "overdue": ["Hers", "Late"], "done": [],
    }  # fmt: skip
    todos.finish(todo=late, by=owner.actor, now=NOW)
    todos.finish(todo=late, by=SYSTEM, now=NOW + timedelta(days=1))
    assert (late.done_at, late.done_by, titles("done")) == (NOW, "owner@shop.test", ["Late"])
    assert todos.counts(user=owner, now=NOW) == {"mine": 1, "team": 3, "overdue": 1}
    todos.reopen(todo=late, by=owner.actor)
    assert titles("mine") == ["Late", "Soon"]


def test_todos_follow_people_who_become_one_and_go_with_those_erased(scoped):
    winner, loser = CustomerFactory(name="Ada"), CustomerFactory()
    todo = todos.create(title="Call", by=SYSTEM, about=("customer", loser.pk))
    identities.merge(winner_id=winner.pk, loser_id=loser.pk, by=SYSTEM, now=NOW)
    shown = todos.describe(todos.about("customer", winner.pk), now=NOW)
    assert [(row.todo, row.about, row.page) for row in shown] == [(todo, "Ada", "customers:detail")]
    erasure.erase(customer=winner, by=SYSTEM)
    assert Todo.objects.count() == 0


def test_the_page_makes_does_and_undoes(page, tenant, owner):
    assert "Nothing to do" in page.get(LIST).text
    made = page.post(f"{LIST}?view=mine", {"title": "Call Ada", "assignee": owner.pk, "due_at": "2026-11-25T09:00"})
    assert made.headers["Location"] == f"{LIST}?view=mine"
    with tenancy.scope(tenant):
        todo = Todo.objects.get()
        assert (todo.title, todo.assignee_id, todo.due_at) == ("Call Ada", owner.pk, NOW - timedelta(hours=3))
    assert "Call Ada" in page.get("/app/shop/").text
    done = page.post(f"{LIST}{todo.pk}/done/", headers={"HX-Request": "true"}).text
    assert "Undo" in done
    assert "Call Ada" in page.get(LIST, {"view": "done"}).text
    page.post(f"{LIST}{todo.pk}/reopen/")
    page.post(f"{LIST}{todo.pk}/assign/", {"to": "nobody"})
    with tenancy.scope(tenant):
        todo.refresh_from_db()
        assert (todo.done_at, todo.assignee_id) == (None, None)
    assert page.post(LIST, {"title": ""}).status_code == 422
    assert page.get(f"{LIST}?view=nonsense&cursor=x").status_code == 400


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_the_same_questions_for_any_number_of_rows(page, owner, tenant, django_assert_num_queries, rows):
    with tenancy.scope(tenant):
        for number in range(rows):
            person = CustomerFactory(name=f"Person {number}")
            todos.create(title=f"To-do {number}", by=SYSTEM, assignee=owner, about=("customer", person.pk))
    page.get(LIST)
    with django_assert_num_queries(11):
        text = page.get(LIST).text
    assert text.count('class="todo ') == rows
    assert text.count("Person ") == rows


def test_pages_of_todos_speak_arabic(page, tenant, owner):
    with tenancy.scope(tenant):
        todos.create(title="اتصل", by=SYSTEM, assignee=owner, due_at=timezone.now())
    page.cookies["cxm_language"] = "ar"
    assert 'dir="rtl"' in page.get(LIST).text


def test_news_are_what_was_written_down_for_one_or_for_anybody_since_the_page_was_opened(page, tenant, owner, agent):
    since = int(timezone.now().timestamp())
    with tenancy.scope(tenant):
        someone = CustomerFactory(name="Ada King")
        todos.create(title="Mine", by=SYSTEM, assignee=owner, about=("customer", someone.pk))
        todos.create(title="Anybody's", by=SYSTEM)
        todos.create(title="Hers", by=SYSTEM, assignee=agent)
        done = todos.create(title="Done", by=SYSTEM)
        todos.finish(todo=done, by=SYSTEM, now=NOW)
        old = todos.create(title="Old", by=SYSTEM)
        Todo.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(minutes=5))
    text = page.get(f"{LIST}news/", {"since": since}).text
    assert f'<a href="/app/shop/customers/{someone.pk}/"><bdi>Mine</bdi></a>' in text
    assert f'<a href="{LIST}"><bdi>Anybody&#x27;s</bdi></a>' in text
    assert text.count("<bdi>") == 2
    for wrong in ("", "x", "9" * 10, "9" * 30, "-1"):
        assert "<bdi>" not in page.get(f"{LIST}news/", {"since": wrong}).text
