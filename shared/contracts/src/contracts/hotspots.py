"""Hot spots 热点: where more complaints of a category come in than should. Keyed by the hot spot's stable id.

The topic is compacted, as the directory's: each event says all there is, and a reader applies what has a higher
`sequence` than what it has. A hot spot that lives is told again whenever it changes.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.events import Latitude, Longitude, Payload

Trend = Literal["rising", "steady", "falling"]


class HotspotEvent(StrEnum):
    """The kinds of hot spot events."""

    DETECTED = "hotspot.detected"
    ENDED = "hotspot.ended"


class HotspotDetected(Payload):
    """A hot spot as it is now: it was found, or has changed."""

    category: str | None = None
    """Code of the category at the level that was looked at; None: of all together."""
    lon: Longitude
    lat: Latitude
    """The centre, in WGS84 degrees."""
    radius_metres: float
    count: int
    """Complaints in the recent window."""
    expected: float
    """How many there should have been, by the time before."""
    score: float
    """How unlikely that is; higher is hotter."""
    trend: Trend
    first_at: datetime
    last_at: datetime
    """When the first and the last of the complaints were received."""
    community: str | None = None
    grid: str | None = None
    evidence: Annotated[tuple[UUID, ...], Field(max_length=20)] = ()
    """Some of the complaints, the latest first."""


class HotspotEnded(Payload):
    """The hot spot is none any more."""

    category: str | None = None
    ended_at: datetime
    merged_into: UUID | None = None
    """Id of the hot spot that it has become part of."""


HOTSPOT_PAYLOADS: Mapping[StrEnum, type[Payload]] = {
    HotspotEvent.DETECTED: HotspotDetected,
    HotspotEvent.ENDED: HotspotEnded,
}
