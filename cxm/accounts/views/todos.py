"""To-dos: one's own, the team's, those that are late; done by one click, and undone by another."""

from datetime import UTC, datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __
from django.views.decorators.http import require_GET, require_POST

from cxm.accounts import edges, permissions
from cxm.accounts.domain import todos
from cxm.accounts.forms.todos import TodoForm
from cxm.lib import pagination
from cxm.lib.errors import Refusal
from cxm.tenancy.links import page

PAGE = 30
NEWS, KEPT = 3, timedelta(hours=12)


@permissions.member
def index(request: HttpRequest) -> HttpResponse:
    """The list, and a form for one more."""
    view = request.GET.get("view", todos.MINE)
    view = view if view in todos.VIEWS else todos.MINE
    form = TodoForm(request.POST or None, initial={"assignee": request.user.pk})
    if request.method == "POST" and form.is_valid():
        try:
            todos.create(by=request.actor, **form.cleaned_data)
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            messages.success(request, __("Written down."))
            return redirect(f"{page('todos:list')}?view={view}")
    return _show(request, view, form)


@require_GET
@permissions.member
def news(request: HttpRequest) -> HttpResponse:
    """What was written down for one, or for anybody, since the page was opened: fetched when the bell rings."""
    written, now = request.GET.get("since", ""), timezone.now()
    digits = written.isascii() and written.isdigit() and len(written) <= 10
    since = datetime.fromtimestamp(int(written), UTC) if digits else now
    found = todos.news(user=request.user, since=max(since, now - KEPT))[:NEWS]
    return render(request, "todos/news.html", {"todos": todos.describe(found, now=now)})


@require_POST
@permissions.member
def finish(request: HttpRequest, pk: int) -> HttpResponse:
    """Tick one off; its row stays, with a way back."""
    todo = todos.get(pk)
    todos.finish(todo=todo, by=request.actor, now=timezone.now())
    return _row(request, todo)


@require_POST
@permissions.member
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the tick back."""
    todo = todos.get(pk)
    todos.reopen(todo=todo, by=request.actor)
    return _row(request, todo)


@require_POST
@permissions.member
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it oneself, or let anybody do it."""
    todo = todos.get(pk)
    todos.assign(todo=todo, assignee=request.user if request.POST.get("to") == "me" else None, by=request.actor)
    return _row(request, todos.get(pk))


def _row(request: HttpRequest, todo: todos.Todo) -> HttpResponse:
    if not request.htmx:
        return redirect(page("todos:list"))
    found = todos.describe([todo], now=timezone.now())
    return render(request, "todos/row.html", {"shown": found[0], "settled": todo.done_at is not None})


def _show(request: HttpRequest, view: str, form: TodoForm) -> HttpResponse:
    now = timezone.now()
    found, order = todos.listed(view=view, user=request.user, now=now)
    rows = pagination.page(found, order=order, cursor=request.GET.get("cursor"), limit=PAGE)
    context = {
        "todos": todos.describe(rows.items, now=now),
        "more": f"{page('todos:list')}?view={view}&cursor={rows.next_cursor}" if rows.next_cursor else "",
        "view": view,
    }
    if request.htmx and "cursor" in request.GET:
        return render(request, "todos/rows.html", context)
    context |= {"form": form, "counts": todos.counts(user=request.user, now=now)}
    return render(request, "todos/list.html", context, status=422 if form.errors else 200)
