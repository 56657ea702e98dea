"""The curve of feelings as numbers, and the maps to begin with."""

import pytest

from journeys.domain import map_content, map_curve, map_starters
from journeys.domain.map_live import Figures
from tests.journeys.map_factories import drawing


def figures(satisfaction: float, answers: int = 9) -> Figures:
    return Figures(9, 9, 9, None, None, None, answers, satisfaction, 0.1, 0)


def columns(*feelings: int | None) -> list[dict]:
    content = drawing(*"ABCDEF"[: len(feelings)])
    found = list(map_content.touchpoints(content))
    return [point | {"feeling": feeling} for point, feeling in zip(found, feelings, strict=True)]


def test_a_curve_goes_through_the_middle_of_each_column():
    drawn = map_curve.draw(columns=columns(2, -2), figures={}, mirrored=False)
    assert (drawn.width, [(point.x, point.y) for point in drawn.assumed_points]) == (
        "416", [("104", "22.0"), ("312", "128.0")])  # fmt: skip
    assert drawn.assumed == "M104 22.0 C208.0 22.0 208.0 128.0 312 128.0"


def test_from_right_to_left_it_mirrors():
    ahead = map_curve.draw(columns=columns(2, 0, -1), figures={}, mirrored=False)
    back = map_curve.draw(columns=columns(2, 0, -1), figures={}, mirrored=True)
    assert [point.x for point in back.assumed_points] == [point.x for point in ahead.assumed_points][::-1]
    assert [point.y for point in back.assumed_points] == [point.y for point in ahead.assumed_points]


def test_places_without_a_feeling_are_passed_over():
    drawn = map_curve.draw(columns=[*columns(1, None, 1), None], figures={}, mirrored=False)
    assert (len(drawn.assumed_points), drawn.measured, drawn.width) == (2, "", "832")
    assert map_curve.draw(columns=[None], figures={}, mirrored=False).assumed == ""


def test_what_was_measured_is_drawn_over_it_and_a_gap_is_marked():
    measured = {"t0": figures(-0.5), "t1": figures(1.5), "t2": figures(-2.0, answers=4)}
    drawn = map_curve.draw(columns=columns(1, 1, 1), figures=measured, mirrored=False)
    assert [point.value for point in drawn.measured_points] == [-0.5, 1.5]
    assert [(gap.x, gap.worse) for gap in drawn.gaps] == [("104", True)]


@pytest.mark.parametrize("language", map_starters.LANGUAGES)
@pytest.mark.parametrize("key", map_starters.STARTERS)
def test_starters_are_maps_whose_touchpoints_are_bound(key, language):
    content = map_starters.content(key, language)
    assert map_content.parse(content) == content
    assert all(point["event"] and point["channel"] for point in map_content.touchpoints(content))
    arabic = [name for name in _names(content) if "\u0600" <= name[0] <= "\u06ff"]
    assert len(arabic) == (len(_names(content)) if language == "ar" else 0)


def _names(content: dict) -> list[str]:
    return [part["name"] for part in (*content["stages"], *map_content.touchpoints(content))]


def test_an_unknown_starter_is_an_empty_map():
    assert map_starters.content("zzz", "en") == map_content.empty()
