"""Maps over the API."""

from datetime import timedelta

from django.utils import timezone

from customers.domain import events
from customers.domain.events import Happening
from cxm import tenancy
from tests.factories import CustomerFactory
from tests.journeys.map_factories import MapFactory, PersonaFactory, drawing

ROOT = "/api/v1/maps/"


def test_a_map_is_made_changed_and_published(api, tenant):
    with tenancy.scope(tenant):
        persona = PersonaFactory()
    answer = api.post(ROOT, {"name": "Way", "persona": persona.pk, "state": "to_be", "content": drawing("A")})
    assert answer.status_code == 201
    made = answer.json()
    assert (made["name"], made["persona"], made["state"], made["content"]) == ("Way", persona.pk, "to_be", drawing("A"))
    url = f"{ROOT}{made['id']}/"
    changed = api.patch(url, {"name": "Path", "content": drawing("A", "B")}).json()
    assert (changed["name"], len(changed["content"]["stages"][0]["touchpoints"]), changed["revision"]) == ("Path", 2, 1)
    published = api.post(url + "publish/", {"note": "First"})
    assert (published.status_code, published.json()["number"], published.json()["note"]) == (201, 1, "First")
    assert api.post(url + "publish/", {}).json()["error"]["code"] == "already_published"
    assert api.get(url).json()["published_number"] == 1
    assert [row["id"] for row in api.get(ROOT).json()["results"]] == [made["id"]]


def test_what_is_no_map_is_refused_by_its_place(api, tenant):
    answer = api.post(ROOT, {"name": "Way", "content": {"stages": [{"name": "A", "touchpoints": [{"name": ""}]}]}})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_map")
    assert answer.json()["error"]["fields"] == {"stages[0].touchpoints[0].name": "Give it a name."}
    assert api.post(ROOT, {"name": "Way", "persona": 10**9}).status_code == 404


def test_live_figures_are_those_of_the_page(api, tenant):
    with tenancy.scope(tenant):
        found, customer = MapFactory(draft=drawing("A", "B")), CustomerFactory()
        at = timezone.now() - timedelta(days=2)
        events.record([Happening(customer.pk, "A", at), Happening(customer.pk, "B", at + timedelta(minutes=5))])
    live = api.get(f"{ROOT}{found.pk}/live/").json()["touchpoints"]
    assert [(row["touchpoint"], row["people"], row["reached"], row["next"]) for row in live] == [
        ("t0", 1, 1, "t1"), ("t1", 1, 1, None)]  # fmt: skip
    assert (live[0]["conversion"], live[0]["median_seconds_to_next"], live[0]["satisfaction"]) == (1.0, 300.0, None)
    old = api.get(f"{ROOT}{found.pk}/live/?from=2020-01-01&to=2020-12-31").json()
    assert (old["first"], old["touchpoints"][0]["people"]) == ("2020-01-01", 0)
    for wrong in ("from=2020-01-01", "from=x&to=y", "from=2020-02-01&to=2020-01-01", "from=2010-01-01&to=2020-01-01"):
        assert api.get(f"{ROOT}{found.pk}/live/?{wrong}").json()["error"]["code"] == "bad_period"
