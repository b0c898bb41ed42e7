"""What every suite may use: the servers of `stack.py`, how hypothesis searches, and which tests come first."""

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["stack", "s3"]

settings.register_profile("jieban", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("jieban")  # how long an example takes says how busy the machine is, not what the code does

_FIRST = ("chaos", "embedded", "behaviour")
"""Long modules: begun late, they would be waited for in the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what needs a whole county last: those that share one, then those that have one of their own."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    directory = item.path.parent.name
    if directory == "e2e":
        return 3 if item.get_closest_marker("own_county") else 2
    return 0 if directory in _FIRST else 1
