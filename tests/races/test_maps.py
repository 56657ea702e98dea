"""Several people at one map at the same time."""

import contextlib
from datetime import UTC, date, datetime

import pytest

from cxm import tenancy
from cxm.audit.actors import Actor
from journeys.domain import map_content, map_editing, map_versions, maps
from journeys.models import MapChange, MapVersion
from tests.journeys.map_factories import MapFactory, drawing
from tests.races.test_segments import together

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)


def test_steps_in_different_places_are_all_kept(tenant):
    with tenancy.scope(tenant):
        drawn = MapFactory(draft=drawing("A", "B", "C"))

    def rename(at: int):
        def run() -> None:
            with tenancy.scope(tenant):
                maps.edit(
                    journey_map=maps.get(drawn.pk), by=Actor("user", at, f"{at}@shop.test"), now=NOW,
                    step=map_editing.change_touchpoint, touchpoint_id=f"t{at}", name=f"New {at}",
                )  # fmt: skip

        return run

    together(*(rename(at) for at in range(3)))
    drawn.refresh_from_db()
    assert [found["name"] for found in map_content.touchpoints(drawn.draft)] == ["New 0", "New 1", "New 2"]
    assert list(MapChange.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3]


def test_a_drawing_is_published_once(tenant):
    with tenancy.scope(tenant):
        drawn = MapFactory(draft=drawing("A"))

    def publish() -> None:
        with tenancy.scope(tenant), contextlib.suppress(map_versions.AlreadyPublished):
            map_versions.publish(
                journey_map=maps.get(drawn.pk), by=Actor("user", None, "me"), now=NOW, today=date(2026, 5, 1)
            )

    together(*[publish] * 3)
    assert list(MapVersion.objects.values_list("number", flat=True)) == [1]
