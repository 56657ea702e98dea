"""What tests of customers share."""

import pytest


@pytest.fixture
def media(settings, tmp_path):
    """Uploads of this test alone."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT
