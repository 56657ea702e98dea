import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _no_throttle_of_earlier_tests() -> None:
    """The login throttle remembers addresses across tests; each begins with none."""
    cache.clear()
