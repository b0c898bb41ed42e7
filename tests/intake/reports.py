"""Bodies of complaints."""

from typing import Any

REPORT: dict[str, Any] = {
    "source": "resident_app",
    "category": "street_order.parking",
    "description": "盲道上停满了车",
    "location": {"lon": 107.2357, "lat": 26.5807, "crs": "WGS84"},
}
HOTLINE: dict[str, Any] = {**REPORT, "source": "hotline"}


def report(**changes: Any) -> dict[str, Any]:
    """Return a good body with `changes`; a value of `...` leaves a field out."""
    return {name: value for name, value in {**REPORT, **changes}.items() if value is not ...}
