"""What colleagues owe, to customers and to each other: written down, seen by who must do it, done with one click."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as __
from django.utils.translation import gettext_lazy as _

from cxm.accounts.domain import members
from cxm.accounts.models import Todo, User
from cxm.audit import domain as audit
from cxm.audit.actors import Actor
from cxm.lib import text
from cxm.lib.errors import NotFound, Refusal

MINE, TEAM, OVERDUE, DONE = "mine", "team", "overdue", "done"
VIEWS = (MINE, TEAM, OVERDUE, DONE)
LONGEST = 200


class InvalidTodo(Refusal):
    code = "invalid_todo"
    message = _("Some fields are not right.")


class TodoNotFound(NotFound):
    message = _("There is no such to-do.")


@dataclass(frozen=True)
class Subject:
    """A kind of thing that a to-do can be about.

    Args:
        kind: as callers of ``create`` say it.
        page: URL name of the thing's page; it gets the number.
        names: numbers → what people call these things; those that are gone are left out.
    """

    kind: str
    page: str
    names: Callable[[Sequence[int]], Mapping[int, str]]


@dataclass(frozen=True)
class Shown:
    """A to-do with the name and the page of what it is about."""

    todo: Todo
    about: str
    page: str
    late: bool


_subjects: dict[str, Subject] = {}


def register(subject: Subject) -> None:
    """Say how things of a kind are called; from ``apps.ready`` of the app that owns the kind."""
    _subjects[subject.kind] = subject


def get(todo_id: int) -> Todo:
    """Return the to-do, or refuse with 404 (also for ids of other tenants)."""
    found = _with_people().filter(pk=todo_id).first()
    if found is None:
        raise TodoNotFound
    return found


def create(
    *,
    title: str,
    by: Actor,
    due_at: datetime | None = None,
    assignee: User | None = None,
    about: tuple[str, int] | None = None,
    note: str = "",
    key: str | None = None,
) -> Todo:
    """Write a to-do down.

    Args:
        title: what is to be done, one line.
        assignee: who is to do it, a member of the tenant; None lets anybody.
        about: kind and number, as ``("customer", 7)``.
        key: whoever may ask twice names the to-do: the same key gives the to-do made first.

    Raises:
        InvalidTodo: no title, or too long a one, or an assignee who does not work here.
    """
    line = text.clean_line(title)
    if not line or len(line) > LONGEST:
        raise InvalidTodo(fields={"title": __("Say in one line of at most 200 characters what is to be done.")})
    _check_assignee(assignee)
    kind, number = about or ("", None)
    values = {
        "title": line,
        "note": note.replace("\0", "").strip(),
        "due_at": due_at,
        "assignee": assignee,
        "about_kind": kind,
        "about_id": number,
        "created_by": by.label[:254],
    }
    made, new = Todo.objects.get_or_create(key=key, defaults=values) if key else (Todo.objects.create(**values), True)
    if new:
        audit.record(by=by, action="todo.created", on=made)
    return made


def reword(*, todo: Todo, title: str) -> None:
    """Say anew what is to be done; what is done stays as it was said."""
    Todo.objects.filter(pk=todo.pk, done_at=None).update(title=text.clean_line(title)[:LONGEST])


def finish(*, todo: Todo, by: Actor, now: datetime) -> None:
    """Tick it off; one that is done stays as it is."""
    if Todo.objects.filter(pk=todo.pk, done_at=None).update(done_at=now, done_by=by.label[:254]):
        audit.record(by=by, action="todo.done", on=todo)
    todo.refresh_from_db()


def settle(*, keys: Iterable[str], by: Actor, now: datetime) -> None:
    """Tick off what is still open of these keys: it came to nothing, or was done another way."""
    for todo in Todo.objects.filter(key__in=list(keys), done_at=None):
        finish(todo=todo, by=by, now=now)


def reopen(*, todo: Todo, by: Actor) -> None:
    """Take the tick back."""
    if Todo.objects.filter(pk=todo.pk, done_at__isnull=False).update(done_at=None, done_by=""):
        audit.record(by=by, action="todo.reopened", on=todo)
    todo.refresh_from_db()


def assign(*, todo: Todo, assignee: User | None, by: Actor) -> None:
    """Give it to somebody, or to nobody in particular.

    Raises:
        InvalidTodo: the assignee does not work here.
    """
    _check_assignee(assignee)
    if Todo.objects.filter(pk=todo.pk).exclude(assignee=assignee).update(assignee=assignee):
        audit.record(by=by, action="todo.assigned", on=todo, to=str(assignee or ""))
    todo.refresh_from_db()


def listed(*, view: str, user: User, now: datetime) -> tuple[QuerySet[Todo], str]:
    """Return the to-dos of one of VIEWS, and the column by which they are paged.

    ``mine`` are one's own, ``team`` are all open ones, ``overdue`` those of them that are late, ``done`` the rest.
    """
    found = _with_people()
    if view == DONE:
        return found.filter(done_at__isnull=False), "-done_at"
    found = found.filter(done_at=None)
    if view == MINE:
        found = found.filter(assignee=user)
    elif view == OVERDUE:
        found = found.filter(due_at__lt=now)
    return found, "due_at"


def news(*, user: User, since: datetime) -> QuerySet[Todo]:
    """Return the open ones of somebody, or of anybody, written down since then, the latest first."""
    theirs = Q(assignee=user) | Q(assignee=None)
    return _with_people().filter(theirs, done_at=None, created_at__gte=since).order_by("-created_at", "-id")


def counts(*, user: User, now: datetime) -> dict[str, int]:
    """Return how many open ones are mine, the team's, and overdue."""
    return Todo.objects.filter(done_at=None).aggregate(
        mine=Count("id", filter=Q(assignee=user)), team=Count("id"), overdue=Count("id", filter=Q(due_at__lt=now))
    )


def about(kind: str, number: int) -> QuerySet[Todo]:
    """Return the open to-dos about one thing, the most pressing first."""
    found = _with_people().filter(done_at=None, about_kind=kind, about_id=number)
    return found.order_by("due_at", "id")


def describe(found: Iterable[Todo], *, now: datetime) -> list[Shown]:
    """Return to-dos with the names of what they are about: one question for each kind among them."""
    found = list(found)
    names: dict[tuple[str, int], str] = {}
    for kind in {todo.about_kind for todo in found} & set(_subjects):
        numbers = sorted({todo.about_id for todo in found if todo.about_kind == kind})
        names |= {(kind, number): name for number, name in _subjects[kind].names(numbers).items()}
    return [_shown(todo, names.get((todo.about_kind, todo.about_id), ""), now) for todo in found]


def move(*, kind: str, old: int, new: int) -> None:
    """Let to-dos about one thing be about another: two customers became one."""
    Todo.objects.filter(about_kind=kind, about_id=old).update(about_id=new)


def forget(*, kind: str, numbers: Sequence[int]) -> None:
    """Delete the to-dos about things that are erased: their words tell of them."""
    Todo.objects.filter(about_kind=kind, about_id__in=numbers).delete()


def _with_people() -> QuerySet[Todo]:
    return Todo.objects.select_related("assignee").defer("assignee__password")  # passwords are out of reach in a scope


def _shown(todo: Todo, name: str, now: datetime) -> Shown:
    late = todo.done_at is None and todo.due_at is not None and todo.due_at < now
    return Shown(todo, name, _subjects[todo.about_kind].page if name else "", late)


def _check_assignee(assignee: User | None) -> None:
    if assignee is not None and not members.colleagues().filter(pk=assignee.pk).exists():
        raise InvalidTodo(fields={"assignee": __("Choose somebody who works here.")})
