"""Help articles as colleagues write them, and programs."""

import pytest
from bs4 import BeautifulSoup

from cxm import tenancy
from cxm.audit.actors import SYSTEM
from cxm.lib import text
from cxm.lib.errors import Refusal
from feedback.domain import articles
from feedback.models import Article
from tests.feedback.views.test_portal import NOW

LIST, API = "/app/shop/feedback/articles/", "/api/v1/articles/"


def write(**words) -> Article:
    return articles.create(by=SYSTEM, now=NOW, **words)


@pytest.mark.parametrize(
    ("asked", "found"),
    [("returns", 1), ("RETURN", 1), ("ارجاع", 1), ("الارجاع", 1), ("إرجاع ثلاثين", 1), ("٣٠", 1), ("30", 1),
     ("%", 0), ("returns nowhere", 0), ("", 2), ("zz", 0)],
)  # fmt: skip
def test_search_finds_words_anywhere_in_either_language(scoped, asked, found):
    write(title="How returns work", title_ar="الإرجاع", body="Within 30 days", body_ar="خلال ثلاثين يوماً")
    write(title="Opening hours")
    assert articles.listed(asked=asked).count() == found


def test_short_names_are_free_and_addresses(scoped):
    made = [write(**words).slug for words in ({"title": "Returns"}, {"title": "Returns"}, {"title_ar": "الإرجاع"})]
    assert made == ["returns", "returns-2", text.slug("الإرجاع")]
    assert write(title="؟").slug == "article"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"title": " "}, "title"), ({"title": "x" * 201}, "title"), ({"title": "x", "slug": "Not So"}, "slug"),
     ({"title": "x", "state": "secret"}, "state"), ({"title": "x", "slug": "taken"}, "slug")],
)  # fmt: skip
def test_what_is_no_article_is_refused(scoped, wrong, field):
    write(title="There", slug="taken")
    with pytest.raises(Refusal) as refused:
        write(**wrong)
    assert set(refused.value.fields) == {field}


def test_a_language_left_empty_is_read_in_the_other(scoped):
    article = write(title="Returns", section_ar="الطلبات")
    assert (article.said("title", "ar"), article.said("section", "en")) == ("Returns", "الطلبات")


def test_the_page_writes_publishes_and_deletes(page, tenant):
    assert "No articles yet" in page.get(LIST).text
    assert page.post(f"{LIST}new/", {"title": "", "state": "draft"}).status_code == 422
    made = page.post(f"{LIST}new/", {"title": "Returns", "body": "Thirty days", "state": "draft"})
    place = made.headers["Location"]
    assert "Nothing found" in page.get(LIST, {"state": "public"}).text
    page.post(place, {"title": "Returns", "title_ar": "الإرجاع", "body": "Thirty days", "slug": "returns",
                      "state": "public"})  # fmt: skip
    assert "الإرجاع" in page.get(LIST, {"q": "ارجاع", "state": "public"}).text
    shown = BeautifulSoup(page.get(place).content, "html.parser")
    assert [form.find_parent("dialog")["id"] for form in shown.select(f'form[action="{place}delete/"]')] == [
        "delete-article"
    ]
    page.post(f"{place}delete/")
    with tenancy.scope(tenant):
        assert Article.objects.count() == 0


def test_programs_write_read_change_and_search(api):
    made = api.post(API, {"title": "Returns", "body": "Thirty days", "state": "public"}, format="json")
    assert (made.status_code, made.json()["slug"]) == (201, "returns")
    place = f"{API}{made.json()['id']}/"
    changed = api.patch(place, {"title_ar": "الإرجاع"}, format="json").json()
    assert (changed["title"], changed["title_ar"]) == ("Returns", "الإرجاع")
    assert [row["slug"] for row in api.get(API, {"search": "ارجاع", "state": "public"}).json()["results"]] == [
        "returns"
    ]
    assert api.post(API, {"body": "no title"}, format="json").status_code == 400
    assert api.delete(place).status_code == 204
    assert api.get(place).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_the_same_questions_for_any_number_of_rows(page, tenant, django_assert_num_queries, rows):
    with tenancy.scope(tenant):
        for number in range(rows):
            write(title=f"Article {number}")
    page.get(LIST)
    with django_assert_num_queries(7):
        assert page.get(LIST).text.count("Article ") == rows
