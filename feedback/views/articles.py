"""Help articles, as colleagues write them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as __
from django.views.decorators.http import require_GET, require_POST

from cxm.accounts import edges, permissions
from cxm.lib import pagination
from cxm.lib.errors import Refusal
from cxm.tenancy import links
from feedback.domain import articles
from feedback.forms.articles import ArticleForm
from feedback.models import Article


@require_GET
@permissions.needs("feedback.view")
def index(request: HttpRequest) -> HttpResponse:
    """All articles, the latest changed first; searched in both languages."""
    asked, state = request.GET.get("q", "")[:200].replace("\0", ""), request.GET.get("state", "")
    state = state if state in Article.State.values else ""
    found = articles.listed(asked=asked, state=state).defer("body", "body_ar", "search")
    page = pagination.page(found, order="-updated_at", cursor=request.GET.get("cursor"), limit=30)
    context = {"articles": page.items, "cursor": page.next_cursor, "q": asked, "state": state}
    if request.htmx and "cursor" in request.GET:
        return render(request, "feedback/articles/rows.html", context)
    context |= {"states": Article.State.choices, "portal": f"/portal/{request.tenant.slug}/"}
    return render(request, "feedback/articles/list.html", context)


@permissions.needs("feedback.change")
def new(request: HttpRequest) -> HttpResponse:
    """Write one."""
    form = ArticleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = articles.create(by=request.actor, now=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            messages.success(request, __("Saved."))
            return redirect(links.page("feedback:article", made.pk))
    return render(request, "feedback/articles/edit.html", {"form": form}, status=422 if form.errors else 200)


@permissions.needs("feedback.change")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one."""
    article = articles.get(pk)
    start = {name: getattr(article, name) for name in ArticleForm.base_fields}
    form = ArticleForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            articles.change(article=article, by=request.actor, now=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            edges.refuse_form(form, refusal)
        else:
            messages.success(request, __("Saved."))
            return redirect(links.page("feedback:article", pk))
    context = {"form": form, "article": article}
    return render(request, "feedback/articles/edit.html", context, status=422 if form.errors else 200)


@require_POST
@permissions.needs("feedback.change")
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one away."""
    articles.delete(article=articles.get(pk), by=request.actor)
    messages.success(request, __("The article is gone."))
    return redirect(links.page("feedback:articles"))
