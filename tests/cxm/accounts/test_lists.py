"""Views of lists kept under a name, one's own and everybody's, and columns chosen."""

import pytest

from cxm import tenancy
from cxm.accounts.domain import lists, members
from cxm.accounts.models import Membership, Role, SavedView
from cxm.audit.actors import SYSTEM
from tests.conftest import make_user
from tests.factories import CustomerFactory

LIST, VIEWS = "/app/shop/customers/", "/app/shop/lists/customers/views/"


@pytest.fixture
def ada(marketer, agent, owner, scoped) -> Membership:
    return Membership.objects.get(user=marketer)


@pytest.fixture
def bob(ada, agent) -> Membership:
    return Membership.objects.get(user=agent)


def _save(member: Membership, name: str, *, shared: bool = False, query: str = "country=SA") -> SavedView:
    return lists.save(key="customers", membership=member, name=name, query=query, shared=shared, by=SYSTEM)


def _names(member: Membership) -> list[str]:
    return [shown.view.name for shown in lists.shelf(key="customers", membership=member, query="").views]


def test_ones_own_views_are_ones_own_and_shared_ones_everybodys(ada, bob):
    _save(ada, "Mine")
    _save(ada, "Ours", shared=True)

    assert (_names(ada), _names(bob)) == (["Mine", "Ours"], ["Ours"])


def test_a_view_of_the_same_name_is_replaced(ada):
    _save(ada, "  Saudi\n")
    _save(ada, "Saudi", query="country=AE", shared=True)

    assert list(SavedView.objects.values_list("name", "query", "shared")) == [("Saudi", "country=AE", True)]


def test_one_stands_at_the_view_whose_filters_one_has_whatever_their_order(ada):
    _save(ada, "Both", query="tag=3&country=SA&cursor=abc&q=")
    shelf = lists.shelf(key="customers", membership=ada, query="country=SA&tag=3")

    assert (shelf.current.view.name, shelf.current.href) == ("Both", "/app/shop/customers/?country=SA&tag=3")
    assert lists.shelf(key="customers", membership=ada, query="country=SA").current is None


def test_only_its_maker_and_who_configures_the_business_remove_a_view(ada, bob, tenant, owner):
    view = _save(ada, "Ours", shared=True)
    with pytest.raises(lists.NotYours):
        lists.remove(view_id=view.pk, membership=bob, by=SYSTEM)
    with pytest.raises(lists.ViewNotFound):
        lists.remove(view_id=_save(bob, "His").pk, membership=ada, by=SYSTEM)
    lists.remove(view_id=view.pk, membership=Membership.objects.get(user=owner), by=SYSTEM)

    assert _names(ada) == []


@pytest.mark.parametrize(("name", "query"), [("", "a=1"), ("\0 ", "a=1"), ("x", "a=" + "1" * 2001)])
def test_what_cannot_be_kept_is_refused(ada, name, query):
    with pytest.raises(lists.ViewRefused):
        _save(ada, name, query=query)


def test_what_somebody_shared_stays_when_they_leave(ada, bob):
    _save(ada, "Mine")
    _save(ada, "Ours", shared=True)
    members.remove(membership=members.listed().get(pk=ada.pk), by=SYSTEM, by_role=Role.OWNER)

    assert list(SavedView.objects.values_list("name", "member")) == [("Ours", None)]


def test_columns_are_the_usual_ones_then_ones_own_then_those_of_the_address(ada):
    found = []
    for chosen, query in (
        (None, ""),
        (["email", "no-such"], ""),
        (["email"], "cols=city,email,x"),
        (["email"], "cols=x"),
    ):
        if chosen is not None:
            lists.choose_columns(key="customers", membership=ada, chosen=chosen)
        kept = Membership.objects.get(pk=ada.pk)
        found.append(sorted(lists.columns(key="customers", membership=kept, query=query)))

    assert found == [
        ["class", "company", "last_order", "orders", "revenue", "since"],
        ["email"],
        ["city", "email"],
        [],
    ]


def test_a_view_is_saved_opened_and_removed_on_the_page(page, tenant):
    with tenancy.scope(tenant):
        CustomerFactory(name="Layla", country="SA")
        CustomerFactory(name="Zoe", country="GB")
    saved = page.post(VIEWS, {"name": "السعودية", "query": "country=SA&cols=country&cursor=x", "shared": "1"})
    shown = page.get(saved.url)
    with tenancy.scope(tenant):
        view = SavedView.objects.get()

    assert saved.url == f"{LIST}?cols=country&country=SA"
    assert "Layla" in shown.text and "Zoe" not in shown.text
    assert "Saudi Arabia" in shown.text and "Known since</th>" not in shown.text
    assert f'href="{LIST}?cols=country&amp;country=SA" aria-current="true"><bdi>السعودية</bdi>' in shown.text
    assert page.post(f"{VIEWS}{view.pk}/remove/").url == LIST
    assert "السعودية" not in page.get(LIST).text


def test_columns_are_chosen_on_the_page(page, tenant):
    with tenancy.scope(tenant):
        CustomerFactory(city="Hail")
    chosen = page.post("/app/shop/lists/customers/columns/", {"cols": ["city"], "query": "q=x&cols=email"})

    assert chosen.url == f"{LIST}?q=x"
    assert "Hail" in page.get(LIST).text
    assert "Revenue</th>" not in page.get(LIST).text


@pytest.mark.parametrize("address", ["nothing/columns/", "nothing/views/", "customers/views/999/remove/"])
def test_lists_and_views_that_are_not_there(page, address):
    assert page.post(f"/app/shop/lists/{address}").status_code == 404


def test_who_may_not_see_a_list_keeps_nothing_of_it(client, tenant):
    client.force_login(make_user(tenant, Role.AGENT))
    assert client.post("/app/shop/lists/campaigns/columns/", {"cols": "sent"}).status_code == 403
    assert client.post("/app/shop/lists/campaigns/views/", {"name": "x", "query": ""}).status_code == 403


@pytest.mark.parametrize("address", ["campaigns/", "customers/segments/"])
def test_other_lists_have_views_too(page, address):
    key = address.strip("/").rpartition("/")[2]
    saved = page.post(f"/app/shop/lists/{key}/views/", {"name": "Mine", "query": "q=sale"})

    assert saved.url == f"/app/shop/{address}?q=sale"
    assert 'aria-current="true"><bdi>Mine</bdi>' in page.get(saved.url).text
    assert 'aria-current="true"><bdi>Mine</bdi>' in page.get(saved.url, headers={"HX-Request": "true"}).text
