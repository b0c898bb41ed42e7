"""The fields of a complaint that a file can fill, and what each of them takes."""

from collections.abc import Mapping

EXPECTED: Mapping[str, str] = {
    "source": "a code of GET /intake/v1/sources",
    "kind": "complaint, inquiry, help, report or suggestion",
    "category": "a code of GET /intake/v1/categories, or nothing",
    "description": "a text of at most 10,000 characters",
    "location.lon": "degrees from -180 to 180, with a latitude",
    "location.lat": "degrees from -90 to 90, with a longitude",
    "location.crs": "WGS84, GCJ02, BD09 or CGCS2000",
    "location.address": "an address of at most 500 characters, or a longitude and a latitude",
    "reporter.name": "a name of at most 100 characters",
    "reporter.phone": "a telephone number such as 13800000000",
    "reporter.email": "an address such as somebody@example.org",
    "station": "the code of a station, where the source takes one",
    "order.number": "the number of a superior's order, where the source takes one",
    "device.id": "the id of a camera or sensor, where the source takes one",
    "occurred_at": "a time in the past such as 2024-02-28 11:25:05",
    "external_ref": "a reference of at most 100 characters that no other row of the source has",
}
"""Each field, and what would be right in it."""
TARGETS = tuple(EXPECTED)
NUMBERS = frozenset({"location.lon", "location.lat"})
MOMENT = "occurred_at"
PLACE = ("location.lon", "location.lat", "location.address")
ATTRIBUTE = "a text of at most 1,000 characters, in at most 50 attributes"


def expected_at(pointer: str) -> tuple[str | None, str]:
    """Return which field a JSON pointer of a complaint's body means, None for none of these, and what it takes."""
    path = pointer.strip("/").replace("/", ".")
    if path == "location":
        return "location.address", EXPECTED["location.address"]
    field = next((target for target in TARGETS if path == target or path.startswith(f"{target}.")), None)
    return field, EXPECTED[field] if field else ATTRIBUTE if path.startswith("attributes") else ""
