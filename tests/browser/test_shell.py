"""The frame of every page, seen by a browser in both languages, both themes, on a phone and on a laptop."""

import pytest

from tests.browser.conftest import LAPTOP, PHONE

LOOKS = [
    {"language": language, "theme": theme, "viewport": size}
    for language in ("en", "ar")
    for theme in ("light", "dark")
    for size in (PHONE, LAPTOP)
]


def look_name(look: dict) -> str:
    return f"{look['language']}-{look['theme']}-{look['viewport']['width']}"


@pytest.mark.parametrize("look", LOOKS, ids=look_name)
def test_home_in_every_look(browse, owner_of_shop, screenshot, axe, look):
    page = browse(owner_of_shop, **look)
    page.goto("/app/shop/")

    assert page.get_attribute("html", "dir") == ("rtl" if look["language"] == "ar" else "ltr")
    assert page.get_attribute("html", "data-bs-theme") == look["theme"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    axe(page)
    screenshot(page, f"home-{look_name(look)}")
