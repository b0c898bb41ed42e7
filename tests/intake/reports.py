"""Bodies of complaints, and what is wrong with them."""

from typing import Any

import httpx

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


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the code of a problem."""
    return answer.status_code, answer.json()["type"].removeprefix("urn:jieban:problem:")


def errors_of(answer: httpx.Response) -> list[tuple[str, str]]:
    """Return where each error of a problem is, and its code."""
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
