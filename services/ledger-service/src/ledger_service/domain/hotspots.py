"""Hot spots 热点: what they are like, and what becomes of them."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Self
from uuid import UUID

import h3.api.basic_int as h3

from ledger_service.domain.bursts import expected, score, tail
from ledger_service.domain.clusters import Cluster
from ledger_service.domain.hotspot_rules import Period

MOST_EVIDENCE = 20
_CHANCE_OF_TREND = 0.15
"""How improbable the halves of the window must be to speak of a trend."""
_DIGITS = 6
"""Of a degree: 0.1 m."""


class State(StrEnum):
    """Whether a hot spot is there now."""

    LIVE = "live"
    ENDED = "ended"


class Trend(StrEnum):
    """Whether the second half of the window had more complaints than the first."""

    RISING = "rising"
    STEADY = "steady"
    FALLING = "falling"


class Ending(StrEnum):
    """Why a hot spot is not there any more."""

    COOLED = "cooled"
    MERGED = "merged"


class Member(NamedTuple):
    """A complaint of a cluster."""

    complaint_id: UUID
    at: datetime
    lon: float
    lat: float
    reporter: str
    """Tells different reporters apart, and no more; it is kept nowhere."""
    community: str | None
    grid: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a cluster is like: the centre in WGS84 degrees, and how far its complaints are from there."""

    lon: float
    lat: float
    radius_metres: int
    count: int
    expected: float
    score: float
    """-log10 of how probable so many are by chance."""
    trend: Trend
    community: str | None
    grid: str | None
    first_at: datetime
    last_at: datetime
    evidence: tuple[UUID, ...]
    """Its newest complaints, the newest first."""
    cells: tuple[int, ...]
    """Those that are hot."""

    def tells_more_than(self, other: "Description") -> bool:
        """Say whether it is news: what is expected, and so the score, changes with every minute."""
        return replace(self, expected=other.expected, score=other.score) != other


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotspot:
    """A hot spot as it was last told of; `version` counts what was told."""

    tenant: str
    id: UUID
    version: int
    category: str
    state: State
    description: Description
    detected_at: datetime
    changed_at: datetime
    ended_at: datetime | None = None
    ending: Ending | None = None
    merged_into: UUID | None = None

    @classmethod
    def new(cls, tenant: str, spot_id: UUID, category: str, description: Description, at: datetime) -> Self:
        """Return a hot spot that was not there before."""
        return cls(
            tenant=tenant,
            id=spot_id,
            version=1,
            category=category,
            state=State.LIVE,
            description=description,
            detected_at=at,
            changed_at=at,
        )

    def seen(self, description: Description, at: datetime) -> Self:
        """Return it as it is now, itself where there is nothing to tell; one that had ended is live again."""
        first = min(self.description.first_at, description.first_at)
        now = replace(description, first_at=first)
        if self.state is State.LIVE and not now.tells_more_than(self.description):
            return self
        return replace(
            self,
            description=now,
            state=State.LIVE,
            version=self.version + 1,
            changed_at=at,
            ended_at=None,
            ending=None,
            merged_into=None,
        )

    def ended(self, at: datetime, *, merged_into: UUID | None = None) -> Self:
        """Return it as over: it cooled down, or has become a part of another."""
        return replace(
            self,
            state=State.ENDED,
            version=self.version + 1,
            changed_at=at,
            ended_at=at,
            ending=Ending.COOLED if merged_into is None else Ending.MERGED,
            merged_into=merged_into,
        )


def describe(cluster: Cluster, members: Sequence[Member], period: Period) -> Description:
    """Return what a cluster is like; `members` are all its complaints in the window, one at least."""
    newest = sorted(members, key=lambda each: (each.at, each.complaint_id), reverse=True)
    lon = math.fsum(each.lon for each in members) / len(members)
    lat = math.fsum(each.lat for each in members) / len(members)
    radius = max(h3.great_circle_distance((lat, lon), (each.lat, each.lon), "m") for each in members)
    return Description(
        lon=round(lon, _DIGITS),
        lat=round(lat, _DIGITS),
        radius_metres=math.ceil(radius),
        count=len(members),
        expected=round(expected(cluster.before, cluster.share), 2),
        score=round(score(cluster.chance), 2),
        trend=trend(sum(each.at >= period.middle for each in members), len(members)),
        community=_most_common(each.community for each in members),
        grid=_most_common(each.grid for each in members),
        first_at=newest[-1].at,
        last_at=newest[0].at,
        evidence=tuple(each.complaint_id for each in newest[:MOST_EVIDENCE]),
        cells=tuple(sorted(cluster.hot)),
    )


def trend(later: int, total: int) -> Trend:
    """Return the trend where `later` of `total` complaints came in the second half of the window."""
    if tail(later, total, 0.5) <= _CHANCE_OF_TREND:
        return Trend.RISING
    return Trend.FALLING if tail(total - later, total, 0.5) <= _CHANCE_OF_TREND else Trend.STEADY


def reporters(members: Iterable[Member]) -> int:
    """Return how many different people reported these."""
    return len({each.reporter for each in members})


def _most_common(names: Iterable[str | None]) -> str | None:
    """Return the name that is given most often, the first of the alphabet among equals; None where none is given."""
    counts = Counter(name for name in names if name is not None)
    return min(counts, key=lambda name: (-counts[name], name), default=None)
