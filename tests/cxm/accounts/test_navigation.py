"""The side bar and the menu of settings: what is there, for whom, and which place one is at."""

import pytest

from cxm import tenancy
from cxm.accounts import navigation, permissions
from cxm.accounts.models import Role


@pytest.fixture
def shown(scoped):
    return lambda role, path="/app/shop/": navigation.side_bar(may=permissions.GRANTS[role], path=path)


def test_owner_sees_the_seven_places_in_order(shown):
    assert [place.entry.key for place in shown(Role.OWNER)] == [
        "home", "customers", "journeys", "campaigns", "feedback", "analytics", "settings"]  # fmt: skip


def test_agent_sees_only_what_an_agent_may_use(shown):
    assert [place.entry.key for place in shown(Role.AGENT)] == [
        "home", "customers", "journeys", "feedback", "settings"]  # fmt: skip


def test_no_entry_leads_nowhere(page, tenant):
    with tenancy.scope(tenant):
        places = navigation.side_bar(may=permissions.GRANTS[Role.OWNER], path="/")
        settings = navigation.settings_menu(may=permissions.GRANTS[Role.OWNER], path="/")
    urls = [inner.url for place in (*places, *settings) for inner in (place.pages or [place])]

    assert {url: page.get(url, follow=True).status_code for url in urls} == dict.fromkeys(urls, 200)


@pytest.mark.parametrize(
    ("path", "active"),
    [
        ("/app/shop/", ["home", "overview"]),
        ("/app/shop/todos/", ["home", "todos"]),
        ("/app/shop/customers/7/", ["customers", "people"]),
        ("/app/shop/customers/segments/3/", ["customers", "segments"]),
        ("/app/shop/customers/tags/", ["settings"]),
        ("/app/shop/settings/keys/", ["settings"]),
        ("/app/shop/jobs/", []),
    ],
)
@pytest.mark.parametrize("ask", ["path", "place"])
def test_the_place_one_is_at_is_marked(shown, path, active, ask):
    place = navigation.at(may=permissions.GRANTS[Role.OWNER], slug="shop", urls=("/", "cxm.urls"), path=path)
    places = shown(Role.OWNER, path if ask == "path" else place)
    flat = [place for above in places for place in (above, *above.pages)]
    assert [place.entry.key for place in flat if place.active] == active
